"""What staff do about money and alerts that PayGate could not place by itself."""

from datetime import datetime
from typing import Any

from django import forms

from backoffice import words
from backoffice.verbs import Done, Reason, Refused, Verb
from payments.models import PaymentSession
from reconciliation.models import Credit, CreditState, Evidence, EvidenceState
from reconciliation.services import alerts, received

OPEN_ALERTS = (EvidenceState.REVIEW, EvidenceState.FAILED)


class AttachForm(Reason):
    field_order = ("session_id", "reason")
    session_id = forms.CharField(max_length=32, label="Session ID", help_text="The payment this money is for.")


class AttachCredit(Verb):
    name = "attach"
    label = "Pays a session"
    permission = "backoffice.mark_paid"
    form_class = AttachForm

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state != CreditState.MATCHED

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "This credit belongs to a payment already."

    def explanation(self, obj: Credit) -> str:
        return "Marks the session as paid with this money. The merchant is told at once, and this cannot be undone."

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
    form_class = Reason

    def offered(self, obj: Credit, now: datetime) -> bool:
        return obj.state == CreditState.REVIEW

    def why_not(self, obj: Credit, now: datetime) -> str:
        return "Nobody has to look at this credit any more."

    def explanation(self, obj: Credit) -> str:
        return "Says that this money pays nothing here, such as a transfer of your own. It can still be attached later."

    def facts(self, obj: Credit) -> list[tuple[str, Any]]:
        return _facts(obj)

    def run(self, obj: Credit, data: dict[str, Any], actor: str) -> Done:
        if not received.set_credit_aside(credit_id=obj.pk, reason=data["reason"], actor=actor):
            raise Refused("Somebody else has dealt with this credit a moment ago.")
        return Done("The credit is set aside.", obj)


class SetAlertAside(Verb):
    name = "set-aside"
    label = "Set aside"
    permission = "backoffice.mark_paid"
    form_class = Reason

    def offered(self, obj: Evidence, now: datetime) -> bool:
        return obj.state in OPEN_ALERTS

    def why_not(self, obj: Evidence, now: datetime) -> str:
        return "Nobody has to look at this alert any more."

    def explanation(self, obj: Evidence) -> str:
        return "Says that a person has read this alert and dealt with what it tells."

    def facts(self, obj: Evidence) -> list[tuple[str, Any]]:
        return [("From", obj.sender), ("Text", obj.text or words.NOTHING)]

    def run(self, obj: Evidence, data: dict[str, Any], actor: str) -> Done:
        if not alerts.set_alert_aside(evidence_id=obj.pk, reason=data["reason"], actor=actor):
            raise Refused("Somebody else has dealt with this alert a moment ago.")
        return Done("The alert is set aside.", obj)


def _facts(credit: Credit) -> list[tuple[str, Any]]:
    return [
        ("Amount", words.rupees(credit.amount_paise)),
        ("UTR", credit.rrn or words.NOTHING),
        ("Payer", credit.payer or words.NOTHING),
        ("Credited", words.when(credit.credited_at)),
        ("Why it waits", credit.explanation),
    ]
