"""The WSGI callable that granian (or any WSGI server) serves."""

import io
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from paygate.middleware import MAX_BODY, MAX_DRAINED

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paygate.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request; a chunked body gets the length that Django needs to see it at all.

    The most used SMS forwarder uploads in chunks by default, and Django reads a body without Content-Length as empty.
    """
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() and not environ.get("CONTENT_LENGTH"):
        body = _read_chunked(environ["wsgi.input"])
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
    return _django(environ, start_response)


def _read_chunked(stream: Any) -> bytes:
    # One byte more than is allowed is enough for the body limit to refuse it; the rest is read and dropped.
    body: bytes = stream.read(MAX_BODY + 1)
    drained = len(body)
    while drained < MAX_DRAINED and (chunk := stream.read(MAX_BODY)):
        drained += len(chunk)
    return body
