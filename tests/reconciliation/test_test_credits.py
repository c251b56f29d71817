"""POST /api/v1/test/credits: a developer plays the customer and the bank."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.services import issue_key
from payments.models import PaymentEvent, PaymentSession
from payments.services import SessionDetails, create_session
from reconciliation.models import Credit

URL = "/api/v1/test/credits"


@pytest.fixture
def session(testing) -> PaymentSession:
    return create_session(api_key=testing, requested_paise=100_00, details=SessionDetails()).session


@pytest.fixture
def credit(testing, session, call):
    def credit(kind):
        return call(testing, "post", URL, {"session_id": session.session_id, "kind": kind})

    return credit


def types(session):
    return [event.type for event in session.events.order_by("sequence")]


def test_exact_pays_the_payment(session, credit):
    body = credit("exact").json()

    assert (body["credit"]["state"], body["payment"]["status"]) == ("matched", "success")
    assert body["payment"]["utr"] == body["credit"]["utr"]
    assert f"{body['credit']['amount']:.2f}" == f"{session.payable_paise / 100:.2f}"
    assert types(session) == ["payment.success"]


def test_late_expires_it_first_and_then_pays(session, credit):
    payment = credit("late").json()["payment"]

    assert (payment["status"], payment["exception"]) == ("success", "paid_late")
    assert types(session) == ["payment.expired", "payment.success"]


def test_late_goes_to_staff_where_the_operator_wants_it(session, credit, settings):
    settings.LATE_POLICY = "review"

    body = credit("late").json()

    assert (body["credit"]["state"], body["payment"]["status"]) == ("review", "expired")
    assert types(session) == ["payment.expired", "payment.late"]


@pytest.mark.parametrize(("kind", "paise"), [("short", -1), ("over", 1)])
def test_a_wrong_amount_pays_nothing(session, credit, kind, paise):
    body = credit(kind).json()

    assert (body["credit"]["state"], body["payment"]["status"]) == ("review", "pending")
    assert Credit.objects.get().amount_paise == session.payable_paise + paise
    assert types(session) == []


def test_one_payment_reported_twice_changes_nothing_more(session, credit):
    body = credit("duplicate").json()

    assert (body["credit"]["state"], body["payment"]["status"]) == ("matched", "success")
    assert Credit.objects.count() == 1
    assert types(session) == ["payment.success"]


def test_duplicate_after_exact_repeats_that_one(session, credit):
    first = credit("exact").json()["credit"]["utr"]

    assert credit("duplicate").json()["credit"]["utr"] == first
    assert Credit.objects.count() == 1


def test_paying_twice_leaves_the_second_credit_to_staff(session, credit):
    credit("exact")

    assert credit("exact").json()["credit"]["state"] == "review"
    assert types(session) == ["payment.success", "payment.late"]


def test_another_developers_payment_is_not_paid_by_a_wrong_amount(session, credit, monkeypatch):
    monkeypatch.setattr("payments.amounts._draw_free", lambda *_: session.payable_paise + 1)
    create_session(api_key=session.api_key, requested_paise=100_01, details=SessionDetails())

    answer = credit("over")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cannot_simulate")
    assert not Credit.objects.exists()


@pytest.fixture
def ravis(session) -> PaymentSession:
    """A test payment of another key, with the amount that the first one had until a day ago."""
    other, _ = issue_key(label="Ravi's developer", test=True)
    yesterday = timezone.now() - timedelta(days=1)
    PaymentSession.objects.filter(pk=session.pk).update(
        status="expired", holds_amount=False, hold_until=yesterday, expires_at=yesterday
    )
    ravis = create_session(api_key=other, requested_paise=100_00, details=SessionDetails()).session
    PaymentSession.objects.filter(pk=ravis.pk).update(payable_paise=session.payable_paise)
    return ravis


@pytest.mark.parametrize("kind", ["exact", "duplicate"])
def test_an_old_payment_does_not_pay_another_keys(ravis, credit, kind):
    answer = credit(kind)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cannot_simulate")
    ravis.refresh_from_db()
    assert (ravis.status, Credit.objects.count()) == ("pending", 0)


def test_the_answer_names_no_other_keys_payments(session, credit):
    other, _ = issue_key(label="Ravi's developer", test=True)
    ravis = create_session(api_key=other, requested_paise=100_00, details=SessionDetails()).session
    PaymentSession.objects.filter(pk=ravis.pk).update(payable_paise=session.payable_paise - 3)

    answer = credit("short")

    assert answer.json()["credit"]["explanation"] == "No payment fits."
    assert ravis.session_id in Credit.objects.get().explanation


def test_a_live_key_cannot_simulate(asha, account, call):
    live = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session

    answer = call(asha, "post", URL, {"session_id": live.session_id, "kind": "exact"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "test_key_needed")
    assert not PaymentEvent.objects.exists()


def test_a_test_key_cannot_pay_what_is_not_its_own(testing, asha, account, call):
    live = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session

    assert call(testing, "post", URL, {"session_id": live.session_id, "kind": "exact"}).status_code == 404
    assert not Credit.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{}, {"kind": "exact"}, {"session_id": 5, "kind": "exact"}, {"session_id": "A\x00", "kind": "exact"}]
    + [{"session_id": ["A"], "kind": "exact"}, {"session_id": "A", "kind": "free"}, {"session_id": "A", "kind": None}],
)
def test_a_bad_request_is_refused(testing, call, body):
    assert call(testing, "post", URL, body).status_code == 400
