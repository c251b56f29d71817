from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from payments.wire import write_json


class ExactJSONRenderer(BaseRenderer):
    """JSON with exact amounts; see `payments.wire`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return write_json(data).encode()
