import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from backoffice.roles import ROLES
from backoffice.staff import create_staff


class Command(BaseCommand):
    help = "Create a staff account for the back office. Its password is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--role", required=True, type=str.capitalize, choices=ROLES, help="what the person may do")
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, password = create_staff(username=options["username"], role=options["role"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if options["json"]:
            self.stdout.write(
                json.dumps({"username": user.get_username(), "role": options["role"], "password": password})
            )
        else:
            self.stdout.write(f"{user} may sign in at /admin/ as {options['role']}.")
            self.stdout.write(f"Password (shown only now, change it after the first sign-in): {password}")
