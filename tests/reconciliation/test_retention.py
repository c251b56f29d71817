"""The texts of alerts are kept for some days; what they told of stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reconciliation.models import Credit, Evidence
from reconciliation.services import retention
from reconciliation.tasks import prune
from tests.reconciliation.conftest import sbi_text

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


def test_the_task_goes_on_until_all_are_done(told, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    told.pk, told.digest = None, "another"
    told.save(force_insert=True)
    age(91)
    prune()
    assert not Evidence.objects.exclude(text="").exists()
