"""What is read in an e-mail's bytes."""

import pytest

from reconciliation.mail import NotReadable, read_addresses, read_header, read_text
from tests.letters import alert, letter

TEXT = alert(99_37)


def mail(body: str, *lines: str, charset: str = "utf-8") -> bytes:
    return "\r\n".join([*lines, "", body]).encode(charset)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("alerts@hdfcbank.net", ["alerts@hdfcbank.net"]),
        ("HDFC Bank <Alerts@HDFCbank.net>", ["alerts@hdfcbank.net"]),
        ('"Bank, HDFC (\\"x\\" <a@b.cd>)" <alerts@hdfcbank.net> (a (nested) remark)', ["alerts@hdfcbank.net"]),
        ("=?utf-8?B?4oK5?= <alerts@hdfcbank.net>", ["alerts@hdfcbank.net"]),
        ("₹ Bank <alerts@hdfcbank.net>", ["alerts@hdfcbank.net"]),
        ("a@b.cd, C <d@e.fg>", ["a@b.cd", "d@e.fg"]),
    ],
)
def test_addresses_are_read(value, addresses):
    assert read_addresses(value) == addresses


@pytest.mark.parametrize(
    "value",
    [
        "",
        "HDFC Bank",
        "alerts@hdfcbank.net <x@evil.example>",
        "<alerts@hdfcbank.net> <x@evil.example>",
        "alerts@hdfcbank.net>",
        "<alerts@hdfcbank.net",
        "Banks: alerts@hdfcbank.net;",
        '"alerts@hdfcbank.net',
        "(alerts@hdfcbank.net",
        "alerts@hdfcbank.net)",
        "alerts@hdfcbank.net@evil.example",
        "alerts@hdfcbаnk.net",
        "alerts@localhost",
        "alerts@[192.0.2.1]",
        '"a b"@hdfcbank.net',
        "alerts@hdfcbank.net\\",
    ],
)
def test_an_address_that_may_mean_another_is_refused(value):
    with pytest.raises(NotReadable):
        read_addresses(value)


def test_a_header_is_unfolded_and_keeps_its_order():
    header = read_header(mail("x", "X-One: a", "From: HDFC Bank\r\n <alerts@hdfcbank.net>", "X-One: b"))
    assert header.all("x-one") == ["a", "b"]
    assert header.from_domain == "hdfcbank.net"
    assert header.message_id == ""


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["To: a@b.cd"], "It has no From lines, and must have one."),
        (["From: a@b.cd", "from: alerts@hdfcbank.net"], "It has 2 From lines, and must have one."),
        (["From: a@b.cd, alerts@hdfcbank.net"], "Its From line names more than one sender."),
        (["From : alerts@hdfcbank.net"], "Its header holds a line that is none."),
        (["From x@y Tue Sep 1", "From: alerts@hdfcbank.net"], "Its header holds a line that is none."),
        (["X: a\rFrom: alerts@hdfcbank.net"], "Its header holds characters that no mail program writes."),
        (["X: a\x00", "From: alerts@hdfcbank.net"], "Its header holds characters that no mail program writes."),
        ([" From: alerts@hdfcbank.net"], "Its header holds a line that is none."),
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_refused(lines, sentence):
    with pytest.raises(NotReadable) as refusal:
        _ = read_header(mail("x", *lines)).from_domain
    assert str(refusal.value) == sentence


def test_html_is_preferred_for_plain_parts_are_often_junk():
    assert read_text(letter(TEXT)) == f"Dear Customer,\n{TEXT}\nHDFC Bank"
    assert read_text(letter(TEXT, html=False)).strip() == TEXT


@pytest.mark.parametrize(
    "unseen",
    [
        "<style>p { color: red }</style>",
        "<script>document.write('Rs. 5000.00')</script>",
        "<!-- Rs. 5000.00 -->",
        "<title>Rs. 5000.00</title>",
        '<div style="display: none">Rs. 5000.00</div>',
        '<div style="DISPLAY:/* x */ NONE !important"><p>Rs. 5000.00</p></div>',
        '<span style="font-size:0px;">Rs. 5000.00</span>',
        '<span style="visibility : hidden">Rs. 5000.00</span>',
        '<span style="mso-hide:all">Rs. 5000.00</span>',
        "<span hidden>Rs. 5000.00</span>",
        "<template>Rs. 5000.00</template>",
    ],
)
def test_what_people_do_not_see_is_not_read(unseen):
    html = f"<body>{unseen}<p>Rs. <b>99</b>.37 is\r\n credited</p>{unseen}<table><tr><td>Amount</td><td>₹99.37</td></tr></table></body>"
    raw = mail(html, "From: a@b.cd", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    assert read_text(raw) == "Rs. 99.37 is credited\nAmount ₹99.37"


@pytest.mark.parametrize(
    ("body", "lines", "text"),
    [
        ("=E2=82=B999.3=\r\n7", ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"], "₹99.37"),
        ("4oK5OTkuMzc=", ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64"], "₹99.37"),
        ("caf=E9", ["Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable"], "café"),
        ("Rs. 99", ["Content-Type: text/plain; charset=rot13"], "Rs. 99"),
        ("Rs. 99", ["Content-Type: text/plain; charset=nonsense"], "Rs. 99"),
        ("Rs. 99", [], "Rs. 99"),
        ("Rs. 99", ["Content-Type: application/pdf"], ""),
        ("Rs. 99", ["Content-Type: text/plain", "Content-Disposition: attachment"], ""),
        (f"From: alerts@hdfcbank.net\r\n\r\n{TEXT}", ["Content-Type: message/rfc822"], ""),
    ],
)  # fmt: skip
def test_encodings_are_undone_and_attachments_left_out(body, lines, text):
    assert read_text(mail(body, "From: a@b.cd", *lines)) == text


def test_an_e_mail_made_to_be_slow_is_refused():
    nest = 'Content-Type: multipart/mixed; boundary="{0}"\r\n\r\n--{0}'
    lines = [nest.format(number) for number in range(2000)]
    for raw in (mail("x", *lines), b"From: a@b.cd\r\n\r\n" + b"x" * 300_000):
        with pytest.raises(NotReadable):
            read_text(raw)


def test_a_deep_page_is_read():
    html = "<div>" * 20_000 + "Rs. 99.37"
    assert read_text(mail(html, "From: a@b.cd", "Content-Type: text/html")) == "Rs. 99.37"
