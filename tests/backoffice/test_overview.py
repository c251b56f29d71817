from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from payments.models import PaymentSession
from payments.services import confirm_session
from reconciliation.models import AlertChannel, Credit
from tests.backoffice.pages import links, says
from webhooks.models import WebhookEndpoint

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 4, 14, 0, 30, tzinfo=ZoneInfo("Asia/Kolkata"))


def test_a_new_installation_says_what_is_missing(meera):
    page = meera.get("/admin/")

    assert "Before real customers can pay" in says(page)
    assert links(page)["Add UPI account"] == "/admin/payments/upiaccount/add/"
    assert links(page)["Create API key"] == "/admin/apikeys/apikey/add/"
    assert links(page)["Add alert channel"] == "/admin/reconciliation/alertchannel/add/"


def test_a_test_key_does_not_take_live_payments(meera, account, channel, testing):
    text = says(meera.get("/admin/"))

    assert "A live API key for the shop : missing" in text
    assert "A UPI account to receive money : done" in text


def test_the_list_goes_when_all_is_done(meera, account, asha, channel):
    assert "Before real customers can pay" not in says(meera.get("/admin/"))


def test_today_begins_at_midnight_in_india(meera, open_payment, testing):
    with time_machine.travel(MORNING, tick=False) as clock:
        for paid_at, utr, paise, key in (
            ("2026-04-14T00:00:00+05:30", "1", 1_00_000_37, None),
            ("2026-04-14T00:29:00+05:30", "2", 99_50, None),
            ("2026-04-13T23:59:59+05:30", "3", 77_77, None),
            ("2026-04-14T00:10:00+05:30", "4", 66_66, testing),
        ):
            clock.move_to(datetime.fromisoformat(paid_at))
            session = open_payment(key, rupees=100_000)
            PaymentSession.objects.filter(pk=session.pk).update(payable_paise=paise, requested_paise=paise)
            confirm_session(session_id=session.pk, credited_at=datetime.fromisoformat(paid_at), utr=utr * 12)
        clock.move_to(MORNING)
        open_payment()
        text = says(meera.get("/admin/"))

    assert "Received today ₹1,00,099.87" in text
    assert "Payments today 2" in text
    assert "Pending now 1" in text


def test_what_waits_for_people_is_counted(meera, credit, alert, endpoint):
    WebhookEndpoint.objects.update(health="degraded")
    text = says(meera.get("/admin/"))

    assert "Credits to look at 1" in text
    assert "Alerts to look at 1" in text
    assert "Failing webhooks 1 of 1" in text


def test_test_money_waits_for_nobody(meera, credit):
    Credit.objects.update(test=True)

    assert "Credits to look at 0" in says(meera.get("/admin/"))


def test_an_account_that_nothing_watches_is_announced(meera, account, channel):
    told = "No phone or mailbox watches asha.traders@okhdfcbank; live payments are not confirmed by themselves."
    assert "watches" not in says(meera.get("/admin/"))

    AlertChannel.objects.update(enabled=False)

    assert told in says(meera.get("/admin/"))


def test_a_price_whose_amounts_run_out_is_announced(meera, open_payment):
    for _ in range(70):
        open_payment(rupees=499)

    assert "70 of 99 payable amounts for ₹499.00 are in use." in says(meera.get("/admin/"))


def test_the_address_of_a_section_leads_to_the_overview(meera):
    assert "Overview" in says(meera.get("/admin/payments/"))


def test_the_busiest_prices_show_how_long_their_amounts_last(meera, open_payment, asha):
    for _ in range(11):
        open_payment(asha, rupees=100)
    open_payment(asha, rupees=500)

    text = says(meera.get("/admin/"))

    assert "₹100.00 shared 11 of 99 11 of 99 full in 80 minutes" in text
    assert "₹500.00 shared 1 of 99 1 of 99 full in 980 minutes" in text


def test_notices_stand_on_top_until_somebody_has_seen_to_them(meera, notice):
    page = meera.get("/admin/")
    assert "₹99.37 was taken back Look at it." in says(page)

    path = links(page)["₹99.37 was taken back"]
    assert "no: STAFF_EMAILS and EMAIL_URL are not set" in says(meera.get(path))
    meera.post(path.replace("change", "resolve"), {"reason": "Talked to the customer"})

    assert "taken back" not in says(meera.get("/admin/"))
    assert "Nothing to tell" in says(meera.get("/admin/payments/notice/"))
    assert "₹99.37 was taken back" in says(meera.get("/admin/payments/notice/?state=all"))
