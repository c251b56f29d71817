"""Making staff accounts. Their rights come from their role alone."""

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
    if role not in ROLES:
        raise ValidationError(f"There is no role {role}. The roles are {', '.join(ROLES)}.")
    password = secrets.token_urlsafe(15)
    user = get_user_model()(username=username.strip(), is_staff=True)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    user.groups.add(Group.objects.get(name=role))
    return user, password
