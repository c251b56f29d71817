import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from backoffice.delivery_news import WHAT_TO_DO
from backoffice.models import StaffAction
from backoffice.words import counted
from payments.models import Heartbeat
from payments.services import confirm_session
from tests.backoffice.pages import column, rows, says
from tests.backoffice.test_keys import shown
from webhooks.models import Attempt, Delivery, ErrorKind, Redelivery, WebhookEndpoint
from webhooks.schedule import WINDOW_IN_WORDS
from webhooks.services import add_endpoint, deliver_due, fan_out_events, remove_endpoint, send_test
from webhooks.tasks import redeliver

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


def test_enabling_says_that_what_was_answered_410_is_sent_too(divya, endpoint, delivery):
    WebhookEndpoint.objects.update(health="disabled", disabled_reason="The endpoint answered 410 Gone.")
    Delivery.objects.update(state="dead", closed_because="gone", closed_at=timezone.now())
    assert "given up: the webhook answered 410 Gone" in says(divya.get(f"{DELIVERIES}{delivery.pk}/change/"))

    page = says(divya.get(f"{ENDPOINTS}{endpoint.pk}/enable/"))
    assert "Waiting 0 Of these too old 0 Answered with 410 Gone 1" in page
    assert f"What is older than {WINDOW_IN_WORDS} is given up" in page
    divya.post(f"{ENDPOINTS}{endpoint.pk}/enable/")

    assert column(divya.get(DELIVERIES), "When") == ["next try now"]


def test_one_thing_is_not_spoken_of_as_several(divya, endpoint, delivery):
    attempted(delivery, status=500, answer="x")
    assert "Deliveries waiting 1 Failures" in says(divya.get(f"{ENDPOINTS}{endpoint.pk}/change/"))
    assert "1 byte x" in says(divya.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert [counted(number, "row") for number in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


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
    "deed", ["edit", "test", "pause", "resume", "enable", "new-secret", "promote-secret", "drop-secrets", "remove"]
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


def test_the_webhooks_of_one_key_are_told_apart_wherever_they_are_named(divya, endpoint, asha):
    other, _ = add_endpoint(api_key=asha, url="https://shop.example.in/books")

    assert "Webhook of Asha Traders: shop.example.in/books Healthy" in says(divya.get(f"{ENDPOINTS}{other.pk}/change/"))
    assert column(divya.get("/admin/apikeys/apikey/"), "Webhook") == ["127.0.0.1:9/webhook, shop.example.in/books"]
    assert "Asha Traders: shop.example.in/books" in says(divya.get(DELIVERIES))
    secret = divya.post(f"{ENDPOINTS}{other.pk}/new-secret/")
    assert "New webhook secret for Asha Traders: shop.example.in/books" in says(secret)


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


def test_all_secrets_but_the_current_one_are_dropped(divya, endpoint):
    early = divya.post(f"{ENDPOINTS}{endpoint.pk}/drop-secrets/", {"reason": "Sent to the wrong shop"})
    assert "No other secret signs beside the current one." in says(early)

    divya.post(f"{ENDPOINTS}{endpoint.pk}/new-secret/")
    asked = says(divya.get(f"{ENDPOINTS}{endpoint.pk}/drop-secrets/"))
    assert "Forgets the new secret that waits to be promoted." in asked
    divya.post(f"{ENDPOINTS}{endpoint.pk}/drop-secrets/", {"reason": "Sent to the wrong shop"})
    endpoint.refresh_from_db()
    assert not endpoint.next_secret
    assert endpoint.secret.reveal() == endpoint.secret_text
    assert StaffAction.objects.filter(action="drop-secrets", reason="Sent to the wrong shop").count() == 1


def test_an_operator_sends_a_delivery_again(omar, delivery):
    Delivery.objects.update(state="dead", attempt_count=12)

    answer = omar.post(f"{DELIVERIES}{delivery.pk}/redeliver/", {"reason": "The shop asked"}, follow=True)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.trigger, delivery.actor) == ("due", "manual", "omar")
    assert "The delivery is sent again." in says(answer)
    assert StaffAction.objects.get().reason == "The shop asked"


@pytest.fixture
def selected(delivery, endpoint):
    """The address that two failed deliveries lead to when they are selected for sending again."""
    test = send_test(endpoint_id=endpoint.pk, actor="divya")
    Delivery.objects.update(state="dead", closed_at=timezone.now())
    return f"{DELIVERIES}redeliver-selection/?id={delivery.pk}&id={test.pk}"


def test_a_selection_is_sent_again_in_one_recorded_deed_with_a_reason(omar, selected):
    ids = list(Delivery.objects.values_list("pk", flat=True))
    asked = omar.post(DELIVERIES, {"action": "redeliver_selected", "_selected_action": ids}, follow=True)
    assert "Selected 2: 2 failed" in says(asked)
    assert omar.post(selected, {"reason": ""}).status_code == 400
    assert not Delivery.objects.exclude(state="dead").exists()

    answer = omar.post(selected, {"reason": "The shop was down"}, follow=True)

    assert "2 deliveries are sent again." in says(answer)
    assert "A selection" in says(answer)
    assert set(Delivery.objects.values_list("state", "actor", "trigger")) == {("due", "omar", "manual")}
    done, job = StaffAction.objects.get(), Redelivery.objects.get()
    assert (done.action, done.reason, done.details) == ("redeliver-selection", "The shop was down", "2 of 2 selected")
    assert (done.object_type, done.object_id, job.reason) == ("webhooks.redelivery", str(job.pk), "The shop was down")


def test_a_viewer_cannot_send_a_selection_again(vikram, selected):
    asked = vikram.post(DELIVERIES, {"action": "redeliver_selected", "_selected_action": [1]}, follow=True)
    assert "Redeliver the selected" not in says(asked)
    for answer in (vikram.get(selected), vikram.post(selected, {"reason": "because"})):
        assert answer.status_code == 403
        assert "needs the role Operator or Developer or Admin" in says(answer)
    assert not Delivery.objects.exclude(state="dead").exists()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("ids", ["", "?id=nonsense", "?id=%00", "?id=5a2b41f4-66bc-4988-807d-813450abb746"])
def test_a_selection_of_nothing_leads_back(omar, delivery, ids):
    assert "Select deliveries first." in says(omar.get(f"{DELIVERIES}redeliver-selection/{ids}", follow=True))


def test_all_that_failed_at_a_webhook_is_sent_again_with_progress(omar, endpoint, delivery):
    page = f"{ENDPOINTS}{endpoint.pk}/redeliver-failed/"
    Delivery.objects.update(state="dead", attempt_count=12, closed_at=timezone.now() - timedelta(hours=2))
    opened = omar.get(page)
    assert "Failed in the last hour 0 Failed in the last 24 hours 1" in says(opened)
    since = re.search(r'name="since" value="([^"]+)"', opened.content.decode())[1]

    answer = omar.post(page, {"since": since, "reason": "The shop was down"}, follow=True)

    job = Redelivery.objects.get()
    assert (job.endpoint, job.asked, job.actor, job.reason) == (endpoint, 1, "omar", "The shop was down")
    assert timedelta(hours=23, minutes=58) < timezone.now() - job.since < timedelta(hours=24, minutes=2)
    assert "One delivery is sent again in the background." in says(answer)
    assert "Under way" in says(answer)
    assert "Asked for 0 of 1" in says(answer)
    assert StaffAction.objects.get().details == f"1 to {endpoint.url}"

    redeliver()
    page = f"/admin/webhooks/redelivery/{job.pk}/change/"
    assert "Asked for 1 of 1 Delivered 0 Failed again 0 Waiting 1" in says(omar.get(page))
    assert "data-follow" in omar.get(page).content.decode()
    Delivery.objects.update(state="done")
    assert "Delivered 1 Failed again 0 Waiting 0" in says(omar.get(page))
    assert "data-follow" not in omar.get(page).content.decode()
    assert column(omar.get(DELIVERIES, {"redelivery": job.pk}), "Event") == ["payment.success"]
    assert column(omar.get("/admin/webhooks/redelivery/"), "Asked for") == ["1 of 1 Done"]


def test_what_redeliver_failed_leaves_out_is_said(omar, endpoint, delivery, open_payment):
    Delivery.objects.update(state="dead", attempt_count=12, closed_at=timezone.now() - timedelta(hours=2))
    retrying = open_payment()
    confirm_session(session_id=retrying.pk, credited_at=timezone.now(), utr="412345678902")
    fan_out_events()
    Delivery.objects.filter(closed_at=None).update(attempt_count=2)
    send_test(endpoint_id=endpoint.pk, actor="divya")

    for page in (f"{ENDPOINTS}{endpoint.pk}/redeliver-failed/", "/admin/webhooks/redelivery/add/"):
        asked = says(omar.get(page))
        assert "What is still being tried by itself is left out, and so are test webhooks." in asked
        assert "Failed in the last 7 days 1 Still being tried 1" in asked
    answer = omar.post(page, {"since": "2026-01-01T00:00", "reason": "The shop was down"}, follow=True)

    assert "One delivery is sent again in the background." in says(answer)
    assert "Left out, because they are still being tried by themselves: 1." in says(answer)
    redeliver()
    # What was asked for again waits, but is tried once and not retried.
    assert column(omar.get(DELIVERIES, {"state": "retrying"}), "State") == ["Retrying"]


def test_all_that_failed_anywhere_is_sent_again(omar, endpoint, delivery):
    Delivery.objects.update(state="dead", closed_at=timezone.now())
    form = {"since": "2026-01-01T00:00", "reason": "Our network was down"}
    omar.post("/admin/webhooks/redelivery/add/", form)

    job = Redelivery.objects.get()
    assert (job.endpoint, job.asked) == (None, 1)
    assert job.since.isoformat() == "2025-12-31T18:30:00+00:00"


@pytest.mark.parametrize(
    ("since", "why"),
    [
        ("", "This field is required."),
        ("yesterday", "Enter a valid date/time."),
        ("2999-01-01T00:00", "This moment is still to come."),
        ("2026-01-01T00:00", "Nothing has failed for good since then."),
    ],
)
def test_a_redelivery_of_nothing_is_refused_in_words(omar, delivery, since, why):
    answer = omar.post("/admin/webhooks/redelivery/add/", {"since": since, "reason": "because"})

    assert why in says(answer)
    assert not Redelivery.objects.exists()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "next try now"),
        ({"paused": True}, "webhook paused"),
        ({"health": "disabled"}, "webhook disabled"),
        ({"health": "degraded", "hold_until": timedelta(hours=8, minutes=1)}, "next try in 8 hours"),
    ],
    ids=["healthy", "paused", "disabled", "held"],
)
def test_a_delivery_says_what_it_waits_for(vikram, delivery, state, said):
    now = timezone.now()
    moments = {name: now + value for name, value in state.items() if isinstance(value, timedelta)}
    WebhookEndpoint.objects.update(**{**state, **moments})
    assert column(vikram.get(DELIVERIES), "When")[0].startswith(said)
    assert f"When {said}" in says(vikram.get(f"{DELIVERIES}{delivery.pk}/change/"))


def test_a_delivery_that_is_retried_says_which_attempt_comes_when(vikram, delivery):
    Delivery.objects.update(attempt_count=2, next_at=timezone.now() + timedelta(minutes=2, seconds=5))
    page = vikram.get(DELIVERIES)
    assert (column(page, "State"), column(page, "When")) == (["Retrying"], ["attempt 3 of 12 in 2 minutes"])
    assert "When attempt 3 of 12 in 2 minutes" in says(vikram.get(f"{DELIVERIES}{delivery.pk}/change/"))


@pytest.mark.parametrize(
    ("attempts", "what_follows"),
    [
        (
            5,
            "This is attempt 6 of 12, and takes the place of the one planned in 30 minutes: if it fails, the one after",
        ),
        (5, "the one after it comes 2 hours later at the earliest."),
        (
            11,
            "This is attempt 12 of 12, and takes the place of the one planned in 30 minutes: if it fails, it is given",
        ),
    ],
)
def test_a_try_by_hand_says_what_becomes_of_those_that_were_planned(omar, delivery, attempts, what_follows):
    page = f"{DELIVERIES}{delivery.pk}/redeliver/"
    assert "takes the place" not in says(omar.get(page))
    Delivery.objects.update(attempt_count=attempts, next_at=timezone.now() + timedelta(minutes=30, seconds=5))
    assert what_follows in says(omar.get(page))


def test_what_was_asked_for_by_hand_does_not_wait_and_says_who_asked(divya, delivery):
    WebhookEndpoint.objects.update(paused=True)
    divya.post(f"{DELIVERIES}{delivery.pk}/redeliver/")

    page = says(divya.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert "When next try now" in page
    assert "Asked for by divya" in page


def attempted(delivery, number=1, **facts) -> Attempt:
    facts = {"trigger": "auto", "started_at": delivery.created_at, "duration_ms": 81, "status": 200, **facts}
    return Attempt.objects.create(delivery=delivery, number=number, **facts)


def test_a_delivery_shows_all_of_each_attempt(vikram, delivery):
    attempted(
        delivery,
        status=None,
        error="timeout",
        duration_ms=15_003,
        resolved_ip="203.0.113.9",
        next_at=delivery.created_at,
    )
    attempted(delivery, 2, trigger="manual", actor="omar", status=502, answer="<b>Bad gateway</b>")

    table = rows(vikram.get(f"{DELIVERIES}{delivery.pk}/change/"))
    first, second = table
    assert first[0:1] + first[2:6] == ["1", "Automatic", "No answer in time", "15,003 ms", "203.0.113.9"]
    assert first[6] != "—"
    assert second[2:] == ["omar", "HTTP 502", "81 ms", "—", "—", "18 bytes <b>Bad gateway</b>"]


def test_what_a_server_answers_is_text_and_nothing_else(vikram, delivery):
    attempted(delivery, status=500, answer='</pre></details><script src="//evil.example"></script>&lt;')

    page = vikram.get(f"{DELIVERIES}{delivery.pk}/change/")
    assert "evil.example" in page.content.decode()
    assert '<script src="//evil.example">' not in page.content.decode()
    assert rows(page)[0][-1].endswith('</pre></details><script src="//evil.example"></script>&lt;')


@pytest.mark.parametrize(
    ("past", "said"),
    [({"past_status": 502}, "HTTP 502"), ({"past_error": "timeout"}, "no answer in time")],
    ids=["status", "error"],
)
def test_attempts_older_than_the_log_are_not_said_to_be_missing(vikram, delivery, past, said):
    Delivery.objects.update(attempt_count=3, **past)
    page = says(vikram.get(f"{DELIVERIES}{delivery.pk}/change/"))
    assert f"Its attempts are older than the log is kept. The last one: {said}." in page


@pytest.mark.django_db(transaction=True)
def test_a_test_s_page_follows_it_to_the_real_answer(divya, endpoint):
    sent = divya.post(f"{ENDPOINTS}{endpoint.pk}/test/", follow=True)
    assert "On its way. The answer appears here by itself." in says(sent)
    assert "data-follow" in sent.content.decode()
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in sent.content.decode()

    deliver_due()
    page = sent.redirect_chain[-1][0]
    answered = divya.get(page)
    assert "The test got no answer: no connection (in" in says(answered)
    assert "data-follow" not in answered.content.decode()


@pytest.mark.parametrize(
    ("facts", "news"),
    [
        ({"answer": "thanks"}, "The test arrived: the shop answered HTTP 200 in 81 ms."),
        ({"status": 404}, "The shop refused the test: it answered HTTP 404 in 81 ms. What it said stands below."),
        ({"status": 302}, "it answered HTTP 302 in 81 ms. Redirects are not followed: give the webhook the URL that"),
        (
            {"status": None, "error": "tls"},
            "The test got no answer: the certificate was not accepted (in 81 ms). The shop needs a certificate",
        ),
        ({"status": None, "error": "connect"}, "no connection (in 81 ms). Check that the shop’s server runs, at the"),
    ],
)
def test_what_came_of_a_test_is_said_in_a_sentence(divya, endpoint, facts, news):
    test = send_test(endpoint_id=endpoint.pk, actor="divya")
    Delivery.objects.update(state="done", attempt_count=1)
    attempted(test, trigger="test", **facts)
    assert news in says(divya.get(f"{DELIVERIES}{test.pk}/change/"))


@pytest.mark.parametrize("error", ErrorKind.values)
def test_a_test_without_an_answer_says_what_to_do(divya, endpoint, error):
    test = send_test(endpoint_id=endpoint.pk, actor="divya")
    Delivery.objects.update(state="dead", attempt_count=1)
    attempted(test, trigger="test", status=None, error=error)
    assert f"(in 81 ms). {WHAT_TO_DO[error]}" in says(divya.get(f"{DELIVERIES}{test.pk}/change/"))


@pytest.mark.parametrize(
    ("beat", "news"),
    [
        (None, "No worker is running: none has ever run. This has waited for 20 seconds"),
        (90, "No worker is running: it last worked 1 minute ago. This has waited for 20 seconds"),
        (5, "The worker is busy; this has waited for 20 seconds."),
    ],
)
def test_a_test_that_nobody_sends_says_so(divya, endpoint, beat, news):
    now = timezone.now()
    test = send_test(endpoint_id=endpoint.pk, actor="divya")
    Delivery.objects.update(next_at=now - timedelta(seconds=20))
    if beat:
        Heartbeat.objects.create(task="webhooks.tasks.dispatch", beat_at=now - timedelta(seconds=beat))
    with time_machine.travel(now, tick=False):
        answer = divya.get(f"{DELIVERIES}{test.pk}/change/")
    assert news in says(answer)


def test_a_delivery_that_waits_for_hours_or_for_a_paused_webhook_is_not_followed(divya, delivery):
    page = f"{DELIVERIES}{delivery.pk}/change/"
    assert "data-follow" in divya.get(page).content.decode()
    WebhookEndpoint.objects.update(paused=True)
    assert "data-follow" not in divya.get(page).content.decode()
    WebhookEndpoint.objects.update(paused=False)
    Delivery.objects.update(next_at=timezone.now() + timedelta(hours=2))
    assert "data-follow" not in divya.get(page).content.decode()


def test_deliveries_are_found_by_session_and_by_webhook_id(vikram, delivery, endpoint, paid):
    test = send_test(endpoint_id=endpoint.pk, actor="divya")

    assert column(vikram.get(DELIVERIES, {"q": paid.session_id.lower()}), "Event") == ["payment.success"]
    assert column(vikram.get(DELIVERIES, {"q": str(delivery.event_id)}), "Event") == ["payment.success"]
    assert column(vikram.get(DELIVERIES, {"q": str(test.pk)}), "Event") == ["webhook.test"]
    assert "Nothing matches" in says(vikram.get(DELIVERIES, {"q": "nonsense"}))


def test_deliveries_are_found_by_where_they_go(vikram, delivery, ravi):
    other = add_endpoint(api_key=ravi, url="http://127.0.0.1:9/books", description="Accounting")[0]
    send_test(endpoint_id=other.pk, actor="divya")

    for words in ("127.0.0.1:9/BOOKS", "account", "ravi"):
        assert column(vikram.get(DELIVERIES, {"q": words}), "Event") == ["webhook.test"]
    assert column(vikram.get(DELIVERIES, {"q": "asha"}), "Event") == ["payment.success"]


def test_deliveries_are_filtered_by_state_and_webhook(vikram, delivery, endpoint, ravi):
    other = add_endpoint(api_key=ravi, url="http://127.0.0.1:9/books")[0]
    tests = {state: send_test(endpoint_id=other.pk, actor=state) for state in ("due", "done", "dead", "retrying")}
    for state, test in tests.items():
        Delivery.objects.filter(pk=test.pk).update(state=state if state != "retrying" else "due")
    Delivery.objects.filter(pk=tests["retrying"].pk).update(trigger="auto", attempt_count=2)

    def found(**filters) -> set[str]:
        return set(column(vikram.get(DELIVERIES, filters), "State"))

    assert len(rows(vikram.get(DELIVERIES, {"state": "due"}))) == 3
    assert found(state="retrying") == {"Retrying"}
    assert found(state="done") == {"Delivered"}
    assert found(state="dead") == {"Failed"}
    assert len(rows(vikram.get(DELIVERIES, {"webhook": other.pk}))) == 4
    assert column(vikram.get(DELIVERIES, {"webhook": endpoint.pk}), "Event") == ["payment.success"]
    assert column(vikram.get(DELIVERIES, {"webhook": endpoint.pk, "state": "due"}), "Event") == ["payment.success"]


@pytest.mark.parametrize("query", [{"webhook": "nonsense"}, {"redelivery": "nonsense"}, {"redelivery": "9" * 30}])
def test_a_filter_that_is_none_shows_no_error(vikram, delivery, query):
    assert vikram.get(DELIVERIES, query).status_code == 200


def test_a_removed_webhook_s_deliveries_can_still_be_listed(vikram, delivery, endpoint):
    remove_endpoint(endpoint_id=endpoint.pk)
    assert column(vikram.get(DELIVERIES, {"webhook": endpoint.pk}), "State") == ["Failed"]
