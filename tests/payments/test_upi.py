from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import upi


def link(**changes: object) -> str:
    values = {
        "upi_id": "asha.traders@okhdfcbank",
        "payee_name": "ASHA SHARMA",
        "reference": "A1B2C3D4E5F67890",
        "note": "Order A1B2C3D4E5F67890",
        "paise": 9937,
    }
    return upi.payment_link(**values | changes)


LINK = (
    "upi://pay?pa=asha.traders@okhdfcbank&pn=ASHA%20SHARMA&tr=A1B2C3D4E5F67890"
    "&tn=Order%20A1B2C3D4E5F67890&am=99.37&cu=INR"
)


def test_the_link_is_written_as_apps_read_it():
    assert link() == LINK


@pytest.mark.parametrize(
    ("paise", "amount"), [(9900, "99.00"), (9901, "99.01"), (9990, "99.90"), (1_00_000_00, "100000.00"), (5, "0.05")]
)
def test_the_amount_has_two_decimals_and_no_grouping(paise, amount):
    assert f"&am={amount}&cu=INR" in link(paise=paise)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Asha & Sons", "Asha%20Sons"),
        ("Asha+Ravi", "Asha%20Ravi"),
        ("M/s  Asha#Traders?", "M%20s%20Asha%20Traders"),
        ("आशा Sharma", "Sharma"),
        ("A" * 99, "A" * 50),
        ("x&am=1.00", "x%20am%201%2000"),
    ],
)
def test_names_keep_what_every_app_shows(name, sent):
    assert f"&pn={sent}&tr=" in link(payee_name=name)


@given(name=st.text(max_size=120), note=st.text(max_size=120))
def test_no_name_or_note_can_change_what_is_paid(name, note):
    made = link(payee_name=name, note=note)

    pairs = [pair.split("=") for pair in made.removeprefix("upi://pay?").split("&")]
    assert [pair[0] for pair in pairs] == ["pa", "pn", "tr", "tn", "am", "cu"]
    assert all(len(pair) == 2 for pair in pairs)
    assert (pairs[0][1], pairs[4][1]) == ("asha.traders@okhdfcbank", "99.37")
    assert made.isascii()
    assert not set(made) & set(" +#;\"'<>")


@pytest.mark.parametrize(
    "upi_id",
    ["asha@okaxis", "asha.traders-1_x@ybl", "9845012345@upi", "a1@kotak811", "12345678901@sbin0001234.ifsc.npci"],
)
def test_upi_ids_are_known(upi_id):
    assert upi.normalise_upi_id(f"  {upi_id.upper()} ") == upi_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asha",
        "@okaxis",
        "asha@",
        "asha@gmail.com",
        "asha@ok axis",
        "asha@1bank",
        ".asha@okaxis",
        "asha.@okaxis",
        "asha@@okaxis",
        "asha@okaxis\nx",
        "a" * 93 + "@okaxis" + "x",
        "आशा@okaxis",
    ],
)
def test_what_is_no_upi_id_is_refused(text):
    assert upi.normalise_upi_id(text) is None


PHONEPE = upi.APPS[1]


def test_android_opens_one_app_with_the_same_query():
    made = upi.android_link(LINK, PHONEPE, fallback_url="https://pay.example.in/checkout/A1B2#no-app")

    address, _, intent = made.partition("#Intent;")
    assert address == LINK.replace("upi://", "intent://")
    assert intent == (
        "scheme=upi;package=com.phonepe.app;"
        "S.browser_fallback_url=https%3A%2F%2Fpay.example.in%2Fcheckout%2FA1B2%23no-app;end"
    )


def test_a_hostile_fallback_cannot_name_another_app():
    made = upi.android_link(LINK, PHONEPE, fallback_url="https://x/;package=evil;end#")

    parts = made.partition("#Intent;")[2].split(";")
    assert [part for part in parts if part.startswith("package=")] == ["package=com.phonepe.app"]
    assert unquote(parts[2]) == "S.browser_fallback_url=https://x/;package=evil;end#"
    assert parts[3:] == ["end"]


@pytest.mark.parametrize("app", upi.APPS, ids=lambda app: app.name)
def test_ios_gets_the_same_query_in_the_apps_own_scheme(app):
    made = upi.ios_link(LINK, app)

    assert made == f"{app.ios_start}?{LINK.partition('?')[2]}"
    assert not made.startswith("upi:")
