"""What staff do to payments: ask for one, mark one paid, cancel one."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms

from backoffice import words
from backoffice.forms import RupeesField, UtrField
from backoffice.verbs import Done, Reason, Verb
from payments import services
from payments.models import PaymentSession, Status
from payments.money import in_words_of_rupees
from reconciliation.services import received

LIFETIMES = ((600, "10 minutes"), (1800, "30 minutes"), (3600, "1 hour"), (86_400, "24 hours"))


class MarkPaidForm(Reason):
    field_order = ("utr", "reason")
    utr = UtrField()


class NewPaymentForm(forms.Form):
    amount = RupeesField(label="Amount in ₹")
    customer_name = forms.CharField(max_length=255, required=False, label="Customer’s name")
    customer_email = forms.EmailField(max_length=255, required=False, label="E-mail")
    customer_phone = forms.CharField(max_length=255, required=False, label="Phone")
    description = forms.CharField(max_length=500, required=False, help_text="What the payment is for.")
    expires_in = forms.TypedChoiceField(choices=LIFETIMES, coerce=int, label="Can be paid for")


class MarkPaid(Verb):
    name = "mark-paid"
    label = "Mark paid"
    permission = "backoffice.mark_paid"
    form_class = MarkPaidForm
    prefilled: ClassVar[dict[str, str]] = {"utr": "utr"}

    def offered(self, obj: PaymentSession, now: datetime) -> bool:
        return obj.status != Status.SUCCESS

    def why_not(self, obj: PaymentSession, now: datetime) -> str:
        return "This payment is a success already."

    def explanation(self, obj: PaymentSession) -> str:
        return (
            "Do this only when you have seen the money in the bank account. The merchant is told at once that "
            f"{in_words_of_rupees(obj.payable_paise)} was paid, and this cannot be undone."
        )

    def facts(self, obj: PaymentSession) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: PaymentSession, data: dict[str, Any], actor: str) -> Done:
        session = received.mark_paid(session_id=obj.pk, utr=data["utr"], actor=actor, reason=data["reason"])
        return Done(f"{session} is marked as paid.", session, details=f"UTR {data['utr']}")


class CancelPayment(Verb):
    name = "cancel"
    label = "Cancel"
    permission = "backoffice.cancel_session"
    form_class = Reason
    danger = True

    def offered(self, obj: PaymentSession, now: datetime) -> bool:
        return obj.status_at(now) == Status.PENDING

    def why_not(self, obj: PaymentSession, now: datetime) -> str:
        return f"Only a pending payment can be cancelled; this one is {obj.status_at(now)}."

    def explanation(self, obj: PaymentSession) -> str:
        return "The customer can no longer pay. If money still comes, it waits for staff to decide."

    def facts(self, obj: PaymentSession) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: PaymentSession, data: dict[str, Any], actor: str) -> Done:
        session = services.cancel_session(session_id=obj.pk, actor=actor, reason=data["reason"])
        return Done(f"{session} is cancelled.", session)


class NewPayment(Verb):
    name = "new-payment"
    label = "New payment"
    permission = "backoffice.create_session"
    form_class = NewPaymentForm
    on_object = False

    def explanation(self, obj: Any) -> str:
        return "Makes a live payment without an API key. Send its checkout link to the customer."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        texts = ("customer_name", "customer_email", "customer_phone", "description")
        details = services.SessionDetails(**{name: data[name] for name in texts})
        created = services.create_session(
            api_key=None, requested_paise=data["amount"], details=details, expires_in=data["expires_in"]
        )
        session = created.session
        amount = in_words_of_rupees(session.payable_paise)
        return Done(f"The customer pays {amount}. Send the checkout link below.", session, details=f"{amount} payable")


def _facts(session: PaymentSession) -> list[tuple[str, Any]]:
    return [
        ("Session", words.code(session.session_id)),
        ("Payable", words.rupees(session.payable_paise)),
        ("Customer", session.customer_name or words.NOTHING),
        ("Created", words.when(session.created_at)),
    ]
