"""From a bank's SMS on a phone to the event that the merchant is told of."""

import json

from payments.models import PaymentEvent
from reconciliation.models import Credit, Evidence
from tests.reconciliation.conftest import RRN, sbi_text, seconds


def test_a_forwarded_sms_makes_the_payment_a_success(open_session, sms, rung, clock):
    session = open_session(merchant_ref="ORDER-123")
    clock.shift(40)

    answer = sms(sbi_text(session.payable_paise), sent_at=seconds(30))

    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert rung == ["reconciliation.tasks.process_new"]
    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "", RRN)
    assert session.paid_at == seconds(30)
    event = PaymentEvent.objects.get()
    assert event.type == "payment.success"
    assert json.loads(event.body)["utr"] == RRN


def test_the_credit_tells_where_it_came_from(open_session, sms, phone, clock):
    session = open_session()
    clock.shift(40)
    sms(sbi_text(session.payable_paise), sent_at=seconds(30))

    credit = Credit.objects.get()
    assert (credit.state, credit.session, credit.upi_account) == ("matched", session, session.upi_account)
    assert (credit.amount_paise, credit.rrn, credit.payer) == (session.payable_paise, RRN, "A KUMAR")
    assert (credit.bank, credit.account_tail, credit.precision) == ("sbi", "1234", "centre")
    assert credit.explanation == f"It paid {session.session_id}."
    evidence = Evidence.objects.get()
    assert (evidence.credit, evidence.state, evidence.channel) == (credit, "credit", phone)
    phone.refresh_from_db()
    assert (phone.alert_count, phone.refused_count) == (1, 0)
    assert phone.last_seen_at is not None


def test_another_amount_pays_nothing(open_session, sms, clock):
    session = open_session()
    clock.shift(40)

    sms(sbi_text(session.payable_paise + 1), sent_at=seconds(30))

    session.refresh_from_db()
    assert session.status == "pending"
    assert not PaymentEvent.objects.exists()
    credit = Credit.objects.get()
    assert (credit.state, credit.reason, credit.session) == ("review", "no_session", None)
    assert session.session_id in credit.explanation
