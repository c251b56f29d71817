"""What staff are told: once while it lasts, by mail where there is a server."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from payments.models import Notice, NoticeKind
from payments.notices import mail_notices, raise_notice, resolve_notice
from tests.postbox import postbox

__all__ = ["postbox"]

pytestmark = pytest.mark.django_db


def tell(key="7", subject="Alert channel “Counter” is silent") -> bool:
    return raise_notice(kind=NoticeKind.CHANNEL_SILENT, key=key, subject=subject, text="Is the phone on?")


@pytest.fixture
def mail_server(settings):
    settings.STAFF_EMAILS = ["meera@shop.example.in", "omar@shop.example.in"]
    settings.EMAIL_HOST = "mail.example.in"
    settings.BASE_URL = "https://pay.example.in"


def test_what_lasts_is_told_once_and_anew_when_it_comes_back():
    assert tell()
    assert not tell()
    assert resolve_notice(kind=NoticeKind.CHANNEL_SILENT, key="7")
    assert not resolve_notice(kind=NoticeKind.CHANNEL_SILENT, key="7")
    assert tell()
    assert Notice.objects.count() == 2


def test_a_notice_goes_with_the_transaction_of_what_happened():
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_everybody_gets_one_mail(mail_server):
    tell()
    assert (mail_notices(), mail_notices()) == (1, 0)
    (letter,) = mail.outbox
    assert letter.subject == "PayGate: Alert channel “Counter” is silent"
    assert letter.to == ["meera@shop.example.in", "omar@shop.example.in"]
    assert letter.body == "Is the phone on?\n\nhttps://pay.example.in/admin/\n"
    assert Notice.objects.get().mailed_at is not None


def test_a_subject_cannot_add_headers(mail_server):
    tell(subject="Shop\r\nBcc: thief@example.com")
    mail_notices()
    assert mail.outbox[0].subject == "PayGate: Shop Bcc: thief@example.com"


def test_without_a_server_nothing_is_mailed_and_nothing_is_lost(settings):
    tell()
    assert mail_notices() == 0
    settings.STAFF_EMAILS, settings.EMAIL_HOST = ["meera@shop.example.in"], "mail.example.in"
    assert mail_notices() == 1


def test_a_server_that_refuses_is_asked_again(mail_server, monkeypatch, caplog):
    tell()

    def refuse(self, letters):
        raise smtplib.SMTPAuthenticationError(535, b"wrong password for meera@shop.example.in")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    assert mail_notices() == 0
    assert "meera" not in caplog.text
    monkeypatch.undo()


def test_old_news_is_not_mailed(mail_server):
    tell()
    Notice.objects.update(raised_at=timezone.now() - timedelta(days=4))
    assert mail_notices() == 0


def test_a_real_server_gets_it(mail_server, postbox):
    tell()
    assert mail_notices() == 1
    (letter,) = postbox.letters
    assert letter["To"] == "meera@shop.example.in, omar@shop.example.in"
    assert postbox.recipients == [["meera@shop.example.in", "omar@shop.example.in"]]
