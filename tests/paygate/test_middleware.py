import ipaddress

import pytest

from paygate.middleware import client_ip

PROXIES = [ipaddress.ip_network(each) for each in ("10.0.0.0/8", "2001:db8::/32", "127.0.0.1")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy says so
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the first was written by the caller
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", " 198.51.100.1 ,, ", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "<script>, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8::1", "2001:DB9::7", "2001:db9::7"),
        ("", "198.51.100.1", ""),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db9::7]:4711, [2001:db8::2]", "2001:db9::7"),
        ("10.0.0.1", "198.51.100.1:, 10.0.0.2", "10.0.0.2"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(peer, forwarded_for, client):
    assert client_ip(peer, forwarded_for, PROXIES) == client


def test_without_trusted_proxies_the_header_counts_for_nothing():
    assert client_ip("127.0.0.1", "198.51.100.1", []) == "127.0.0.1"


def test_the_address_of_a_request_comes_through_trusted_proxies_only(client, settings, caplog):
    settings.TRUSTED_PROXIES = []
    caplog.set_level("INFO", "paygate.requests")
    client.get("/nowhere", headers={"X-Forwarded-For": "198.51.100.1"})
    settings.TRUSTED_PROXIES = PROXIES
    client.get("/nowhere", headers={"X-Forwarded-For": "198.51.100.1"})
    assert [record.getMessage().split()[-1] for record in caplog.records] == ["127.0.0.1", "198.51.100.1"]


def test_a_form_from_another_site_is_refused_with_a_page_in_words(client):
    client.handler.enforce_csrf_checks = True
    response = client.post("/admin/login/", {"username": "asha"})
    assert response.status_code == 403
    assert "Open the page again" in response.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api"])
def test_an_unknown_path_of_the_api_is_json_whatever_the_method(client, path):
    client.handler.enforce_csrf_checks = True
    response = client.post(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.urls("tests.paygate.failing_urls")
@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v1/fails", "application/json"), ("/fails", "text/html; charset=utf-8")]
)
def test_a_failure_of_ours_shows_no_trace(client, path, kind):
    client.raise_request_exception = False
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (500, kind)
    assert "hunter2" not in response.content.decode()
    assert response["X-Request-Id"] in response.content.decode() or kind.startswith("text/html")


def test_the_bare_address_leads_to_the_guide(client):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/docs")
