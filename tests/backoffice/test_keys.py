from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apikeys.keys import hash_key
from apikeys.models import ApiKey, ApiKeyDay
from backoffice.models import StaffAction
from payments.models import PaymentSession
from payments.services import confirm_session
from tests.backoffice.pages import column, headers, rows, says
from webhooks.models import Delivery, WebhookEndpoint

pytestmark = pytest.mark.django_db
LIST = "/admin/apikeys/apikey/"
FORM = {"label": "Asha Traders", "mode": "live", "permissions": ["create", "read"], "url": "", "origins": ""}


def shown(answer) -> list[str]:
    """The texts offered for copying, which are what the page shows once."""
    return [part.split('"')[0] for part in answer.content.decode().split('data-copy="')[1:]]


def test_the_columns_are_those_of_the_dashboard(vikram, asha):
    assert headers(vikram.get(LIST)) == [
        "ID",
        "Label",
        "Key",
        "Permissions",
        "Webhook",
        "Requests",
        "Revenue",
        "Status",
    ] + ["Actions"]


def test_an_empty_table_says_so_and_what_to_do(vikram):
    assert rows(vikram.get(LIST))[0][0].startswith("No API keys yet Create one for each shop")


def test_a_row_adds_up_what_the_key_did(vikram, asha, ravi, testing, endpoint, open_payment):
    for day, requests in (("2026-04-13", 1200), ("2026-04-14", 34)):
        ApiKeyDay.objects.create(api_key=asha, day=day, requests=requests)
    for key, utr in ((asha, "1"), (asha, "2"), (testing, "3")):
        session = open_payment(key, rupees=70_000)
        PaymentSession.objects.filter(pk=session.pk).update(payable_paise=69_999_00 + int(utr))
        confirm_session(session_id=session.pk, credited_at=timezone.now(), utr=utr * 12)
    open_payment(asha)

    by_label = {row[1]: row for row in rows(vikram.get(LIST))}
    assert by_label["Asha Traders"][:8] == [
        str(asha.pk),
        "Asha Traders",
        f"{asha.prefix}…",
        "create, read, list, cancel",
        "127.0.0.1:9/webhook",
        "1,234",
        "₹1,39,998.03",
        "Active",
    ]
    assert by_label["Ravi Books"][4:7] == ["—", "0", "₹0.00"]
    assert by_label["Developer"][2] == f"{testing.prefix}… Test"
    assert by_label["Developer"][6] == "₹0.00"


def test_the_status_is_that_of_this_moment(vikram, asha):
    ApiKey.objects.filter(pk=asha.pk).update(expires_at=timezone.now() + timedelta(hours=1))

    assert column(vikram.get(LIST), "Status") == ["Active"]
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1), tick=False):
        assert column(vikram.get(LIST), "Status") == ["Expired"]


def test_a_developer_creates_a_key_and_sees_it_once(divya):
    answer = divya.post(LIST + "add/", FORM | {"url": "http://127.0.0.1:9/webhook"})

    key, endpoint = ApiKey.objects.get(), WebhookEndpoint.objects.get()
    text, secret = shown(answer)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert text.startswith("pgk_")
    assert hash_key(text) == key.key_hash
    assert secret == endpoint.secret.reveal()
    assert (key.label, key.test, key.permissions) == ("Asha Traders", False, ["create", "read"])
    assert (endpoint.api_key, endpoint.url) == (key, "http://127.0.0.1:9/webhook")
    done = StaffAction.objects.get()
    assert (done.actor, done.action, done.object_name) == ("divya", "create-key", "Asha Traders")
    assert text not in str(vars(done))


def test_a_test_key_is_made_for_test_mode(divya):
    (text,) = shown(divya.post(LIST + "add/", FORM | {"mode": "test"}))

    assert text.startswith("pgk_test_")
    assert ApiKey.objects.get().test


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": " "}, "This field is required."),
        ({"permissions": []}, "Choose at least one permission."),
        ({"permissions": ["create", "delete"]}, "Select a valid choice."),
        ({"mode": "both"}, "Select a valid choice."),
        ({"url": "ftp://127.0.0.1/"}, "http"),
        ({"url": "http://10.0.0.1/"}, "private"),
        ({"origins": "shop.example.in"}, "is not an origin such as https://shop.example.in"),
        (
            {"origins": "https://shop.example.in", "permissions": ["create", "list"]},
            "A key used in a page is public: it may not list, nor see webhooks.",
        ),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_leaves_nothing(divya, changes, said):
    answer = divya.post(LIST + "add/", FORM | changes)

    assert answer.status_code in {400, 409}
    assert said in says(answer)
    assert not ApiKey.objects.exists()
    assert not WebhookEndpoint.objects.exists()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("overlap", [0, 3600, 86_400, 604_800])
def test_a_key_is_rotated_with_the_overlap_chosen(divya, asha, overlap):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        answer = divya.post(f"{LIST}{asha.pk}/rotate/", {"overlap": overlap, "reason": "Laptop stolen"})

    (text,) = shown(answer)
    key = ApiKey.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert key.key_hash == hash_key(text) != hash_key(asha.text)
    assert key.previous_hash == (hash_key(asha.text) if overlap else None)
    assert key.previous_until == (now + timedelta(seconds=overlap) if overlap else None)
    assert StaffAction.objects.get().reason == "Laptop stolen"


def test_an_overlap_made_up_by_somebody_is_refused(divya, asha):
    assert divya.post(f"{LIST}{asha.pk}/rotate/", {"overlap": 10**9}).status_code == 400
    assert ApiKey.objects.get().key_hash == hash_key(asha.text)


def test_a_key_is_disabled_and_enabled(divya, asha):
    divya.post(f"{LIST}{asha.pk}/disable/", {"reason": "Not paid"})
    assert column(divya.get(LIST), "Status") == ["Disabled"]
    assert "Enable" in column(divya.get(LIST), "Actions")[0]

    again = divya.post(f"{LIST}{asha.pk}/disable/", {})
    assert again.status_code == 409
    assert "This key is disabled already." in says(again)

    divya.post(f"{LIST}{asha.pk}/enable/", {})
    assert column(divya.get(LIST), "Status") == ["Active"]
    assert [done.action for done in StaffAction.objects.order_by("id")] == ["disable", "enable"]


def test_a_webhook_is_added_to_a_key_and_its_secret_shown_once(divya, asha):
    form = {"url": "http://127.0.0.1:9/webhook", "events": ["payment.success"]}
    answer = divya.post(f"{LIST}{asha.pk}/add-webhook/", form)

    endpoint = WebhookEndpoint.objects.get()
    assert shown(answer) == [endpoint.secret.reveal()]
    assert "no-store" in answer["Cache-Control"]
    assert (endpoint.api_key, endpoint.events) == (asha, ["payment.success"])


def test_a_key_has_several_webhooks_each_with_its_events(divya, asha, endpoint):
    form = {"url": "http://127.0.0.1:9/books", "description": "Accounting", "events": ["payment.late"]}
    divya.post(f"{LIST}{asha.pk}/add-webhook/", form)

    second = WebhookEndpoint.objects.get(description="Accounting")
    assert (second.api_key, second.url, second.events) == (asha, "http://127.0.0.1:9/books", ["payment.late"])
    assert column(divya.get(LIST), "Webhook") == ["127.0.0.1:9/webhook, 127.0.0.1:9/books"]
    assert "Accounting http://127.0.0.1:9/books" in says(divya.get(f"{LIST}{asha.pk}/change/"))
    for deed in ("webhook", "test-webhook"):
        assert "This key has several webhooks." in says(divya.get(f"{LIST}{asha.pk}/{deed}/"))


def test_the_same_url_is_not_added_twice(divya, asha, endpoint):
    form = {"url": endpoint.url, "events": ["payment.success"]}
    answer = divya.post(f"{LIST}{asha.pk}/add-webhook/", form)

    assert "This key has a webhook with this URL already." in says(answer)
    assert WebhookEndpoint.objects.count() == 1


def test_a_keys_webhook_goes_to_another_url(divya, asha, endpoint):
    divya.post(f"{LIST}{asha.pk}/webhook/", {"url": "http://127.0.0.1:9/new"})

    endpoint.refresh_from_db()
    assert endpoint.url == "http://127.0.0.1:9/new"
    assert StaffAction.objects.get().details == "http://127.0.0.1:9/webhook → http://127.0.0.1:9/new"


def test_a_url_that_cannot_be_posted_to_is_refused(divya, asha, endpoint):
    answer = divya.post(f"{LIST}{asha.pk}/webhook/", {"url": "http://192.168.1.1/"})

    assert answer.status_code == 409
    assert "private" in says(answer)
    endpoint.refresh_from_db()
    assert endpoint.url == "http://127.0.0.1:9/webhook"


def test_a_test_webhook_is_sent_in_the_persons_name(divya, asha, endpoint):
    answer = divya.post(f"{LIST}{asha.pk}/test-webhook/", follow=True)

    delivery = Delivery.objects.get()
    assert (delivery.event_type, delivery.actor, delivery.endpoint) == ("webhook.test", "divya", endpoint)
    assert "The test webhook is on its way." in says(answer)


def test_what_needs_a_webhook_says_so_while_there_is_none(divya, asha):
    for deed in ("webhook", "test-webhook"):
        assert "This key has no webhook yet." in says(divya.get(f"{LIST}{asha.pk}/{deed}/"))
        assert divya.post(f"{LIST}{asha.pk}/{deed}/", {"url": "http://127.0.0.1:9/"}).status_code == 409
