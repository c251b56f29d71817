"""Address ranges of a key, and keys that a shop's own pages use."""

import json
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from apikeys import cors, services, usage
from payments.models import PaymentSession

SHOP = "https://shop.example.in"
CREATE = "/api/v1/create-payment"


@pytest.fixture
def page(account):
    cors.forget()
    key, key.text = services.issue_key(label="Asha's page", origins=[SHOP])
    return key


def create(key, origin=SHOP, address="203.0.113.7", **body):
    headers = {"X-API-Key": key.text} | ({"Origin": origin} if origin else {})
    body = json.dumps({"amount": 100, **body})
    return APIClient().post(CREATE, body, content_type="application/json", headers=headers, REMOTE_ADDR=address)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        (["203.0.113.0/24"], "203.0.113.7", 200),
        (["203.0.113.0/24"], "::ffff:203.0.113.7", 200),
        (["203.0.113.0/24"], "203.0.114.7", 401),
        (["198.51.100.1", "2001:db8::/32"], "2001:db8:1::5", 200),
        (["2001:db8::/32"], "203.0.113.7", 401),
        (["203.0.113.0/24"], "", 401),
    ],
)
def test_a_key_works_only_from_its_addresses(networks, address, status):
    _, text = services.issue_key(label="Server", allowed_networks=networks)

    assert APIClient().get("/api/v1/me", headers={"X-API-Key": text}, REMOTE_ADDR=address).status_code == status


def test_a_page_of_the_shop_opens_a_payment(page):
    answer = create(page)

    assert answer.status_code == 201
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "origin" in answer["Vary"].lower()
    assert answer["Access-Control-Expose-Headers"] == "X-Request-Id, Retry-After"
    assert PaymentSession.objects.get().client_ip == "203.0.113.7"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://shop.example.in", SHOP + ":8443"])
def test_another_page_or_none_is_refused(page, origin):
    answer = create(page, origin=origin)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert not PaymentSession.objects.exists()


def test_errors_too_can_be_read_by_the_page(page):
    answers = [create(page, amount="x"), APIClient().get("/api/v1/me", headers={"Origin": SHOP, "X-API-Key": "wrong"})]

    assert [answer.status_code for answer in answers] == [400, 401]
    assert {answer["Access-Control-Allow-Origin"] for answer in answers} == {SHOP}


def test_a_preflight_is_answered_for_listed_origins_only(page):
    def preflight(origin):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return APIClient().options(CREATE, headers=headers)

    ours, theirs = preflight(SHOP), preflight("https://evil.example")

    assert ours["Access-Control-Allow-Origin"] == SHOP
    assert "x-api-key" in ours["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in theirs


def test_pages_outside_the_api_get_no_such_headers(page, client):
    assert "Access-Control-Allow-Origin" not in client.get("/healthz", headers={"Origin": SHOP})


def test_a_page_may_not_ask_for_more_than_fifteen_minutes(page):
    assert create(page, expires_in=901).status_code == 400
    assert create(page, expires_in=900).status_code == 201


def test_one_address_opens_five_payments_a_minute(page):
    assert [create(page).status_code for _ in range(6)] == [201] * 5 + [429]
    assert create(page, address="203.0.113.8").status_code == 201


def test_the_many_addresses_of_one_ipv6_connection_count_as_one(page):
    statuses = [create(page, address=f"2001:db8:1:2::{number}").status_code for number in range(1, 7)]

    assert statuses == [201] * 5 + [429]
    assert create(page, address="2001:db8:1:3::1").status_code == 201
    assert set(PaymentSession.objects.values_list("client_ip", flat=True)) == {"2001:db8:1:2::", "2001:db8:1:3::"}


def test_one_address_has_five_open_payments_at_most(page, settings):
    settings.BROWSER_CREATES_PER_MINUTE = 100
    for _ in range(5):
        create(page)

    refused = create(page)

    assert refused.status_code == 429
    assert 590 <= int(refused["Retry-After"]) <= 600
    assert PaymentSession.objects.count() == 5


def test_staff_see_when_and_from_where_a_key_was_last_used(asha, call):
    call(asha, "get", "/api/v1/me")
    usage.flush()

    asha.refresh_from_db()
    assert asha.last_used_ip == "127.0.0.1"
    assert asha.last_used_at is not None
    assert asha.previous_used_at is None


def test_use_of_the_old_text_after_a_rotation_is_seen(asha, call):
    services.rotate_key(api_key_id=asha.pk, overlap=timedelta(hours=1))
    call(asha, "get", "/api/v1/me")
    usage.flush()

    asha.refresh_from_db()
    assert asha.previous_used_at == asha.last_used_at
