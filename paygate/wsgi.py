"""The WSGI callable that granian (or any WSGI server) serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from paygate.bodies import give_length_to_chunked_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paygate.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    give_length_to_chunked_body(environ)
    return _django(environ, start_response)
