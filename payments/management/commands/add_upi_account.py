import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from payments.models import UpiAccount


class Command(BaseCommand):
    help = "Add a UPI account that payments are made to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--upi-id", required=True, help="for example asha.traders@okhdfcbank")
        parser.add_argument("--name", required=True, help="the account holder as the bank has it")
        parser.add_argument("--label", default="", help="what staff call this account")
        parser.add_argument("--bank", default="", help="the bank's short name, such as sbi or hdfc")
        parser.add_argument(
            "--account-tail", default="", help="its number's last digits, as the bank's alerts print them"
        )
        parser.add_argument("--test", action="store_true", help="for test mode")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        account = UpiAccount(
            upi_id=options["upi_id"],
            payee_name=options["name"],
            label=options["label"],
            bank=options["bank"],
            account_tail=options["account_tail"],
            test=options["test"],
        )
        try:
            account.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        account.save(force_insert=True)
        if options["json"]:
            self.stdout.write(json.dumps({"id": account.pk, "upi_id": account.upi_id}))
        else:
            self.stdout.write(f"Added {account.upi_id}. New payments show it, and “{account.payee_name}” as the payee.")
