"""Trying an alert: what PayGate would read in it and do about it, without writing anything."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reconciliation import crediting
from reconciliation.banks.template import Bank, build_bank
from reconciliation.models import AlertChannel, Credit, Evidence
from reconciliation.parsing import Reading, Verdict
from reconciliation.senders import read_header, refusal
from reconciliation.services import alerts, banks


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would come of an alert. `refused` says why its sender would not be believed; `credit` is what would be
    written about the money, unsaved, and `is_known` whether an earlier alert told of it."""

    reading: Reading
    refused: str
    credit: Credit | None
    is_known: bool


def try_alert(
    *, sender: str, text: str, channel: AlertChannel, sent_at: datetime | None = None, line: str = ""
) -> Trial:
    """Judge an alert as `channel` would bring it now; one that is not saved stands for a phone of all live accounts.

    `line`: a bank's line to read it with, before it is written down. Raises BadTemplate.
    """
    now = timezone.now()
    is_mail = channel.kind == AlertChannel.Kind.MAILBOX
    header = None if is_mail else read_header(sender)
    token = sender.rpartition("@")[2].lower() if is_mail else header.token if header else sender.strip().upper()
    trial = _as_bank(line, token, is_mail=is_mail)
    reading = banks.read(kind=channel.kind, sender=token, text=text, extra=trial)
    credit, is_known = None, False
    if reading.verdict == Verdict.CREDIT:
        evidence = Evidence(
            channel=channel, sender=token, text=text, sent_at=sent_at, arrived_at=sent_at or now, received_at=now
        )
        with transaction.atomic():
            taken = crediting.take(alerts.facts_of_alert(evidence, reading))
            credit, is_known = taken.credit, taken.known
            transaction.set_rollback(True)
    refused = "" if is_mail else refusal(header, channel.senders if channel.pk else [token])
    return Trial(reading=reading, refused=refused, credit=credit, is_known=is_known)


def _as_bank(line: str, token: str, *, is_mail: bool) -> list[Bank]:
    if not line.strip():
        return []
    code, name = "trial", "The line you try"
    if is_mail:
        return [build_bank(code=code, name=name, headers=(), lines=(), mail_domains=[token], mail_lines=[line])]
    return [build_bank(code=code, name=name, headers=[token], lines=[line])]
