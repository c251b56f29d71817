"""Staff accounts. Their rights come from their role alone; a superuser stands outside the roles."""

import secrets

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction

from backoffice.roles import ROLES


@transaction.atomic
def create_staff(*, username: str, role: str) -> tuple[User, str]:
    """Make a staff account with a role; return it with its password, which cannot be had again.

    Raises ValidationError for an unknown role and a username that is taken or malformed.
    """
    user = get_user_model()(username=username.strip(), is_staff=True)
    password = _mint_password(user)
    user.full_clean()
    user.save(force_insert=True)
    change_role(user=user, role=role)
    return user, password


def change_role(*, user: User, role: str) -> None:
    """Give the person this role in place of the one before. Raises ValidationError."""
    if role not in ROLES:
        raise ValidationError({"role": f"There is no role {role}. The roles are {', '.join(ROLES)}."})
    user.groups.set([Group.objects.get(name=role)])


def new_password(*, user: User) -> str:
    """Give the person a new password and return it; whoever is signed in with the old one is signed out."""
    password = _mint_password(user)
    user.save(update_fields=["password"])
    return password


def deactivate(*, user: User) -> bool:
    """Keep the person out, now and later. Returns whether the account was active."""
    return bool(User.objects.filter(pk=user.pk, is_active=True).update(is_active=False))


def activate(*, user: User) -> bool:
    """Let the person in again. Returns whether the account was inactive."""
    return bool(User.objects.filter(pk=user.pk, is_active=False).update(is_active=True))


def _mint_password(user: User) -> str:
    password = secrets.token_urlsafe(15)
    user.set_password(password)
    return password
