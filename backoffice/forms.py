"""Fields that take what people really type, and say what is wrong in words."""

import re
import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from payments.amounts import INDIA
from payments.money import in_words_of_rupees, parse_rupees, shortest
from payments.upi import MAX_UPI_ID, normalise_upi_id
from reconciliation.utr import clean_utr, problem_of


def as_typed(text: str) -> str:
    """Return a number as typed or pasted, with full-width digits made plain and blanks dropped."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFKC", text))


def paise_as_typed(text: str) -> int | None:
    """Return the paise of rupees as people write them (`1,499`, `₹99.50`), None for anything else."""
    return parse_rupees(as_typed(text).removeprefix("₹").replace(",", ""))


class UtrField(forms.CharField):
    """The bank's 12-digit reference."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="UTR",
            max_length=64,
            help_text="The 12-digit reference of the UPI payment, from the bank's message or statement. "
            "Apps call it UTR, RRN or “UPI transaction ID”.",
            error_messages={"required": "Give the UTR: without it the payment cannot be found again."},
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        utr = clean_utr(super().clean(value))
        if problem := problem_of(utr):
            raise ValidationError(problem.said_of(utr))
        return utr


class UpiIdField(forms.CharField):
    """A person's UPI ID; gives it in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})
        super().__init__(max_length=MAX_UPI_ID, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        upi_id = normalise_upi_id(text)
        if text and upi_id is None:
            raise ValidationError("This is no UPI ID. It looks like name@bank, without a dot after the @.")
        return upi_id or ""


class RupeesField(forms.CharField):
    """Rupees as people write them (`1,499`, `₹99.50`); gives paise."""

    def __init__(self, *, lowest: int | None = None, highest: int | None = None, **kwargs: Any) -> None:
        self.lowest = lowest
        self.highest = highest
        super().__init__(
            max_length=32, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        return shortest(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        paise = paise_as_typed(text)
        if paise is None:
            raise ValidationError("Write rupees with at most two decimals, such as 1499 or 99.50.")
        self._check_range(paise)
        return paise

    def _check_range(self, paise: int) -> None:
        lowest = settings.MIN_AMOUNT_PAISE if self.lowest is None else self.lowest
        highest = settings.MAX_AMOUNT_PAISE if self.highest is None else self.highest
        if not lowest <= paise <= highest:
            raise ValidationError(
                f"The amount must be between {in_words_of_rupees(lowest)} and {in_words_of_rupees(highest)}."
            )


class IndiaTimeField(forms.DateTimeField):
    """A moment as clocks in India show it, to the minute; gives it aware."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, help_text="India time.", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(INDIA):
            return super().prepare_value(value)

    def clean(self, value: Any) -> Any:
        with timezone.override(INDIA):
            return super().clean(value)


class LinesField(forms.CharField):
    """One text a line; gives a list."""

    between = r"[\r\n]+"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def clean(self, value: Any) -> list[str]:
        return [text.strip() for text in re.split(self.between, super().clean(value)) if text.strip()]


class MessagesField(LinesField):
    """Messages of a line or more, an empty one between two; gives a list."""

    between = r"(?:\r?\n[ \t]*){2,}"
