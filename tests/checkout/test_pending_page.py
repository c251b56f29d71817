import base64
import gzip

import pytest
import zxingcpp
from django.contrib.staticfiles import finders
from PIL import Image

from tests.checkout.conftest import ANDROID, IPHONE, Page

LINK = (
    "upi://pay?pa=asha.traders@okhdfcbank&pn=ASHA%20SHARMA&tr=A1B2C3D4E5F67890"
    "&tn=Order%20A1B2C3D4E5F67890&am=99.37&cu=INR"
)


def test_it_shows_the_amount_the_payee_and_the_time(open_session, visit):
    page = visit(open_session(merchant_ref="ORDER-123", description="Mangoes"))

    assert page.response.status_code == 200
    assert "Amount to pay ₹99.37" in page.text
    assert "It is ₹0.63 less than ₹100.00" in page.text
    assert "You will see ASHA SHARMA" in page.text
    assert "UPI ID asha.traders@okhdfcbank" in page.text
    # 01:10 UTC
    assert "Pay before 14 Apr, 6:40 AM (India time)" in page.text
    assert "ORDER-123" in page.text
    assert "Mangoes" in page.text


def test_large_amounts_are_grouped_the_indian_way(open_session, visit):
    assert "₹99,999.63" in visit(open_session(paise=99_999_63)).text


def test_the_upi_id_and_the_amount_can_be_copied_as_apps_want_them(open_session, visit):
    assert visit(open_session(paise=99_999_63)).attributes("data-copy") == ["asha.traders@okhdfcbank", "99999.63"]


def test_the_code_on_the_page_is_exactly_the_link(open_session, visit, tmp_path):
    [image] = visit(open_session()).all("img")

    picture = tmp_path / "qr.png"
    picture.write_bytes(base64.b64decode(image["src"].removeprefix("data:image/png;base64,")))
    assert [code.text for code in zxingcpp.read_barcodes(Image.open(picture).convert("L"))] == [LINK]
    assert image["alt"] == "QR code to pay ₹99.37 to asha.traders@okhdfcbank"


def test_a_computer_gets_the_plain_link_alone(open_session, visit):
    links = [link["href"] for link in visit(open_session()).all("a")]

    assert LINK in links
    assert not [link for link in links if link.startswith(("intent:", "gpay:"))]


def test_an_android_phone_gets_a_button_for_each_app(open_session, visit):
    links = [link["href"] for link in visit(open_session(), user_agent=ANDROID).all("a")]

    assert LINK in links
    assert [link for link in links if link.startswith("intent:")][1] == (
        f"intent://pay?{LINK.removeprefix('upi://pay?')}#Intent;scheme=upi;package=com.phonepe.app;"
        "S.browser_fallback_url=http%3A%2F%2Flocalhost%3A3000%2Fcheckout%2FA1B2C3D4E5F67890%23no-app;end"
    )


def test_an_iphone_gets_the_schemes_of_the_apps(open_session, visit):
    links = [link["href"] for link in visit(open_session(), user_agent=IPHONE).all("a")]

    assert [link.partition("?")[0] for link in links if "://" in link] == [
        "gpay://upi/pay",
        "phonepe://pay",
        "paytmmp://pay",
        "bhim://pay",
        "upi://pay",
    ]


def test_a_saved_picture_is_offered_only_where_apps_take_it(open_session, visit, asha):
    cheap = visit(open_session(paise=2_000_00 - 1))
    assert {"href": "/checkout/A1B2C3D4E5F67890/qr.png", "download": "upi-A1B2C3D4E5F67890.png"} in cheap.all("a")

    dear = visit(_reprice(cheap, 2_000_01))
    assert not [link for link in dear.all("a") if "download" in link]
    assert "Above ₹2,000, UPI apps refuse a saved picture" in dear.text


def test_a_test_payment_is_marked(open_session, visit, testing):
    page = visit(open_session(api_key=testing))

    assert "Test payment — do not pay." in page.text
    assert "Test code — do not pay" in page.text


def test_a_live_payment_is_not_marked_as_a_test(open_session, visit):
    assert "Test" not in visit(open_session()).text


def test_whatever_the_shop_sends_is_shown_as_text(open_session, visit, settings):
    settings.SHOP_NAME = "<b>Asha & Daughters</b>"
    page = visit(open_session(description='<script>alert("1")</script>', merchant_ref="\"><img src=x onerror='f()'>"))

    assert "<b>Asha & Daughters</b>" in page.text
    assert '<script>alert("1")</script>' in page.text
    assert "\"><img src=x onerror='f()'>" in page.text
    assert [script.get("src") for script in page.all("script")] == ["/static/js/checkout.js"]
    assert len(page.all("img")) == 1


def test_customers_data_is_not_shown_to_whoever_has_the_link(open_session, visit):
    page = visit(open_session(customer_name="Meera Nair", customer_email="meera@example.com", customer_phone="98450"))

    for private in ("Meera", "meera@example.com", "98450"):
        assert private not in page.response.content.decode()


def test_it_works_under_the_strict_policy(open_session, visit):
    page = visit(open_session(), user_agent=ANDROID)

    policy = dict(part.split(" ", 1) for part in page.response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert page.attributes("style") == []
    assert page.all("style") == []


def test_it_asks_no_other_host_for_anything(open_session, visit):
    page = visit(open_session(return_url="https://shop.example/thanks"), user_agent=ANDROID)

    fetched = page.attributes("src") + [link["href"] for link in page.all("link")] + page.attributes("srcset")
    assert fetched
    assert [address for address in fetched if not address.startswith(("/static/", "data:image/png;"))] == []


def test_nobody_keeps_or_lists_it(open_session, visit):
    page = visit(open_session())

    assert page.response["Cache-Control"] == "no-store, private"
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"
    assert page.response["Referrer-Policy"] == "same-origin"
    assert {"name": "robots", "content": "noindex, nofollow"} in page.all("meta")


def test_without_a_script_the_page_reloads_itself(open_session, visit):
    page = visit(open_session())

    assert {"http-equiv": "refresh", "content": "10"} in page.all("meta")
    assert {"href": "/checkout/A1B2C3D4E5F67890"} in page.all("a")


def test_one_query_reads_it_and_nothing_is_written(open_session, visit, django_assert_num_queries):
    session = open_session()

    with django_assert_num_queries(1) as queries:
        visit(session)

    assert queries.captured_queries[0]["sql"].startswith("SELECT")


@pytest.mark.parametrize("user_agent", ["", ANDROID, IPHONE])
def test_all_of_it_weighs_less_than_40_kilobytes(open_session, visit, client, user_agent):
    session = open_session(
        description="d" * 500, merchant_ref="m" * 255, return_url="https://shop.example/" + "r" * 2000
    )
    page = visit(session, user_agent=user_agent)
    files = [link["href"] for link in page.all("link")] + [script["src"] for script in page.all("script")]
    files = [file.removeprefix("/static/") for file in files]

    answer = client.get(f"/checkout/{session.session_id}", headers={"Accept-Encoding": "gzip"})
    weight = len(answer.content) + len(answer.serialize_headers())
    for file in files:
        weight += len(gzip.compress(_read_static(file)))

    assert answer["Content-Encoding"] == "gzip"
    assert sorted(files) == ["css/base.css", "css/checkout.css", "favicon.svg", "js/checkout.js"]
    assert weight < 40 * 1024


def test_only_reading_is_allowed(open_session, client):
    assert client.post(f"/checkout/{open_session().session_id}").status_code == 405


def test_a_session_that_staff_opened_is_payable_too(open_session, visit):
    assert visit(open_session(api_key=None)).response.status_code == 200


def _reprice(page: Page, paise: int) -> str:
    session = page.response.context["session"]
    session.payable_paise = session.requested_paise = paise
    session.save()
    return session.session_id


def _read_static(name: str) -> bytes:
    with open(finders.find(name), "rb") as file:
        return file.read()
