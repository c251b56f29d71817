"""The pages of alert channels: one way to add each kind, and what its page tells."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from backoffice import channel_facts
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel
from reconciliation.services.alerts import process_waiting, record_evidence
from reconciliation.services.channels import add_channel, find_channel, hear_from
from reconciliation.services.statement_files import load_statement, read_next
from reconciliation.times import INDIA
from tests.backoffice.pages import column, links, says
from tests.backoffice.test_keys import shown
from tests.reconciliation.conftest import sbi_text

pytestmark = pytest.mark.django_db
CHANNELS = "/admin/reconciliation/alertchannel/"


def test_adding_a_channel_asks_first_of_which_kind(meera):
    page = meera.get(CHANNELS + "add/")

    assert links(meera.get(CHANNELS))["Add alert channel"] == CHANNELS + "add/"
    assert links(page)["Add phone"] == CHANNELS + "add-phone/"
    assert links(page)["Add bank statements"] == CHANNELS + "add-statements/"
    assert links(page)["Add entry by hand"] == CHANNELS + "add-manual/"


@pytest.mark.parametrize(("way", "kind"), [("add-statements", "statement"), ("add-manual", "manual")])
def test_a_channel_that_nothing_is_sent_to_has_no_address(meera, account, way, kind):
    answer = meera.post(f"{CHANNELS}{way}/", {"label": "Current account", "accounts": [account.pk]}, follow=True)

    channel = AlertChannel.objects.get()
    assert (channel.kind, channel.token_hash, list(channel.accounts.all())) == (kind, None, [account])
    assert "Current account is added." in says(answer)
    assert "New address" not in links(answer)


def test_a_channels_address_is_shown_once(meera, account):
    form = {"label": "Shop counter", "senders": "VM-SBIUPI-S\nHDFCBK\n", "accounts": [account.pk]}
    answer = meera.post(CHANNELS + "add-phone/", form)

    (address,) = shown(answer)
    channel = AlertChannel.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert find_channel(address.rsplit("/", 1)[1]) == channel
    assert (channel.label, channel.senders, list(channel.accounts.all())) == (
        "Shop counter",
        ["SBIUPI", "HDFCBK"],
        [account],
    )
    page = meera.get(f"{CHANNELS}{channel.pk}/change/")
    assert address.rsplit("/", 1)[1] not in page.content.decode()


@pytest.mark.parametrize("senders", ["", "not a sender!"])
def test_a_channel_without_a_true_sender_is_refused(meera, senders):
    answer = meera.post(CHANNELS + "add-phone/", {"label": "Shop counter", "senders": senders})

    assert answer.status_code in {400, 409}
    assert not AlertChannel.objects.exists()


def test_a_channel_is_changed(meera, channel):
    meera.post(f"{CHANNELS}{channel.pk}/edit/", {"label": "Till", "senders": "HDFCBK"})

    channel.refresh_from_db()
    assert (channel.label, channel.senders) == ("Till", ["HDFCBK"])


def test_a_new_address_ends_the_old_one(meera, channel):
    (address,) = shown(meera.post(f"{CHANNELS}{channel.pk}/new-address/", {"overlap": 0, "reason": "Phone lost"}))

    assert find_channel(channel.token_text) is None
    assert find_channel(address.rsplit("/", 1)[1]) == channel


def test_a_channel_is_stopped_and_started(meera, channel):
    meera.post(f"{CHANNELS}{channel.pk}/stop/")
    assert column(meera.get(CHANNELS), "Status") == ["Stopped"]
    assert find_channel(channel.token_text) is None

    meera.post(f"{CHANNELS}{channel.pk}/start/")
    assert column(meera.get(CHANNELS), "Status") == ["Active"]
    assert find_channel(channel.token_text) == channel


def test_a_new_address_leaves_the_old_one_an_hour(meera, channel):
    shown(meera.post(f"{CHANNELS}{channel.pk}/new-address/", {"overlap": 3600, "reason": ""}))

    assert find_channel(channel.token_text) == channel
    assert "the former one still works" in meera.get(f"{CHANNELS}{channel.pk}/change/").content.decode()


def test_a_signing_key_is_made_and_shown_once(meera, channel):
    (key,) = shown(meera.post(f"{CHANNELS}{channel.pk}/signature/", {"signing": "capcom6", "key": "", "reason": ""}))

    channel.refresh_from_db()
    page = meera.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert channel.signing_key.reveal() == key
    assert "SMS Gateway (capcom6)" in page
    assert key not in page

    meera.post(f"{CHANNELS}{channel.pk}/signature/", {"signing": "", "key": "", "reason": "another app"})
    channel.refresh_from_db()
    assert (channel.signing, bool(channel.signing_key)) == ("", False)


def test_a_phone_that_signs_is_added_in_one_step(meera):
    form = {"label": "Counter", "senders": "SBIUPI", "signing": "capcom6", "key": "made-by-the-app"}

    address, key = shown(meera.post(CHANNELS + "add-phone/", form))

    channel = AlertChannel.objects.get()
    page = meera.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert (channel.signing, channel.signing_key.reveal(), key) == ("capcom6", "made-by-the-app", "made-by-the-app")
    assert find_channel(address.rsplit("/", 1)[1]) == channel
    assert key not in page


@pytest.mark.parametrize(
    ("hour", "last_seen", "enabled", "state"),
    [
        (10, 10, True, "Awake now"),
        (12, 11, True, "Silent now"),
        (23, 21, True, "Asleep now"),
        (12, 11, False, "Stopped"),
    ],
)
def test_how_a_channel_is_now_is_told_in_a_word(channel, hour, last_seen, enabled, state):
    channel.silent_after_minutes, channel.awake_from, channel.awake_until = 15, time(9), time(22)
    channel.last_seen_at, channel.enabled = datetime(2026, 9, 1, last_seen, 0, tzinfo=INDIA), enabled

    said = channel_facts.silence(channel, datetime(2026, 9, 1, hour, 10, tzinfo=INDIA))

    assert re.findall(">([^<]+)</span>", said) == [state]


def test_a_channels_page_counts_what_came_today(meera, channel):
    page = f"{CHANNELS}{channel.pk}/change/"
    assert "nothing yet" in says(meera.get(page))

    record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text="Rs.5 came yesterday"))
    channel.evidences.update(received_at=timezone.now() - timedelta(days=1))
    for text in (sbi_text(5_00).partition("transfer")[0], "Hello", sbi_text(99_37)):
        record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text=text))
    record_evidence(channel=channel, alert=Alert(sender="VM-ABCDEF-S", text="123456 is your OTP"))
    process_waiting()

    assert "3 alerts: 1 tells of a credit, 1 to be looked at" in says(meera.get(page))


def test_a_phones_page_ticks_off_what_is_set_up(meera, channel, account):
    page = f"{CHANNELS}{channel.pk}/change/"
    assert steps(meera.get(page)) == ["missing"] * 4

    hear_from(channel)
    assert steps(meera.get(page)) == ["done", "missing", "missing", "missing"]

    AlertChannel.objects.update(silent_after_minutes=15)
    record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text=sbi_text(99_37)))
    process_waiting()
    assert steps(meera.get(page)) == ["done"] * 4


def steps(answer) -> list[str]:
    return re.findall(r'<span class="visually-hidden">: (done|missing)</span>', answer.content.decode())


@pytest.mark.parametrize(
    ("way", "asks"), [("phone", True), ("mailbox", True), ("statements", False), ("manual", False)]
)
def test_silence_is_asked_for_where_something_arrives_by_itself(meera, way, asks):
    assert ("Silent after … minutes" in says(meera.get(f"{CHANNELS}add-{way}/"))) is asks


@pytest.mark.parametrize("kind", ["statement", "manual"])
def test_a_channel_of_staff_is_changed_and_knows_no_silence(meera, kind):
    channel = add_channel(kind=AlertChannel.Kind(kind), label="Current account")
    page = f"{CHANNELS}{channel.pk}/"

    assert "Silent after" not in says(meera.get(f"{page}edit/"))
    answer = meera.post(f"{page}edit/", {"label": "Savings account"}, follow=True)

    assert "Savings account is changed." in says(answer)
    assert "Silent" not in says(answer)
    assert "Last alerts" not in says(answer)


def test_a_statement_that_was_read_was_heard_of(meera, statement):
    page = meera.get(f"{CHANNELS}{statement.channel_id}/change/")

    statement.channel.refresh_from_db()
    assert statement.channel.last_seen_at is not None
    assert column(meera.get(CHANNELS), "Last seen") != ["never"]
    assert column(meera.get(CHANNELS), "Taken") == ["1 statement"]
    assert "Taken 1 statement" in says(page)
    assert links(page)[str(statement)] == f"/admin/reconciliation/statementimport/{statement.pk}/change/"


def test_a_file_that_cannot_be_used_is_no_word_of_the_bank(db, account):
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")
    load_statement(channel=channel, file_name="x.pdf", data=b"%PDF-1.7", actor="meera")
    read_next()

    channel.refresh_from_db()
    assert (channel.last_seen_at, channel.alert_count) == (None, 0)


def test_silence_is_set_and_shown(meera, channel):
    answer = meera.post(
        f"{CHANNELS}{channel.pk}/edit/",
        {
            "label": "Counter",
            "senders": "SBIUPI",
            "silent_after_minutes": "15",
            "awake_from": "09:00",
            "awake_until": "22:00",
        },
    )

    page = meera.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert answer.status_code == 302
    assert "after 15 minutes without a word, counting from 09:00 until 22:00" in page


def test_one_time_of_the_day_alone_is_refused(meera, channel):
    answer = meera.post(
        f"{CHANNELS}{channel.pk}/edit/", {"label": "Counter", "senders": "SBIUPI", "awake_from": "09:00"}
    )

    assert answer.status_code == 409
    assert "Give both times of the day, or neither." in answer.content.decode()
