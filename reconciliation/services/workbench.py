"""Trying an alert: what PayGate would read in it and do about it, without writing anything."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reconciliation import crediting
from reconciliation.banks import banks_of_domain, banks_of_header
from reconciliation.banks.fitting import Stop
from reconciliation.banks.template import Bank
from reconciliation.banks.typed import build_bank
from reconciliation.models import AlertChannel, Credit, CreditState, Evidence
from reconciliation.parsing import Reading, Verdict
from reconciliation.senders import read_header, refusal
from reconciliation.services import alerts, banks

TRIED = "the line you try"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would come of an alert. `bank` is what staff call the bank that it is of.

    `stop`: where the line that is tried stops fitting. `refused` says why its sender would not be believed; `credit` is
    what would be written about the money, unsaved, `is_known` whether an earlier alert told of it, and `would_pay`
    whether this alert would make it a payment's.
    """

    reading: Reading
    bank: str
    stop: Stop | None
    refused: str
    credit: Credit | None
    is_known: bool
    would_pay: bool


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
    tried = [_as_bank(line, token, is_mail=is_mail)] if line.strip() else []
    reading = banks.read(kind=channel.kind, sender=token, text=text, extra=tried)
    credit, is_known, would_pay = None, False, False
    if reading.verdict == Verdict.CREDIT:
        evidence = Evidence(
            channel=channel, sender=token, text=text, sent_at=sent_at, arrived_at=sent_at or now, received_at=now
        )
        with transaction.atomic():
            taken = crediting.take(alerts.facts_of_alert(evidence, reading))
            credit, is_known = taken.credit, taken.known
            transaction.set_rollback(True)
        has_paid = is_known and Credit.objects.filter(pk=credit.pk, state=CreditState.MATCHED).exists()
        would_pay = credit.state == CreditState.MATCHED and not has_paid
    refused = "" if is_mail else refusal(header, channel.senders if channel.pk else [token])
    return Trial(
        reading=reading,
        bank=banks.name_of(reading.bank),
        stop=banks.where_it_stops(line, text, kind=channel.kind) if tried else None,
        refused=refused,
        credit=credit,
        is_known=is_known,
        would_pay=would_pay,
    )


def _as_bank(line: str, token: str, *, is_mail: bool) -> Bank:
    """Return the sender's bank with this line. One that nobody knows has no code, and so may be any account's."""
    banks_of = banks_of_domain if is_mail else banks_of_header
    known = next(iter(banks_of(token, banks.operator_banks())), None)
    built = build_bank(
        code=known.code if known else "new",
        name=known.name if known else token[:60],
        headers=[token],
        lines=[line],
        mail_domains=[token] if is_mail else (),
    )
    tried = {TRIED: built.lines[0].text}
    return replace(built, code=known.code if known else "", credits=tried, mail_credits=tried)
