"""A page asks the database the same number of questions, whether it shows one row or fifty."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikeys.models import ApiKeyDay
from apikeys.services import issue_key
from payments.services import cancel_session
from reconciliation.services.claims import claim_utr
from webhooks.services import add_endpoint, fan_out_events

pytestmark = pytest.mark.django_db
PAGES = [
    "/admin/",
    "/admin/payments/paymentsession/",
    "/admin/payments/paymentsession/?q=100",
    "/admin/apikeys/apikey/",
    "/admin/webhooks/webhookendpoint/",
    "/admin/webhooks/delivery/",
    "/admin/webhooks/delivery/?q=shop",
    "/admin/webhooks/redelivery/",
    "/admin/reconciliation/utrclaim/",
    "/admin/payments/upiaccount/",
    "/admin/backoffice/staffaction/",
]


@pytest.fixture
def shop(open_payment):
    def shop(number: int) -> None:
        key, _ = issue_key(label=f"Shop {number}")
        ApiKeyDay.objects.create(api_key=key, day="2026-04-14", requests=7)
        add_endpoint(api_key=key, url="http://127.0.0.1:9/webhook", events=["payment.cancelled"])
        session = open_payment(key, rupees=100 + number, customer_name="Priya")
        cancel_session(session_id=session.pk, actor="omar", reason="Ordered twice")
        open_payment(key, rupees=300 + number)
        claim_utr(session_id=session.pk, text=f"6244000000{number:02d}", client=None)

    return shop


def queries(client, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("path", PAGES)
def test_more_rows_ask_no_more_questions(meera, shop, path):
    shop(0)
    fan_out_events()
    few = queries(meera, path)
    for number in range(1, 50):
        shop(number)
    fan_out_events()
    many = queries(meera, path)

    assert len(many) == len(few)
    assert len(many) <= 17


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/admin/"])
def test_lists_count_nothing(meera, shop, path):
    shop(0)

    assert not [sql for sql in queries(meera, path) if "COUNT(" in sql]
