"""E-mails as banks, and others, send them; signed with a key that a made-up DNS holds."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROVIDER = "mx.shop.example.in"
ADDRESS = "asha@shop.example.in"
RRN = "624412345678"


def alert(paise: int, *, rrn: str = RRN, day: str = "01-09-26") -> str:
    return (
        f"Rs. {paise // 100}.{paise % 100:02d} is successfully credited to your account **1234 by VPA payer@okaxis "
        f"A KUMAR on {day}. Your UPI transaction reference number is {rrn}."
    )


def letter(
    text: str,
    *,
    sender: str = "HDFC Bank InstaAlerts <alerts@hdfcbank.net>",
    to: str = ADDRESS,
    message_id: str = "<1@hdfcbank.net>",
    html: bool = True,
    date: datetime | str = "",
) -> bytes:
    """Return an e-mail that nobody has vouched for."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = "View: Account update for your HDFC Bank A/c"
    message["Message-ID"] = message_id
    message["Date"] = date or datetime.now(UTC)
    message.set_content("Please use a mail program that shows HTML." if html else text)
    if html:
        message.add_alternative(
            f"<html><head><title>x</title></head><body><p>Dear Customer,</p><p>{text}</p><p>HDFC Bank</p></body></html>",
            subtype="html",
        )
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def vouched(
    raw: bytes, results: str = "dkim=pass header.i=@hdfcbank.net header.s=s1; dmarc=pass header.from=hdfcbank.net"
) -> bytes:
    """Return it as the provider hands it over: its own header lines on top."""
    received = "Received: from mail.example by mx.shop.example.in; Tue, 01 Sep 2026 12:00:01 +0530"
    return f"{received}\r\nAuthentication-Results: {PROVIDER};\r\n {results}\r\n".encode() + raw


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(
    raw: bytes,
    *,
    domain: str = "hdfcbank.net",
    headers: tuple[bytes, ...] = (b"from", b"to", b"subject", b"date"),
    **options,
) -> bytes:
    pem = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    line = dkim.sign(
        raw,
        b"s1",
        domain.encode(),
        pem,
        include_headers=list(headers),
        canonicalize=(b"relaxed", b"relaxed"),
        **options,
    )
    return line + raw


def look_up(name: str) -> bytes | None:
    """The DNS: every domain has the same key, under the selector s1."""
    if not name.startswith("s1._domainkey."):
        return None
    public = (
        _key().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
