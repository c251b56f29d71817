"""A statement is looked at, started, and worked through: what pays, what waits for staff, what is other money."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from payments.models import Notice, PaymentSession, UpiAccount
from reconciliation.models import AlertChannel, Credit, StatementFile, StatementImport, StatementRow
from reconciliation.services import received, statement_files, statements
from reconciliation.services.channels import add_channel
from reconciliation.services.claims import claim_utr
from tests.reconciliation.conftest import RRN, seconds

HEADER = "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"


@pytest.fixture
def channel(db, account) -> AlertChannel:
    return add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")


def line(paise: int, *, rrn: str = RRN, day: str = "01/09/26", out: bool = False, words: str = "UPI-A KUMAR") -> str:
    amount = f"{paise // 100}.{paise % 100:02d}"
    reference = rrn.zfill(16) if rrn else ""
    return f"{day},{words}-{rrn}-ORDER,{reference},{day},{amount if out else ''},{'' if out else amount},\n"


def hdfc_text(paise: int) -> str:
    amount = f"{paise // 100}.{paise % 100:02d}"
    return f"Credit Alert! Rs.{amount} credited to HDFC Bank A/c XX1234 on 01-09-26 from VPA payer@ybl (UPI {RRN})"


def load(channel: AlertChannel, *lines: str, actor: str = "meera") -> StatementImport:
    return read((HEADER + "".join(lines)).encode(), channel, actor=actor)


def read(data: bytes, channel: AlertChannel, *, actor: str = "meera") -> StatementImport:
    job = statement_files.load_statement(channel=channel, file_name="statement.csv", data=data, actor=actor)
    statement_files.read_next()
    job.refresh_from_db()
    return job


def work(job: StatementImport) -> StatementImport:
    statements.start_import(import_id=job.pk, actor="meera")
    while statements.continue_import():
        pass
    job.refresh_from_db()
    return job


def outcomes(job: StatementImport) -> list[str]:
    return list(job.rows.values_list("outcome", flat=True))


def state_of(session: PaymentSession) -> tuple[str, str]:
    session.refresh_from_db()
    return session.status, session.utr


def test_a_look_writes_nothing_but_the_rows(channel, open_session):
    session = open_session()
    claim_utr(session_id=session.pk, text=RRN, client=None)

    job = load(channel, line(session.payable_paise), line(5_000_00, rrn="624499999999"), line(100, rrn="", out=True))

    assert (job.state, job.row_count, job.repeat_count) == ("preview", 3, 0)
    assert job.expected == {"claimed": 1, "other": 1, "out": 1}
    assert outcomes(job) == ["", "", ""]
    assert not Credit.objects.exists()
    assert state_of(session) == ("pending", "")
    assert not statements.continue_import()


def test_it_pays_the_payment_whose_customer_named_the_utr(channel, open_session):
    session = open_session()
    claim_utr(session_id=session.pk, text=RRN, client=None)

    job = work(load(channel, line(session.payable_paise)))

    assert state_of(session) == ("success", RRN)
    assert (job.state, outcomes(job)) == ("done", ["paid"])
    assert (Credit.objects.get().source, Credit.objects.get().statement_rows.get().statement) == ("statement", job)


def test_the_amount_alone_never_pays(channel, open_session):
    session = open_session()

    job = work(load(channel, line(session.payable_paise)))

    assert state_of(session) == ("pending", "")
    assert outcomes(job) == ["review"]
    assert (Credit.objects.get().state, Credit.objects.get().reason) == ("review", "uncertain_time")


def test_nor_does_it_where_the_statement_prints_a_time(channel, open_session, clock):
    session = open_session()
    clock.shift(120)
    text = (
        "Txn Date;Description;CR/DR;Amount (INR);Balance (INR)\n"
        f"01/09/2026 12:01;UPI/{RRN}/A KUMAR;Cr.;{session.payable_paise / 100:.2f};1.00\n"
    )

    assert outcomes(work(read(text.encode(), channel))) == ["review"]
    assert state_of(session) == ("pending", "")


def test_what_an_alert_told_is_known(channel, open_session, sms, clock):
    session = open_session()
    clock.shift(30)
    sms(hdfc_text(session.payable_paise), sender="AD-HDFCBK-S", sent_at=seconds(30))

    job = work(load(channel, line(session.payable_paise)))

    assert outcomes(job) == ["known"]
    assert job.rows.get().credit == Credit.objects.get()
    assert state_of(session) == ("success", RRN)


@pytest.mark.parametrize(("number", "outcome"), [("50100012341234", "known"), ("50100012349876", "review")])
def test_what_an_alert_told_of_another_account_is_not_known(
    channel, account, open_session, sms, clock, number, outcome
):
    account.bank, account.account_tail = "hdfc", "1234"
    account.save()
    UpiAccount.objects.create(upi_id="b@okhdfc", payee_name="B", bank="hdfc", account_tail="9876")
    session = open_session()
    clock.shift(30)
    sms(hdfc_text(session.payable_paise), sender="AD-HDFCBK-S", sent_at=seconds(30))

    job = work(read(f"Account No : {number},\n{HEADER}{line(session.payable_paise)}".encode(), channel))

    assert outcomes(job) == [outcome]
    assert state_of(session) == ("success", RRN)


def test_an_alert_after_the_statement_pays_and_stays_one_credit(channel, open_session, sms, clock):
    session = open_session()
    clock.shift(30)
    work(load(channel, line(session.payable_paise)))

    sms(hdfc_text(session.payable_paise), sender="AD-HDFCBK-S", sent_at=seconds(30))

    assert state_of(session) == ("success", RRN)
    assert (Credit.objects.count(), Credit.objects.get().state) == (1, "matched")


def test_a_known_utr_with_another_amount_is_a_conflict(channel, open_session, sms, clock):
    session = open_session()
    clock.shift(30)
    sms(hdfc_text(session.payable_paise), sender="AD-HDFCBK-S", sent_at=seconds(30))

    job = work(load(channel, line(session.payable_paise + 1)))

    assert outcomes(job) == ["review"]
    assert set(Credit.objects.values_list("reason", flat=True)) == {"", "rrn_conflict"}


def test_other_money_makes_no_credit(channel, open_session):
    open_session()

    job = work(load(channel, line(7_777_77, rrn="624400000001"), line(5_00, rrn="", words="INTEREST")))

    assert outcomes(job) == ["other", "other"]
    assert not Credit.objects.exists()


def test_an_amount_without_a_utr_waits_for_staff_unless_an_alert_told_of_it(channel, open_session):
    told, untold = open_session(), open_session()
    received.record_credit(amount_paise=told.payable_paise, rrn=RRN, credited_at=seconds(5))

    job = work(load(channel, line(told.payable_paise, rrn=""), line(untold.payable_paise, rrn="")))

    assert outcomes(job) == ["other", "review"]
    assert state_of(untold) == ("pending", "")


def test_what_came_back_pays_nothing_and_what_was_taken_back_is_told(channel, open_session):
    session = open_session()
    received.record_credit(amount_paise=session.payable_paise, rrn=RRN, credited_at=seconds(5))

    job = work(
        load(
            channel,
            line(session.payable_paise),
            line(session.payable_paise, out=True, day="02/09/26"),
            line(50_00, rrn="624400000009", words="REV-UPI"),
        )
    )

    assert outcomes(job) == ["taken_back", "out", "taken_back"]
    assert state_of(session) == ("success", RRN)
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject_key) == ("reversal", RRN)
    assert session.session_id in notice.subject


def test_the_same_file_is_refused_and_a_discarded_one_may_come_again(channel, open_session):
    job = load(channel, line(99_01))

    with pytest.raises(ValidationError) as refusal:
        load(channel, line(99_01))

    assert refusal.value.message_dict == {"file": ["This very file was loaded already, on 1 September 2026."]}
    assert statement_files.discard_import(import_id=job.pk)
    assert not StatementRow.objects.exists()
    assert load(channel, line(99_01)).state == "preview"


def test_rows_of_overlapping_files_count_once(channel, open_session):
    work(load(channel, line(99_01), line(55_00, rrn="624400000002")))

    job = load(channel, line(55_00, rrn="624400000002"), line(66_00, rrn="624400000003"), line(66_00, rrn=""))

    assert (job.row_count, job.repeat_count, job.rows.count()) == (3, 1, 2)


def test_of_overlapping_files_under_way_together_one_takes_the_row(channel, open_session):
    session = open_session()
    claim_utr(session_id=session.pk, text=RRN, client=None)
    rent = line(5_000_00, rrn="624499999999", words="RENT")
    jobs = [load(channel, line(session.payable_paise)), load(channel, line(session.payable_paise), rent)]
    for job in jobs:
        statements.start_import(import_id=job.pk, actor="meera")

    while statements.continue_import():
        pass

    assert [outcomes(job) for job in jobs] == [["paid"], ["known", "other"]]
    assert state_of(session) == ("success", RRN)


def test_imports_are_worked_through_one_after_the_other(channel, open_session):
    first, second = load(channel, line(55_00)), load(channel, line(66_00))
    for job in (first, second):
        statements.start_import(import_id=job.pk, actor="meera")
    StatementImport.objects.filter(pk=first.pk).update(busy_until=timezone.now() + statements.BUSY_FOR)

    assert not statements.continue_import()
    assert outcomes(second) == [""]


def test_two_equal_rows_of_one_file_are_two(channel, open_session):
    assert load(channel, line(66_00, rrn=""), line(66_00, rrn="")).rows.count() == 2


def test_a_statement_of_another_account_is_refused(channel, account):
    account.bank, account.account_tail = "icici", "1234"
    account.save()

    job = load(channel, line(99_01))

    assert (job.state, job.problem) == (
        "failed",
        "This is the statement of another account (HDFC) than this channel's.",
    )
    assert not StatementFile.objects.exists()
    assert not statements.start_import(import_id=job.pk, actor="meera")


def test_a_killed_worker_leaves_it_where_it_was(channel, open_session, monkeypatch, clock):
    sessions = [open_session(paise) for paise in (100_00, 200_00, 300_00)]
    rows = [line(session.payable_paise, rrn=f"62440000000{n}") for n, session in enumerate(sessions)]
    job = load(channel, *rows)
    statements.start_import(import_id=job.pk, actor="meera")
    take, taken = statements._take, []

    def dies(job, row_id, account_ids):
        if len(taken) == 2:
            raise KeyboardInterrupt
        take(job, row_id, account_ids)
        taken.append(row_id)

    monkeypatch.setattr(statements, "_take", dies)
    with pytest.raises(KeyboardInterrupt):
        statements.continue_import()
    monkeypatch.setattr(statements, "_take", take)

    assert not statements.continue_import(), "the dead one's time is not over"
    clock.shift(61)
    while statements.continue_import():
        pass

    job.refresh_from_db()
    assert (job.state, outcomes(job)) == ("done", ["review"] * 3)
    assert Credit.objects.count() == 3


def test_it_is_worked_through_in_batches_that_say_how_far_they_are(channel, open_session, monkeypatch):
    monkeypatch.setattr(statements, "BATCH", 2)
    job = load(channel, *(line(n * 100, rrn=f"6244000000{n:02d}") for n in range(10, 15)))
    statements.start_import(import_id=job.pk, actor="meera")
    seen = []
    while statements.continue_import():
        job.refresh_from_db()
        seen.append((job.reached, job.state))

    assert seen == [(2, "running"), (4, "running"), (5, "done")]


def test_it_is_started_once_and_not_discarded_afterwards(channel, open_session):
    job = load(channel, line(99_01))

    assert statements.start_import(import_id=job.pk, actor="meera")
    assert not statements.start_import(import_id=job.pk, actor="ravi")
    assert not statement_files.discard_import(import_id=job.pk)
    job.refresh_from_db()
    assert job.started_by == "meera"


def test_it_is_read_in_the_background_and_the_file_is_forgotten(channel, open_session):
    data = (HEADER + line(99_01)).encode()
    job = statement_files.load_statement(channel=channel, file_name="statement.csv", data=data, actor="meera")

    assert (job.state, bytes(job.file.data), job.rows.count()) == ("reading", data, 0)
    assert not statements.start_import(import_id=job.pk, actor="meera")
    assert statement_files.read_next()
    assert not statement_files.read_next()

    job.refresh_from_db()
    assert (job.state, job.row_count, job.reached, job.rows.count()) == ("preview", 1, 0, 1)
    assert not StatementFile.objects.exists()


@pytest.mark.parametrize(
    ("data", "problem"),
    [(b"%PDF-1.7 hello", "This is a PDF"), (b"a,b\n1,2\n", "No heading was found"), (b" \n", "The file is empty.")],
)
def test_why_a_file_cannot_be_used_is_said_in_words_and_it_may_come_again(channel, data, problem):
    job = read(data, channel)

    assert (job.state, job.rows.count()) == ("failed", 0)
    assert job.problem.startswith(problem)
    assert not StatementFile.objects.exists()
    assert read(data, channel).state == "failed"


def test_what_nobody_foresaw_in_a_file_is_said_as_well(channel, monkeypatch):
    def fails(data):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(statement_files, "read_statement", fails)
    job = load(channel, line(99_01))

    assert job.state == "failed"
    assert job.problem.startswith("It is damaged, or of a kind that PayGate does not know.")


def test_a_file_that_is_too_large_is_refused_at_once(channel, monkeypatch):
    monkeypatch.setattr(statement_files, "MAX_FILE", 1024 * 1024)

    with pytest.raises(ValidationError, match="larger than 1 MB"):
        read(b"x" * (1024 * 1024 + 1), channel)


def test_a_worker_killed_while_reading_leaves_it_to_be_taken_up(channel, open_session, monkeypatch, clock):
    monkeypatch.setattr(statement_files, "BATCH", 2)
    keep, kept = statement_files._keep, []

    def dies(job, rows):
        if kept:
            raise KeyboardInterrupt
        kept.append(rows)
        return keep(job, rows)

    monkeypatch.setattr(statement_files, "_keep", dies)
    with pytest.raises(KeyboardInterrupt):
        load(channel, *(line(n * 100, rrn="") for n in (5, 5, 5, 6, 7)))
    monkeypatch.setattr(statement_files, "_keep", keep)
    job = StatementImport.objects.get()
    assert (job.state, job.reached, job.row_count, job.rows.count()) == ("reading", 2, 5, 2)

    assert not statement_files.read_next(), "the dead one's time is not over"
    clock.shift(61)
    assert statement_files.read_next()

    job.refresh_from_db()
    assert (job.state, job.expected) == ("preview", {"other": 5})
    assert len(set(job.rows.values_list("key", flat=True))) == 5
    assert list(job.rows.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_a_file_that_kills_whoever_reads_it_is_given_up(channel, open_session, monkeypatch, clock):
    read = statement_files.read_statement

    def dies(data):
        raise KeyboardInterrupt

    monkeypatch.setattr(statement_files, "read_statement", dies)
    with pytest.raises(KeyboardInterrupt):
        load(channel, line(5_00))
    for _ in range(2):
        clock.shift(61)
        with pytest.raises(KeyboardInterrupt):
            statement_files.read_next()
    clock.shift(61)
    monkeypatch.setattr(statement_files, "read_statement", read)
    assert statement_files.read_next()

    job = StatementImport.objects.get()
    assert (job.state, job.problem) == ("failed", "Reading it was broken off 3 times. Load fewer days at once.")
    assert not StatementFile.objects.exists()
    assert load(channel, line(5_00)).state == "preview", "the same file may be tried again"


def test_a_file_discarded_while_it_is_read_leaves_nothing(channel, open_session, monkeypatch):
    monkeypatch.setattr(statement_files, "BATCH", 2)
    keep = statement_files._keep

    def discarded_meanwhile(job, rows):
        done = keep(job, rows)
        statement_files.discard_import(import_id=job.pk)
        return done

    monkeypatch.setattr(statement_files, "_keep", discarded_meanwhile)
    job = load(channel, *(line(n * 100, rrn="") for n in (5, 6, 7)))

    assert job.state == "discarded"
    assert not StatementRow.objects.exists()
    assert not StatementFile.objects.exists()


@pytest.mark.parametrize("day", ["30/12/9999", "31/12/9999"])
def test_a_row_of_a_far_day_makes_the_file_unusable_and_not_the_reader(channel, day):
    job = load(channel, line(99_01), line(99_01, rrn="", day=day))

    assert job.state == "failed"
    assert job.problem.startswith(f"Row 3 of the file is dated {day[:2]} December 9999, which cannot be.")
