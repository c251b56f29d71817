"""Reading a bank's e-mails from a mailbox: look, keep each e-mail once, remember how far it is read."""

import logging
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apikeys.encryption import CannotUnseal
from payments.models import Notice, NoticeKind, UpiAccount
from payments.notices import raise_notice, resolve_notice
from reconciliation import mail, mail_trust, times
from reconciliation.banks import MAIL_DOMAINS
from reconciliation.forwarders import keepable
from reconciliation.imap import CannotRead, Fetched, Folder, Server, look_up_key, open_folder
from reconciliation.mail_trust import KeyUnavailable, Trust
from reconciliation.models import AlertChannel, Mailbox
from reconciliation.parsing import Reading, Verdict
from reconciliation.services import alerts, banks
from reconciliation.services.channels import hear_from
from reconciliation.wording import MAX_MAIL

FIELDS = ("host", "port", "security", "username", "folder", "authserv_id", "domains", "addresses")
# What decides which e-mails are read and believed: if it changes, the last day's are looked at again.
READ_AGAIN = ("host", "username", "folder", "authserv_id", "domains", "addresses")
POLL_SECONDS = 20.0
LEASE = timedelta(seconds=60)
BATCH = 50
AT_ONCE = 8
# How far back a new mailbox is read, and one whose server has numbered its e-mails anew.
FIRST_LOOK = timedelta(days=1)
LOOK_AGAIN = timedelta(days=3)
TOLD_AFTER = timedelta(minutes=5)
# How long an e-mail whose signature cannot be checked yet (the DNS is down) holds up those after it.
KEY_PATIENCE = timedelta(hours=1)
LAST_FEW = 5
NO_SENDER = "no readable sender"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """An e-mail as judged: `doubt` says why it is not believed, empty if it is.

    `is_told_of`: it is in a listed bank's name and reads like money that came in, so staff must know of the doubt.
    `sent_at` and `arrived_at` of one that is believed are as `times.times_of_mail` has them.
    """

    domain: str
    doubt: str
    is_listed: bool = False
    is_told_of: bool = False
    text: str = ""
    mark: str = ""
    sent_at: datetime | None = None
    arrived_at: datetime | None = None


@transaction.atomic
def add_mailbox(*, label: str, password: str, accounts: Iterable[UpiAccount] = (), **values: Any) -> AlertChannel:
    """Add a mailbox; `values` are of `FIELDS`. It is read from the next look on. Raises ValidationError."""
    channel = AlertChannel(kind=AlertChannel.Kind.MAILBOX, label=label.strip())
    channel.full_clean()
    channel.save(force_insert=True)
    channel.accounts.set(accounts)
    _save(Mailbox(channel=channel), password, values)
    return channel


@transaction.atomic
def change_mailbox(*, channel_id: int, password: str = "", **values: Any) -> None:
    """Change what is given of `FIELDS`; an empty password stays what it is. Raises ValidationError.

    One whose server, user, folder or trust is another is read as a new mailbox is.
    """
    mailbox = Mailbox.objects.select_for_update(of=("self",)).get(pk=channel_id)
    if any(name in values and values[name] != getattr(mailbox, name) for name in READ_AGAIN):
        mailbox.uidvalidity, mailbox.last_uid = None, 0
    # A poll that is under way looks at the old mailbox: it may not write down how far it is.
    mailbox.lease_until = mailbox.lease_token = None
    _save(mailbox, password, values)


def poll_all() -> None:
    """Look into every mailbox, several at once, so that a slow server makes nobody else wait."""
    enabled = Mailbox.objects.filter(channel__enabled=True)
    ids = list(enabled.values_list("pk", flat=True))
    stopped = Notice.objects.filter(kind=NoticeKind.MAILBOX, resolved_at=None)
    stopped.exclude(subject_key__in=[str(pk) for pk in ids]).update(resolved_at=timezone.now())
    if not ids:
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(ids)), thread_name_prefix="mailbox") as pool:
        polls = [pool.submit(_poll_in_thread, mailbox_id) for mailbox_id in ids]
    for poll in polls:
        poll.result()


def poll_mailbox(*, mailbox_id: int) -> bool:
    """Look into a mailbox for new e-mails and take them. Returns whether it could be read; it says why if not.

    Each e-mail is kept in the transaction that notes it as read, so a crash repeats none and loses none.
    """
    token = _take_lease(mailbox_id)
    if token is None:
        return False
    mailbox = Mailbox.objects.select_related("channel").get(pk=mailbox_id)
    error = _try_to_read(mailbox, token)
    _note(mailbox, token, error)
    return not error


def look(mailbox: Mailbox) -> list[tuple[datetime, Judged, Reading | None]]:
    """Return what would become of a mailbox's last e-mails, newest first; nothing is written. Raises CannotRead."""
    with open_folder(server_of(mailbox), seconds=POLL_SECONDS) as folder:
        uids = folder.since((timezone.now() - LOOK_AGAIN).date())[-LAST_FEW:]
        seen = []
        for fetched in reversed([*folder.fetch(uids)]):
            judged = _judge_now(fetched, trust_of(mailbox))
            reading = None
            if not judged.doubt:
                reading = banks.read(kind=AlertChannel.Kind.MAILBOX, sender=judged.domain, text=judged.text)
            seen.append((fetched.arrived_at, judged, reading))
        return seen


def judge(fetched: Fetched, *, trust: Trust, look_up: mail_trust.LookUp = look_up_key) -> Judged:
    """Judge an e-mail: whose it is, whether that is proved, and its text. Raises KeyUnavailable."""
    domain, is_listed = NO_SENDER, False
    try:
        header = mail.read_header(fetched.raw)
        domain = header.from_domain
        is_listed = bool(trust.base_of(domain))
        if not is_listed:
            return Judged(domain, f"{domain} is on no list of banks’ domains.")
        if not fetched.is_whole:
            return Judged(domain, "It is larger than any bank’s alert.", is_listed)
        if doubt := mail_trust.doubt(fetched.raw, trust=trust, look_up=look_up):
            return _refused(fetched, domain, doubt)
        return _believed(fetched, header, trust)
    except mail.NotReadable as problem:
        return _refused(fetched, domain, str(problem)) if is_listed else Judged(domain, str(problem))


def trust_of(mailbox: Mailbox) -> Trust:
    written_down = (domain for bank in banks.operator_banks() for domain in bank.mail_domains)
    return Trust(
        domains=frozenset({*MAIL_DOMAINS, *written_down, *mailbox.domains}),
        addresses=frozenset(mailbox.addresses),
        authserv_id=mailbox.authserv_id,
    )


def server_of(mailbox: Mailbox) -> Server:
    """Return what to connect to. Raises CannotRead."""
    try:
        password = mailbox.password.reveal()
    except CannotUnseal:
        raise CannotRead("The password does not open with PAYGATE_ENCRYPTION_KEYS. Enter it again.") from None
    return Server(
        host=mailbox.host,
        port=mailbox.port,
        security=mailbox.security,
        username=mailbox.username,
        folder=mailbox.folder,
        password=password,
        ca_file=settings.MAILBOX_CA_FILE,
    )


def _save(mailbox: Mailbox, password: str, values: dict[str, Any]) -> None:
    for name in FIELDS:
        if name in values:
            setattr(mailbox, name, values[name])
    mailbox.full_clean()
    if not password.isprintable() or not (password or mailbox.password):
        raise ValidationError({"password": "Give the mailbox’s password, without line breaks."})
    if password:
        mailbox.password = password
    mailbox.save()


def _poll_in_thread(mailbox_id: int) -> None:
    try:
        poll_mailbox(mailbox_id=mailbox_id)
    finally:
        connection.close()


def _take_lease(mailbox_id: int) -> uuid.UUID | None:
    now, token = timezone.now(), uuid.uuid4()
    free = Mailbox.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), pk=mailbox_id, channel__enabled=True)
    return token if free.update(lease_until=now + LEASE, lease_token=token) else None


def _try_to_read(mailbox: Mailbox, token: uuid.UUID) -> str:
    """Return what went wrong, in words; empty if nothing did."""
    try:
        with open_folder(server_of(mailbox), seconds=POLL_SECONDS) as folder:
            _find_place(mailbox, folder, token)
            _take_new(mailbox, folder, token)
    except CannotRead as problem:
        return str(problem)
    except Exception as error:
        # Its text might quote an e-mail.
        logger.error("Mailbox %s could not be read: %s.", mailbox.pk, type(error).__name__)
        return f"PayGate itself failed at it ({type(error).__name__}) and tries again."
    return ""


def _find_place(mailbox: Mailbox, folder: Folder, token: uuid.UUID) -> None:
    """Note where to read on, if the folder is new or its server has numbered the e-mails anew."""
    if mailbox.uidvalidity == folder.uidvalidity:
        return
    back = FIRST_LOOK if mailbox.uidvalidity is None else LOOK_AGAIN
    recent = folder.since((timezone.now() - back).date())
    mailbox.uidvalidity, mailbox.last_uid = folder.uidvalidity, min(recent, default=folder.next_uid) - 1
    _held(mailbox, token).update(uidvalidity=mailbox.uidvalidity, last_uid=mailbox.last_uid)


def _take_new(mailbox: Mailbox, folder: Folder, token: uuid.UUID) -> None:
    trust = trust_of(mailbox)
    new = folder.after(mailbox.last_uid)
    for start in range(0, len(new), BATCH):
        for fetched in folder.fetch(new[start : start + BATCH]):
            if not folder.has_time or not _take(mailbox, fetched, trust, token):
                return


def _take(mailbox: Mailbox, fetched: Fetched, trust: Trust, token: uuid.UUID) -> bool:
    """Keep an e-mail and note it as read. Returns whether to go on: not without the lease."""
    judged = _judge_now(fetched, trust)
    with transaction.atomic():
        if not _held(mailbox, token).update(last_uid=fetched.uid, lease_until=timezone.now() + LEASE):
            return False
        evidence = alerts.record_mail(
            channel=mailbox.channel,
            domain=judged.domain,
            doubt=judged.doubt,
            text=judged.text,
            mark=judged.mark,
            sent_at=judged.sent_at,
            arrived_at=judged.arrived_at or fetched.arrived_at,
            is_listed=judged.is_listed,
        )
        if judged.is_told_of:
            _tell_of_doubt(mailbox, judged, fetched.arrived_at)
    if evidence.processed_at is None:
        alerts.process_evidence(evidence_id=evidence.pk)
    return True


def _judge_now(fetched: Fetched, trust: Trust) -> Judged:
    try:
        return _judge_with_key(fetched, trust)
    except CannotRead:
        raise
    except Exception as error:
        # A stranger may have written it, and it must not hold up those after it.
        logger.error("An e-mail could not be judged: %s.", type(error).__name__)
        return Judged(NO_SENDER, f"PayGate could not read it ({type(error).__name__}). Please look at it yourself.")


def _judge_with_key(fetched: Fetched, trust: Trust) -> Judged:
    try:
        return judge(fetched, trust=trust)
    except KeyUnavailable:
        if timezone.now() - fetched.arrived_at < KEY_PATIENCE:
            raise CannotRead(
                "The DNS does not answer, so a bank’s signature cannot be checked. PayGate tries again."
            ) from None
        domain = mail.read_header(fetched.raw).from_domain
        return _refused(fetched, domain, "The bank’s key could not be found for an hour: the DNS did not answer.")


def _believed(fetched: Fetched, header: mail.Header, trust: Trust) -> Judged:
    text = keepable(mail.read_text(fetched.raw))[:MAX_MAIL]
    sent_at, arrived_at = times.times_of_mail(
        dated=header.date,
        is_date_signed=mail_trust.is_date_signed(header, trust),
        stored_at=fetched.arrived_at,
    )
    mark = keepable(header.message_id) or header.date.isoformat()
    domain = header.from_domain
    return Judged(domain, "", is_listed=True, text=text, mark=mark, sent_at=sent_at, arrived_at=arrived_at)


def _refused(fetched: Fetched, domain: str, doubt: str) -> Judged:
    """Refuse an e-mail in a listed bank's name; its text is looked at and not kept."""
    try:
        text = keepable(mail.read_text(fetched.raw))[:MAX_MAIL]
    except mail.NotReadable:
        return Judged(domain, doubt, is_listed=True)
    reading = banks.read(kind=AlertChannel.Kind.MAILBOX, sender=domain, text=text)
    return Judged(domain, doubt, is_listed=True, is_told_of=reading.verdict != Verdict.IGNORE)


def _tell_of_doubt(mailbox: Mailbox, judged: Judged, arrived_at: datetime) -> None:
    came = f"{arrived_at.astimezone(times.INDIA):%-d %B at %H:%M} (India)"
    raise_notice(
        kind=NoticeKind.UNPROVED_MAIL,
        key=str(mailbox.pk),
        subject=f"Mailbox “{mailbox.channel.label}”: an e-mail about money is not believed",
        text=f"An e-mail in the name of {judged.domain}, of {came}, "
        f"reads like money that came in, but it is not proved to be the bank’s: {judged.doubt} It pays nothing. If "
        "your bank wrote it, correct the provider’s name in Authentication-Results, or the addresses, in the channel’s "
        "settings; PayGate then reads the last day’s e-mails again. If not, it is forged: hand out nothing for it.",
    )


def _held(mailbox: Mailbox, token: uuid.UUID) -> Any:
    return Mailbox.objects.filter(pk=mailbox.pk, lease_token=token)


def _note(mailbox: Mailbox, token: uuid.UUID, error: str) -> None:
    """Note what came of a look, give the lease back, and tell staff of a mailbox that is not readable for a while."""
    now = timezone.now()
    since = (mailbox.failing_since or now) if error else None
    with transaction.atomic():
        result = {"checked_at": now, "last_error": error[:300], "failing_since": since}
        if not _held(mailbox, token).update(**result, lease_until=None, lease_token=None):
            return
        key = str(mailbox.pk)
        if since is None:
            hear_from(mailbox.channel)
            resolve_notice(kind=NoticeKind.MAILBOX, key=key)
        elif now - since >= TOLD_AFTER:
            raise_notice(
                kind=NoticeKind.MAILBOX,
                key=key,
                subject=f"Mailbox “{mailbox.channel.label}” cannot be read",
                text=f"{error} Payments that only its e-mails report are not confirmed meanwhile.",
            )
