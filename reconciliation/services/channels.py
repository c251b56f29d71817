"""Alert channels: where the bank's word comes from."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from payments.models import UpiAccount
from reconciliation.forwarder_signatures import Signed, is_signed
from reconciliation.models import AlertChannel


def add_phone(
    *,
    label: str,
    senders: Iterable[str],
    accounts: Iterable[UpiAccount] = (),
    silent_after_minutes: int | None = None,
    awake_from: time | None = None,
    awake_until: time | None = None,
) -> tuple[AlertChannel, str]:
    """Add a phone and return it with its token, which cannot be had again. Raises ValidationError.

    `senders` as they stand in the SMS app (VM-SBIUPI-S) or without their routes (SBIUPI). `accounts`: those whose bank
    writes to this phone; none means all live ones. Silence: see AlertChannel.
    """
    token = secrets.token_urlsafe(32)
    channel = AlertChannel(
        label=label.strip(),
        token_hash=hash_token(token),
        senders=list(senders),
        silent_after_minutes=silent_after_minutes,
        awake_from=awake_from,
        awake_until=awake_until,
    )
    channel.full_clean()
    with transaction.atomic():
        channel.save(force_insert=True)
        channel.accounts.set(accounts)
    return channel, token


def add_channel(*, kind: AlertChannel.Kind, label: str, accounts: Iterable[UpiAccount] = ()) -> AlertChannel:
    """Add a channel that brings nothing by itself: statements, entry by hand. Raises ValidationError."""
    channel = AlertChannel(kind=kind, label=label.strip())
    channel.full_clean()
    with transaction.atomic():
        channel.save(force_insert=True)
        channel.accounts.set(accounts)
    return channel


def rotate_token(*, channel_id: int, overlap: timedelta = timedelta(0)) -> str:
    """Give a phone a new token and return it; the old one works for `overlap` more."""
    token = secrets.token_urlsafe(32)
    AlertChannel.objects.filter(pk=channel_id).update(
        token_hash=hash_token(token),
        previous_token_hash=F("token_hash") if overlap else None,
        previous_until=timezone.now() + overlap if overlap else None,
    )
    return token


def set_signing(*, channel_id: int, signing: AlertChannel.Signing, key: str = "") -> str:
    """Have a phone's app sign what it sends, or not. Returns the key: a new one where none is given."""
    if signing != AlertChannel.Signing.NONE:
        key = key.strip() or secrets.token_urlsafe(24)
    channel = AlertChannel.objects.get(pk=channel_id)
    channel.signing, channel.signing_key = signing, key if signing else ""
    channel.save(update_fields=("signing", "signing_key"))
    return key if signing else ""


def channel_url(token: str) -> str:
    """Return the address that a phone posts to. It holds the token: show it once, log it never."""
    return f"{settings.BASE_URL}/hooks/alerts/{token}"


def find_channel(token: str) -> AlertChannel | None:
    """Return the phone with this token, or with this one until lately."""
    hashed = hash_token(token)
    former = Q(previous_token_hash=hashed, previous_until__gt=timezone.now())
    return AlertChannel.objects.filter(Q(token_hash=hashed) | former, enabled=True).first() if token else None


def is_sent_by(channel: AlertChannel, request: Signed) -> bool:
    """Say whether the phone's app has signed a request, where it is to sign. Raises CannotUnseal."""
    return not channel.signing or is_signed(channel.signing, channel.signing_key.reveal(), request)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hear_from(channel: AlertChannel, *, took: int = 0) -> None:
    """Note that the channel is alive, and how much was taken from it."""
    taken = F("alert_count") + took
    AlertChannel.objects.filter(pk=channel.pk).update(last_seen_at=timezone.now(), alert_count=taken)
