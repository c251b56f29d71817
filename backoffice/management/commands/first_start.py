import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from apikeys.models import ApiKey
from apikeys.services import issue_key

USERNAME = "admin"


class Command(BaseCommand):
    help = "Give a new installation its first staff login and its first test key, shown once. Later: do nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            password = _make_staff()
            key = _make_test_key() if password else None
        if password:
            self.stdout.write(
                "\nWelcome to PayGate. This is shown once, so keep it:\n"
                f"  Staff login  {USERNAME} / {password}\n" + (f"  Test key     {key}\n" if key else "")
            )


def _make_staff() -> str | None:
    users = get_user_model().objects
    if users.exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(USERNAME, password=password)
    return password


def _make_test_key() -> str | None:
    if ApiKey.objects.exists():
        return None
    _, text = issue_key(label="First test key", test=True)
    return text
