import asyncio
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webhooks import signing
from webhooks.listening import CannotListen, Listener


class Command(BaseCommand):
    help = "Follow a key's events over the API and forward them as signed webhooks, such as to your own machine."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forward-to", required=True, help="where your server listens")
        parser.add_argument("--key", default=os.environ.get("PAYGATE_API_KEY", ""), help="or PAYGATE_API_KEY")
        parser.add_argument("--secret", default="", help="the secret your server verifies with; made up if not given")
        parser.add_argument("--api", default=settings.BASE_URL, help="the PayGate to follow (%(default)s)")
        parser.add_argument("--from", dest="cursor", default="latest", help="a cursor of the events feed, or 0 for all")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["key"]:
            raise CommandError("Give the API key with --key or PAYGATE_API_KEY.")
        secret = options["secret"] or signing.mint_secret()
        listener = Listener(
            api=options["api"].rstrip("/"),
            key=options["key"],
            forward_to=options["forward_to"],
            secret=secret,
            version=settings.PAYGATE_VERSION,
            say=lambda line: self.stdout.write(line, ending="\n"),
        )
        if not options["secret"]:
            self.stdout.write(f"Your server verifies with this secret, made for this run: {secret}")
        self.stdout.write(f"Forwarding events of {listener.api} to {listener.forward_to}. Ctrl-C ends it.")
        try:
            asyncio.run(listener.run(cursor=options["cursor"]))
        except CannotListen as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("")
