from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import channel_facts, words
from backoffice.admin.reconciliation import alert_chip
from backoffice.admin.statements import statement_chip
from backoffice.channel_verbs import (
    AddManual,
    AddPhone,
    AddStatements,
    ChangeChannel,
    NewAddress,
    SetSigning,
    StartChannel,
    StopChannel,
)
from backoffice.mailbox_verbs import AddMailbox, ChangeMailbox, CheckMailbox, is_mailbox, mailbox_of
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.verbs import page_url
from reconciliation.models import AlertChannel, Mailbox


@admin.register(AlertChannel)
class AlertChannelAdmin(BackofficeAdmin):
    columns = ("label", "of_kind", "seen", "taken", "refused_count", "state_now")
    list_display = columns
    list_display_links = ("label",)
    list_select_related = ("mailbox",)
    verbs = (
        *(ChangeChannel(), ChangeMailbox(), CheckMailbox(), NewAddress(), SetSigning()),
        *(StopChannel(), StartChannel()),
    )
    creations = (AddPhone(), AddMailbox(), AddStatements(), AddManual())
    empty_title = "No alert channels yet"
    empty_help = "Add the phone that gets the bank’s SMS. Without one PayGate never learns that money has come."

    @admin.display(description="Kind")
    def of_kind(self, channel: AlertChannel) -> str:
        return AlertChannel.Kind(channel.kind).label

    @admin.display(description="Last seen")
    def seen(self, channel: AlertChannel) -> str:
        if channel.kind == AlertChannel.Kind.MANUAL:
            return words.NOTHING
        return words.until(channel.last_seen_at) if channel.last_seen_at else "never"

    @admin.display(description="Taken")
    def taken(self, channel: AlertChannel) -> str:
        return channel_facts.taken(channel)

    @admin.display(description="Status")
    def state_now(self, channel: AlertChannel) -> SafeString:
        return _channel_chip(channel)

    def headline(self, channel: AlertChannel, now: datetime) -> SafeString:
        return format_html("{} {}", channel.label, _channel_chip(channel))

    def facts(self, channel: AlertChannel, now: datetime) -> Sequence[Facts]:
        accounts = ", ".join(account.upi_id for account in channel.accounts.all())
        rows: list[tuple[str, Any]] = [
            ("Kind", AlertChannel.Kind(channel.kind).label),
            ("UPI accounts", accounts or "all live ones"),
            *channel_facts.life(channel, now),
            ("Added", words.when(channel.created_at)),
        ]
        if channel.kind == AlertChannel.Kind.PHONE:
            rows[1:1] = [
                ("Senders", ", ".join(channel.senders)),
                ("Address", channel_facts.address(channel, now)),
                ("Signed by", channel_facts.signature(channel)),
            ]
            rows[-1:-1] = [("Messages of other senders", channel.refused_count)]
        sections = [Facts("Channel", rows)]
        if is_mailbox(channel):
            rows[-1:-1] = [("E-mails of others", channel.refused_count)]
            sections.append(Facts("Mail server", _server(mailbox_of(channel))))
        return sections

    def cards(self, channel: AlertChannel, now: datetime) -> Sequence[SafeString]:
        """Return the guide to setting this channel up: `templates/admin/channels/<kind>.html`."""
        guide = {"channel": channel, "base_url": settings.BASE_URL}
        if channel.kind == AlertChannel.Kind.PHONE:
            guide["steps"] = channel_facts.steps(channel)
        return (render_to_string(f"admin/channels/{channel.kind}.html", guide),)

    def tables(self, request: HttpRequest, channel: AlertChannel, now: datetime) -> Sequence[Table]:
        if channel.kind == AlertChannel.Kind.STATEMENT:
            return (_last_statements(channel),)
        if not channel.is_automatic:
            return ()
        alerts = channel.evidences.order_by("-id")[:10]
        rows = [
            (
                format_html('<a href="{}">{}</a>', page_url(alert), words.when(alert.received_at)),
                alert.sender,
                alert_chip(alert),
                alert.explanation or words.NOTHING,
            )
            for alert in alerts
        ]
        return (Table("Last alerts", ("Received", "From", "State", "Explanation"), rows, "None yet."),)


def _last_statements(channel: AlertChannel) -> Table:
    rows = [
        (
            format_html('<a href="{}">{}</a>', page_url(job), job),
            job.file_name,
            job.loaded_by,
            words.day(job.created_at),
            statement_chip(job),
        )
        for job in channel.imports.order_by("-id")[:10]
    ]
    return Table("Last statements", ("Days", "File", "Loaded by", "Loaded", "State"), rows, "None yet.")


def _server(mailbox: Mailbox) -> list[tuple[str, Any]]:
    proof = f"Authentication-Results of {mailbox.authserv_id}" if mailbox.authserv_id else "signatures, checked here"
    rows: list[tuple[str, Any]] = [
        ("Server", f"{mailbox.host}, port {mailbox.port}, {mailbox.get_security_display()}"),
        ("User name", mailbox.username),
        ("Password", "set, and shown to nobody"),
        ("Folder", mailbox.folder),
        ("Alerts must be to", ", ".join(mailbox.addresses)),
        ("Proved by", proof),
        ("Last look", words.when(mailbox.checked_at) if mailbox.checked_at else "not yet"),
        ("What is wrong", mailbox.last_error or "nothing"),
    ]
    if mailbox.domains:
        rows.insert(6, ("Further domains", ", ".join(mailbox.domains)))
    if mailbox.failing_since:
        rows.append(("Since", words.when(mailbox.failing_since)))
    return rows


def _channel_chip(channel: AlertChannel) -> SafeString:
    return words.chip("active") if channel.enabled else words.chip("disabled", "Stopped")
