from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from payments.wire import InvalidJson, read_json


class StrictJSONParser(BaseParser):
    """A JSON object in UTF-8; its numbers arrive as the text they were written in."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            value = read_json(stream.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except InvalidJson as error:
            raise ParseError(str(error)) from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.")
        return value


class AlwaysJson(BaseContentNegotiation):
    """The API answers JSON whatever the Accept header asks for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
