"""What comes in over the API, checked; what is refused says why in words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import EmailValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.models import Status
from payments.money import in_words_of_rupees, parse_rupees
from payments.wire import NumberText, canonical_metadata, text_problem

AMOUNT = {
    "oneOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^(0|[1-9][0-9]*)(\.[0-9]{1,2})?$"},
    ],
    "examples": [100, "99.50"],
}


@extend_schema_field(AMOUNT)
class AmountField(serializers.Field[int, Any, Any, Any]):
    """Rupees as a JSON number or string, exact; gives paise."""

    default_error_messages = {
        "invalid": "Write the amount in rupees with at most two decimals, such as 100 or 99.50.",
        "range": "The amount must be between {lowest} and {highest}.",
    }

    def to_internal_value(self, data: Any) -> int:
        paise = parse_rupees(data) if isinstance(data, str) else None
        if paise is None:
            self.fail("invalid")
        lowest, highest = settings.MIN_AMOUNT_PAISE, settings.MAX_AMOUNT_PAISE
        if not lowest <= paise <= highest:
            self.fail("range", lowest=in_words_of_rupees(lowest), highest=in_words_of_rupees(highest))
        return paise


class StrictText(serializers.CharField):
    """A JSON string, kept as it was sent."""

    default_error_messages = {"invalid": "Send this as a text."}

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, required=False, allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or isinstance(data, NumberText):
            self.fail("invalid")
        if problem := text_problem(data):
            raise serializers.ValidationError(problem)
        return data


class Email(StrictText):
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text:
            EmailValidator("This is not an e-mail address.")(text)
        return text


@extend_schema_field({"type": "string", "format": "uri", "maxLength": 2048})
class WebAddress(StrictText):
    default_error_messages = {"url": "Give a full address that begins with https:// or http:// and has no password."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text and not _is_web_address(text):
            self.fail("url")
        return text


@extend_schema_field({"type": "integer", "minimum": 60, "maximum": 86_400})
class Seconds(serializers.Field[int, Any, Any, Any]):
    default_error_messages = {"invalid": "Send whole seconds between {lowest} and {highest}."}
    lowest, highest = 60, 86_400

    def to_internal_value(self, data: Any) -> int:
        digits = isinstance(data, NumberText) and data.isascii() and data.isdigit() and len(data) <= 5
        if not digits or not self.lowest <= int(data) <= self.highest:
            self.fail("invalid", lowest=self.lowest, highest=self.highest)
        return int(data)


@extend_schema_field({"type": "object", "additionalProperties": True})
class Metadata(serializers.Field[str, Any, Any, Any]):
    """Any JSON object of at most 8 KB and 5 levels; gives its canonical text."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical_metadata(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


class CreatePaymentSerializer(serializers.Serializer[Any]):
    amount = AmountField()
    customer_name = StrictText(max_length=255)
    customer_email = Email(max_length=255)
    customer_phone = StrictText(max_length=255)
    merchant_ref = StrictText(max_length=255)
    description = StrictText(max_length=500)
    metadata = Metadata(required=False)
    return_url = WebAddress(max_length=2048)
    expires_in = Seconds(required=False)
    payment_method = serializers.ChoiceField(["upi"], required=False)

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        # null means absent, for every field.
        return super().to_internal_value({name: value for name, value in data.items() if value is not None})


class CapacityQuerySerializer(serializers.Serializer[Any]):
    amount = AmountField()


class QueryTime(serializers.Field[datetime, Any, Any, Any]):
    default_error_messages = {"invalid": "Write a time such as 2026-04-14T01:10:00Z; without a zone it is UTC."}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(data)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")


class ListQuerySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Status.values, required=False)
    merchant_ref = StrictText(max_length=255)
    created_after = QueryTime(required=False)
    created_before = QueryTime(required=False)


def _is_web_address(text: str) -> bool:
    # Browsers read a backslash as a slash and drop control characters, so what is checked here would not be what opens.
    if any(character <= " " or character == "\\" or character == "\x7f" for character in text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
