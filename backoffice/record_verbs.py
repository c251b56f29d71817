"""What staff type in of the bank's books: money that nothing else told of."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils import timezone
from django.utils.html import format_html

from backoffice.forms import RupeesField, UpiIdField, UtrField
from backoffice.verbs import Done, Reason, Refused, Verb, page_url
from payments.amounts import INDIA
from payments.models import UpiAccount
from payments.money import in_words_of_rupees
from reconciliation.candidates import NEAREST_FOLLOW
from reconciliation.crediting import Taken
from reconciliation.models import CreditState
from reconciliation.services import received
from reconciliation.times import Precision

# Money is kept whatever its amount, also where no payment may ask for as much.
ANY_AMOUNT = 10**13
CLOCK = "%H:%M"
UPI_BEGAN = date(2016, 4, 11)


class RecordForm(Reason):
    field_order = ("amount", "utr", "day", "clock", "upi_account", "payer", "reason")
    amount = RupeesField(lowest=1, highest=ANY_AMOUNT, label="Amount in ₹")
    utr = UtrField()
    day = forms.DateField(
        label="Credited on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="India time.",
        validators=[MinValueValidator(UPI_BEGAN, "There was no UPI on that day yet.")],
    )
    clock = forms.TimeField(
        required=False,
        label="At (optional)",
        input_formats=(CLOCK,),
        widget=forms.TimeInput(attrs={"type": "time"}, format=CLOCK),
        help_text="As the bank shows it. Without it the amount confirms nothing by itself: the UTR has to be one that "
        "a customer named.",
        error_messages={"invalid": "Write hours and minutes, such as 14:05."},
    )
    upi_account = forms.ModelChoiceField(
        queryset=UpiAccount.objects.filter(test=False),
        label="UPI account",
        empty_label="Choose one",
        help_text="Which one it came to.",
        error_messages={"required": "Choose the account it came to. One that is not listed is added in UPI accounts."},
    )
    payer = UpiIdField(required=False, label="Payer's UPI ID (optional)")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "day" not in data or "clock" not in data:
            return data
        credited_at = datetime.combine(data["day"], data["clock"] or time(), INDIA)
        if credited_at > timezone.now():
            raise ValidationError({"clock" if data["clock"] else "day": "This is still to come, by India's time."})
        precision = Precision.MINUTE if data["clock"] else Precision.DATE
        return {**data, "credited_at": credited_at, "precision": precision}


class RecordCredit(Verb):
    name = "record"
    label = "Record credit"
    permission = "backoffice.mark_paid"
    form_class = RecordForm
    on_object = False

    def explanation(self, obj: Any) -> str:
        return (
            "Type in money that you see in the bank's own app or website, never on a customer's screenshot. It counts "
            "as if the bank had sent an alert: a payment of exactly this amount at this time is confirmed, and the "
            "merchant is told at once."
        )

    def form(self, obj: Any, data: Any = None) -> forms.Form:
        accounts = UpiAccount.objects.filter(test=False, archived_at=None)[:2]
        only = accounts[0] if len(accounts) == 1 else None
        return RecordForm(data, initial={"day": timezone.now().astimezone(INDIA).date(), "upi_account": only})

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        names = ("upi_account", "credited_at", "precision", "payer")
        facts = {name: data[name] for name in names}
        try:
            taken = received.record_by_hand(amount_paise=data["amount"], rrn=data["utr"], **facts)
        except received.UtrKnown as known:
            link = format_html('<a href="{}">Look at it</a>', page_url(known.credit))
            raise Refused(format_html("{} Nothing was recorded. {}.", str(known), link)) from None
        amount = in_words_of_rupees(data["amount"])
        return Done(_what_followed(taken, amount), taken.credit, details=f"{amount}, UTR {data['utr']}")


def _what_followed(taken: Taken, amount: str) -> str:
    credit = taken.credit
    known = f"An alert had told of these {amount} without a UTR, which is noted now."
    said = known if taken.known else f"The credit of {amount} is recorded."
    why = credit.explanation.partition(NEAREST_FOLLOW)[0]
    return f"{said} {why if credit.state == CreditState.MATCHED else f'It waits for you to decide. {why}'}"
