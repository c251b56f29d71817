"""What staff do to UPI accounts: add, change, archive, restore."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from backoffice import words
from backoffice.forms import RupeesField
from backoffice.verbs import Done, MaybeReason, Refused, Verb
from payments.models import ACCOUNT_TAIL, NOT_A_TAIL, UpiAccount

NO_LIMIT = 10**13


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    daily_limit_paise = RupeesField(
        lowest=100,
        highest=NO_LIMIT,
        required=False,
        label="Daily limit in ₹ (optional)",
        help_text="How much may be asked for a day (India) before payments go to another account.",
    )

    # Without the model's length: a browser would keep the first digits of a whole number, not the last.
    account_tail = forms.RegexField(
        ACCOUNT_TAIL,
        required=False,
        label="Last digits of the account (optional)",
        help_text="As the bank's alerts print them, such as 1234.",
        error_messages={"invalid": NOT_A_TAIL},
    )

    class Meta:
        model = UpiAccount
        fields = (
            "upi_id",
            "payee_name",
            "label",
            "bank",
            "account_tail",
            "alerts_print_tail",
            "daily_limit_paise",
            "enabled",
        )
        labels = {
            "payee_name": "Account holder",
            "label": "Label (optional)",
            "bank": "Bank (optional)",
            "alerts_print_tail": "Alerts always name the account",
            "enabled": "Takes new payments",
        }
        help_texts = {
            "upi_id": "Where customers pay, such as yourname@okhdfcbank.",
            "label": "What staff call this account.",
        }


class AddAccount(Verb):
    name = "add-account"
    label = "Add UPI account"
    permission = "backoffice.manage_accounts"
    on_object = False

    def explanation(self, obj: Any) -> str:
        return "Customers pay straight to this UPI ID. Check it letter by letter: money sent elsewhere does not return."

    def form(self, obj: Any, data: Any = None) -> forms.Form:
        return AccountForm(data)  # type: ignore[return-value]

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        account = UpiAccount(**data)
        account.full_clean()
        account.save(force_insert=True)
        return Done(f"{account} takes live payments.", account, details=account.upi_id)


class ChangeAccount(Verb):
    name = "edit"
    label = "Edit"
    permission = "backoffice.manage_accounts"

    def offered(self, obj: UpiAccount, now: datetime) -> bool:
        return obj.archived_at is None

    def why_not(self, obj: UpiAccount, now: datetime) -> str:
        return "This account is archived. Restore it first."

    def explanation(self, obj: UpiAccount) -> str:
        return "Open payments keep the UPI ID and name they were made with; changes are for new ones."

    def form(self, obj: UpiAccount, data: Any = None) -> forms.Form:
        return AccountForm(data, instance=obj)  # type: ignore[return-value]

    def run(self, obj: UpiAccount, data: dict[str, Any], actor: str) -> Done:
        obj.full_clean()
        obj.save(update_fields=list(data))
        return Done(f"{obj} is changed.", obj, details=obj.upi_id)


class ArchiveAccount(Verb):
    name = "archive"
    label = "Archive"
    permission = "backoffice.manage_accounts"
    form_class = MaybeReason
    danger = True

    def offered(self, obj: UpiAccount, now: datetime) -> bool:
        return obj.archived_at is None

    def why_not(self, obj: UpiAccount, now: datetime) -> str:
        return "This account is archived already."

    def explanation(self, obj: UpiAccount) -> str:
        return "No new payment uses this account. Open ones can still be paid. It can be restored at any time."

    def facts(self, obj: UpiAccount) -> list[tuple[str, Any]]:
        return [("UPI ID", words.code(obj.upi_id)), ("Account holder", obj.payee_name)]

    def run(self, obj: UpiAccount, data: dict[str, Any], actor: str) -> Done:
        if not UpiAccount.objects.filter(pk=obj.pk, archived_at=None).update(archived_at=timezone.now()):
            raise Refused("This account was archived a moment ago.")
        return Done(f"{obj} is archived.", obj)


class RestoreAccount(Verb):
    name = "restore"
    label = "Restore"
    permission = "backoffice.manage_accounts"
    form_class = MaybeReason

    def offered(self, obj: UpiAccount, now: datetime) -> bool:
        return obj.archived_at is not None

    def why_not(self, obj: UpiAccount, now: datetime) -> str:
        return "This account is not archived."

    def explanation(self, obj: UpiAccount) -> str:
        return "New payments may use this account again."

    def run(self, obj: UpiAccount, data: dict[str, Any], actor: str) -> Done:
        if not UpiAccount.objects.filter(pk=obj.pk, archived_at__isnull=False).update(archived_at=None):
            raise Refused("This account was restored a moment ago.")
        return Done(f"{obj} is restored.", obj)
