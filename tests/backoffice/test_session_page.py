import time_machine
from django.utils import timezone

from payments.models import PaymentSession
from payments.services import SessionDetails, create_session, mark_session_paid
from tests.backoffice.pages import links, rows, says


def path(session) -> str:
    return f"/admin/payments/paymentsession/{session.pk}/change/"


def test_the_page_tells_all_facts_in_words(vikram, asha, account):
    with time_machine.travel("2026-04-14 01:00:00+00:00", tick=False):
        details = SessionDetails(
            customer_name="Priya Nair",
            customer_email="priya@example.in",
            customer_phone="98765",
            merchant_ref="ORDER-123",
            description="Two lamps",
            metadata_json='{"order_id":"ORD-456"}',
            return_url="https://shop.example.in/thanks",
        )
        session = create_session(api_key=asha, requested_paise=100_00, details=details).session
        PaymentSession.objects.update(payable_paise=9937)
        text = says(vikram.get(path(session)))

    for fact in (
        "₹99.37 Pending",
        "Requested ₹100.00",
        "asha.traders@okhdfcbank",
        "Source Asha Traders",
        "Created 14 Apr 2026, 06:30:00",
        "Payable until 14 Apr 2026, 06:40:00 in 10 minutes",
        "Name Priya Nair E-mail priya@example.in Phone 98765",
        "ORDER-123",
        "Description Two lamps",
        "Returns to https://shop.example.in/thanks",
        '{ "order_id": "ORD-456" }',
        f"http://localhost:3000/checkout/{session.session_id}",
    ):
        assert fact in text


def test_the_timeline_tells_who_did_what_and_why(vikram, open_payment):
    with time_machine.travel("2026-04-14 01:00:00+00:00", tick=False) as clock:
        session = open_payment(description="Two lamps")
        clock.shift(65)
        mark_session_paid(session_id=session.pk, utr="412345678901", actor="omar", reason="Seen in the bank's app")
        timeline = rows(vikram.get(path(session)))

    assert timeline == [
        ["14 Apr 2026, 06:30:00", "Created", "Asha Traders", "Two lamps"],
        ["14 Apr 2026, 06:31:05", "Paid", "omar", "Seen in the bank's app"],
    ]


def test_its_deliveries_are_shown_with_what_came_of_them(omar, vikram, paid, delivery):
    delivery.attempts.create(number=1, trigger="auto", started_at=timezone.now(), duration_ms=81, status=502)

    again = f"/admin/webhooks/delivery/{delivery.pk}/redeliver/"
    page = omar.get(path(paid))
    assert rows(page)[-1][:2] == ["payment.success", "http://127.0.0.1:9/webhook"]
    assert rows(page)[-1][3] == "HTTP 502"
    assert links(page)["Redeliver"] == again
    assert "Redeliver" not in links(vikram.get(path(paid)))


def test_what_the_customer_wrote_is_text_and_never_markup(vikram, open_payment):
    session = open_payment(
        customer_name="<img src=x>", description='"><script>', metadata_json='{"x":"<script>alert(1)</script>"}'
    )

    page = vikram.get(path(session)).content
    assert b"<script>" not in page
    assert b"<img src=x" not in page


def test_a_session_that_does_not_exist_is_not_found(vikram, session):
    assert vikram.get("/admin/payments/paymentsession/999999/change/").status_code == 404
