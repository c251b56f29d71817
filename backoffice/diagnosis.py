"""What this installation uses, what it still lacks, and what is wrong with it: the answers of `doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apikeys.models import ApiKey
from payments import heartbeat
from payments.models import Notice, PaymentEvent, UpiAccount
from payments.notices import is_mail_configured
from reconciliation.models import AlertChannel
from reconciliation.services.watch import alerts_before_their_time, unwatched
from webhooks.models import Health, WebhookEndpoint

LATE = timedelta(minutes=2)
CLOCK_WEEK = timedelta(days=7)
# What a channel lacks that was never heard of, and what to do. By hand nothing arrives, so nothing is missing.
FIRST_WORD: dict[str, tuple[str, str]] = {
    AlertChannel.Kind.PHONE: ("has not forwarded anything yet.", "Send a test message from the phone's app."),
    AlertChannel.Kind.MAILBOX: (
        "has not been read yet.",
        "Press “Look now” on its page in the back office: it says what the mail server answers.",
    ),
    AlertChannel.Kind.STATEMENT: (
        "has brought no statement yet.",
        "Load the bank's newest one in the back office, under Statements.",
    ),
}
WATCH_AGAIN = "Start a phone or mailbox in the back office, or add one; if one is silent, its page says why."
MANAGE = ".venv/bin/python manage.py"


class Level(StrEnum):
    OK = "ok"
    TO_DO = "to_do"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the answer; `advice` says what to do, where there is something to do."""

    level: Level
    subject: str
    message: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything; without a database only at what needs none."""
    findings = [*_configuration(), _broker()]
    try:
        database = _database()
        findings.append(database)
        if database.level == Level.OK:
            findings += [*_background(timezone.now()), *_equipment(), *_clock(timezone.now()), *_notices()]
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        findings.append(Finding(Level.WRONG, "database", f"It does not answer: {reason}", "See DATABASE_URL."))
    return findings


def _configuration() -> Iterator[Finding]:
    yield Finding(Level.OK, "data directory", str(settings.DATA_DIR))
    if settings.IS_HTTPS or settings.IS_LOCALHOST:
        yield Finding(Level.OK, "address", settings.BASE_URL)
    else:
        advice = "Put a proxy with HTTPS in front and set PAYGATE_BASE_URL=https://…"
        yield Finding(Level.WRONG, "address", f"{settings.BASE_URL} sends keys and passwords in clear.", advice)
    if settings.IS_LOCALHOST:
        advice = "For real customers set PAYGATE_BASE_URL to the address they can reach."
        yield Finding(Level.TO_DO, "customers", "Payment links lead to localhost: nobody else can open them.", advice)


def _broker() -> Finding:
    if not settings.REDIS_URL:
        return Finding(Level.OK, "broker", f"files in {settings.DATA_DIR / 'queue'}, limits in the process; one host")
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        message = f"Redis does not answer ({type(error).__name__}): webhooks and written expiry wait for it."
        return Finding(Level.WRONG, "broker", message, "See REDIS_URL. Payments are taken meanwhile.")
    return Finding(Level.OK, "broker", "Redis")


def _database() -> Finding:
    database = connection.settings_dict
    where = f"PostgreSQL, {database['NAME']} at {database['HOST'] or 'the local socket'}"
    name = where if connection.vendor == "postgresql" else f"SQLite, {database['NAME']}; one host"
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Finding(Level.WRONG, "database", f"{name}: {len(missing)} migrations are missing.", f"{MANAGE} migrate")
    return Finding(Level.OK, "database", name)


START = "Start the worker with beat: make run. If it was started just now, look again in a minute."


def _background(now: datetime) -> Iterator[Finding]:
    schedule = {entry["task"]: float(entry["schedule"]) for entry in current_app.conf.beat_schedule.values()}
    late = heartbeat.stale(schedule)
    for task, age in late.items():
        message = f"{task} has never run." if age is None else f"{task} last ran {age:.0f} s ago."
        yield Finding(Level.WRONG, "background work", message, START)
    if not late:
        yield Finding(Level.OK, "background work", "everything that is due is looked for")
    waiting = PaymentEvent.objects.waiting().filter(occurred_at__lt=now - LATE).count()
    if waiting:
        yield Finding(Level.WRONG, "events", f"{waiting} wait to be sent for over two minutes.", "Look at the log.")


def _equipment() -> Iterator[Finding]:
    yield _one_or_more(
        "UPI accounts",
        UpiAccount.objects.open(test=False).count(),
        f"{MANAGE} add_upi_account --upi-id name@bank --name 'AS THE BANK HAS IT' --bank hdfc",
    )
    for account in UpiAccount.objects.open(test=False).filter(bank=""):
        message = f"{account} names no bank: alerts of any listed bank count for it."
        yield Finding(Level.TO_DO, "UPI account", message, "Name the bank on the account's page in the back office.")
    yield _one_or_more(
        "live keys",
        ApiKey.objects.filter(test=False, disabled_at=None).count(),
        f"{MANAGE} create_api_key --label 'My shop' --webhook-url https://shop.example.in/webhook",
    )
    staff = get_user_model().objects.filter(is_staff=True, is_active=True)
    yield _one_or_more("staff logins", staff.count(), f"{MANAGE} create_staff --username asha --role Admin")
    yield from _channels()
    for endpoint in WebhookEndpoint.objects.exclude(health=Health.HEALTHY):
        message = f"{endpoint.url} ({endpoint.api_key.label}): {endpoint.get_health_display()}"
        yield Finding(Level.WRONG, "webhook", message, "Repair the receiver, then enable it in the back office.")


def _channels() -> Iterator[Finding]:
    channels = list(AlertChannel.objects.filter(enabled=True))
    yield _one_or_more(
        "alert channels", len(channels), f"{MANAGE} add_alert_channel --label 'My phone' --senders SBIUPI,HDFCBK"
    )
    for channel in channels:
        if channel.last_seen_at is None and channel.kind in FIRST_WORD:
            what, advice = FIRST_WORD[channel.kind]
            yield Finding(Level.TO_DO, "alert channel", f"{channel.label} {what}", advice)
    for message in unwatched():
        yield Finding(Level.WRONG, "bank's word", message, WATCH_AGAIN)


def _one_or_more(subject: str, count: int, advice: str) -> Finding:
    return Finding(Level.OK, subject, str(count)) if count else Finding(Level.TO_DO, subject, "none yet", advice)


def _clock(now: datetime) -> Iterator[Finding]:
    early = alerts_before_their_time(now - CLOCK_WEEK)
    if early:
        message = f"{early} alerts of the last week came before the bank sent them: this clock, or a phone's, is wrong."
        yield Finding(Level.WRONG, "clock", message, "Keep this host's time with NTP (timedatectl).")


def _notices() -> Iterator[Finding]:
    if not is_mail_configured():
        message = "Notices to staff are not mailed; they stand on the overview."
        yield Finding(Level.TO_DO, "mail to staff", message, "Set STAFF_EMAILS and EMAIL_URL.")
    for notice in Notice.objects.filter(resolved_at=None):
        yield Finding(Level.WRONG, "notice", notice.subject, notice.text)
