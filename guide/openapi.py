"""The OpenAPI description of this very installation."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from payments.api.schema_examples import EXAMPLE_BASE_URL


@cache
def description(base_url: str) -> dict[str, Any]:
    """Return the OpenAPI file as data, with the installation's address in the place of the examples'."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    moved: dict[str, Any] = _moved(schema, base_url)
    return moved


def _moved(value: Any, base_url: str) -> Any:
    if isinstance(value, dict):
        return {key: _moved(item, base_url) for key, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, base_url) for item in value]
    return value.replace(EXAMPLE_BASE_URL, base_url) if isinstance(value, str) else value
