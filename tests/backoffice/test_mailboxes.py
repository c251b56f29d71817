"""The pages of a mailbox. Its server does not run here; with one that does, see tests/mail."""

import pytest

from reconciliation.imap import CannotRead
from reconciliation.models import AlertChannel, Mailbox
from reconciliation.services import mailbox as service
from reconciliation.services.mailbox import add_mailbox
from tests.backoffice.pages import links, says

pytestmark = pytest.mark.django_db
CHANNELS = "/admin/reconciliation/alertchannel/"
FORM = {
    "label": "Shop’s Gmail",
    "host": "imap.gmail.com",
    "port": "993",
    "security": "tls",
    "username": "asha@gmail.com",
    "password": "abcd efgh ijkl mnop",
    "folder": "Bank",
    "authserv_id": "mx.google.com",
}


@pytest.fixture
def box(db) -> Mailbox:
    return add_mailbox(label="Till", host="mail.example.in", username="asha@example.in", password="pa55 word").mailbox


def test_a_mailbox_is_added_and_its_password_kept_sealed(meera, account):
    answer = meera.post(CHANNELS + "add-mailbox/", {**FORM, "accounts": [account.pk]}, follow=True)

    assert "Shop’s Gmail is added. Look now to see whether it can be read." in says(answer)
    box = Mailbox.objects.get()
    assert (box.channel.kind, list(box.channel.accounts.all())) == ("mailbox", [account])
    assert (box.host, box.port, box.security, box.folder) == ("imap.gmail.com", 993, "tls", "Bank")
    assert (box.addresses, box.authserv_id) == (["asha@gmail.com"], "mx.google.com")
    assert box.password.reveal() == "abcdefghijklmnop"
    page = answer.content.decode()
    assert "abcdefghijklmnop" not in page
    assert box.password.token not in page
    assert {"Edit", "Look now"} <= set(links(answer))
    assert "imap.gmail.com, port 993, TLS" in says(answer)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"host": "imap://gmail.com/"}, "Give the server’s name alone, such as imap.gmail.com."),
        ({"security": "none"}, "Only localhost may do so."),
        ({"username": "asha", "addresses": ""}, "Give the e-mail addresses that the bank writes to, one a line."),
        ({"addresses": "not an address"}, "“not an address” is no e-mail address. Give the e-mail addresses that"),
        ({"addresses": "asha@shop.example\n\nbank.example\n"}, "“bank.example” is no e-mail address."),
        ({"domains": "co.in"}, "co.in is no bank’s own domain, such as mybank.example."),
        ({"domains": "my bank"}, "my bank is no bank’s own domain, such as mybank.example."),
        ({"authserv_id": "mx google"}, "Give the provider’s name alone and without blanks, such as mx.google.com."),
        (
            {"authserv_id": "mx.google.com;"},
            "Give the provider’s name alone and without blanks, such as mx.google.com.",
        ),
        ({"port": "0"}, "greater than or equal to 1"),
        ({"password": ""}, "This field is required."),
        ({"username": 'asha" x'}, "A user name has no blanks and no quotes."),
    ],
)
def test_a_mailbox_that_cannot_be_right_is_refused(meera, wrong, sentence):
    answer = meera.post(CHANNELS + "add-mailbox/", {**FORM, **wrong})

    assert answer.status_code in {400, 409}
    assert sentence in says(answer)
    assert FORM["password"] not in answer.content.decode()
    assert not AlertChannel.objects.exists()


def test_an_empty_password_stays_what_it_is(meera, box):
    Mailbox.objects.update(uidvalidity=7, last_uid=70, authserv_id="mx.google.com")
    form = {**FORM, "host": box.host, "username": box.username, "folder": "INBOX", "password": ""}
    form["addresses"] = "\n".join(box.addresses)
    meera.post(f"{CHANNELS}{box.pk}/edit-mailbox/", {**form, "label": "Counter"})

    box = Mailbox.objects.get()
    assert (box.channel.label, box.authserv_id, box.password.reveal()) == ("Counter", "mx.google.com", "pa55 word")
    assert (box.uidvalidity, box.last_uid) == (7, 70)

    meera.post(f"{CHANNELS}{box.pk}/edit-mailbox/", {**form, "folder": "Bank", "password": "new"})
    box = Mailbox.objects.get()
    assert (box.folder, box.password.reveal()) == ("Bank", "new")
    assert (box.uidvalidity, box.last_uid) == (None, 0)


def test_looking_now_says_what_is_wrong_and_changes_nothing(meera, box, monkeypatch):
    def refuse(mailbox):
        raise CannotRead("There is no host mail.example.in.")

    monkeypatch.setattr(service, "look", refuse)
    answer = meera.post(f"{CHANNELS}{box.pk}/look/")

    assert answer.status_code == 409
    assert "There is no host mail.example.in." in says(answer)
    assert Mailbox.objects.get().checked_at is None


def test_only_who_may_manage_channels_does_it(omar, box):
    for path in ("add-mailbox/", f"{box.pk}/edit-mailbox/", f"{box.pk}/look/"):
        assert omar.post(CHANNELS + path, FORM).status_code == 403
    assert Mailbox.objects.count() == 1


def test_the_page_says_what_is_wrong(meera, box):
    Mailbox.objects.update(last_error="There is no folder “Bank” in the mailbox.")
    page = meera.get(f"{CHANNELS}{box.pk}/change/")
    assert "There is no folder “Bank” in the mailbox." in says(page)
    assert "pa55 word" not in page.content.decode()
