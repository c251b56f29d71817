from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from reconciliation.banks.template import Bank
from reconciliation.banks.typed import BadTemplate, build_bank
from reconciliation.senders import read_tokens


class BankTemplate(models.Model):
    """A bank that an operator wrote down, or more lines of a known one, in the form of `reconciliation/banks/`."""

    name = models.CharField(max_length=60)
    code = models.CharField(max_length=32)
    headers = models.JSONField(blank=True, default=list)
    lines = models.JSONField(blank=True, default=list)
    mail_domains = models.JSONField(blank=True, default=list)
    mail_lines = models.JSONField(blank=True, default=list)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "bank template"
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            self.headers = read_tokens(self.headers) if self.headers else []
        except ValueError as error:
            raise ValidationError({"headers": str(error)}) from None
        try:
            self.as_bank()
        except BadTemplate as error:
            raise ValidationError(dict(error.problems)) from None

    def as_bank(self) -> Bank:
        """Return what alerts are read with. Raises BadTemplate."""
        return build_bank(
            code=self.code,
            name=self.name,
            headers=self.headers,
            lines=self.lines,
            mail_domains=self.mail_domains,
            mail_lines=self.mail_lines,
        )
