"""The guide's samples that call the API, run as they are against a live server."""

import json
import sys

import pytest

from payments.models import PaymentSession
from tests.guide.conftest import NODE, finished


@pytest.fixture(autouse=True)
def shop(live_server, settings, asha, account):
    settings.BASE_URL = live_server.url


@pytest.mark.parametrize(
    "sample",
    [
        "create_payment.sh",
        "create_payment.mjs",
        "create_payment.py",
        "create_payment_requests.py",
        "create_payment.php",
    ],
)
def test_a_payment_is_created_from(sample, asha, run):
    run(sample, pgk_your_api_key=asha.text)
    printed = run(sample, pgk_your_api_key=asha.text)

    session = PaymentSession.objects.get()
    assert (session.requested_paise, session.merchant_ref) == (10000, "ORDER-123")
    if not sample.endswith(".php"):
        assert f"/checkout/{session.session_id}" in printed


@pytest.mark.parametrize("sample", ["create_payment.py", "create_payment_requests.py"])
def test_a_refusal_is_told_in_words_by(sample, written):
    done = finished(sys.executable, written(sample))

    assert done.returncode == 1
    assert done.stderr == "Send a valid API key in the header X-API-Key.\n"


def test_a_page_creates_a_payment_and_opens_the_checkout(asha, written):
    page = written("browser.html", pgk_your_api_key=asha.text)
    script = page.read_text().removeprefix("<script>\n").removesuffix("</script>\n")
    page = page.with_suffix(".mjs")
    page.write_text(
        f"const window = {{location: {{}}}};{script}await createPayment();console.log(window.location.href);"
    )

    done = finished(NODE, page)

    session = PaymentSession.objects.get()
    assert done.stdout.endswith(f"/checkout/{session.session_id}\n"), done.stderr


def test_a_payment_is_read_listed_and_cancelled_with_curl(asha, call, run):
    session_id = call(asha, "post", "/api/v1/create-payment", {"amount": 100}).json()["payment"]["session_id"]
    mine = {"pgk_your_api_key": asha.text}

    got = json.loads(run("get_payment.sh", A1B2C3D4E5F67890=session_id, **mine))
    assert got["payment"]["status"] == "pending"

    cancelled = json.loads(run("cancel_payment.sh", A1B2C3D4E5F67890=session_id, **mine))
    assert cancelled["payment"]["status"] == "cancelled"

    listed = json.loads(run("list_payments.sh", **mine))
    assert listed == {"success": True, "payments": [], "next_cursor": None, "has_more": False}


def test_a_test_payment_is_paid_with_curl(testing, call, run):
    session_id = call(testing, "post", "/api/v1/create-payment", {"amount": 100}).json()["payment"]["session_id"]

    answer = json.loads(run("test_credit.sh", A1B2C3D4E5F67890=session_id, pgk_test_your_test_key=testing.text))

    assert answer["payment"]["status"] == "success"
