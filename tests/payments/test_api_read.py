"""GET payment, GET payments, POST cancel, GET me."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from apikeys.services import issue_key
from payments import services
from payments.models import PaymentEvent, PaymentSession


def test_a_shop_reads_its_own_payment(asha, open_session, call):
    session = open_session(merchant_ref="ORDER-1")

    answer = call(asha, "get", f"/api/v1/payment/{session.session_id}")

    assert answer.status_code == 200
    assert answer.json()["payment"]["merchant_ref"] == "ORDER-1"


@pytest.mark.parametrize(("method", "path"), [("get", "payment"), ("post", "cancel")])
def test_another_shops_payment_does_not_exist(ravi, open_session, call, method, path):
    session = open_session()

    other = call(ravi, method, f"/api/v1/{path}/{session.session_id}")
    nobodys = call(ravi, method, f"/api/v1/{path}/0000000000000000")
    strange = call(ravi, method, f"/api/v1/{path}/%00")

    assert other.status_code == nobodys.status_code == strange.status_code == 404
    assert other.json()["message"] == nobodys.json()["message"] == strange.json()["message"]
    session.refresh_from_db()
    assert session.status == "pending"


def test_an_overdue_payment_reads_as_expired_and_reading_writes_nothing(asha, open_session, make_overdue, call):
    session = make_overdue(open_session())

    payment = call(asha, "get", f"/api/v1/payment/{session.session_id}").json()["payment"]

    assert (payment["status"], payment["expires_in"]) == ("expired", 0)
    session.refresh_from_db()
    assert session.status == "pending"
    assert not PaymentEvent.objects.exists()


def test_after_success_the_utr_and_the_time_are_there(asha, open_session, call):
    session = open_session()
    credited_at = session.created_at + timedelta(seconds=30)
    assert services.confirm_session(session_id=session.pk, credited_at=credited_at, utr="103100084802")

    payment = call(asha, "get", f"/api/v1/payment/{session.session_id}").json()["payment"]

    assert (payment["status"], payment["utr"], payment["exception"]) == ("success", "103100084802", "")
    assert payment["paid_at_iso"] == credited_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_lists_are_newest_first_and_only_ones_own(asha, ravi, open_session, call):
    mine = [open_session().session_id for _ in range(3)]
    open_session(api_key=ravi)

    body = call(asha, "get", "/api/v1/payments").json()

    assert [payment["session_id"] for payment in body["payments"]] == mine[::-1]
    assert (body["success"], body["next_cursor"], body["has_more"]) == (True, None, False)


def test_pages_follow_each_other_while_rows_arrive(asha, open_session, call):
    old = [open_session().session_id for _ in range(5)]
    first = call(asha, "get", "/api/v1/payments?limit=2").json()
    open_session()

    second = call(asha, "get", f"/api/v1/payments?limit=2&cursor={first['next_cursor']}").json()
    third = call(asha, "get", f"/api/v1/payments?limit=2&cursor={second['next_cursor']}").json()

    seen = [payment["session_id"] for page in (first, second, third) for payment in page["payments"]]
    assert seen == old[::-1]
    assert (first["has_more"], third["has_more"]) == (True, False)


@time_machine.travel(datetime(2026, 4, 14, tzinfo=UTC), tick=False)
def test_pages_split_rows_of_the_same_moment(asha, open_session, call):
    old = [open_session().session_id for _ in range(3)]

    first = call(asha, "get", "/api/v1/payments?limit=2").json()
    second = call(asha, "get", f"/api/v1/payments?limit=2&cursor={first['next_cursor']}").json()

    assert [payment["session_id"] for page in (first, second) for payment in page["payments"]] == old[::-1]


def test_the_status_filter_judges_this_moment(asha, open_session, make_overdue, call):
    pending, overdue = open_session(), make_overdue(open_session())

    def listed(status):
        return [
            each["session_id"] for each in call(asha, "get", f"/api/v1/payments?status={status}").json()["payments"]
        ]

    assert listed("pending") == [pending.session_id]
    assert listed("expired") == [overdue.session_id]
    assert listed("success") == []


def test_filters_by_reference_and_time(asha, open_session, call):
    with time_machine.travel(datetime(2026, 4, 13, 12, tzinfo=UTC), tick=False):
        old = open_session(merchant_ref="A")
    with time_machine.travel(datetime(2026, 4, 14, 12, tzinfo=UTC), tick=False):
        new = open_session(merchant_ref="B")

    def listed(query):
        return [each["session_id"] for each in call(asha, "get", f"/api/v1/payments?{query}").json()["payments"]]

    assert listed("merchant_ref=A") == [old.session_id]
    assert listed("created_after=2026-04-14T00:00:00Z") == [new.session_id]
    assert listed("created_before=2026-04-14 00:00:00") == [old.session_id]
    assert listed("created_after=2026-04-14T17:29:59%2B05:30") == [new.session_id]
    assert listed("created_after=2026-04-14T17:30:00%2B05:30") == []


@pytest.mark.parametrize(
    "query",
    ["status=paid", "status=", "status=PENDING", "limit=0", "limit=101", "limit=x", "limit=-1", "limit=", "limit=1e1"]
    + ["cursor=", "cursor=x", "cursor=%00", "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "limit=٣", "created_after=soon"]
    + ["created_before=", "created_after=9999-99-99", "created_after=0001-01-01T00:00:00%2B05:30", "merchant_ref=%00"],
)
def test_a_bad_query_is_refused(asha, call, query):
    answer = call(asha, "get", f"/api/v1/payments?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "validation_error"


def test_a_list_is_two_queries_however_long(asha, open_session, call, django_assert_num_queries):
    for _ in range(5):
        open_session()
    with django_assert_num_queries(2):
        call(asha, "get", "/api/v1/payments")


def test_cancelling_twice_answers_the_same(asha, open_session, call):
    session = open_session()

    first = call(asha, "post", f"/api/v1/cancel/{session.session_id}")
    again = call(asha, "post", f"/api/v1/cancel/{session.session_id}")

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["payment"]["status"] == again.json()["payment"]["status"] == "cancelled"
    assert [event.type for event in PaymentEvent.objects.all()] == ["payment.cancelled"]


def test_an_overdue_payment_cannot_be_cancelled(asha, open_session, make_overdue, call):
    session = make_overdue(open_session())

    answer = call(asha, "post", f"/api/v1/cancel/{session.session_id}")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "not_cancellable"
    assert "expired" in answer.json()["message"]
    assert not PaymentEvent.objects.exists()


def test_a_paid_payment_cannot_be_cancelled(asha, open_session, call):
    session = open_session()
    services.confirm_session(session_id=session.pk, credited_at=timezone.now(), utr="103100084802")

    answer = call(asha, "post", f"/api/v1/cancel/{session.session_id}")

    assert answer.status_code == 409
    assert "success" in answer.json()["message"]
    assert PaymentSession.objects.get().status == "success"


def test_a_key_learns_about_itself(asha, testing, call):
    assert call(asha, "get", "/api/v1/me").json()["key"] == {
        "label": "Asha Traders",
        "permissions": ["create", "read", "list", "cancel"],
        "mode": "live",
        "limits": {"requests_per_second": 100, "min_amount": 2, "max_amount": 100000},
    }
    assert call(testing, "get", "/api/v1/me").json()["key"]["mode"] == "test"


def test_a_shop_with_a_long_name_can_cancel(account, call):
    key, key.text = issue_key(label="x" * 255)
    session_id = call(key, "post", "/api/v1/create-payment", {"amount": 100}).json()["payment"]["session_id"]

    assert call(key, "post", f"/api/v1/cancel/{session_id}").status_code == 200
    assert PaymentEvent.objects.get().actor == f"API key {'x' * 142}"
