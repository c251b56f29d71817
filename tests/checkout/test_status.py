from datetime import timedelta

import pytest

from payments.services import cancel_session, confirm_session, expire_due_sessions
from tests.checkout.conftest import MORNING, ask

UTR = "103100084802"


def test_a_pending_one_says_how_long_there_is(open_session, client, clock):
    session = open_session()
    clock.shift(30)

    assert ask(client, session) == {
        "status": "pending",
        "exception": "",
        "expires_in": 570,
        "watch_for": 2370,
        "server_time": "2026-04-14T01:00:30.000Z",
    }


def test_a_paid_one_has_its_utr_and_nothing_to_wait_for(open_session, client):
    session = open_session()
    confirm_session(session_id=session.pk, credited_at=MORNING, utr=UTR)

    assert ask(client, session) == {
        "status": "success",
        "exception": "",
        "expires_in": 0,
        "watch_for": 0,
        "server_time": "2026-04-14T01:00:00.000Z",
        "utr": UTR,
    }


def test_an_overdue_one_is_expired_before_the_sweep_writes_it(open_session, client, clock):
    session = open_session()
    clock.shift(601)

    answer = ask(client, session)

    assert (answer["status"], answer["expires_in"], answer["watch_for"]) == ("expired", 0, 1799)
    session.refresh_from_db()
    assert session.status == "pending"


def test_watching_ends_with_the_hold(open_session, client, clock):
    session = open_session()
    clock.shift(2400)
    expire_due_sessions()

    assert ask(client, session)["watch_for"] == 0


def test_a_late_success_says_so(open_session, client, clock):
    session = open_session()
    clock.shift(700)
    confirm_session(session_id=session.pk, credited_at=MORNING + timedelta(seconds=690), utr=UTR)

    answer = ask(client, session)

    assert (answer["status"], answer["exception"]) == ("success", "paid_late")


def test_a_cancelled_one_shows_no_utr(open_session, client):
    session = open_session()
    cancel_session(session_id=session.pk, actor="asha")

    answer = ask(client, session)

    assert answer["status"] == "cancelled"
    assert "utr" not in answer


def test_one_query_reads_it_and_nothing_is_written(open_session, client, django_assert_num_queries):
    session = open_session()

    with django_assert_num_queries(1) as queries:
        ask(client, session)

    assert queries.captured_queries[0]["sql"].startswith("SELECT")


def test_it_is_small(open_session, client):
    answer = client.get(f"/checkout/{open_session().session_id}/status")

    assert len(answer.content) < 200
    assert answer["Cache-Control"] == "no-store"


def test_an_unchanged_state_has_no_body(open_session, client, clock):
    session = open_session()
    path = f"/checkout/{session.session_id}/status"
    etag = client.get(path)["ETag"]
    clock.shift(60)

    unchanged = client.get(path, headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["Access-Control-Allow-Origin"] == "*"

    confirm_session(session_id=session.pk, credited_at=MORNING, utr=UTR)
    changed = client.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["status"] == "success"


def test_any_page_may_ask_for_the_status_and_for_nothing_else(open_session, client):
    path = f"/checkout/{open_session().session_id}"

    assert client.get(f"{path}/status")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get(path)
    assert "Access-Control-Allow-Origin" not in client.get(f"{path}/qr.png")


@pytest.mark.django_db
def test_an_unknown_one_is_said_in_json(client):
    answer = client.get("/checkout/0000000000000000/status")

    assert answer.status_code == 404
    assert answer.json() == {"status": "unknown", "message": "There is no such payment."}
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_only_reading_is_allowed(open_session, client):
    session = open_session()

    assert client.post(f"/checkout/{session.session_id}/status").status_code == 405
    assert client.head(f"/checkout/{session.session_id}/status").status_code == 200
