import pytest
from django.db import transaction

from payments import bell
from payments.services import expire_due_sessions
from webhooks import services
from webhooks.tasks import dispatch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung(monkeypatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task: rung.append(task.name))
    return rung


def test_a_recorded_event_rings_for_dispatch_after_its_commit(asha, open_session, pay, rung):
    with transaction.atomic():
        pay(asha)
        assert dispatch.name not in rung
    assert dispatch.name in rung


def test_nothing_rings_when_nothing_happened(asha, open_session, rung):
    open_session(asha)
    expire_due_sessions()
    assert dispatch.name not in rung


@pytest.mark.parametrize(
    "ask",
    [
        lambda endpoint: services.send_test(endpoint_id=endpoint.pk, actor="meera"),
        lambda endpoint: services.resume_endpoint(endpoint_id=endpoint.pk),
        lambda endpoint: services.enable_endpoint(endpoint_id=endpoint.pk),
        lambda endpoint: services.change_endpoint(endpoint_id=endpoint.pk, url=f"{endpoint.url}/2"),
    ],
    ids=["test", "resume", "enable", "change url"],
)
def test_what_staff_ask_for_rings_too(endpoint, rung, ask):
    ask(endpoint)
    assert dispatch.name in rung


def test_the_task_delivers(asha, endpoint, receiver, pay):
    pay(asha)
    dispatch()
    assert len(receiver.requests) == 1
