import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.models import UpiAccount
from payments.money import parse_rupees
from payments.upi import normalise_upi_id
from reconciliation import forwarders
from reconciliation.management.outcome import credit_fields, written
from reconciliation.services import received


class Command(BaseCommand):
    help = "Take in a credit seen in the bank's books, as if the bank had sent an alert."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--amount", required=True, help="rupees, for example 99.37")
        parser.add_argument("--utr", required=True, help="the bank's 12 digits")
        parser.add_argument("--upi-id", help="which account it came to")
        parser.add_argument("--at", help="when the bank credited it (ISO 8601; without a zone: India's time)")
        parser.add_argument("--payer", default="", help="who paid")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        amount = parse_rupees(options["amount"])
        if not amount:
            raise CommandError("The amount is rupees such as 99 or 99.37.")
        if not re.fullmatch(r"[0-9]{12}", options["utr"]):
            raise CommandError("A UTR has 12 digits.")
        taken = received.record_credit(
            amount_paise=amount,
            rrn=options["utr"],
            upi_account=_account(options["upi_id"]) if options["upi_id"] else None,
            credited_at=_moment(options["at"]) if options["at"] else None,
            payer=forwarders.keepable(options["payer"]),
        )
        answer = {**credit_fields(taken.credit), "duplicate": taken.known}
        self.stdout.write(written(answer, as_json=options["json"]))


def _account(upi_id: str) -> UpiAccount:
    account = UpiAccount.objects.filter(upi_id=normalise_upi_id(upi_id) or "").order_by("test").first()
    if account is None:
        raise CommandError("No account here has this UPI ID.")
    return account


def _moment(text: str) -> Any:
    moment = forwarders.read_time(text) if "T" in text or ":" in text else None
    if moment is None:
        raise CommandError("Give a day and a time such as 2026-09-01T12:30:00+05:30; a day alone is no time.")
    return moment
