"""What staff do about alerts that PayGate is not sure about."""

from datetime import datetime
from typing import Any

from backoffice import words
from backoffice.verbs import Done, Reason, Refused, Verb
from reconciliation.models import BankTemplate, Evidence, EvidenceState
from reconciliation.services import alerts


class Reprocess(Verb):
    name = "again"
    label = "Read again"
    permission = "backoffice.mark_paid"

    def offered(self, obj: Evidence, now: datetime) -> bool:
        return obj.state in alerts.OPEN and obj.credit_id is None and bool(obj.text)

    def why_not(self, obj: Evidence, now: datetime) -> str:
        if obj.state in alerts.OPEN and not obj.text:
            return "The text of this alert was not kept."
        return "Nobody has to look at this alert any more."

    def explanation(self, obj: Evidence) -> str:
        return (
            "Judges this alert once more, such as after you have taught PayGate its bank. If it tells of money now, "
            "that money may pay a payment at once."
        )

    def facts(self, obj: Evidence) -> list[tuple[str, Any]]:
        return [("From", obj.sender), ("Text", obj.text), ("Why it waits", obj.explanation)]

    def run(self, obj: Evidence, data: dict[str, Any], actor: str) -> Done:
        read = alerts.reprocess(evidence_id=obj.pk)
        if read is None:
            raise Refused("Somebody else has dealt with this alert a moment ago.")
        became = EvidenceState(read.state).label
        return Done(
            f"Read again. {became}: {read.explanation}", read.credit or read, details=f"alert {read.pk}: {became}"
        )


class SetAlertAside(Verb):
    name = "set-aside"
    label = "Set aside"
    permission = "backoffice.mark_paid"
    form_class = Reason

    def offered(self, obj: Evidence, now: datetime) -> bool:
        return obj.state in alerts.OPEN

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


class ReadAlertsAgain(Verb):
    name = "read-again"
    label = "Read its alerts again"
    permission = "backoffice.manage_channels"

    def offered(self, obj: BankTemplate, now: datetime) -> bool:
        return obj.enabled

    def why_not(self, obj: BankTemplate, now: datetime) -> str:
        return "This template is not in use."

    def explanation(self, obj: BankTemplate) -> str:
        return (
            "Judges the alerts of its senders that wait for a person once more. Those that follow a line now are money "
            "that came in, and may pay payments at once."
        )

    def facts(self, obj: BankTemplate) -> list[tuple[str, Any]]:
        return [("Alerts that wait", alerts.waiting_of(obj).count())]

    def run(self, obj: BankTemplate, data: dict[str, Any], actor: str) -> Done:
        read = alerts.reprocess_of(obj)
        understood = sum(each.state == EvidenceState.CREDIT for each in read)
        said = f"{len(read)} read again: {understood} tell of money, {len(read) - understood} do not or still wait."
        return Done(said, obj, details=said)
