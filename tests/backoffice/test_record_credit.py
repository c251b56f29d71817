"""Money that staff see in the bank's books and type in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.models import StaffAction
from payments.amounts import INDIA
from payments.models import PaymentEvent, UpiAccount
from payments.money import two_decimals
from payments.services import mark_session_paid
from reconciliation.models import AlertChannel, Credit
from reconciliation.services.channels import add_channel
from reconciliation.services.claims import claim_utr
from reconciliation.services.received import record_credit
from tests.backoffice.pages import links, says

pytestmark = pytest.mark.django_db
CREDITS = "/admin/reconciliation/credit/"
ADD = CREDITS + "add/"
UTR = "624412345678"


@pytest.fixture
def form(account) -> dict[str, object]:
    """What the bank's app shows of ₹1,234.56 that came just now."""
    now = timezone.now().astimezone(INDIA)
    return {
        "amount": "1,234.56",
        "utr": " 6244-1234 5678",
        "day": f"{now:%Y-%m-%d}",
        "clock": f"{now:%H:%M}",
        "upi_account": account.pk,
        "payer": "Priya@OKAXIS",
        "reason": "Seen in the bank's app",
    }


def test_the_form_stands_on_the_list_of_credits_and_chooses_the_only_account(omar, vikram, account):
    assert links(omar.get(CREDITS))["Record credit"].startswith(ADD)
    assert "Record credit" not in links(vikram.get(CREDITS))

    page = omar.get(ADD)

    assert f'<option value="{account.pk}" selected>' in page.content.decode()
    assert "never on a customer's screenshot" in says(page)


def test_of_several_accounts_none_is_chosen_for_staff(omar, account, form):
    UpiAccount.objects.create(upi_id="asha.second@okicici", payee_name="ASHA SHARMA")

    assert "selected>Choose one" in omar.get(ADD).content.decode()
    answer = omar.post(ADD, form | {"upi_account": ""})

    assert (answer.status_code, Credit.objects.count()) == (400, 0)
    assert "Choose the account it came to." in says(answer)


def test_what_is_typed_in_pays_the_payment_that_asked_for_it(omar, session, form):
    answer = omar.post(ADD, form | {"amount": two_decimals(session.payable_paise)}, follow=True)

    credit = Credit.objects.get()
    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "", UTR)
    assert (credit.state, credit.session, credit.source, credit.payer) == ("matched", session, "staff", "priya@okaxis")
    assert (credit.rrn, credit.precision) == (UTR, "minute")
    assert answer.redirect_chain[-1][0] == f"{CREDITS}{credit.pk}/change/"
    assert f"is recorded. It paid {session.session_id}." in says(answer)
    assert "Known from Staff" in says(answer)
    done = StaffAction.objects.get()
    assert (done.actor, done.action, done.reason) == ("omar", "record", "Seen in the bank's app")
    assert (done.object_name, done.details) == (str(credit), f"₹{two_decimals(session.payable_paise)}, UTR {UTR}")


def test_what_fits_no_payment_waits_and_the_page_says_why(omar, form):
    answer = omar.post(ADD, form, follow=True)

    assert Credit.objects.get().state == "review"
    assert "The credit of ₹1,234.56 is recorded. It waits for you to decide. No payment" in says(answer)


def test_a_day_alone_confirms_nothing_by_the_amount(omar, session, form):
    form |= {"amount": two_decimals(session.payable_paise), "clock": ""}
    omar.post(ADD, form)

    credit = Credit.objects.get()
    session.refresh_from_db()
    assert (credit.state, credit.precision, session.status) == ("review", "date", "pending")


def test_a_day_alone_pays_who_named_the_utr(omar, session, form):
    claim_utr(session_id=session.pk, text=UTR, client=None)
    omar.post(ADD, form | {"amount": two_decimals(session.payable_paise), "clock": ""})

    session.refresh_from_db()
    assert (session.status, Credit.objects.get().session) == ("success", session)


def test_a_payment_marked_before_gets_its_money(omar, session, form):
    mark_session_paid(session_id=session.pk, utr=UTR, actor="meera", reason="Seen in the app")
    events = PaymentEvent.objects.count()

    omar.post(ADD, form | {"amount": two_decimals(session.payable_paise)})

    assert (Credit.objects.get().session, PaymentEvent.objects.count()) == (session, events)


@pytest.mark.parametrize("amount", ["1,234.56", "99"])
def test_a_known_utr_is_refused_with_a_link_to_its_money(omar, form, amount):
    omar.post(ADD, form)
    known = Credit.objects.get()

    answer = omar.post(ADD, form | {"amount": amount})

    assert answer.status_code == 409
    assert f"UTR {UTR} is known already, with ₹1,234.56. Nothing was recorded." in says(answer)
    assert links(answer)["Look at it"] == f"{CREDITS}{known.pk}/change/"
    assert (Credit.objects.count(), StaffAction.objects.count()) == (1, 1)
    assert Credit.objects.get().seen == known.seen


def test_money_that_was_told_of_without_a_utr_learns_it(omar, session, form):
    record_credit(amount_paise=session.payable_paise, rrn="", credited_at=timezone.now())
    form |= {"amount": two_decimals(session.payable_paise)}

    answer = omar.post(ADD, form, follow=True)

    assert (Credit.objects.get().rrn, Credit.objects.get().session) == (UTR, session)
    assert "without a UTR, which is noted now." in says(answer)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": ""}, "This field is required."),
        ({"amount": "0"}, "The amount must be between"),
        ({"utr": ""}, "Give the UTR"),
        ({"utr": "62441234567"}, "A UTR has 12 digits; one is missing here."),
        ({"day": ""}, "This field is required."),
        ({"day": "0001-01-01"}, "There was no UPI on that day yet."),
        ({"clock": "25:99"}, "Write hours and minutes"),
        ({"payer": "priya@gmail.com"}, "This is no UPI ID."),
        ({"reason": " "}, "Say why."),
    ],
)
def test_what_cannot_be_recorded_is_refused(omar, form, changed, said):
    answer = omar.post(ADD, form | changed)

    assert answer.status_code == 400
    assert said in says(answer)
    assert not Credit.objects.exists()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("with_time", [True, False])
def test_money_that_is_still_to_come_is_refused(omar, form, with_time):
    later = timezone.now().astimezone(INDIA) + timedelta(days=1)
    when = {"day": f"{later:%Y-%m-%d}", "clock": "12:00" if with_time else ""}

    answer = omar.post(ADD, form | when)

    assert (answer.status_code, Credit.objects.count()) == (400, 0)
    assert "This is still to come" in says(answer)


def test_a_test_account_is_not_offered(omar, form, account):
    UpiAccount.objects.update(test=True)

    assert omar.post(ADD, form).status_code == 400
    assert not Credit.objects.exists()


def test_the_channels_page_leads_to_the_form(omar, account):
    channel = add_channel(kind=AlertChannel.Kind.MANUAL, label="By hand")

    page = omar.get(f"/admin/reconciliation/alertchannel/{channel.pk}/change/")

    assert links(page)["Credits ► Record credit"] == ADD
