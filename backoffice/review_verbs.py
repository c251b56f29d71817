"""What staff do about money that PayGate could not place by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from backoffice import words
from backoffice.forms import UpiIdField, UtrField
from backoffice.verbs import Done, Reason, Refused, Verb
from payments.models import PaymentSession
from payments.money import in_words_of_rupees
from reconciliation import crediting
from reconciliation.matching import name_all
from reconciliation.models import Credit, CreditSource, CreditState
from reconciliation.services import received

CUT_SHORT = "As the bank's statement has it, which may have cut it short: compare the name that your app shows."
BEATEN = "Somebody else has dealt with this credit a moment ago."

# A reason is one click where it is one of the usual ones, and can always be written instead.
WHY_ATTACHED = ("The customer rounded the amount", "The customer paid late", "The customer sent a screenshot, checked")
WHY_ASIDE = ("My own transfer", "Not for this shop", "Told twice: the payment is confirmed")
WHY_REFUNDED = ("Paid twice", "Wrong amount", "The order was cancelled", "Nobody asked for it")


class ReasonFor(Reason):
    """Asks for a reason in a line of its own and suggests the usual ones."""

    suggestions: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget = forms.TextInput(attrs={"list": "suggestions", "maxlength": 500})


class AttachForm(ReasonFor):
    suggestions = WHY_ATTACHED
    field_order = ("session_id", "reason")
    session_id = forms.CharField(max_length=32, label="Session ID", help_text="The payment this money is for.")


class AsideForm(ReasonFor):
    suggestions = WHY_ASIDE


class RefundForm(ReasonFor):
    suggestions = WHY_REFUNDED
    field_order = ("upi_id", "reason")
    upi_id = UpiIdField(
        label="Payer's UPI ID",
        help_text="Where the money goes back to, such as priya@okaxis. Ask the customer if the bank did not tell it.",
    )


class RefundedForm(forms.Form):
    utr = UtrField()


class AttachCredit(Verb):
    name = "attach"
    label = "Pays a session"
    permission = "backoffice.mark_paid"
    form_class = AttachForm
    prefilled: ClassVar[dict[str, str]] = {"session": "session_id"}

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state in (CreditState.REVIEW, CreditState.SET_ASIDE)

    def why_not(self, obj: Credit, now: datetime) -> str:
        if obj.state == CreditState.MATCHED:
            return "This credit belongs to a payment already."
        return "This money goes back to its payer. Call the refund off first."

    def explanation(self, obj: Credit) -> str:
        return (
            "Marks the session as paid with this money. The merchant is told at once, and this cannot be undone. A "
            "session that staff have marked before only gets its money: nothing is told again."
        )

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        session = PaymentSession.objects.filter(session_id=data["session_id"].strip().upper()).first()
        if session is None:
            raise Refused("There is no session with this ID.")
        session = received.attach_credit(credit_id=obj.pk, session_id=session.pk, reason=data["reason"], actor=actor)
        return Done(f"{session} is paid with this credit.", session, details=f"credit {obj.pk}, UTR {obj.rrn}")


class SetCreditAside(Verb):
    name = "set-aside"
    label = "Set aside"
    permission = "backoffice.mark_paid"
    form_class = AsideForm

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state == CreditState.REVIEW

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "Nobody has to look at this credit any more."

    def explanation(self, obj: Credit) -> str:
        return (
            "Says that this money pays nothing here, such as a transfer of your own. It can still be attached, "
            "refunded or looked at again."
        )

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        if not received.set_credit_aside(credit_id=obj.pk, reason=data["reason"], actor=actor):
            raise Refused(BEATEN)
        return Done("The credit is set aside.", obj)


class LookAgain(Verb):
    name = "look-again"
    label = "Look at again"
    permission = "backoffice.mark_paid"
    form_class = Reason

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state == CreditState.SET_ASIDE

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "This credit is not set aside."

    def explanation(self, obj: Credit) -> str:
        return "Puts the credit back among those to be looked at, because it was set aside by mistake."

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        if not received.look_again(credit_id=obj.pk, reason=data["reason"], actor=actor):
            raise Refused(BEATEN)
        return Done("The credit is among those to be looked at again.", obj)


class MarkForRefund(Verb):
    name = "refund"
    label = "Refund"
    permission = "backoffice.mark_paid"
    form_class = RefundForm

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state in (CreditState.REVIEW, CreditState.SET_ASIDE) and not obj.test

    def why_not(self, obj: Credit, now: datetime) -> str:
        if obj.test:
            return "Test money is not real."
        if obj.state == CreditState.MATCHED:
            return "This credit belongs to a payment. Only money that pays nothing can go back."
        return "This money goes back to its payer, or is back there already."

    def explanation(self, obj: Credit) -> str:
        return (
            "Puts this money on the list of what goes back to its payer. PayGate cannot send money: the next page "
            "shows a QR, which you pay with the shop's own UPI app, and then asks for that payment's UTR."
        )

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return _facts(obj)

    def form(self, obj: Credit, data: Any = None) -> forms.Form:
        form = RefundForm(data, initial={"upi_id": obj.payer_upi_id})
        if obj.payer_upi_id and obj.source == CreditSource.STATEMENT:
            form.fields["upi_id"].help_text = CUT_SHORT
        return form

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        upi_id, seen = data["upi_id"], CreditState(obj.state)
        if not received.mark_for_refund(credit_id=obj.pk, upi_id=upi_id, reason=data["reason"], actor=actor, seen=seen):
            raise Refused(BEATEN)
        return Done(
            f"Pay {in_words_of_rupees(obj.amount_paise)} back to {upi_id} now, with the QR below.", obj, details=upi_id
        )


class CloseRefund(Verb):
    name = "refunded"
    label = "It is paid back"
    permission = "backoffice.mark_paid"
    form_class = RefundedForm

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state == CreditState.REFUND

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "This money is not waiting to be refunded."

    def explanation(self, obj: Credit) -> str:
        return "Says that the money is back with its payer, and under which UTR. This cannot be undone."

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return [("Amount", words.rupees(obj.amount_paise)), ("Paid back to", obj.refund_upi_id)]

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        if not received.close_refund(credit_id=obj.pk, utr=data["utr"], actor=actor):
            raise Refused(BEATEN)
        return Done("The refund is closed.", obj, details=f"{obj.refund_upi_id}, UTR {data['utr']}")


class CallOffRefund(Verb):
    name = "keep"
    label = "Call the refund off"
    permission = "backoffice.mark_paid"
    form_class = Reason

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state == CreditState.REFUND

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "This money is not waiting to be refunded."

    def explanation(self, obj: Credit) -> str:
        return "Puts the credit back among those to be looked at. Make sure that nobody has paid it back yet."

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return [("Amount", words.rupees(obj.amount_paise)), ("Would go back to", obj.refund_upi_id)]

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        if not received.call_off_refund(credit_id=obj.pk, reason=data["reason"], actor=actor):
            raise Refused(BEATEN)
        return Done("The refund is called off.", obj)


def told_again(credit: Credit) -> Sequence[tuple[str, str]]:
    """A fact for whoever is about to give this money away, or back: it may be settled already."""
    names = crediting.perhaps_settled(credit)
    if not names:
        return ()
    return (
        ("Told again?", f"It may be the money of {name_all(names)}. Count the lines in the bank’s own book first."),
    )


def _facts(credit: Credit) -> list[tuple[str, Any]]:
    return [
        ("Amount", words.rupees(credit.amount_paise)),
        ("UTR", credit.rrn or words.NOTHING),
        ("Payer", credit.payer or words.NOTHING),
        ("Credited", words.credited(credit)),
        ("Explanation", credit.explanation or words.NOTHING),
        *told_again(credit),
    ]
