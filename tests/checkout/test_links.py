from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.links import app_buttons, back_to_shop, platform_of
from tests.checkout.conftest import ANDROID, IPHONE

PAGE = "https://pay.example.in/checkout/A1B2C3D4E5F67890"


def back(url: str) -> str:
    return back_to_shop(url, session_id="A1B2", status="success")


@pytest.mark.parametrize(
    ("given_url", "link"),
    [
        ("https://shop.example", "https://shop.example?session_id=A1B2&status=success"),
        ("https://shop.example/t?", "https://shop.example/t?session_id=A1B2&status=success"),
        ("https://shop.example/t?a=1", "https://shop.example/t?a=1&session_id=A1B2&status=success"),
        ("https://shop.example/t#done", "https://shop.example/t?session_id=A1B2&status=success#done"),
        ("https://shop.example/#/t?a=1", "https://shop.example/?session_id=A1B2&status=success#/t?a=1"),
        ("http://localhost:8080/t", "http://localhost:8080/t?session_id=A1B2&status=success"),
    ],
)
def test_the_session_and_its_status_go_along(given_url, link):
    assert back(given_url) == link


def test_what_the_shop_wrote_stays_as_it_was_written():
    query = "q=a%20b+c&empty=&flag&x=%2F;y&x=2"

    assert back(f"https://shop.example/t?{query}") == f"https://shop.example/t?{query}&session_id=A1B2&status=success"


@pytest.mark.parametrize("other", ["status=expired", "session%5Fid=B", "st%61tus=expired", "status"])
def test_a_second_parameter_of_the_same_name_cannot_say_otherwise(other):
    assert back(f"https://shop.example/t?{other}&a=1") == "https://shop.example/t?a=1&session_id=A1B2&status=success"


@pytest.mark.parametrize("bad", ["", "javascript:alert(1)", "data:text/html,x", "//shop.example", "ftp://shop.example"])
def test_only_web_addresses_are_linked(bad):
    assert back(bad) == ""


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.text("abc/-", max_size=8))
def test_every_parameter_arrives(parameters, path):
    from urllib.parse import urlencode

    url = f"https://shop.example/{path}?{urlencode(parameters)}"

    read = parse_qs(urlsplit(back(url)).query, keep_blank_values=True)

    expected = {name: [value] for name, value in parameters.items()}
    assert read == expected | {"session_id": ["A1B2"], "status": ["success"]}


@pytest.mark.parametrize("user_agent", [ANDROID, IPHONE])
def test_phones_get_one_button_for_each_app(user_agent):
    buttons = app_buttons("upi://pay?pa=a@upi&am=1.00", platform=platform_of(user_agent), page_url=PAGE)

    assert [button.name for button in buttons] == ["Google Pay", "PhonePe", "Paytm", "BHIM"]


@pytest.mark.parametrize("user_agent", ["", "curl/8", "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0", "Macintosh"])
def test_other_devices_get_none(user_agent):
    assert app_buttons("upi://pay?pa=a@upi&am=1.00", platform=platform_of(user_agent), page_url=PAGE) == []
