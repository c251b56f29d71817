"""How large a request's body may be, and the reading of one that comes in chunks. Needs nothing of Django."""

import io
from typing import Any

API_PREFIXES = ("/api/", "/hooks/")
MAX_BODY = 64 * 1024
MAX_DRAINED = 16 * 1024 * 1024


def is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def may_be_chunked(path: str, content_type: str) -> bool:
    return path.startswith("/hooks/") or is_json(content_type)


def give_length_to_chunked_body(environ: dict[str, Any]) -> None:
    """Give a chunked body the length without which Django takes it for empty.

    The most used SMS forwarder uploads in chunks by default. The server reports chunks that break off as the body's
    end: half a JSON object is never one, and half of a bank's text follows none of its templates, so that it confirms
    nothing and staff see it. Other bodies under /api are refused without a length.
    """
    if (
        environ["PATH_INFO"].startswith(API_PREFIXES)
        and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        and not environ.get("CONTENT_LENGTH")
        and may_be_chunked(environ["PATH_INFO"], environ.get("CONTENT_TYPE", ""))
    ):
        body = _read_chunked(environ["wsgi.input"])
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))


def _read_chunked(stream: Any) -> bytes:
    # One byte more than is allowed is enough for the body limit to refuse it; the rest is read and dropped.
    body: bytes = stream.read(MAX_BODY + 1)
    drained = len(body)
    while drained < MAX_DRAINED and (chunk := stream.read(MAX_BODY)):
        drained += len(chunk)
    return body
