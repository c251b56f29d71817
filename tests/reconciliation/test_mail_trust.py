"""Which e-mails are the bank's own."""

import pytest

from reconciliation import mail_trust
from reconciliation.mail import read_header
from reconciliation.mail_trust import KeyUnavailable, Trust, is_date_signed, is_public, read_results
from tests.letters import ADDRESS, PROVIDER, alert, letter, look_up, signed, vouched

TEXT = alert(99_37)
DOMAINS = frozenset({"hdfcbank.net", "mybank.example"})
BY_PROVIDER = Trust(domains=DOMAINS, addresses=frozenset({ADDRESS}), authserv_id=PROVIDER)
BY_OURSELVES = Trust(domains=DOMAINS, addresses=frozenset({ADDRESS}))


def no_key(name: str) -> bytes | None:
    raise AssertionError(f"Nobody needs to look up {name}.")


def doubt(raw: bytes, trust: Trust = BY_PROVIDER, look_up=no_key) -> str:
    return mail_trust.doubt(raw, trust=trust, look_up=look_up)


@pytest.mark.parametrize(
    ("domain", "base"),
    [
        ("hdfcbank.net", "hdfcbank.net"),
        ("alerts.hdfcbank.net", "hdfcbank.net"),
        ("HDFCbank.NET", "hdfcbank.net"),
        ("hdfcbank.bank.in", "hdfcbank.bank.in"),
        ("alerts.sbi.bank.in", "sbi.bank.in"),
        ("bank.in", ""),
        ("evilbank.in", ""),
        ("evil-hdfcbank.net", ""),
        ("hdfcbank.net.evil.example", ""),
        ("sbi.bank.in.evil.example", ""),
        ("net", ""),
        ("", ""),
    ],
)
def test_a_domain_is_listed_if_it_or_one_above_it_is(domain, base):
    assert BY_PROVIDER.base_of(domain) == base


@pytest.mark.parametrize("domain", ["com", "in", "co.in", "bank.in", "net.in"])
def test_a_domain_that_anybody_may_be_below_is_nobodys(domain):
    assert is_public(domain)
    assert not is_public(f"mybank.{domain}")


@pytest.mark.parametrize(
    "results",
    [
        "dkim=pass header.i=@hdfcbank.net header.s=s1 header.b=abc",
        "dkim=pass header.d=hdfcbank.net",
        "DKIM=Pass (2048-bit key; unprotected) header.d=HDFCBANK.NET",
        "dkim=pass(good)header.d=mail.hdfcbank.net",
        "spf=fail smtp.mailfrom=x@y.zz; dkim=fail header.d=hdfcbank.net; dkim=pass header.d=hdfcbank.net",
        "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=hdfcbank.net",
        'dkim=pass reason="a; b" header.d=hdfcbank.net',
    ],
)
def test_the_providers_word_is_taken(results):
    assert doubt(vouched(letter(TEXT), results)) == ""


@pytest.mark.parametrize(
    "results",
    [
        "none",
        "dkim=none",
        "dkim=fail header.d=hdfcbank.net",
        "dkim=passed header.d=hdfcbank.net",
        "spf=pass smtp.mailfrom=alerts@hdfcbank.net",
        "dkim=pass header.d=evil.example",
        "dkim=pass header.d=evil-hdfcbank.net",
        "dkim=pass header.d=hdfcbank.net.evil.example",
        "dkim=pass header.d=net",
        "dkim=pass",
        'dkim=pass header.i="a@hdfcbank.net"@evil.example',
        'dkim=pass header.i="x header.d=hdfcbank.net "@evil.example',
        'dkim=pass reason="header.d=hdfcbank.net"',
        "dkim=pass (header.d=hdfcbank.net) header.d=evil.example",
        'spf=pass smtp.mailfrom="; dkim=pass header.d=hdfcbank.net ;"@evil.example',
        "dkim=pass header.d=hdfcbank.net; dmarc=fail header.from=hdfcbank.net",
        "dmarc=pass header.from=evil.example",
        "dmarc=pass",
        "dkim=pass header.d=hdfcbank.net (open",
        'dkim=pass header.d="hdfcbank.net',
    ],
)
def test_what_the_provider_did_not_say_is_not_believed(results):
    assert doubt(vouched(letter(TEXT), results)) != ""


def test_only_the_topmost_line_of_the_provider_counts():
    forged = vouched(letter(TEXT))
    assert doubt(forged) == ""
    for own in (PROVIDER, "mx.other.example", "spf=pass"):
        line = f"Authentication-Results: {own}; dkim=none\r\n".encode()
        assert doubt(line + forged) != ""
    assert doubt(letter(TEXT)) == ("The mail provider did not write whether it is genuine (Authentication-Results).")


@pytest.mark.parametrize(
    "sender", ["alerts@evil-hdfcbank.net", "a@hdfcbank.net.evil.example", "HDFC Bank <x@gmail.com>"]
)
def test_a_look_alike_is_on_no_list(sender):
    everything = "dkim=pass header.d=hdfcbank.net; dmarc=pass header.from=hdfcbank.net"
    assert "is on no list" in doubt(vouched(letter(TEXT, sender=sender), everything))


@pytest.mark.parametrize(
    "to", ["mallory@evil.example", "Asha <asha@shop.example.in.evil.example>", "ravi@shop.example.in"]
)
def test_a_true_alert_to_somebody_else_is_not_ours(to):
    """Whoever has an account at the bank gets true alerts, and can send them on as they are."""
    raw = vouched(signed(letter(TEXT, to=to)))
    assert doubt(raw).startswith("It was written to somebody else")
    second = raw.replace(b"Subject:", b"To: asha@shop.example.in\r\nSubject:", 1)
    assert doubt(second) == "It has 2 To lines, and must have one."


def test_a_signature_that_leaves_the_recipient_open_is_not_enough():
    raw = vouched(signed(letter(TEXT), headers=(b"from", b"subject")))
    assert doubt(raw) == "Its signature does not cover who wrote it and to whom."


def test_an_address_with_a_tag_is_the_same():
    assert doubt(vouched(letter(TEXT, to="Asha+bank@Shop.example.in, x@y.zz"))) == ""


@pytest.mark.parametrize(
    ("raw", "is_signed"),
    [
        (signed(letter(TEXT)), True),
        (signed(letter(TEXT), headers=(b"from", b"to")), False),
        (letter(TEXT), False),
        (signed(letter(TEXT), domain="evil.example"), False),
        (signed(signed(letter(TEXT)), headers=(b"from", b"to")), False),
        (signed(signed(letter(TEXT)), domain="evil.example", headers=(b"from", b"to")), True),
    ],
)
def test_a_date_is_the_banks_if_all_its_signatures_cover_it(raw, is_signed):
    assert is_date_signed(read_header(raw), BY_PROVIDER) is is_signed


# Checked here


def test_a_true_signature_of_the_bank_is_believed():
    assert doubt(signed(letter(TEXT)), BY_OURSELVES, look_up) == ""


def test_a_signature_of_somebody_else_beside_it_does_not_matter():
    raw = signed(signed(letter(TEXT)), domain="amazonses.example")
    assert doubt(raw, BY_OURSELVES, look_up) == ""


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (letter(TEXT), "It is not signed by hdfcbank.net."),
        (signed(letter(TEXT), domain="evil.example"), "It is not signed by hdfcbank.net."),
        (signed(letter(TEXT), domain="evil-hdfcbank.net"), "It is not signed by hdfcbank.net."),
        (signed(letter(TEXT), length=True), "Its signature covers only the beginning of the text."),
        (signed(letter(TEXT), signature_algorithm=b"rsa-sha1"), "Its signature is of an outdated kind."),
        (
            signed(letter(TEXT)).replace(b"99.37", b"999.37"),
            "Its signature of hdfcbank.net is not true: somebody wrote or changed it.",
        ),
        (
            signed(letter(TEXT, to="mallory@evil.example")).replace(b"mallory@evil.example", ADDRESS.encode()),
            "Its signature of hdfcbank.net is not true: somebody wrote or changed it.",
        ),
        (
            signed(letter(TEXT)).replace(b"s=s1", b"s=s2"),
            "Its signature of hdfcbank.net is not true: somebody wrote or changed it.",
        ),
        (b"From: a@b.cd\r\n" + signed(letter(TEXT)), "It has 2 From lines, and must have one."),
        (vouched(letter(TEXT)), "It is not signed by hdfcbank.net."),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(raw, sentence):
    assert doubt(raw, BY_OURSELVES, look_up) == sentence


@pytest.mark.parametrize(
    "tags", ["", "v=1", "v=1; d=hdfcbank.net; h=from:to; a=rsa-sha256", "d=hdfcbank.net; d=x", "=;;=", "b=" + "=" * 50]
)
def test_a_broken_signature_is_refused_and_raises_nothing(tags):
    raw = f"DKIM-Signature: {tags}\r\n".encode() + letter(TEXT)
    assert doubt(raw, BY_OURSELVES, look_up) != ""


def test_a_signature_that_only_the_provider_can_check_is_said_to_be_one():
    tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=hdfcbank.net; s=s1; h=from:to; bh=x; b=x"
    raw = f"DKIM-Signature: {tags}\r\n".encode() + letter(TEXT)

    assert doubt(raw, BY_OURSELVES) == "Its signature is of a kind (Ed25519) that PayGate cannot check itself."
    assert doubt(vouched(raw)) == ""
    assert doubt(f"DKIM-Signature: {tags}\r\n".encode() + signed(letter(TEXT)), BY_OURSELVES, look_up) == ""


def test_a_silent_dns_is_no_answer():
    def silent(name: str) -> bytes | None:
        raise KeyUnavailable

    with pytest.raises(KeyUnavailable):
        doubt(signed(letter(TEXT)), BY_OURSELVES, silent)


def test_results_are_read_as_the_standard_has_them():
    line = ' mx.google.com (note; 1) 1;\r\n dkim=pass header.i=@b.example header.b="a;b"; spf=pass (x (y)) smtp.mailfrom=q@r.st '
    assert read_results(line) == (
        "mx.google.com",
        [
            ("dkim", "pass", {"header.i": "@b.example", "header.b": '"a;b"'}),
            ("spf", "pass", {"smtp.mailfrom": "q@r.st"}),
        ],
    )
    assert read_results("spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=x; dkim=pass header.d=y")[0] == ""
