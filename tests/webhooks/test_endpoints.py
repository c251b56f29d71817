from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from webhooks import services, signing
from webhooks.models import Health, WebhookEndpoint

URL = "https://shop.example.in/webhook"


def test_an_endpoint_is_added_with_a_secret_of_its_own(asha):
    endpoint, secret = services.add_endpoint(api_key=asha, url=f" {URL} ", description="The shop")
    assert (endpoint.url, endpoint.description, endpoint.health) == (URL, "The shop", Health.HEALTHY)
    assert endpoint.events == ["payment.success", "payment.expired"]
    assert WebhookEndpoint.objects.get().signing_secrets(timezone.now()) == (secret,)


def test_the_secret_is_sealed_in_the_database_and_shown_nowhere(asha):
    endpoint, secret = services.add_endpoint(api_key=asha, url=URL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhooks_webhookendpoint")
        [(stored,)] = cursor.fetchall()
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored
    assert secret not in f"{endpoint} {endpoint!r} {endpoint.secret} {endpoint.secret!r} {vars(endpoint)}"


@pytest.mark.parametrize(
    ("url", "events", "field"),
    [
        ("javascript:alert(1)", None, "url"),
        ("http://10.0.0.1/", None, "url"),
        (URL, ["payment.refunded"], "events"),
        (URL, [], "events"),
    ],
)
def test_what_cannot_be_used_is_refused(asha, url, events, field):
    with pytest.raises(ValidationError) as refused:
        services.add_endpoint(api_key=asha, url=url, events=events)
    assert list(refused.value.message_dict) == [field]
    assert not WebhookEndpoint.objects.exists()


def test_another_url_starts_with_a_clean_slate(asha):
    endpoint, secret = services.add_endpoint(api_key=asha, url=URL)
    WebhookEndpoint.objects.update(
        health=Health.DISABLED, disabled_reason="Gone", consecutive_failures=40, failing_since=timezone.now()
    )
    changed = services.change_endpoint(endpoint_id=endpoint.pk, url="https://shop.example.in/new")
    assert (changed.url, changed.health, changed.disabled_reason) == ("https://shop.example.in/new", "healthy", "")
    assert (changed.consecutive_failures, changed.failing_since) == (0, None)
    assert changed.secret.reveal() == secret


def test_a_bad_new_url_changes_nothing(asha):
    endpoint, _ = services.add_endpoint(api_key=asha, url=URL)
    with pytest.raises(ValidationError):
        services.change_endpoint(endpoint_id=endpoint.pk, url="http://192.168.0.1/")
    endpoint.refresh_from_db()
    assert endpoint.url == URL


def test_what_is_not_given_stays(asha):
    endpoint, _ = services.add_endpoint(api_key=asha, url=URL, description="The shop", events=["payment.late"])
    WebhookEndpoint.objects.update(consecutive_failures=7)
    changed = services.change_endpoint(endpoint_id=endpoint.pk, description=" Orders ", url=URL)
    assert (changed.url, changed.description, changed.events) == (URL, "Orders", ["payment.late"])
    assert changed.consecutive_failures == 7


def test_a_key_has_one_endpoint_for_a_url_and_others_may_have_it_too(asha, ravi):
    endpoint, _ = services.add_endpoint(api_key=asha, url=URL)
    services.add_endpoint(api_key=ravi, url=URL)
    other, _ = services.add_endpoint(api_key=asha, url=f"{URL}/2")
    for again in (
        lambda: services.add_endpoint(api_key=asha, url=f"{URL} "),
        lambda: services.change_endpoint(endpoint_id=other.pk, url=URL),
    ):
        with pytest.raises(ValidationError, match="with this URL already"):
            again()
    assert WebhookEndpoint.objects.filter(api_key=asha).count() == 2

    services.remove_endpoint(endpoint_id=endpoint.pk)
    services.add_endpoint(api_key=asha, url=URL)


def test_a_removed_endpoint_keeps_its_row_without_secrets(asha):
    endpoint, _ = services.add_endpoint(api_key=asha, url=URL)
    services.stage_secret(endpoint_id=endpoint.pk)
    assert services.remove_endpoint(endpoint_id=endpoint.pk) == 0

    endpoint.refresh_from_db()
    assert endpoint.removed_at is not None
    assert (bool(endpoint.secret), bool(endpoint.next_secret), bool(endpoint.retiring_secret)) == (False,) * 3


@pytest.mark.parametrize(
    "deed",
    [
        lambda pk: services.change_endpoint(endpoint_id=pk, description="New"),
        lambda pk: services.enable_endpoint(endpoint_id=pk),
        lambda pk: services.stage_secret(endpoint_id=pk),
        lambda pk: services.promote_secret(endpoint_id=pk),
        lambda pk: services.drop_secrets(endpoint_id=pk),
        lambda pk: services.send_test(endpoint_id=pk, actor="meera"),
        lambda pk: services.remove_endpoint(endpoint_id=pk),
    ],
)
def test_a_removed_endpoint_is_changed_no_more(asha, deed):
    endpoint, _ = services.add_endpoint(api_key=asha, url=URL)
    services.remove_endpoint(endpoint_id=endpoint.pk)
    facts = WebhookEndpoint.objects.values("url", "description", "paused", "removed_at")
    before = facts.get()
    with pytest.raises(services.EndpointRemoved):
        deed(endpoint.pk)
    assert not services.pause_endpoint(endpoint_id=endpoint.pk)
    assert facts.get() == before
    assert not WebhookEndpoint.objects.get().next_secret


def headers_now(endpoint: WebhookEndpoint, body: bytes = b"{}") -> dict[str, str]:
    now = timezone.now()
    secrets = WebhookEndpoint.objects.get(pk=endpoint.pk).signing_secrets(now)
    return signing.headers(
        secret=secrets[0],
        also=secrets[1:],
        webhook_id="1",
        event="payment.success",
        attempt=1,
        timestamp=int(now.timestamp()),
        body=body,
        version="1",
    )


def accepts(secret: str, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(b"{}", headers)
    except WebhookVerificationError:
        return False
    return True


def test_a_secret_is_rotated_in_two_steps(asha):
    endpoint, old = services.add_endpoint(api_key=asha, url=URL)

    new = services.stage_secret(endpoint_id=endpoint.pk)
    staged = headers_now(endpoint)
    assert accepts(old, staged)
    assert accepts(new, staged)
    assert staged["X-Webhook-Signature"] == signing.body_signature(old, b"{}")

    services.promote_secret(endpoint_id=endpoint.pk, overlap=timedelta(hours=24))
    promoted = headers_now(endpoint)
    assert accepts(old, promoted)
    assert accepts(new, promoted)
    assert promoted["X-Webhook-Signature"] == signing.body_signature(new, b"{}")

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        after = headers_now(endpoint)
        assert not accepts(old, after)
        assert accepts(new, after)


def test_a_leaked_secret_is_dropped_at_once(asha):
    endpoint, old = services.add_endpoint(api_key=asha, url=URL)
    new = services.stage_secret(endpoint_id=endpoint.pk)
    services.promote_secret(endpoint_id=endpoint.pk, overlap=timedelta(0))
    headers = headers_now(endpoint)
    assert not accepts(old, headers)
    assert accepts(new, headers)


def test_a_staged_secret_is_withdrawn(asha):
    endpoint, old = services.add_endpoint(api_key=asha, url=URL)
    new = services.stage_secret(endpoint_id=endpoint.pk)
    services.drop_secrets(endpoint_id=endpoint.pk)
    headers = headers_now(endpoint)
    assert accepts(old, headers)
    assert not accepts(new, headers)
    with pytest.raises(ValidationError):
        services.promote_secret(endpoint_id=endpoint.pk)


def test_the_old_secret_is_dropped_before_its_time(asha):
    endpoint, old = services.add_endpoint(api_key=asha, url=URL)
    new = services.stage_secret(endpoint_id=endpoint.pk)
    services.promote_secret(endpoint_id=endpoint.pk)
    services.drop_secrets(endpoint_id=endpoint.pk)
    headers = headers_now(endpoint)
    assert not accepts(old, headers)
    assert accepts(new, headers)
    with pytest.raises(ValidationError):
        services.drop_secrets(endpoint_id=endpoint.pk)


def test_promoting_needs_a_staged_secret(asha):
    endpoint, secret = services.add_endpoint(api_key=asha, url=URL)
    with pytest.raises(ValidationError):
        services.promote_secret(endpoint_id=endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.secret.reveal() == secret
