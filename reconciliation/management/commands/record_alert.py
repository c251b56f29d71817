from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reconciliation import forwarders
from reconciliation.forwarders import Alert
from reconciliation.management.outcome import credit_fields, written
from reconciliation.models import AlertChannel
from reconciliation.services import alerts


class Command(BaseCommand):
    help = "Take in a message as if a phone had forwarded it, and judge it at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--channel", required=True, type=int, help="the channel's id")
        parser.add_argument("--sender", required=True, help="for example VM-SBIUPI-S")
        parser.add_argument("--text", required=True, help="the message")
        parser.add_argument("--at", help="when the SMS centre sent it (ISO 8601; without a zone: India's time)")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = AlertChannel.objects.filter(pk=options["channel"]).first()
        if channel is None:
            raise CommandError("There is no channel with this id.")
        if not channel.enabled:
            raise CommandError(f"The channel {channel.label} is stopped: start it in the back office, or name another.")
        sent_at = forwarders.read_time(options["at"]) if options["at"] else None
        if options["at"] and sent_at is None:
            raise CommandError("Give a time such as 2026-09-01T12:30:00+05:30.")
        alert = Alert(
            sender=forwarders.keepable(options["sender"])[: forwarders.MAX_SENDER],
            text=forwarders.keepable(options["text"])[: forwarders.MAX_TEXT],
            sent_at=sent_at,
        )
        evidence = alerts.record_evidence(channel=channel, alert=alert)
        evidence = alerts.process_evidence(evidence_id=evidence.pk)
        answer = credit_fields(evidence.credit)
        if evidence.credit is None:
            answer |= {"state": evidence.state, "explanation": evidence.explanation}
        self.stdout.write(written({**answer, "evidence": evidence.pk}, as_json=options["json"]))
