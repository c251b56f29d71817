import pytest

from backoffice.models import StaffAction
from tests.backoffice.pages import column, says
from tests.backoffice.test_keys import shown
from webhooks.models import Attempt, Delivery, WebhookEndpoint
from webhooks.services import add_endpoint, remove_endpoint, send_test

pytestmark = pytest.mark.django_db
ENDPOINTS = "/admin/webhooks/webhookendpoint/"
DELIVERIES = "/admin/webhooks/delivery/"


def test_a_webhook_is_paused_and_resumed(divya, endpoint):
    divya.post(f"{ENDPOINTS}{endpoint.pk}/pause/", {"reason": "The shop moves"})
    assert column(divya.get(ENDPOINTS), "State") == ["Healthy Paused"]
    assert divya.post(f"{ENDPOINTS}{endpoint.pk}/pause/").status_code == 409

    divya.post(f"{ENDPOINTS}{endpoint.pk}/resume/")
    assert column(divya.get(ENDPOINTS), "State") == ["Healthy"]
    assert [done.action for done in StaffAction.objects.order_by("id")] == ["pause", "resume"]


def test_a_disabled_webhook_is_enabled(divya, endpoint):
    WebhookEndpoint.objects.update(health="disabled", consecutive_failures=40, disabled_reason="Failing for 5 days.")
    assert "Failing for 5 days." in says(divya.get(f"{ENDPOINTS}{endpoint.pk}/change/"))

    divya.post(f"{ENDPOINTS}{endpoint.pk}/enable/")

    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.consecutive_failures) == ("healthy", 0)


def test_url_description_and_events_are_edited(divya, endpoint):
    form = {"url": "http://127.0.0.1:9/new", "description": "Orders", "events": ["payment.late"]}
    answer = divya.post(f"{ENDPOINTS}{endpoint.pk}/edit/", form, follow=True)

    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.description, endpoint.events) == (*form.values(),)[:2] + (["payment.late"],)
    assert "Orders" in says(answer)
    assert StaffAction.objects.get().details == (
        "http://127.0.0.1:9/webhook → http://127.0.0.1:9/new; — → Orders; "
        "payment.success, payment.expired → payment.late"
    )


def test_a_url_that_cannot_be_used_is_refused_in_words(divya, endpoint):
    form = {"url": "http://10.1.2.3/", "description": "", "events": ["payment.late"]}
    answer = divya.post(f"{ENDPOINTS}{endpoint.pk}/edit/", form)

    assert answer.status_code == 409
    assert "10.1.2.3 is an address inside a private network." in says(answer)
    endpoint.refresh_from_db()
    assert endpoint.events == ["payment.success", "payment.expired"]


def test_a_webhook_is_removed_and_keeps_its_log(divya, endpoint, delivery):
    assert divya.post(f"{ENDPOINTS}{endpoint.pk}/remove/", {"reason": ""}).status_code == 400
    answer = divya.post(f"{ENDPOINTS}{endpoint.pk}/remove/", {"reason": "The shop closed"}, follow=True)

    assert "The webhook is removed. One delivery that waited is closed." in says(answer)
    assert "Removed" in column(divya.get(ENDPOINTS, {"state": "removed"}), "State")
    assert "Nothing matches" in says(divya.get(ENDPOINTS, {"state": "failing"}))
    assert endpoint.url not in says(divya.get(ENDPOINTS))
    assert "given up: the webhook was removed" in says(divya.get(f"{DELIVERIES}{delivery.pk}/change/"))
    done = StaffAction.objects.get()
    assert (done.action, done.reason, done.details) == ("remove", "The shop closed", "closed 1")


@pytest.mark.parametrize(
    "deed", ["edit", "test", "pause", "resume", "enable", "new-secret", "promote-secret", "remove"]
)
def test_nothing_is_done_to_a_removed_webhook(divya, endpoint, deed):
    remove_endpoint(endpoint_id=endpoint.pk)
    form = {"url": endpoint.url, "events": ["payment.late"], "reason": "because", "overlap": 0}

    for answer in (
        divya.get(f"{ENDPOINTS}{endpoint.pk}/{deed}/"),
        divya.post(f"{ENDPOINTS}{endpoint.pk}/{deed}/", form),
    ):
        assert "This webhook was removed." in says(answer)
    assert not StaffAction.objects.exists()


def test_a_delivery_of_a_removed_webhook_is_not_sent_again(omar, endpoint, delivery):
    remove_endpoint(endpoint_id=endpoint.pk)
    answer = omar.post(f"{DELIVERIES}{delivery.pk}/redeliver/", {"reason": "The shop asked"})

    assert answer.status_code == 409
    assert "Its webhook was removed." in says(answer)


def test_webhooks_are_found_by_url_description_and_key(vikram, endpoint, ravi):
    add_endpoint(api_key=ravi, url="http://127.0.0.1:9/books", description="Accounting")

    for words in ("BOOKS", "account", "ravi"):
        assert column(vikram.get(ENDPOINTS, {"q": words}), "URL") == ["http://127.0.0.1:9/books"]


def test_a_secret_is_changed_in_two_steps(divya, endpoint):
    early = divya.post(f"{ENDPOINTS}{endpoint.pk}/promote-secret/", {"overlap": 0})
    assert "There is no new secret to promote." in says(early)

    (secret,) = shown(divya.post(f"{ENDPOINTS}{endpoint.pk}/new-secret/"))
    endpoint.refresh_from_db()
    assert endpoint.next_secret.reveal() == secret != endpoint.secret.reveal()

    divya.post(f"{ENDPOINTS}{endpoint.pk}/promote-secret/", {"overlap": 86_400})
    endpoint.refresh_from_db()
    assert endpoint.secret.reveal() == secret
    assert endpoint.retiring_secret.reveal() == endpoint.secret_text


def test_an_operator_sends_a_delivery_again(omar, delivery):
    Delivery.objects.update(state="dead", attempt_count=12)

    answer = omar.post(f"{DELIVERIES}{delivery.pk}/redeliver/", {"reason": "The shop asked"}, follow=True)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.trigger, delivery.actor) == ("due", "manual", "omar")
    assert "The delivery is sent again." in says(answer)
    assert StaffAction.objects.get().reason == "The shop asked"


def test_a_selection_of_deliveries_is_sent_again(omar, delivery, endpoint):
    test = send_test(endpoint_id=endpoint.pk, actor="divya")
    Delivery.objects.update(state="dead")

    answer = omar.post(
        DELIVERIES, {"action": "redeliver_selected", "_selected_action": [delivery.pk, test.pk]}, follow=True
    )

    assert "2 deliveries are sent again." in says(answer)
    assert set(Delivery.objects.values_list("state", "actor")) == {("due", "omar")}
    assert StaffAction.objects.filter(action="redeliver", actor="omar").count() == 2


def test_a_viewer_cannot_send_a_selection_again(vikram, delivery):
    Delivery.objects.update(state="dead")
    vikram.post(DELIVERIES, {"action": "redeliver_selected", "_selected_action": [delivery.pk]})

    delivery.refresh_from_db()
    assert delivery.state == "dead"
    assert not StaffAction.objects.exists()


def test_a_delivery_shows_its_attempts(vikram, delivery):
    Attempt.objects.create(
        delivery=delivery,
        number=1,
        trigger="auto",
        started_at=delivery.created_at,
        duration_ms=81,
        status=502,
        answer="<b>Bad gateway</b>",
    )

    text = says(vikram.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert "HTTP 502" in text
    assert "81 ms" in text
    assert "<b>Bad gateway</b>" in text


def test_deliveries_are_found_by_session_and_by_webhook_id(vikram, delivery, endpoint, paid):
    test = send_test(endpoint_id=endpoint.pk, actor="divya")

    assert column(vikram.get(DELIVERIES, {"q": paid.session_id.lower()}), "Event") == ["payment.success"]
    assert column(vikram.get(DELIVERIES, {"q": str(delivery.event_id)}), "Event") == ["payment.success"]
    assert column(vikram.get(DELIVERIES, {"q": str(test.pk)}), "Event") == ["webhook.test"]
    assert "Nothing matches" in says(vikram.get(DELIVERIES, {"q": "nonsense"}))
