from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.account_verbs import AddAccount, ArchiveAccount, ChangeAccount, RestoreAccount
from backoffice.pages import BackofficeAdmin, Facts
from payments.models import UpiAccount


@admin.register(UpiAccount)
class UpiAccountAdmin(BackofficeAdmin):
    columns = ("upi_id", "holder", "called", "account", "daily_limit", "state")
    list_display = columns
    list_display_links = ("upi_id",)
    verbs = (ChangeAccount(), ArchiveAccount(), RestoreAccount())
    creations = (AddAccount(),)
    empty_title = "No UPI accounts yet"
    empty_help = "Add the UPI ID that customers pay to. Live payments can be made as soon as it is here."

    @admin.display(description="Account holder")
    def holder(self, account: UpiAccount) -> str:
        return account.payee_name

    @admin.display(description="Label")
    def called(self, account: UpiAccount) -> str:
        return account.label or words.NOTHING

    @admin.display(description="Bank account")
    def account(self, account: UpiAccount) -> str:
        return _bank_account(account)

    @admin.display(description="Daily limit")
    def daily_limit(self, account: UpiAccount) -> str:
        return words.rupees(account.daily_limit_paise)

    @admin.display(description="Status")
    def state(self, account: UpiAccount) -> SafeString:
        return _states(account)

    def headline(self, account: UpiAccount, now: datetime) -> SafeString:
        return format_html("{} {}", account.upi_id, _states(account))

    def facts(self, account: UpiAccount, now: datetime) -> Sequence[Facts]:
        apart = "for this account alone" if account.alerts_print_tail else "together with the other accounts"
        rows = [
            ("UPI ID", words.copyable(account.upi_id)),
            ("Account holder", account.payee_name),
            ("Label", account.label or words.NOTHING),
            ("Bank account", _bank_account(account)),
            ("Amounts are counted", apart),
            ("Daily limit", words.rupees(account.daily_limit_paise)),
            ("Added", words.when(account.created_at)),
        ]
        return (Facts("Account", rows),)


def _bank_account(account: UpiAccount) -> str:
    tail = f"…{account.account_tail}" if account.account_tail else ""
    return f"{account.bank.upper()} {tail}".strip() or words.NOTHING


def _states(account: UpiAccount) -> SafeString:
    state = "archived" if account.archived_at else "active" if account.enabled else "paused"
    return format_html("{}{}", words.chip(state), words.test_mark(account.test))
