"""Who may do what: every deed, for every role."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.models import StaffAction
from backoffice.roles import ROLES, sync_roles
from backoffice.site import NAVIGATION
from payments.models import PaymentEvent
from tests.backoffice.conftest import signed_in
from tests.backoffice.pages import says

pytestmark = pytest.mark.django_db
MONEY = {"Operator", "Admin"}
INTEGRATION = {"Developer", "Admin"}
SETUP = {"Admin"}
DEEDS = {
    "/admin/payments/paymentsession/add/": MONEY,
    "/admin/payments/paymentsession/{session}/mark-paid/": MONEY,
    "/admin/payments/paymentsession/{session}/cancel/": MONEY,
    "/admin/apikeys/apikey/add/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/rotate/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/disable/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/enable/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/add-webhook/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/webhook/": INTEGRATION,
    "/admin/apikeys/apikey/{key}/test-webhook/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/test/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/edit/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/pause/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/resume/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/enable/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/new-secret/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/promote-secret/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/drop-secrets/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/remove/": INTEGRATION,
    "/admin/webhooks/webhookendpoint/{endpoint}/redeliver-failed/": MONEY | INTEGRATION,
    "/admin/webhooks/delivery/{delivery}/redeliver/": MONEY | INTEGRATION,
    "/admin/webhooks/redelivery/add/": MONEY | INTEGRATION,
    "/admin/payments/upiaccount/add/": SETUP,
    "/admin/payments/upiaccount/{account}/edit/": SETUP,
    "/admin/payments/upiaccount/{account}/archive/": SETUP,
    "/admin/payments/upiaccount/{account}/restore/": SETUP,
    "/admin/reconciliation/alertchannel/add/": SETUP,
    "/admin/reconciliation/alertchannel/add-phone/": SETUP,
    "/admin/reconciliation/alertchannel/add-mailbox/": SETUP,
    "/admin/reconciliation/alertchannel/add-statements/": SETUP,
    "/admin/reconciliation/alertchannel/add-manual/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/edit/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/new-address/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/signature/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/edit-mailbox/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/look/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/stop/": SETUP,
    "/admin/reconciliation/alertchannel/{channel}/start/": SETUP,
    "/admin/auth/user/add/": SETUP,
    "/admin/auth/user/{person}/role/": SETUP,
    "/admin/auth/user/{person}/new-password/": SETUP,
    "/admin/auth/user/{person}/deactivate/": SETUP,
    "/admin/auth/user/{person}/activate/": SETUP,
    "/admin/reconciliation/credit/add/": MONEY,
    "/admin/reconciliation/credit/{credit}/attach/": MONEY,
    "/admin/reconciliation/credit/{credit}/set-aside/": MONEY,
    "/admin/reconciliation/credit/{credit}/look-again/": MONEY,
    "/admin/reconciliation/credit/{credit}/refund/": MONEY,
    "/admin/reconciliation/credit/{credit}/refunded/": MONEY,
    "/admin/reconciliation/credit/{credit}/keep/": MONEY,
    "/admin/reconciliation/evidence/{alert}/again/": MONEY,
    "/admin/reconciliation/evidence/{alert}/set-aside/": MONEY,
    "/admin/reconciliation/statementimport/add/": MONEY,
    "/admin/reconciliation/statementimport/{statement}/start/": MONEY,
    "/admin/reconciliation/statementimport/{statement}/discard/": MONEY,
    "/admin/reconciliation/banktemplate/add/": SETUP,
    "/admin/reconciliation/banktemplate/{template}/edit/": SETUP,
    "/admin/reconciliation/banktemplate/{template}/read-again/": SETUP,
    "/admin/reconciliation/banktemplate/{template}/stop/": SETUP,
    "/admin/reconciliation/banktemplate/{template}/start/": SETUP,
    "/admin/payments/notice/{notice}/resolve/": MONEY | INTEGRATION,
}


@pytest.fixture
def things(
    session, asha, endpoint, delivery, account, channel, credit, alert, notice, template, statement, vikram
) -> dict[str, object]:
    found = {"session": session, "key": asha, "endpoint": endpoint, "delivery": delivery, "account": account}
    found |= {
        "channel": channel,
        "statement": statement,
        "credit": credit,
        "alert": alert,
        "notice": notice,
        "template": template,
        "person": vikram.user,
    }
    return {name: thing.pk for name, thing in found.items()}


def test_every_deed_of_every_page_is_in_the_table():
    deeds = set()
    for model, page in admin.site._registry.items():
        prefix = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
        deeds |= {f"{prefix}/<>/{verb.name}/" for verb in page.verbs}
        if page.creations:
            deeds.add(f"{prefix}/add/")
        if len(page.creations) > 1:
            deeds |= {f"{prefix}/{verb.name}/" for verb in page.creations}

    assert deeds == {re.sub(r"\{.*\}", "<>", path) for path in DEEDS}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", DEEDS)
def test_a_deed_is_for_its_roles_alone_and_opening_its_page_does_nothing(things, role, path):
    client, path = signed_in("somebody", role), path.format(**things)
    events = PaymentEvent.objects.count()

    opened = client.get(path)

    assert opened.status_code == (200 if role in DEEDS[_pattern(path)] else 403)
    if role not in DEEDS[_pattern(path)]:
        refused = client.post(path, {"reason": "because"})
        assert refused.status_code == 403
        assert "Nothing was changed." in says(refused)
    assert not StaffAction.objects.exists()
    assert PaymentEvent.objects.count() == events


def _pattern(path: str) -> str:
    model, deed = path.split("/")[3], path.rstrip("/").split("/")[-1]
    return next(known for known in DEEDS if known.split("/")[3] == model and known.rstrip("/").endswith(f"/{deed}"))


@pytest.mark.parametrize("path", DEEDS)
def test_strangers_are_asked_to_sign_in(db, path):
    for answer in (Client().get(path), Client().post(path)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/?next=")


def test_a_deed_without_the_forms_token_is_refused(session):
    omar = signed_in("omar", "Operator")
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(omar.user)

    path = f"/admin/payments/paymentsession/{session.pk}/cancel/"
    assert careful.post(path, {"reason": "Ordered twice"}).status_code == 403
    session.refresh_from_db()
    assert session.status == "pending"


def test_a_viewer_sees_every_page_but_the_staffs_doings(vikram, things):
    for _, labels in NAVIGATION:
        for label in labels:
            app, model = label.lower().split(".")
            expected = 403 if model in {"staffaction", "user"} else 200
            assert vikram.get(f"/admin/{app}/{model}/").status_code == expected


@pytest.mark.parametrize("deed", ["delete", "history"])
def test_nothing_can_be_deleted_not_even_by_an_admin(meera, things, deed):
    pages = {"payments/paymentsession": "session", "apikeys/apikey": "key", "webhooks/delivery": "delivery"}
    for page, thing in pages.items():
        answer = meera.post(f"/admin/{page}/{things[thing]}/{deed}/", {"post": "yes"})
        assert answer.status_code == (403 if deed == "delete" else 302)


def test_a_posted_form_changes_no_row(meera, session):
    before = vars(type(session).objects.get(pk=session.pk)).copy()

    meera.post(f"/admin/payments/paymentsession/{session.pk}/change/", {"status": "success", "payable_paise": "1"})

    after = vars(type(session).objects.get(pk=session.pk))
    assert {k: v for k, v in after.items() if k != "_state"} == {k: v for k, v in before.items() if k != "_state"}


def test_the_groups_follow_the_table_again_after_somebody_changed_them(db):
    Group.objects.get(name="Viewer").permissions.set(Group.objects.get(name="Admin").permissions.all())
    Group.objects.get(name="Operator").delete()

    sync_roles()

    for name, wanted in ROLES.items():
        held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in held} == set(wanted)


def test_passwords_cannot_be_tried_without_end(meera):
    def sign_in(address):
        tried = {"username": "meera", "password": "wrong"}
        return Client().post("/admin/login/", tried, REMOTE_ADDR=address)

    answers = [sign_in(f"2001:db8::{number}") for number in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert "Try again in" in answers[-1].content.decode()
    assert sign_in("203.0.113.7").status_code == 200
