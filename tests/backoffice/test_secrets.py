"""No page shows a secret again, and every page keeps to the security policy."""

import re

import pytest

from apikeys.models import ApiKey
from backoffice.site import NAVIGATION
from reconciliation.models import AlertChannel
from tests.backoffice.test_keys import shown
from tests.backoffice.test_roles import DEEDS
from webhooks.models import WebhookEndpoint
from webhooks.services import send_test, stage_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(
    meera, session, asha, ravi, endpoint, delivery, account, channel, credit, alert, notice, template, statement, vikram
):
    stage_secret(endpoint_id=endpoint.pk)
    send_test(endpoint_id=endpoint.pk, actor="meera")
    shown(meera.post(f"/admin/apikeys/apikey/{ravi.pk}/rotate/", {"overlap": 3600}))
    things = {"session": session, "key": asha, "endpoint": endpoint, "delivery": delivery, "account": account}
    things |= {
        "channel": channel,
        "credit": credit,
        "alert": alert,
        "notice": notice,
        "template": template,
        "statement": statement,
        "person": vikram.user,
    }
    return {name: thing.pk for name, thing in things.items()}


@pytest.fixture
def pages(meera, everything) -> dict[str, str]:
    """Every page an Admin can open, by its address: what the navigation leads to, and on from there."""
    waiting = ["/admin/", "/admin/password_change/", "/admin/workbench/"]
    waiting += [f"/admin/{label.replace('.', '/').lower()}/" for _, labels in NAVIGATION for label in labels]
    waiting += [path.format(**everything) for path in DEEDS]
    pages: dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        if path in pages:
            continue
        answer = meera.get(path)
        assert answer.status_code == 200, path
        pages[path] = answer.content.decode()
        waiting += re.findall(r'href="(/admin/[^"?#]+)"', pages[path])
    assert len(pages) > 60
    return pages


def test_no_page_shows_a_secret(pages, asha, ravi, endpoint, channel, meera):
    endpoint = WebhookEndpoint.objects.get()
    secrets = [asha.text, ravi.text, channel.token_text, endpoint.secret.token, endpoint.next_secret.token]
    secrets += [endpoint.secret.reveal(), endpoint.next_secret.reveal()]
    secrets += [key.key_hash for key in ApiKey.objects.all()] + [ravi.key_hash]
    secrets += [AlertChannel.objects.get(pk=channel.pk).token_hash, meera.user.password]

    for path, page in pages.items():
        for secret in secrets:
            assert secret not in page, path


def test_no_page_has_a_script_or_a_style_of_its_own(pages):
    for path, page in pages.items():
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), path
        assert re.findall(r"<script(?![^>]* src=)", page) == [], path


def test_the_policy_lets_nothing_else_in(meera, session):
    policy = meera.get("/admin/payments/paymentsession/")["Content-Security-Policy"]

    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
