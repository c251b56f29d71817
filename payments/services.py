"""The verbs of a payment. One function a verb, one transaction each; every interface calls these.

A state changes by one conditional UPDATE whose count says who won, and its event is written in the same transaction.
"""

import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Value
from django.db.models.functions import Least
from django.utils import timezone

from apikeys.models import ApiKey
from payments import amounts, bell, snapshot
from payments.exceptions import CannotMark, IdempotencyKeyReused, NoPayableAmount, NotCancellable
from payments.locks import claim
from payments.models import EventType, PaymentEvent, PaymentSession, SessionException, Status, new_session_id

CONFIRMABLE = (Status.PENDING, Status.EXPIRED)
MARKABLE = (Status.PENDING, Status.EXPIRED, Status.CANCELLED)
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class SessionDetails:
    """What the merchant says about a payment; texts are checked by whoever took them in."""

    customer_name: str = ""
    customer_email: str = ""
    customer_phone: str = ""
    merchant_ref: str = ""
    description: str = ""
    metadata_json: str = "{}"
    return_url: str = ""


@dataclass(frozen=True)
class Created:
    session: PaymentSession
    replayed: bool


def create_session(
    *,
    api_key: ApiKey | None,
    requested_paise: int,
    details: SessionDetails,
    expires_in: int | None = None,
    client_ip: str | None = None,
    idempotency_key: str | None = None,
    fingerprint: str = "",
) -> Created:
    """Open a session with a payable amount that no other live session of its space has.

    `api_key` None: made by staff, in live mode. `expires_in` in seconds. `client_ip`: whose browser
    opened it, for keys that pages use (of IPv6 its network). With an idempotency key that was used before,
    the first session is returned as it is now.

    Raises IdempotencyKeyReused, NoUpiAccount, NotWatched, NoPayableAmount; then nothing was written.
    """
    while True:
        if idempotency_key and (earlier := _earlier_session(api_key, idempotency_key, fingerprint)):
            return Created(earlier, replayed=True)
        now = timezone.now()
        chosen = _choose_amount(requested_paise, test=bool(api_key and api_key.test), now=now)
        expires_at = now + timedelta(seconds=expires_in or settings.SESSION_SECONDS)
        session = PaymentSession(
            session_id=new_session_id(),
            api_key=api_key,
            upi_account=chosen.account,
            upi_id=chosen.account.upi_id,
            upi_name=chosen.account.payee_name,
            amount_space=chosen.account.amount_space,
            requested_paise=requested_paise,
            payable_paise=chosen.payable_paise,
            test=chosen.account.test,
            client_ip=client_ip,
            idempotency_key=idempotency_key,
            request_fingerprint=fingerprint,
            created_at=now,
            expires_at=expires_at,
            hold_until=expires_at + timedelta(seconds=settings.HOLD_SECONDS),
            **vars(details),
        )
        try:
            with _savepoint_if_needed():
                session.save(force_insert=True)
            return Created(session, replayed=False)
        except IntegrityError:
            # Either the same request won elsewhere, or another one took this amount first: look, and try again.
            if idempotency_key and _earlier_session(api_key, idempotency_key, fingerprint):
                continue
            if not amounts.is_held(space=session.amount_space, payable_paise=session.payable_paise):
                raise
            _settle(space=session.amount_space, payables=[session.payable_paise])


def _savepoint_if_needed() -> AbstractContextManager[None]:
    """One statement needs no transaction of its own; inside another one, its failure must not spoil that one."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _choose_amount(requested_paise: int, *, test: bool, now: datetime) -> amounts.Chosen:
    try:
        return amounts.choose(requested_paise=requested_paise, test=test, now=now)
    except NoPayableAmount as full:
        # A sweep that lags must not make the window look full.
        if not sum(_settle(space=space, payables=full.payables) for space in full.spaces):
            raise
        return amounts.choose(requested_paise=requested_paise, test=test, now=now)


def _settle(*, space: str, payables: Sequence[int]) -> int:
    expire_due_sessions(space=space, payables=payables)
    return release_amounts(space=space, payables=payables)


def _earlier_session(api_key: ApiKey | None, idempotency_key: str, fingerprint: str) -> PaymentSession | None:
    earlier = PaymentSession.objects.filter(api_key=api_key, idempotency_key=idempotency_key).first()
    if earlier and earlier.request_fingerprint != fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was used before with another body.")
    return earlier


@transaction.atomic
def cancel_session(*, session_id: int, actor: str, reason: str = "") -> PaymentSession:
    """Cancel a pending session; one that is cancelled already is returned as it is. Raises NotCancellable."""
    now = timezone.now()
    won = PaymentSession.objects.filter(pk=session_id, status=Status.PENDING, expires_at__gt=now).update(
        status=Status.CANCELLED, cancelled_at=now
    )
    session = PaymentSession.objects.get(pk=session_id)
    if won:
        _record_event(session, EventType.CANCELLED, now, actor=actor, reason=reason)
    elif session.status != Status.CANCELLED:
        raise NotCancellable(session.status_at(now))
    return session


@transaction.atomic
def confirm_session(*, session_id: int, credited_at: datetime, utr: str = "", actor: str = "bank") -> bool:
    """Make a session `success` because the bank credited exactly its amount at `credited_at`.

    Returns whether this call did it. It did not if the session was paid, cancelled, or credited after `expires_at`
    while LATE_POLICY is `review`, or if the UTR stands on another session; the credit is then for staff.
    """
    session = PaymentSession.objects.get(pk=session_id)
    late = credited_at > session.expires_at
    if (late and settings.LATE_POLICY == "review") or _utr_is_taken(utr, session):
        return False
    exception = SessionException.PAID_LATE if late else SessionException.NONE
    if not _succeed(session, CONFIRMABLE, exception=exception, utr=utr, paid_at=credited_at):
        return False
    _record_event(session, EventType.SUCCESS, timezone.now(), actor=actor)
    return True


@transaction.atomic
def mark_session_paid(*, session_id: int, utr: str, actor: str, reason: str) -> PaymentSession:
    """Make a session `success` on a staff member's word. Raises CannotMark."""
    if not reason.strip():
        raise CannotMark("Say why this payment is taken as paid.")
    session = PaymentSession.objects.get(pk=session_id)
    if _utr_is_taken(utr, session):
        raise CannotMark("This UTR belongs to another payment.")
    now = timezone.now()
    if not _succeed(session, MARKABLE, exception=SessionException.MARKED, utr=utr, paid_at=now):
        raise CannotMark(_why_not_marked(session))
    _record_event(session, EventType.SUCCESS, now, actor=actor, reason=reason)
    return session


@transaction.atomic
def record_late_credit(*, session_id: int, actor: str = "bank", reason: str) -> None:
    """Write `payment.late`: a credit came that became no success. Call it in the transaction that keeps the credit."""
    session = PaymentSession.objects.select_for_update(of=("self",)).get(pk=session_id)
    _record_event(session, EventType.LATE, timezone.now(), actor=actor, reason=reason)


@transaction.atomic
def add_utr(*, session_id: int, utr: str) -> bool:
    """Note the UTR of a success that had none, as a later alert tells it. Returns whether this call did it."""
    session = PaymentSession.objects.get(pk=session_id)
    if _utr_is_taken(utr, session):
        return False
    nameless = PaymentSession.objects.filter(pk=session_id, status=Status.SUCCESS, utr="")
    try:
        with transaction.atomic():
            return bool(nameless.update(utr=utr))
    except IntegrityError:
        # Another session got this UTR since it was looked up.
        return False


def take_back_utr(*, session_id: int, utr: str) -> bool:
    """Forget a UTR that turned out to be another payment's; the success stays. Returns whether it stood there."""
    named = PaymentSession.objects.filter(pk=session_id, status=Status.SUCCESS, utr=utr)
    return bool(named.update(utr=""))


@transaction.atomic
def correct_paid_at(*, session_id: int, credited_at: datetime) -> bool:
    """Note when a confirmed payment was credited, as a later alert tells it better. Returns whether that is a change.

    Not for what staff marked: that has its own time.
    """
    session = PaymentSession.objects.get(pk=session_id)
    exception = SessionException.PAID_LATE if credited_at > session.expires_at else SessionException.NONE
    confirmed = PaymentSession.objects.filter(pk=session_id, status=Status.SUCCESS).exclude(
        exception=SessionException.MARKED
    )
    return bool(confirmed.exclude(paid_at=credited_at).update(paid_at=credited_at, exception=exception))


def expire_due_sessions(*, limit: int = BATCH, space: str = "", payables: Sequence[int] = ()) -> int:
    """Expire up to `limit` overdue sessions (of a space's amounts, if given), with their events. Returns how many."""
    with transaction.atomic():
        now = timezone.now()
        due = PaymentSession.objects.filter(status=Status.PENDING, expires_at__lte=now).order_by("expires_at")
        if space:
            due = due.filter(amount_space=space, payable_paise__in=payables)
        sessions = claim(due[:limit])
        if not sessions:
            return 0
        PaymentSession.objects.filter(pk__in=[session.pk for session in sessions]).update(status=Status.EXPIRED)
        for session in sessions:
            session.status = Status.EXPIRED
        _record_expiry(sessions, now)
        return len(sessions)


@transaction.atomic
def expire_test_session(*, session_id: int) -> bool:
    """End a pending test session's time now. Returns whether it was pending; a live session never is touched."""
    now = timezone.now()
    ended = Least(F("expires_at"), Value(now - timedelta(seconds=1)))
    pending = PaymentSession.objects.filter(pk=session_id, test=True, status=Status.PENDING)
    won = pending.update(status=Status.EXPIRED, expires_at=ended)
    if won:
        _record_expiry([PaymentSession.objects.get(pk=session_id)], now)
    return bool(won)


def release_amounts(*, limit: int = BATCH, space: str = "", payables: Sequence[int] = ()) -> int:
    """Free up to `limit` amounts whose hold is over (of a space's amounts, if given). Returns how many."""
    with transaction.atomic():
        due = PaymentSession.objects.filter(holds_amount=True, hold_until__lte=timezone.now())
        due = due.exclude(status=Status.PENDING).order_by("hold_until")
        if space:
            due = due.filter(amount_space=space, payable_paise__in=payables)
        sessions = claim(due.only("pk")[:limit])
        return PaymentSession.objects.filter(pk__in=[session.pk for session in sessions]).update(holds_amount=False)


def _succeed(
    session: PaymentSession, statuses: Sequence[Status], *, exception: str, utr: str, paid_at: datetime
) -> bool:
    changes = {"status": Status.SUCCESS, "exception": exception, "utr": utr, "paid_at": paid_at}
    try:
        with transaction.atomic():
            won = PaymentSession.objects.filter(pk=session.pk, status__in=statuses).update(**changes)
    except IntegrityError:
        # Another session got this UTR since it was looked up.
        return False
    if won:
        session.refresh_from_db()
    return bool(won)


def _why_not_marked(session: PaymentSession) -> str:
    session.refresh_from_db()
    if session.status != Status.SUCCESS:
        return "This UTR was used for another payment a moment ago. Look it up before you try again."
    return f"This payment is a success already{f', with UTR {session.utr}' if session.utr else ''}."


def _utr_is_taken(utr: str, session: PaymentSession) -> bool:
    return bool(utr) and PaymentSession.objects.of_utr(utr, test=session.test).exclude(pk=session.pk).exists()


def _record_expiry(sessions: Sequence[PaymentSession], now: datetime) -> None:
    # A pending session mostly has no event yet, but a credit that came too late may have been announced.
    events = PaymentEvent.objects.filter(session__in=sessions).order_by().values_list("session")
    earlier = dict(events.annotate(count=Count("pk")))
    PaymentEvent.objects.bulk_create(
        _event(session, EventType.EXPIRED, now, sequence=1 + earlier.get(session.pk, 0)) for session in sessions
    )
    bell.announce_after_commit()


def _record_event(session: PaymentSession, type_: EventType, now: datetime, *, actor: str, reason: str = "") -> None:
    # The row is locked by the UPDATE before, so nobody else counts at the same time.
    sequence = session.events.count() + 1
    _event(session, type_, now, sequence=sequence, actor=actor, reason=reason).save(force_insert=True)
    bell.announce_after_commit()


def _event(
    session: PaymentSession, type_: EventType, now: datetime, *, sequence: int, actor: str = "", reason: str = ""
) -> PaymentEvent:
    event_id = uuid.uuid4()
    return PaymentEvent(
        id=event_id,
        session=session,
        api_key_id=session.api_key_id,
        type=type_,
        sequence=sequence,
        occurred_at=now,
        body=snapshot.event_body(session, event=type_.value, event_id=event_id, sequence=sequence, occurred_at=now),
        actor=actor,
        reason=reason,
    )
