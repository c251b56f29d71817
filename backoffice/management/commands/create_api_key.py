import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apikeys.services import issue_key
from webhooks.services import add_endpoint


class Command(BaseCommand):
    help = "Create an API key, and a webhook for it if a URL is given. Key and secret are shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--label", required=True, help="whose key it is")
        parser.add_argument(
            "--permissions", type=_listed, help="create,read,list,cancel,webhooks; the first four if left out"
        )
        parser.add_argument("--webhook-url", default="", help="where to post what happens to its payments")
        parser.add_argument(
            "--origins", type=_listed, default=[], help="websites whose pages may use it, with commas between"
        )
        parser.add_argument("--test", action="store_true", help="for test mode: no money moves")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = _create(options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(f"API key (shown only now): {answer['key']}")
        if answer["webhook_secret"]:
            self.stdout.write(f"Webhook secret (shown only now): {answer['webhook_secret']}")


@transaction.atomic
def _create(options: dict[str, Any]) -> dict[str, Any]:
    api_key, text = issue_key(
        label=options["label"],
        test=options["test"],
        permissions=options["permissions"],
        origins=options["origins"],
    )
    secret = None
    if options["webhook_url"]:
        _, secret = add_endpoint(api_key=api_key, url=options["webhook_url"])
    return {"id": api_key.pk, "key": text, "webhook_secret": secret}


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
