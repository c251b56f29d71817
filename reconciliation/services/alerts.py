"""What phones forward and banks mail: an alert is stored first and judged afterwards."""

import hashlib
import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from reconciliation import crediting, times, wording
from reconciliation.banks import APPS
from reconciliation.crediting import Facts
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, BankTemplate, CreditSource, Evidence, EvidenceState
from reconciliation.parsing import Reading, Verdict
from reconciliation.senders import read_header, refusal
from reconciliation.services import banks

BATCH = 200
ARRIVAL_BUCKET_SECONDS = 600
OPEN = (EvidenceState.REVIEW, EvidenceState.FAILED)
NO_HEADER = "no bank's header"
TWO_SENDERS = (
    "It names two senders. Either its text was written so that it would be taken for a bank's, or the app's template "
    "names the sender twice: use the one on this phone's page."
)
# Anybody may write to a mailbox from as many domains as they like.
MOST_REFUSED = 300
OTHERS = "further domains"

logger = logging.getLogger(__name__)


@transaction.atomic
def record_evidence(*, channel: AlertChannel, alert: Alert) -> Evidence:
    """Keep an alert, once; a repeat only counts. Judging it is `process_evidence`.

    Of a sender that is not on the channel's list only the header, the time and a count are kept: phones forward
    one-time passwords and private messages too.
    """
    now = timezone.now()
    header = None if alert.is_contradictory else read_header(_who(channel, alert))
    refused = TWO_SENDERS if alert.is_contradictory else refusal(header, channel.senders)
    arrived_at = min(alert.seen_at or now, now)
    evidence = Evidence(
        channel=channel,
        sender=header.token if header else NO_HEADER,
        sent_at=alert.sent_at,
        arrived_at=arrived_at,
        received_at=now,
    )
    if refused:
        evidence.digest = _digest("refused", evidence.sender, str(bool(header and header.promotional)))
        evidence.state, evidence.explanation, evidence.processed_at = EvidenceState.NOT_LISTED, refused, now
        evidence.sent_at = None
    else:
        evidence.text = alert.text
        evidence.digest = alert_digest(evidence.sender, alert.text, sent_at=alert.sent_at, arrived_at=arrived_at)
    counter = "refused_count" if refused else "alert_count"
    AlertChannel.objects.filter(pk=channel.pk).update(last_seen_at=now, **{counter: F(counter) + 1})
    return _keep_once(evidence)


@transaction.atomic
def record_mail(
    *,
    channel: AlertChannel,
    domain: str,
    doubt: str,
    text: str,
    mark: str,
    sent_at: datetime | None,
    arrived_at: datetime,
    is_listed: bool,
) -> Evidence:
    """Keep a bank's e-mail, once; one that is not believed (`doubt` says why) is only counted, by its domain.

    `mark` tells one e-mail from another beside its text: its Message-ID, or its Date. `sent_at` and `arrived_at` are
    as `times.times_of_mail` has them.
    """
    now = timezone.now()
    evidence = Evidence(
        channel=channel, sender=domain[:100], sent_at=sent_at, arrived_at=min(arrived_at, now), received_at=now
    )
    if doubt:
        kind = "unproved mail" if is_listed else "refused mail"
        evidence.sent_at, evidence.state, evidence.processed_at = None, EvidenceState.NOT_LISTED, now
        evidence.explanation = doubt[:500]
        evidence.digest = _digest(kind, evidence.sender)
        others = Evidence.objects.filter(channel=channel, state=EvidenceState.NOT_LISTED)
        if not others.filter(digest=evidence.digest).exists() and others.count() >= MOST_REFUSED:
            evidence.sender, evidence.digest = OTHERS, _digest(kind, OTHERS)
    else:
        evidence.text = text
        evidence.digest = _digest("mail", evidence.sender, mark, text)
    counter = "refused_count" if doubt else "alert_count"
    AlertChannel.objects.filter(pk=channel.pk).update(last_seen_at=now, **{counter: F(counter) + 1})
    return _keep_once(evidence)


def _who(channel: AlertChannel, alert: Alert) -> str:
    """Return whom an alert is from. What a title names is believed only where staff listed the app that shows it."""
    return alert.shown_by if alert.shown_by and alert.shown_by not in channel.senders else alert.sender


def alert_digest(sender: str, text: str, *, sent_at: datetime | None, arrived_at: datetime) -> str:
    """Return what makes an alert the same one: its sender, its text and when it was sent, to the second.

    Without a sent time a text with a reference stands for itself, and one without belongs to the ten minutes of its
    arrival.
    """
    plain = wording.normalise(text)
    if sent_at:
        moment = str(int(sent_at.timestamp()))
    elif wording.find_rrns(plain):
        moment = ""
    else:
        moment = f"bucket {int(arrived_at.timestamp()) // ARRIVAL_BUCKET_SECONDS}"
    return _digest(sender, plain, moment)


def process_evidence(*, evidence_id: int) -> Evidence:
    """Judge a stored alert: parse it, take its credit, match it. Done once, however often and by whomever called.

    What goes wrong becomes the alert's state, for staff; only a database that does not answer is raised.
    """
    try:
        with transaction.atomic():
            return _process(evidence_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("Alert %s could not be processed.", evidence_id)
        return _give_up(evidence_id, error)


def process_waiting(*, older_than: timedelta = timedelta(0)) -> int:
    """Process up to `BATCH` alerts that wait for longer than that, oldest first. Returns how many."""
    waiting = Evidence.objects.filter(processed_at=None, received_at__lte=timezone.now() - older_than)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    for evidence_id in ids:
        process_evidence(evidence_id=evidence_id)
    return len(ids)


def reprocess(*, evidence_id: int) -> Evidence | None:
    """Read an alert again that failed or waits for staff, such as after PayGate was taught its bank.

    Returns None if nobody waits for it, a credit hangs on it, or its text was not kept; nothing was changed then.
    """
    if not may_be_read_again().filter(pk=evidence_id).update(state=EvidenceState.WAITING, processed_at=None):
        return None
    return process_evidence(evidence_id=evidence_id)


def reprocess_of(template: BankTemplate) -> list[Evidence]:
    """Read the alerts of a template's senders that wait for staff again, oldest first, `BATCH` at most."""
    ids = list(waiting_of(template).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return [read for evidence_id in ids if (read := reprocess(evidence_id=evidence_id))]


def waiting_of(template: BankTemplate) -> QuerySet[Evidence]:
    return may_be_read_again().filter(sender__in=[*template.headers, *template.mail_domains])


def may_be_read_again() -> QuerySet[Evidence]:
    return Evidence.objects.filter(state__in=OPEN, credit=None).exclude(text="")


def set_alert_aside(*, evidence_id: int, reason: str, actor: str) -> bool:
    """Close an alert that staff had to look at. Returns whether it was open."""
    open_ones = Evidence.objects.filter(pk=evidence_id, state__in=OPEN)
    return bool(open_ones.update(state=EvidenceState.IGNORED, explanation=f"{actor}: {reason}"[:500]))


def _process(evidence_id: int) -> Evidence:
    evidence = Evidence.objects.select_for_update(of=("self",)).select_related("channel", "credit").get(pk=evidence_id)
    if evidence.processed_at is not None:
        return evidence
    reading = banks.read(kind=evidence.channel.kind, sender=evidence.sender, text=evidence.text)
    if reading.verdict == Verdict.CREDIT:
        taken = crediting.take(facts_of_alert(evidence, reading), evidence)
        evidence.credit, evidence.state = taken.credit, EvidenceState.CREDIT
        evidence.explanation = "It tells of a payment that is known already." if taken.known else reading.reason
    else:
        is_review = reading.verdict == Verdict.REVIEW
        evidence.state = EvidenceState.REVIEW if is_review else EvidenceState.IGNORED
        evidence.explanation = reading.reason
    evidence.processed_at = timezone.now()
    evidence.save(update_fields=["credit", "state", "explanation", "processed_at"])
    return evidence


def facts_of_alert(evidence: Evidence, reading: Reading) -> Facts:
    """Return what an alert that reads as a credit says of the money; the alert need not be stored."""
    assert reading.amount_paise is not None  # noqa: S101 - a verdict of credit has an amount
    return Facts(
        amount_paise=reading.amount_paise,
        when=times.time_of_credit(
            printed=reading.printed,
            sent_at=evidence.sent_at,
            arrived_at=evidence.arrived_at,
            received_at=evidence.received_at,
        ),
        arrived_at=evidence.received_at,
        source=CreditSource.ALERT,
        rrn=reading.rrn,
        bank_ref=reading.bank_ref,
        payer=reading.payer,
        rule=reading.rule,
        bank="" if reading.bank in APPS else reading.bank,
        account_tail=reading.account_tail,
        account_ids=_accounts_of(evidence.channel),
    )


def _accounts_of(channel: AlertChannel) -> tuple[int, ...]:
    return tuple(channel.accounts.values_list("pk", flat=True)) if channel.pk else ()


def _give_up(evidence_id: int, error: Exception) -> Evidence:
    Evidence.objects.filter(pk=evidence_id, processed_at=None).update(
        processed_at=timezone.now(),
        state=EvidenceState.FAILED,
        explanation=f"PayGate could not read this alert ({type(error).__name__}). Please look at it yourself.",
    )
    return Evidence.objects.select_related("channel", "credit").get(pk=evidence_id)


def _keep_once(evidence: Evidence) -> Evidence:
    same = Evidence.objects.filter(channel=evidence.channel, digest=evidence.digest)
    if not _count_again(same, evidence):
        try:
            with transaction.atomic():
                evidence.save(force_insert=True)
            return evidence
        except IntegrityError:
            # The phone sent it twice at the same moment.
            _count_again(same, evidence)
    return same.get()


def _count_again(same: QuerySet[Evidence], evidence: Evidence) -> int:
    # One row stands for all messages of a sender that is not listed, and tells when the last one came.
    latest = (
        {"received_at": evidence.received_at, "explanation": evidence.explanation}
        if evidence.state == EvidenceState.NOT_LISTED
        else {}
    )
    return same.update(count=F("count") + 1, **latest)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(f"{len(part)} {part}" for part in parts).encode()).hexdigest()
