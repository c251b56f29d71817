"""What admins do to staff accounts."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User

from backoffice import staff
from backoffice.roles import ROLES
from backoffice.verbs import Done, MaybeReason, Refused, Secret, Verb

ROLES_IN_WORDS = {
    "Viewer": "sees payments, keys and deliveries",
    "Operator": "also makes, marks and cancels payments, and sends webhooks again",
    "Developer": "sees the same, and looks after API keys and webhooks",
    "Admin": "everything, UPI accounts, alert channels and staff included",
}


class RoleField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        choices = [(role, f"{role}: {ROLES_IN_WORDS[role]}") for role in ROLES]
        super().__init__(choices=choices, widget=forms.RadioSelect, **kwargs)


class NewStaffForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    role = RoleField(initial="Viewer")


class RoleForm(MaybeReason):
    field_order = ("role", "reason")
    role = RoleField()


class AddStaff(Verb):
    name = "add-staff"
    label = "Add person"
    permission = "backoffice.manage_staff"
    form_class = NewStaffForm
    on_object = False

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        user, password = staff.create_staff(username=data["username"], role=data["role"])
        return Done(f"Account of {user}", user, (_password(password),), data["role"])


class _OnOthers(Verb):
    """Nobody changes their own rights, and no role changes a superuser."""

    permission = "backoffice.manage_staff"
    form_class: ClassVar[type[forms.Form]] = MaybeReason

    def offered(self, obj: User, now: datetime) -> bool:
        return not obj.is_superuser

    def why_not(self, obj: User, now: datetime) -> str:
        return "A superuser is changed from the command line only."

    def run(self, obj: User, data: dict[str, Any], actor: str) -> Done:
        if obj.get_username() == actor:
            raise Refused("You cannot do this to your own account. Ask another admin.")
        return self.change(obj, data)

    def change(self, user: User, data: dict[str, Any]) -> Done:
        raise NotImplementedError


class ChangeRole(_OnOthers):
    name = "role"
    label = "Change role"
    form_class = RoleForm

    def form(self, obj: User, data: Any = None) -> forms.Form:
        group = obj.groups.first()
        return RoleForm(data, initial={"role": group.name if group else None})

    def change(self, user: User, data: dict[str, Any]) -> Done:
        staff.change_role(user=user, role=data["role"])
        return Done(f"{user} is {data['role']} now.", user, details=data["role"])


class NewPassword(_OnOthers):
    name = "new-password"
    label = "New password"

    def explanation(self, obj: User) -> str:
        return "The old password stops at once, and the person is signed out everywhere."

    def change(self, user: User, data: dict[str, Any]) -> Done:
        return Done(f"New password for {user}", user, (_password(staff.new_password(user=user)),))


class Deactivate(_OnOthers):
    name = "deactivate"
    label = "Deactivate"
    danger = True

    def offered(self, obj: User, now: datetime) -> bool:
        return obj.is_active and super().offered(obj, now)

    def explanation(self, obj: User) -> str:
        return "The person is signed out and cannot sign in again. What they did stays on record."

    def change(self, user: User, data: dict[str, Any]) -> Done:
        if not staff.deactivate(user=user):
            raise Refused("This account was deactivated a moment ago.")
        return Done(f"{user} can no longer sign in.", user)


class Activate(_OnOthers):
    name = "activate"
    label = "Activate"

    def offered(self, obj: User, now: datetime) -> bool:
        return not obj.is_active and super().offered(obj, now)

    def explanation(self, obj: User) -> str:
        return "The person can sign in again with the password of before."

    def change(self, user: User, data: dict[str, Any]) -> Done:
        if not staff.activate(user=user):
            raise Refused("This account was activated a moment ago.")
        return Done(f"{user} can sign in again.", user)


def _password(text: str) -> Secret:
    return Secret(
        "Password", text, "To be changed after the first sign-in: “Change password”, at the top of every page."
    )
