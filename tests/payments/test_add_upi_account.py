import json

import pytest
from django.core.management import CommandError, call_command

from payments.models import UpiAccount

pytestmark = pytest.mark.django_db


def test_an_account_is_added(capsys):
    call_command("add_upi_account", "--upi-id", " Asha.Traders@OKHDFCBANK ", "--name", "ASHA SHARMA", "--json")

    account = UpiAccount.objects.get()
    assert json.loads(capsys.readouterr().out) == {"id": account.pk, "upi_id": "asha.traders@okhdfcbank"}
    assert (account.payee_name, account.test, account.amount_space) == ("ASHA SHARMA", False, "live")


def test_an_account_is_added_with_its_bank_and_last_digits():
    arguments = ("--upi-id", "asha@okhdfcbank", "--name", "ASHA", "--bank", " HDFC", "--account-tail", "1234")
    call_command("add_upi_account", *arguments)

    account = UpiAccount.objects.get()
    assert (account.bank, account.account_tail) == ("hdfc", "1234")


def test_too_many_digits_of_the_account_are_refused():
    with pytest.raises(CommandError, match="at most 6 characters"):
        call_command("add_upi_account", "--upi-id", "asha@okaxis", "--name", "ASHA", "--account-tail", "1234567")

    assert not UpiAccount.objects.exists()


@pytest.mark.parametrize("upi_id", ["asha", "asha@example.in", "@okaxis", "asha@", "a b@okaxis"])
def test_what_is_no_upi_id_is_refused(upi_id):
    with pytest.raises(CommandError, match="not a UPI ID"):
        call_command("add_upi_account", "--upi-id", upi_id, "--name", "ASHA")

    assert not UpiAccount.objects.exists()


def test_the_same_upi_id_twice_is_refused(account):
    with pytest.raises(CommandError, match="here already"):
        call_command("add_upi_account", "--upi-id", account.upi_id, "--name", "ASHA")
