"""Lists that count nothing: a page is what follows a cursor, and costs the same among ten rows and a million."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

_signer = Signer(salt="backoffice.page", sep="~")


class KeysetChangeList(ChangeList):
    """Shows rows newest first and offers `Older`.

    The model admin's `ordering` is `("-<time>", "-<primary key>")` or `("-<primary key>",)`.
    """

    def get_results(self, request: HttpRequest) -> None:
        ordering: Sequence[str] = self.model_admin.ordering  # type: ignore[assignment]
        after = _read_cursor(request.GET.get(PAGE_VAR, ""), len(ordering))
        rows: list[Any] = list(_older(self.queryset, ordering, after)[: self.list_per_page + 1])
        self.result_list = rows[: self.list_per_page]
        has_more = len(rows) > self.list_per_page
        self.first_page = self.get_query_string() if after else ""
        self.next_page = (
            self.get_query_string({PAGE_VAR: _cursor_of(self.result_list[-1], ordering)}) if has_more else ""
        )
        self.result_count = len(self.result_list)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = bool(rows)
        self.can_show_all = self.multi_page = False

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        # PostgreSQL refuses a NUL with an error of its own, and no filter offers one.
        asked: dict[str, Any] = super().get_filters_params(params)
        return {name: values for name, values in asked.items() if "\x00" not in "".join(values)}

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter other than its default hides rows."""
        return bool(self.query or self.filter_params)


def _older(
    rows: "models.QuerySet[Any]", ordering: Sequence[str], after: Sequence[Any] | None
) -> "models.QuerySet[Any]":
    if after is None:
        return rows
    *times, key = [field.removeprefix("-") for field in ordering]
    if not times:
        return rows.filter(**{f"{key}__lt": after[0]})
    (time,) = times
    # The first condition alone decides where the index scan begins.
    return rows.filter(**{f"{time}__lte": after[0]}).filter(
        Q(**{f"{time}__lt": after[0]}) | Q(**{f"{key}__lt": after[1]})
    )


def _cursor_of(row: models.Model, ordering: Sequence[str]) -> str:
    values = [getattr(row, field.removeprefix("-")) for field in ordering]
    return _signer.sign_object([_text(value) for value in values])


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _read_cursor(cursor: str, length: int) -> list[Any] | None:
    """Return the values a page begins after; a cursor that was not made here means the first page."""
    try:
        values = _signer.unsign_object(cursor)
    except (BadSignature, ValidationError):
        return None
    if len(values) != length:
        return None
    return [datetime.fromisoformat(values[0]), *values[1:]] if length == 2 else values
