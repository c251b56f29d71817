"""Many payments at once, lived through in any order: what must hold after every step, whatever happened."""

import random
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apikeys.services import issue_key
from payments import amounts, services
from payments.exceptions import CannotMark, NoPayableAmount, NotCancellable
from payments.models import PaymentEvent, PaymentSession, UpiAccount
from reconciliation.forwarders import Alert
from reconciliation.models import Credit, Evidence, UtrClaim
from reconciliation.services import alerts, channels, received
from reconciliation.services.claims import PaidAlready, TooManyClaims, claim_utr

# What may follow what. Leaving `cancelled` takes a staff member.
MOVES = {("pending", "success"), ("pending", "expired"), ("pending", "cancelled"), ("expired", "success")}
STAFF_MOVES = {("cancelled", "success")}


class ProcessDied(BaseException):
    """The process is gone in the middle of a step; only what was committed stays."""


class LifeOfPayments(RuleBasedStateMachine):
    sessions = Bundle("sessions")
    money = Bundle("money")

    def __init__(self):
        super().__init__()
        # Everything of one run is rolled back at its end.
        self.run = transaction.atomic()
        self.run.__enter__()
        self.clock = time_machine.travel(datetime(2026, 4, 14, 4, 0, tzinfo=UTC), tick=False)
        self.time = self.clock.start()
        amounts.forget_accounts()
        self.dice = patch("payments.amounts.DICE", random.Random(0))
        self.dice.start()
        UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA", bank="sbi", account_tail="1234")
        self.key, _ = issue_key(label="Asha Traders")
        self.channel, _ = channels.add_phone(label="Phone", senders=["SBIUPI"])
        self.next_rrn = 100000000000
        self.seen: dict[int, PaymentSession] = {}
        # UTRs that two payments claimed before any was paid with them.
        self.disputed: set[str] = set()

    def teardown(self):
        self.dice.stop()
        self.clock.stop()
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    # What merchants and customers do

    @rule(target=sessions, rupees=st.sampled_from(["100", "99.99", "99.98"]), minutes=st.sampled_from([1, 10, 60]))
    def create(self, rupees, minutes):
        paise = round(float(rupees) * 100)
        try:
            created = services.create_session(
                api_key=self.key, requested_paise=paise, details=services.SessionDetails(), expires_in=minutes * 60
            )
        except NoPayableAmount:
            return None
        return created.session.pk

    @rule(session=sessions)
    def cancel(self, session):
        if session:
            with self.may_refuse(NotCancellable):
                services.cancel_session(session_id=session, actor="asha")

    @rule(target=money, session=sessions)
    def pay(self, session):
        return self.credit(session) if session else None

    @rule(target=money, session=sessions, seconds_ago=st.sampled_from([5, 700, 4000]))
    def be_told_late_of_a_payment(self, session, seconds_ago):
        return self.credit(session, seconds_ago=seconds_ago) if session else None

    @rule(target=money, session=sessions, off=st.sampled_from([1, -1]))
    def pay_a_wrong_amount(self, session, off):
        return self.credit(session, off=off) if session else None

    @rule(session=sessions, credit=money)
    def claim_known_money(self, session, credit):
        if session and credit:
            self.claim(session, Credit.objects.get(pk=credit).rrn)

    @rule(session=sessions)
    def claim_the_next_money(self, session):
        if session:
            self.claim(session, str(self.next_rrn + 1))

    @rule(target=money, session=sessions)
    def claim_and_pay_when_all_is_over(self, session):
        if not session:
            return None
        self.wait_until(PaymentSession.objects.get(pk=session).hold_until)
        services.expire_due_sessions()
        services.release_amounts()
        self.claim(session, str(self.next_rrn + 1))
        return self.credit(session)

    @rule(target=money, first=sessions, second=sessions)
    def two_claim_the_next_money(self, first, second):
        if not first or not second:
            return None
        for session in (first, second):
            self.claim(session, str(self.next_rrn + 1))
        return self.credit(first)

    @rule(credit=money)
    def the_bank_tells_it_again(self, credit):
        if credit:
            known = Credit.objects.get(pk=credit)
            taken = received.record_credit(
                amount_paise=known.amount_paise, rrn=known.rrn, credited_at=known.credited_at
            )
            assert (taken.known, taken.credit.pk) == (True, credit)

    @rule(credit=money)
    def the_same_reference_comes_with_another_amount(self, credit):
        if credit:
            known = Credit.objects.get(pk=credit)
            taken = received.record_credit(amount_paise=known.amount_paise + 1, rrn=known.rrn)
            assert taken.credit.state == "review"

    @rule(session=sessions)
    def a_phone_forwards_the_alert(self, session):
        """Stored, and not yet processed: the process may die here."""
        if session:
            paid = PaymentSession.objects.get(pk=session)
            today = timezone.localtime(timezone.now(), timezone.get_fixed_timezone(330)).strftime("%d%b%y")
            text = (
                f"Dear SBI User, your A/c X1234-credited by Rs.{paid.payable_paise / 100:.2f} on {today} "
                f"transfer from A KUMAR Ref No {self.new_rrn()} -SBI"
            )
            alert = Alert(sender="VM-SBIUPI-S", text=text, sent_at=timezone.now())
            alerts.record_evidence(channel=self.channel, alert=alert)

    # What workers and staff do

    @rule()
    def sweep_alerts(self):
        alerts.process_waiting()
        assert not Evidence.objects.filter(processed_at=None).exists()

    @rule()
    def expire(self):
        services.expire_due_sessions()

    @rule()
    def release(self):
        services.release_amounts()

    @rule(session=sessions, credit=money)
    def staff_marks_it(self, session, credit):
        if session:
            utr = Credit.objects.get(pk=credit).rrn if credit else self.new_rrn()
            with self.may_refuse(CannotMark):
                received.mark_paid(session_id=session, utr=utr, reason="Seen", actor="meera")

    # What befalls them

    @rule(seconds=st.sampled_from([1, 30, 3700, 90_000]))
    def time_passes(self, seconds):
        self.time.shift(timedelta(seconds=seconds))

    @rule(session=sessions)
    def its_time_ends(self, session):
        if session:
            self.wait_until(PaymentSession.objects.get(pk=session).expires_at)

    @rule(session=sessions)
    def its_hold_ends(self, session):
        if session:
            self.wait_until(PaymentSession.objects.get(pk=session).hold_until)

    @rule(session=sessions)
    def die_while_confirming(self, session):
        if session:
            before = self.everything()
            with patch("payments.snapshot.event_body", side_effect=ProcessDied), self.dying():
                self.credit(session)
                # Nothing was to be announced, so nothing died; undo the credit all the same.
                raise ProcessDied
            assert self.everything() == before

    @rule()
    def die_while_expiring(self):
        before = self.everything()
        with patch("payments.models.PaymentEvent.objects.bulk_create", side_effect=ProcessDied), self.dying():
            services.expire_due_sessions()
        assert (
            self.everything() == before
            or not PaymentSession.objects.filter(status="pending", expires_at__lte=timezone.now()).exists()
        )

    # What must hold

    @invariant()
    def states_move_as_they_may(self):
        for session in PaymentSession.objects.all():
            before = self.seen.get(session.pk)
            if before is not None and before.status != session.status:
                allowed = MOVES | STAFF_MOVES if session.exception == "marked" else MOVES
                assert (before.status, session.status) in allowed
            if before is not None and before.status == "success":
                assert (session.status, session.paid_at, session.exception) == (
                    "success",
                    before.paid_at,
                    before.exception,
                )
                assert session.utr == before.utr or before.utr == ""
            self.seen[session.pk] = session

    @invariant()
    def each_change_has_exactly_one_event(self):
        for session in PaymentSession.objects.prefetch_related("events"):
            events = sorted(session.events.all(), key=lambda event: event.sequence)
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            changes = [event.type.removeprefix("payment.") for event in events if event.type != "payment.late"]
            assert len(changes) == len(set(changes))
            assert session.status == (changes[-1] if changes else "pending")

    @invariant()
    def no_amount_is_held_twice(self):
        held = PaymentSession.objects.filter(holds_amount=True).values_list("amount_space", "payable_paise")
        assert all(count == 1 for count in Counter(held).values())

    @invariant()
    def a_pending_payment_holds_its_amount(self):
        assert not PaymentSession.objects.filter(status="pending", holds_amount=False).exists()

    @invariant()
    def every_success_has_its_money_or_a_staff_member(self):
        matched = {credit.session_id: credit for credit in Credit.objects.filter(state="matched")}
        assert len(matched) == Credit.objects.filter(state="matched").count()
        for session in PaymentSession.objects.filter(status="success", exception__in=("", "paid_late")):
            credit = matched[session.pk]
            assert credit.amount_paise == session.payable_paise
            assert session.created_at - timedelta(seconds=2) <= credit.credited_at
            claimed = UtrClaim.objects.filter(session=session, utr=credit.rrn).exists()
            assert credit.credited_at <= session.hold_until or claimed
            assert (credit.credited_at > session.expires_at) == (session.exception == "paid_late")

    @invariant()
    def what_two_claim_pays_nobody_by_itself(self):
        confirmed = PaymentSession.objects.filter(status="success", utr__in=self.disputed)
        assert not confirmed.exclude(exception="marked").exists()

    @invariant()
    def claims_hold_few_amounts_once_and_for_a_day(self):
        holding = UtrClaim.objects.filter(holds_amount=True).select_related("session")
        assert len({claim.session_id for claim in holding}) == len(holding)
        # One of three amounts of each of the three prices.
        assert sum(claim.session.holds_amount for claim in holding) <= 3
        for session in PaymentSession.objects.all():
            longer = [claim for claim in holding if claim.session_id == session.pk]
            usual = session.expires_at + timedelta(minutes=30)
            assert session.hold_until == (longer[0].created_at + timedelta(days=1) if longer else usual)

    @invariant()
    def revenue_is_the_sum_of_what_was_paid(self):
        paid = PaymentEvent.objects.filter(type="payment.success").select_related("session")
        revenue = sum(PaymentSession.objects.filter(status="success").values_list("payable_paise", flat=True))
        assert revenue == sum(event.session.payable_paise for event in paid)

    # How it is done

    def new_rrn(self):
        self.next_rrn += 1
        return str(self.next_rrn)

    def wait_until(self, moment):
        if moment >= timezone.now():
            self.time.move_to(moment + timedelta(seconds=1))

    def claim(self, session, utr):
        with self.may_refuse((PaidAlready, TooManyClaims)):
            claim_utr(session_id=session, text=utr, client=None)
        claimants = UtrClaim.objects.filter(utr=utr).values("session").distinct().count()
        if claimants > 1 and not PaymentSession.objects.filter(utr=utr).exists():
            self.disputed.add(utr)

    def credit(self, session, *, seconds_ago=0, off=0):
        paid = PaymentSession.objects.get(pk=session)
        moment = timezone.now() - timedelta(seconds=seconds_ago)
        taken = received.record_credit(amount_paise=paid.payable_paise + off, rrn=self.new_rrn(), credited_at=moment)
        return taken.credit.pk

    @contextmanager
    def may_refuse(self, error):
        before = self.everything()
        try:
            yield
        except error:
            assert self.everything() == before

    @contextmanager
    def dying(self):
        try:
            with transaction.atomic():
                yield
        except ProcessDied:
            pass

    def everything(self):
        return [
            sorted(PaymentSession.objects.values_list("pk", "status", "utr", "exception", "holds_amount")),
            sorted(PaymentEvent.objects.values_list("session", "sequence", "type")),
            sorted(Credit.objects.values_list("pk", "state", "session", "rrn"), key=str),
            sorted(UtrClaim.objects.values_list("session", "utr", "holds_amount")),
        ]


@pytest.mark.django_db
def test_whatever_happens(monkeypatch, settings_of_ci):
    # Few amounts, so that they are used again and again.
    monkeypatch.setattr("django.conf.settings.AMOUNT_WINDOW_PAISE", 3)
    run_state_machine_as_test(LifeOfPayments, settings=settings_of_ci)


@pytest.fixture
def settings_of_ci():
    return settings(max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
