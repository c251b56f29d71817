"""What has a UTR is found by an index, on SQLite too, whose partial indexes want to be asked in certain words."""

import pytest
from django.db import connection

from payments.models import PaymentSession
from reconciliation.models import Credit
from tests.reconciliation.conftest import RRN


@pytest.mark.parametrize("model", [PaymentSession, Credit])
def test_a_utr_is_found_without_reading_the_whole_table(db, model):
    if connection.vendor == "postgresql":
        # Of a table without rows it would read the whole.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = model.objects.of_utr(RRN, test=False).order_by().explain().lower()

    assert "once_per_mode" in plan
    assert "scan " + model._meta.db_table not in plan


@pytest.mark.parametrize("model", [PaymentSession, Credit])
def test_without_a_utr_nothing_is_found(db, open_session, model):
    open_session()

    assert not model.objects.of_utr("", test=False).exists()
