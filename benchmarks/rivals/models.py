from django.db import models


class Endpoint(models.Model):
    url = models.URLField()
    secret = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.url


class Attempt(models.Model):
    """One POST of the plain sender, and what came of it."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE)
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.status or self.error}"
