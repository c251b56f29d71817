from django.http import HttpRequest, HttpResponse
from django.urls import path

from paygate.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the password is hunter2")


urlpatterns = [path("api/v1/fails", fail), path("fails", fail)]
