import pytest

from backoffice.models import StaffAction
from payments.models import UpiAccount
from tests.backoffice.pages import column, rows, says

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/upiaccount/"
FORM = {
    "upi_id": " Asha.Traders@OKHDFCBANK ",
    "payee_name": "ASHA SHARMA",
    "label": "Current account",
    "bank": "HDFC",
    "account_tail": "4821",
    "alerts_print_tail": "on",
    "daily_limit_paise": "1,00,000",
    "enabled": "on",
}


def test_an_empty_table_says_what_to_do(vikram):
    assert rows(vikram.get(LIST))[0][0].startswith("No UPI accounts yet Add the UPI ID that customers pay to.")


def test_an_admin_adds_an_account(meera):
    meera.post(LIST + "add/", FORM)

    account = UpiAccount.objects.get()
    assert (account.upi_id, account.bank, account.daily_limit_paise) == (
        "asha.traders@okhdfcbank",
        "hdfc",
        1_00_000_00,
    )
    assert (account.amount_space, account.test, account.enabled) == ("live:hdfc-4821", False, True)
    assert (StaffAction.objects.get().action, StaffAction.objects.get().details) == ("add-account", account.upi_id)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"upi_id": "asha@example.in"}, "This is not a UPI ID. It looks like name@bank."),
        ({"payee_name": ""}, "This field is required."),
        ({"account_tail": "50100123451234"}, "Write the account's last 2 to 6 digits only"),
        ({"account_tail": "x1234"}, "Write the account's last 2 to 6 digits only"),
        ({"bank": ""}, "name the bank and at least three digits of the account"),
        ({"daily_limit_paise": "a lot"}, "Write rupees with at most two decimals"),
    ],
)
def test_an_account_that_cannot_be_is_refused(meera, changes, said):
    answer = meera.post(LIST + "add/", FORM | changes)

    assert answer.status_code == 400
    assert said in says(answer)
    assert not UpiAccount.objects.exists()
    assert not StaffAction.objects.exists()


def test_the_same_upi_id_twice_is_refused(meera, account):
    answer = meera.post(LIST + "add/", FORM | {"upi_id": account.upi_id})

    assert answer.status_code == 409
    assert "This UPI ID is here already." in says(answer)
    assert UpiAccount.objects.count() == 1


def test_an_account_is_changed_and_open_payments_keep_what_they_were_made_with(meera, account, session):
    opened = meera.get(f"{LIST}{account.pk}/edit/")
    meera.post(f"{LIST}{account.pk}/edit/", FORM | {"upi_id": "asha.new@okaxis", "enabled": ""})

    account.refresh_from_db()
    session.refresh_from_db()
    assert b'value="asha.traders@okhdfcbank"' in opened.content
    assert (account.upi_id, account.enabled) == ("asha.new@okaxis", False)
    assert session.upi_id == "asha.traders@okhdfcbank"
    assert column(meera.get(LIST), "Status") == ["Paused"]


def test_a_change_to_another_accounts_upi_id_is_refused(meera, account):
    other = UpiAccount.objects.create(upi_id="ravi@okaxis", payee_name="RAVI")

    answer = meera.post(f"{LIST}{other.pk}/edit/", FORM | {"upi_id": account.upi_id})

    assert answer.status_code == 409
    other.refresh_from_db()
    assert other.upi_id == "ravi@okaxis"


def test_the_form_shows_the_limit_in_rupees(meera, account):
    UpiAccount.objects.update(daily_limit_paise=99_950)

    assert b'value="999.5"' in meera.get(f"{LIST}{account.pk}/edit/").content


def test_a_message_leaves_a_upi_id_as_it_is(meera, account):
    UpiAccount.objects.update(label="", upi_id="asha@oksbi")
    answer = meera.post(f"{LIST}{account.pk}/archive/", follow=True)

    assert "asha@oksbi is archived." in says(answer)


def test_an_account_is_archived_and_restored(meera, account):
    meera.post(f"{LIST}{account.pk}/archive/", {"reason": "Closed"})
    assert column(meera.get(LIST), "Status") == ["Archived"]
    assert not UpiAccount.objects.open(test=False).exists()
    assert meera.post(f"{LIST}{account.pk}/archive/").status_code == 409
    assert "Restore it first." in says(meera.post(f"{LIST}{account.pk}/edit/", FORM))

    meera.post(f"{LIST}{account.pk}/restore/")
    assert column(meera.get(LIST), "Status") == ["Active"]
    assert [done.action for done in StaffAction.objects.order_by("id")] == ["archive", "restore"]
