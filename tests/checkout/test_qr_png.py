import io

import pytest
import zxingcpp
from PIL import Image

from payments.services import cancel_session, confirm_session
from tests.checkout.conftest import MORNING


def test_it_is_the_sessions_link(open_session, client):
    session = open_session()

    answer = client.get(f"/checkout/{session.session_id}/qr.png")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content))
    assert [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))] == [session.upi_link]


def test_it_may_be_kept_as_long_as_it_is_payable(open_session, client, clock):
    session = open_session()
    clock.shift(100)

    assert client.get(f"/checkout/{session.session_id}/qr.png")["Cache-Control"] == "private, max-age=500"


@pytest.mark.parametrize(
    "end",
    [
        lambda session, clock: confirm_session(session_id=session.pk, credited_at=MORNING, utr="103100084802"),
        lambda session, clock: cancel_session(session_id=session.pk, actor="asha"),
        lambda session, clock: clock.shift(600),
    ],
    ids=["paid", "cancelled", "overdue"],
)
def test_there_is_none_once_it_cannot_be_paid(open_session, client, clock, end):
    session = open_session()
    end(session, clock)

    answer = client.get(f"/checkout/{session.session_id}/qr.png")

    assert answer.status_code == 410
    assert answer.content == b"This payment can no longer be paid."
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_an_unknown_session_has_none(client):
    answer = client.get("/checkout/0000000000000000/qr.png")

    assert answer.status_code == 404
    assert answer.content == b"There is no such payment."


def test_one_query_reads_it(open_session, client, django_assert_num_queries):
    session = open_session()

    with django_assert_num_queries(1):
        client.get(f"/checkout/{session.session_id}/qr.png")
