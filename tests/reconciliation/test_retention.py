"""The texts of alerts, and from where a UTR was typed, are kept for some days; what they told of stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reconciliation.models import Credit, Evidence, UtrClaim
from reconciliation.services import retention
from reconciliation.services.claims import claim_utr
from reconciliation.tasks import prune
from tests.reconciliation.conftest import RRN, sbi_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(sms, open_session) -> Evidence:
    """An alert that paid a payment."""
    sms(sbi_text(open_session().payable_paise))
    return Evidence.objects.get()


def age(days: float) -> None:
    Evidence.objects.update(received_at=timezone.now() - timedelta(days=days))


def test_an_old_text_goes_and_its_credit_stays(told):
    credit = Credit.objects.get()
    age(89.9)
    assert retention.prune_texts() == 0
    age(90.1)
    assert retention.prune_texts() == 1
    evidence = Evidence.objects.get()
    assert (evidence.text, evidence.credit, evidence.digest) == ("", credit, told.digest)


def test_the_days_are_a_setting(told, settings):
    settings.EVIDENCE_TEXT_DAYS = 7
    age(8)
    assert retention.prune_texts() == 1


def test_what_was_not_read_yet_is_kept(told):
    Evidence.objects.update(processed_at=None)
    age(365)
    assert retention.prune_texts() == 0


@pytest.fixture
def claimed(open_session) -> UtrClaim:
    return claim_utr(session_id=open_session().pk, text=RRN, client="203.0.113.7")


def test_an_old_claims_network_goes_and_the_claim_stays(claimed):
    UtrClaim.objects.update(created_at=timezone.now() - timedelta(days=89.9))
    assert retention.prune_networks() == 0
    UtrClaim.objects.update(created_at=timezone.now() - timedelta(days=90.1))
    assert retention.prune_networks() == 1
    claim = UtrClaim.objects.get()
    assert (claim.client_network, claim.utr, claim.session) == (None, RRN, claimed.session)
    assert retention.prune_networks() == 0


def test_the_task_forgets_every_old_network(claimed, open_session, settings, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    settings.EVIDENCE_TEXT_DAYS = 7
    claim_utr(session_id=open_session().pk, text=RRN, client="203.0.113.8")
    UtrClaim.objects.update(created_at=timezone.now() - timedelta(days=8))
    claim_utr(session_id=open_session().pk, text=RRN, client="203.0.113.9")
    prune()
    assert list(UtrClaim.objects.order_by("pk").values_list("client_network", flat=True)) == [None, None, "203.0.113.9"]


def test_the_task_goes_on_until_all_are_done(told, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    told.pk, told.digest = None, "another"
    told.save(force_insert=True)
    age(91)
    prune()
    assert not Evidence.objects.exclude(text="").exists()
