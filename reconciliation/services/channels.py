"""Alert channels: where the bank's word comes from."""

import hashlib
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments.models import UpiAccount
from reconciliation.models import AlertChannel


def add_phone(*, label: str, senders: Iterable[str], accounts: Iterable[UpiAccount] = ()) -> tuple[AlertChannel, str]:
    """Add a phone and return it with its token, which cannot be had again. Raises ValidationError.

    `senders` as they stand in the SMS app (VM-SBIUPI-S) or without their routes (SBIUPI). `accounts`: those whose bank
    writes to this phone; none means all live ones.
    """
    token = secrets.token_urlsafe(32)
    channel = AlertChannel(label=label.strip(), token_hash=hash_token(token), senders=list(senders))
    channel.full_clean()
    with transaction.atomic():
        channel.save(force_insert=True)
        channel.accounts.set(accounts)
    return channel, token


def add_channel(*, kind: AlertChannel.Kind, label: str, accounts: Iterable[UpiAccount] = ()) -> AlertChannel:
    """Add a channel that nothing is sent to: a mailbox, statements, entry by hand. Raises ValidationError."""
    channel = AlertChannel(kind=kind, label=label.strip())
    channel.full_clean()
    with transaction.atomic():
        channel.save(force_insert=True)
        channel.accounts.set(accounts)
    return channel


def rotate_token(*, channel_id: int) -> str:
    """Give a channel a new token and return it; the old one is refused from now on."""
    token = secrets.token_urlsafe(32)
    AlertChannel.objects.filter(pk=channel_id).update(token_hash=hash_token(token))
    return token


def channel_url(token: str) -> str:
    """Return the address that a phone posts to. It holds the token: show it once, log it never."""
    return f"{settings.BASE_URL}/hooks/alerts/{token}"


def find_channel(token: str) -> AlertChannel | None:
    return AlertChannel.objects.filter(token_hash=hash_token(token), enabled=True).first()


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hear_from(channel: AlertChannel) -> None:
    """Note that the phone is alive."""
    AlertChannel.objects.filter(pk=channel.pk).update(last_seen_at=timezone.now())
