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


@pytest.mark.parametrize("upi_id", ["asha", "asha@example.in", "@okaxis", "asha@", "a b@okaxis"])
def test_what_is_no_upi_id_is_refused(upi_id):
    with pytest.raises(CommandError, match="not a UPI ID"):
        call_command("add_upi_account", "--upi-id", upi_id, "--name", "ASHA")

    assert not UpiAccount.objects.exists()


def test_the_same_upi_id_twice_is_refused(account):
    with pytest.raises(CommandError, match="here already"):
        call_command("add_upi_account", "--upi-id", account.upi_id, "--name", "ASHA")
