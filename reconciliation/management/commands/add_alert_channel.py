import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reconciliation.services import channels


class Command(BaseCommand):
    help = "Add a phone that forwards the bank's SMS. Its address is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--label", required=True, help="which phone this is")
        parser.add_argument("--senders", required=True, help="whose SMS to take, for example SBIUPI,HDFCBK")
        parser.add_argument("--silent-after", type=int, metavar="MINUTES", help="tell staff after such a silence")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            channel, token = channels.add_phone(
                label=options["label"],
                senders=options["senders"].split(","),
                silent_after_minutes=options["silent_after"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        url = channels.channel_url(token)
        if options["json"]:
            self.stdout.write(json.dumps({"id": channel.pk, "token": token, "url": url}))
        else:
            self.stdout.write(
                f"Added channel {channel.pk}, “{channel.label}”, for {', '.join(channel.senders)}.\n"
                f"Let the phone post its SMS to this address. It is shown only now:\n{url}"
            )
