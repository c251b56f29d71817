"""The button "Simulate payment" on a test payment's page."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from payments.models import PaymentEvent, PaymentSession
from payments.services import SessionDetails, create_session
from reconciliation.models import Credit


@pytest.fixture
def test_payment(testing) -> PaymentSession:
    return create_session(api_key=testing, requested_paise=100_00, details=SessionDetails()).session


def path(session, tail=""):
    return f"/checkout/{session.session_id}{tail}"


def test_the_button_pays_and_leads_back_to_the_page(test_payment, client):
    answer = client.post(path(test_payment, "/simulate"), follow=True)

    assert answer.redirect_chain == [(path(test_payment), 302)]
    test_payment.refresh_from_db()
    assert test_payment.status == "success"
    assert [event.type for event in PaymentEvent.objects.all()] == ["payment.success"]


def test_it_stands_on_open_test_payments_only(test_payment, asha, account, client):
    live = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session

    assert b"Simulate payment" in client.get(path(test_payment)).content
    assert b"Simulate payment" not in client.get(path(live)).content
    client.post(path(test_payment, "/simulate"))
    assert b"Simulate payment" not in client.get(path(test_payment)).content


def test_a_live_payment_has_no_such_address(asha, account, client):
    live = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session

    assert client.post(path(live, "/simulate")).status_code == 404
    live.refresh_from_db()
    assert (live.status, Credit.objects.count()) == ("pending", 0)


def test_looking_at_the_address_pays_nothing(test_payment, client):
    assert client.get(path(test_payment, "/simulate")).status_code == 405
    assert not Credit.objects.exists()


def test_another_sites_form_pays_nothing(test_payment):
    assert Client(enforce_csrf_checks=True).post(path(test_payment, "/simulate")).status_code == 403
    assert not Credit.objects.exists()


def test_the_picture_of_the_code_says_that_it_is_a_test(test_payment, asha, account, client):
    live = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session

    def height_beyond_width(session):
        width, height = Image.open(io.BytesIO(client.get(path(session, "/qr.png")).content)).size
        return height - width

    assert (height_beyond_width(live), height_beyond_width(test_payment)) == (0, 52)


def test_an_old_payment_whose_amount_another_one_has_stays_as_it_is(test_payment, testing, client):
    yesterday = timezone.now() - timedelta(days=1)
    old = PaymentSession.objects.filter(pk=test_payment.pk)
    old.update(status="expired", holds_amount=False, hold_until=yesterday, expires_at=yesterday)
    other = create_session(api_key=testing, requested_paise=100_00, details=SessionDetails()).session
    PaymentSession.objects.filter(pk=other.pk).update(payable_paise=test_payment.payable_paise)

    answer = client.post(path(test_payment, "/simulate"), follow=True)

    assert answer.redirect_chain == [(path(test_payment), 302)]
    assert not Credit.objects.exists()


def test_a_payment_is_paid_once_however_often_the_address_is_posted_to(test_payment, client):
    for _ in range(3):
        client.post(path(test_payment, "/simulate"))

    assert (Credit.objects.count(), PaymentEvent.objects.count()) == (1, 1)
