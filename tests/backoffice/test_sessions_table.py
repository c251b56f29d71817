from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.models import PaymentSession
from payments.services import SessionDetails, cancel_session, create_session, mark_session_paid
from tests.backoffice.pages import column, headers, links, rows, says

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/paymentsession/"


def test_the_columns_are_those_of_the_dashboard(vikram, session):
    assert headers(vikram.get(LIST)) == [
        "Session ID",
        "Requested",
        "Payable",
        "Customer",
        "Source",
        "Status",
        "Created",
        "Actions",
    ]


def test_an_empty_table_says_so_and_what_to_do(vikram):
    page = vikram.get(LIST)

    assert headers(page)[0] == "Session ID"
    assert len(rows(page)) == 1
    assert rows(page)[0][0].startswith("No sessions yet A session appears here when a shop asks for a payment")


def test_a_row_reads_as_people_speak(vikram, asha, account):
    with time_machine.travel("2026-04-14 01:00:00+00:00", tick=False):
        opened = create_session(
            api_key=asha, requested_paise=1_00_000_00, details=SessionDetails(customer_name="Priya Nair")
        )
        PaymentSession.objects.update(payable_paise=99_999_37)
        (row,) = rows(vikram.get(LIST))

    assert row[:7] == [
        opened.session.session_id,
        "₹1,00,000.00",
        "₹99,999.37",
        "Priya Nair",
        "Asha Traders",
        "Pending",
        "14 Apr, 06:30",
    ]


def test_a_payment_made_by_staff_comes_from_the_dashboard(vikram, open_payment):
    open_payment(None)

    assert column(vikram.get(LIST), "Source") == ["Dashboard"]


def test_an_overdue_payment_is_expired_before_the_sweep_writes_it(vikram, session):
    with time_machine.travel(session.expires_at + timedelta(seconds=1), tick=False):
        assert column(vikram.get(LIST), "Status") == ["Expired"]
        assert column(vikram.get(LIST + "?status=expired"), "Session ID") == [session.session_id]
        assert rows(vikram.get(LIST + "?status=pending"))[0][0].startswith("Nothing matches")

    session.refresh_from_db()
    assert session.status == "pending"


def test_what_staff_confirmed_by_hand_is_marked(vikram, session):
    mark_session_paid(session_id=session.pk, utr="412345678901", actor="omar", reason="Seen in the bank's app")

    assert column(vikram.get(LIST), "Status") == ["Success Marked by staff"]


def test_live_payments_are_shown_first_and_test_ones_on_request(vikram, session, testing, open_payment):
    rehearsal = open_payment(testing)

    assert column(vikram.get(LIST), "Session ID") == [session.session_id]
    tests = vikram.get(LIST + "?mode=test")
    assert column(tests, "Session ID") == [rehearsal.session_id]
    assert column(tests, "Status") == ["Pending Test"]


@pytest.mark.parametrize("status", ["pending", "success", "expired", "cancelled"])
def test_a_status_filter_shows_that_status_alone(vikram, session, paid, open_payment, status):
    cancel_session(session_id=open_payment().pk, actor="omar", reason="Ordered twice")
    PaymentSession.objects.filter(pk=open_payment().pk).update(expires_at=timezone.now())

    assert column(vikram.get(f"{LIST}?status={status}"), "Status") == [status.capitalize()]


def test_a_source_filter_shows_one_shop_or_the_dashboard(vikram, session, ravi, open_payment):
    of_ravi, of_staff = open_payment(ravi), open_payment(None)

    assert column(vikram.get(f"{LIST}?source={ravi.pk}"), "Session ID") == [of_ravi.session_id]
    assert column(vikram.get(LIST + "?source=dashboard"), "Session ID") == [of_staff.session_id]
    assert rows(vikram.get(LIST + "?source=99x"))[0][0].startswith("Nothing matches")


@pytest.mark.parametrize(
    "term",
    [
        "{0.session_id}",
        " {0.session_id} ",
        "{0.session_id[0]}{0.session_id[1]}{0.session_id[2]}{0.session_id[3]}",
        "412345678901",
        "4123 4567 8901",
        "ORDER-123",
        "99.37",
        "₹99.37",
    ],
)
def test_a_payment_is_found_by_what_staff_have_in_hand(vikram, open_payment, term):
    found, other = open_payment(merchant_ref="ORDER-123"), open_payment(rupees=500, merchant_ref="ORDER-1234")
    PaymentSession.objects.filter(pk=found.pk).update(
        session_id="A1B2C3D4E5F67890", payable_paise=9937, utr="412345678901"
    )
    PaymentSession.objects.filter(pk=other.pk).update(session_id="B1B2C3D4E5F67890")
    found.refresh_from_db()

    assert column(vikram.get(LIST, {"q": term.format(found)}), "Session ID") == ["A1B2C3D4E5F67890"]


def test_a_search_finds_test_payments_too(vikram, testing, open_payment):
    rehearsal = open_payment(testing)

    assert column(vikram.get(LIST, {"q": rehearsal.session_id}), "Session ID") == [rehearsal.session_id]


@pytest.mark.parametrize("term", ["Priya", "%", "ORDER", "9" * 5000, "💸"])
def test_a_search_for_something_else_finds_nothing_and_says_so(vikram, open_payment, term):
    open_payment(customer_name="Priya Nair", merchant_ref="ORDER-123")

    assert "Nothing matches" in says(vikram.get(LIST, {"q": term}))


def test_pages_follow_each_other_without_a_gap(vikram, open_payment):
    with time_machine.travel("2026-04-14 01:00:00+00:00", tick=False):
        made = {open_payment(rupees=100 + number).session_id for number in range(60)}

    first = vikram.get(LIST)
    second = vikram.get(LIST + links(first)["Older"])
    assert len(rows(first)) == 50
    assert set(column(first, "Session ID")) | set(column(second, "Session ID")) == made
    assert len(rows(second)) == 10
    assert "Older" not in links(second)
    assert links(second)["Newest"] == "?"


@pytest.mark.parametrize(
    "address",
    [f"{LIST}?source={'9' * 5000}", f"{LIST}?status=%00"]
    + [
        f"/admin/{table}/?state=%00"
        for table in ("reconciliation/credit", "reconciliation/evidence", "webhooks/delivery")
    ],
)
def test_a_filter_made_up_by_somebody_fails_nowhere(vikram, session, address):
    assert vikram.get(address).status_code == 200


def test_a_page_number_made_up_by_somebody_shows_the_first_page(vikram, session):
    for page in ("2", "x", "W10~x", ""):
        assert column(vikram.get(LIST, {"p": page}), "Session ID") == [session.session_id]


def test_a_customers_name_is_text_and_never_markup(vikram, open_payment):
    open_payment(customer_name="<script>alert(1)</script>")

    page = vikram.get(LIST)
    assert b"<script>alert" not in page.content
    assert column(page, "Customer") == ["<script>alert(1)</script>"]


def test_only_what_the_state_allows_is_offered(omar, session, paid):
    by_id = dict(zip(column(omar.get(LIST), "Session ID"), column(omar.get(LIST), "Actions"), strict=True))

    assert by_id[session.session_id] == "Checkout Copy link Mark paid Cancel"
    assert by_id[paid.session_id] == "Checkout Copy link"


def test_a_viewer_is_offered_nothing_that_changes_anything(vikram, session):
    assert column(vikram.get(LIST), "Actions") == ["Checkout Copy link"]
    assert "New payment" not in links(vikram.get(LIST))
