"""The pages of statements and of the day close."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from payments.models import PaymentSession, UpiAccount
from payments.services import SessionDetails, create_session
from reconciliation.models import AlertChannel, Credit, StatementImport
from reconciliation.services import received
from reconciliation.services.channels import add_channel
from reconciliation.services.claims import claim_utr
from reconciliation.services.day_close import close_of
from reconciliation.services.statement_files import load_statement, read_next
from reconciliation.services.statements import continue_import, start_import
from tests.backoffice.pages import links, says
from tests.reconciliation.conftest import NOON
from tests.reconciliation.statements import files

RRN = "624412345678"
ADD = "/admin/reconciliation/statementimport/add/"


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def channel(db, account) -> AlertChannel:
    return add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")


@pytest.fixture
def session(asha, account) -> PaymentSession:
    session = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session
    PaymentSession.objects.filter(pk=session.pk).update(payable_paise=99_01)
    session.refresh_from_db()
    return session


def upload(client, channel, data: bytes = files.HDFC_CSV.encode()):
    return client.post(ADD, {"channel": channel.pk, "file": SimpleUploadedFile("september.xls", data)})


def page_of(job: StatementImport) -> str:
    return f"/admin/reconciliation/statementimport/{job.pk}/change/"


def test_a_statement_is_loaded_looked_at_started_and_followed(omar, channel, session):
    claim_utr(session_id=session.pk, text=RRN, client=None)

    answer = upload(omar, channel)

    job = StatementImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(job))
    page = omar.get(page_of(job)).content.decode()
    assert "The file is being read." in page
    assert '<meta http-equiv="refresh"' in page
    assert read_next()
    page = omar.get(page_of(job)).content.decode()
    assert "Nothing has followed from this file yet." in page
    assert "whose UTR a customer has named" in page
    assert "HDFC Bank, delimited text" in page
    session.refresh_from_db()
    assert session.status == "pending"

    omar.post(f"/admin/reconciliation/statementimport/{job.pk}/start/", {"reason": ""})
    assert "Under way" in omar.get(page_of(job)).content.decode()
    assert continue_import()

    page = omar.get(page_of(job)).content.decode()
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)
    assert "It paid a payment" in page
    assert "Done" in page


def test_no_message_outlives_what_it_tells(omar, channel, session):
    upload(omar, channel)
    job = StatementImport.objects.get()
    loaded = says(omar.get(page_of(job)))
    read_next()
    started = says(omar.post(f"/admin/reconciliation/statementimport/{job.pk}/start/", {"reason": ""}, follow=True))
    continue_import()
    done = says(omar.get(page_of(job)))

    # What is under way is told by the part of the page that follows it, not by the message above.
    assert "The file is loaded. " in loaded
    assert loaded.count("being read") == 1
    assert "The statement is started. " in started
    assert started.count("being worked through") == 1
    assert "being" not in done.partition("Statement")[2]


def test_one_row_is_one_and_an_empty_narration_is_none(omar, channel, session):
    header = files.HDFC_CSV.splitlines()[3]
    upload(omar, channel, f"{header}\n01/09/26,-,,01/09/26,,99.01,\n".encode())
    job = StatementImport.objects.get()
    read_next()
    assert "1 row of an amount that was asked for" in says(omar.get(page_of(job)))
    start_import(import_id=job.pk, actor="meera")
    continue_import()

    page = says(omar.get(page_of(job)))

    assert "For staff to look at 1 row, ₹99.01" in page
    assert "₹99.01 — — For staff to look at" in page


def test_what_cannot_be_read_is_said_in_words(omar, channel):
    upload(omar, channel, b"%PDF-1.7 hello")
    job = StatementImport.objects.get()
    read_next()

    page = omar.get(page_of(job)).content.decode()

    assert "This file cannot be used. This is a PDF, which cannot be read reliably." in page
    assert '<meta http-equiv="refresh"' not in page
    assert omar.get("/admin/reconciliation/statementimport/").status_code == 200


def test_the_page_shows_how_far_a_file_is_read(omar, channel):
    upload(omar, channel)
    job = StatementImport.objects.get()
    StatementImport.objects.update(row_count=100_000, reached=42_000)

    assert '42,000 of 100,000 <progress max="100000" value="42000">' in omar.get(page_of(job)).content.decode()


def test_the_same_file_is_refused_beside_its_field(omar, channel):
    upload(omar, channel)

    answer = upload(omar, channel)

    assert answer.status_code == 409
    assert "This very file was loaded already, on 1 September 2026." in says(answer)
    assert links(answer)["Look at it"] == page_of(StatementImport.objects.get())


def test_without_a_file_it_says_so(omar, channel):
    answer = omar.post(ADD, {"channel": channel.pk})

    assert answer.status_code == 400
    assert "Choose the file" in answer.content.decode()


def test_without_a_channel_it_says_what_to_do_first(omar, channel):
    AlertChannel.objects.update(enabled=False)

    assert "add one of the kind “Bank statements” first" in omar.get(ADD).content.decode()
    answer = omar.post(ADD, {"file": SimpleUploadedFile("statement.csv", b"a,b")})

    assert "Choose a channel, or first add one" in answer.content.decode()
    assert not StatementImport.objects.exists()


def test_a_viewer_loads_nothing(vikram, channel):
    assert upload(vikram, channel).status_code == 403
    assert not StatementImport.objects.exists()


def test_a_statement_is_discarded(omar, channel):
    upload(omar, channel)
    job = StatementImport.objects.get()

    omar.post(f"/admin/reconciliation/statementimport/{job.pk}/discard/", {"reason": "wrong account"})

    job.refresh_from_db()
    assert (job.state, job.rows.count()) == ("discarded", 0)
    assert omar.get(page_of(job)).status_code == 200


def test_the_day_close_shows_what_differs_both_ways(omar, channel, session, asha):
    received.mark_paid(session_id=session.pk, utr="624400000077", reason="seen", actor="meera")
    received.record_credit(amount_paise=12_34, rrn="624400000088", credited_at=NOON)
    upload(omar, channel)
    read_next()
    job = StatementImport.objects.get()
    omar.post(f"/admin/reconciliation/statementimport/{job.pk}/start/", {"reason": ""})
    continue_import()

    page = omar.get("/admin/day-close/?day=2026-09-01").content.decode()

    # Without money, not in the statement, and nearest to a row of the statement.
    assert page.count(session.session_id) == 3
    assert "Paid here, but not in the bank’s statement" in page
    assert "₹12.34" in page
    assert "Tuesday, 1 September 2026" in page


def test_the_differences_come_as_csv_that_no_spreadsheet_runs(omar, session):
    received.mark_paid(session_id=session.pk, utr="624400000077", reason="seen", actor="meera")
    received.record_credit(amount_paise=12_34, rrn="624400000088", credited_at=NOON, payer="=1+1")

    answer = omar.get("/admin/day-close/?day=2026-09-01&format=csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="day-close-2026-09-01.csv"'
    assert [row[:4] for row in rows[1:]] == [
        ["paid, no money known", session.session_id, "99.01", "624400000077"],
        ["money, no payment", "", "12.34", "624400000088"],
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_cell_is_made_harmless(cell):
    from backoffice.day_close import _harmless

    assert _harmless(cell) == f"'{cell}"
    assert _harmless("UPI") == "UPI"


def test_the_day_close_begins_with_yesterday_and_refuses_nonsense(omar, db):
    with time_machine.travel(NOON, tick=False):
        assert "Monday, 31 August 2026" in omar.get("/admin/day-close/").content.decode()
    assert omar.get("/admin/day-close/?day=x").status_code == 400


@pytest.fixture
def second(account) -> UpiAccount:
    account.bank, account.account_tail = "hdfc", "1234"
    account.save()
    return UpiAccount.objects.create(
        upi_id="shop@okicici", payee_name="SHOP", label="Second", bank="icici", account_tail="9876"
    )


def paid_to(account: UpiAccount, key, utr: str) -> PaymentSession:
    session = create_session(api_key=key, requested_paise=500_00, details=SessionDetails()).session
    PaymentSession.objects.filter(pk=session.pk).update(upi_account=account)
    received.mark_paid(session_id=session.pk, utr=utr, reason="seen", actor="meera")
    return session


def test_the_day_close_of_one_account_has_no_other_accounts_payments(omar, asha, account, second):
    ours, theirs = paid_to(account, asha, "624400000077"), paid_to(second, asha, "624400000078")

    whole = omar.get("/admin/day-close/?day=2026-09-01").content.decode()
    page = omar.get(f"/admin/day-close/?day=2026-09-01&account={second.pk}").content.decode()

    assert f'<a href="?day=2026-09-01&amp;account={second.pk}">Second</a>' in whole
    assert ours.session_id in whole
    assert theirs.session_id in whole
    assert theirs.session_id in page
    assert ours.session_id not in page
    assert f'href="?day=2026-09-01&amp;account={second.pk}&amp;format=csv"' in page
    assert "Tuesday, 1 September 2026, Second" in page


def test_its_file_too_is_of_one_account(omar, asha, account, second):
    paid_to(account, asha, "624400000077")
    theirs = paid_to(second, asha, "624400000078")

    answer = omar.get(f"/admin/day-close/?day=2026-09-01&account={second.pk}&format=csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert [row[1] for row in rows[1:]] == [theirs.session_id]
    assert f"day-close-2026-09-01-account-{second.pk}.csv" in answer["Content-Disposition"]


def test_money_and_statements_of_another_account_are_left_out(asha, account, second, channel):
    job = load_statement(channel=channel, file_name="x.csv", data=files.HDFC_CSV.encode(), actor="meera")
    read_next()
    start_import(import_id=job.pk, actor="meera")
    continue_import()
    received.record_credit(amount_paise=12_34, rrn="624400000088", credited_at=NOON)
    Credit.objects.update(upi_account=account)

    hdfc, icici = close_of(NOON.date(), account), close_of(NOON.date(), second)

    assert (hdfc.has_statement, icici.has_statement) == (True, False)
    assert (len(hdfc.without_payment), len(icici.without_payment)) == (1, 0)


def test_money_of_an_unknown_account_is_shown_with_each(asha, account, second):
    received.record_credit(amount_paise=12_34, rrn="624400000088", credited_at=NOON)
    Credit.objects.update(upi_account=None)

    assert [len(close_of(NOON.date(), each).without_payment) for each in (account, second, None)] == [1, 1, 1]


def test_an_unknown_account_is_refused_in_words(omar, db):
    answer = omar.get("/admin/day-close/?day=2026-09-01&account=999")

    assert answer.status_code == 400
    assert "Select a valid choice" in answer.content.decode()


def worked_through(channel: AlertChannel) -> StatementImport:
    job = load_statement(channel=channel, file_name="x.csv", data=files.HDFC_CSV.encode(), actor="meera")
    read_next()
    start_import(import_id=job.pk, actor="meera")
    while continue_import():
        pass
    return job


def set_aside() -> None:
    received.set_credit_aside(credit_id=Credit.objects.get().pk, reason="My own transfer", actor="meera")


@pytest.mark.parametrize("first", ["set aside", "loaded"])
def test_a_row_whose_money_was_set_aside_waits_for_nobody(omar, channel, session, first):
    if first == "set aside":
        received.record_credit(amount_paise=99_01, rrn=RRN, credited_at=NOON - timedelta(hours=1))
        set_aside()
        job = worked_through(channel)
    else:
        job = worked_through(channel)
        set_aside()

    page = says(omar.get(page_of(job)))
    close = close_of(NOON.date())

    assert "Known already: set aside the credit" in page
    assert "For staff to look at" not in page
    assert (close.rows_open, close.without_payment) == ([], [])
    assert [credit.rrn for credit in close.settled] == [RRN]


def test_money_set_aside_is_told_apart_in_the_day_close(omar, session):
    received.record_credit(amount_paise=12_34, rrn=RRN, credited_at=NOON)
    set_aside()

    page = says(omar.get("/admin/day-close/?day=2026-09-01"))
    answer = omar.get("/admin/day-close/?day=2026-09-01&format=csv")

    assert "None: all money of this day belongs to a payment, or is settled." in page
    assert "Settled: money that was set aside or paid back" in page
    assert [line.partition(",,")[0] for line in answer.content.decode().splitlines()[1:]] == ['"money, set aside"']


def waiting_in_file(omar, day: str) -> list[list[str]]:
    answer = omar.get(f"/admin/day-close/?day={day}&format=csv")
    return [row[:4] for row in csv.reader(io.StringIO(answer.content.decode()))][1:]


def test_money_that_waits_is_in_the_file_once(omar, channel, session):
    worked_through(channel)

    assert waiting_in_file(omar, "2026-09-01") == [["money, no payment", "", "99.01", RRN]]


def test_a_row_whose_money_came_on_another_day_is_in_the_file_of_its_own(omar, channel, session):
    worked_through(channel)
    Credit.objects.update(credited_at=NOON - timedelta(days=1))

    assert waiting_in_file(omar, "2026-09-01") == [["row for staff", "", "99.01", RRN]]


def test_what_paid_and_stands_in_a_statement_is_a_part_of_what_paid(omar, channel, session):
    worked_through(channel)
    received.attach_credit(credit_id=Credit.objects.get().pk, session_id=session.pk, reason="Paid late", actor="meera")
    assert "Money that paid them 1, ₹99.01 Of that, seen in a statement 1, ₹99.01" in says(
        omar.get("/admin/day-close/?day=2026-09-01")
    )

    Credit.objects.update(credited_at=NOON - timedelta(days=1))

    close = close_of(NOON.date())
    assert (close.credited_count, close.statement_count, close.statement_paise) == (0, 0, 0)


def test_a_row_that_staff_gave_to_a_payment_waits_for_nobody_and_is_summed(omar, channel, session):
    job = worked_through(channel)
    credit = Credit.objects.get()
    assert close_of(NOON.date()).statement_count == 0
    received.attach_credit(credit_id=credit.pk, session_id=session.pk, reason="Paid late", actor="meera")

    close = close_of(NOON.date())

    assert (close.rows_open, close.statement_count, close.statement_paise) == ([], 1, 99_01)
    assert "It paid a payment the credit" in says(omar.get(page_of(job)))


def test_money_known_from_a_statement_alone_names_its_payer_and_its_day(omar, channel, session):
    worked_through(channel)
    credit = Credit.objects.get()
    page = f"/admin/reconciliation/credit/{credit.pk}/"
    list_url = "/admin/reconciliation/credit/"

    shown, refund = says(omar.get(f"{page}change/")), omar.get(f"{page}refund/").content.decode()

    assert "Payer A KUMAR, payer@okaxis" in shown
    assert "Credited 1 Sep 2026 Known from" in shown
    assert "UPI-A KUMAR-PAYER@OKAXIS-SBIN0001234-624412345678-ORDER PG7K" in shown
    assert 'value="payer@okaxis"' in refund
    assert "compare the name that your app shows" in refund
    for address in (list_url, f"{page}refund/", "/admin/day-close/?day=2026-09-01"):
        text = says(omar.get(address))
        assert "1 Sep 2026" in text
        assert "00:00" not in text
    assert f"99.01,{RRN},2026-09-01," in omar.get("/admin/day-close/?day=2026-09-01&format=csv").content.decode()


def test_the_timeline_too_shows_no_more_than_the_day(omar, channel, session):
    worked_through(channel)
    received.attach_credit(credit_id=Credit.objects.get().pk, session_id=session.pk, reason="Paid late", actor="meera")

    page = says(omar.get(f"/admin/payments/paymentsession/{session.pk}/change/"))

    assert "1 Sep 2026 Credit of ₹99.01" in page


def test_the_refund_is_made_out_to_the_payers_name(omar, channel, session):
    worked_through(channel)
    received.mark_for_refund(
        credit_id=Credit.objects.get().pk, upi_id="payer@okaxis", reason="Nobody asked for it", actor="meera"
    )

    page = omar.get(f"/admin/reconciliation/credit/{Credit.objects.get().pk}/change/").content.decode()

    assert "pa=payer@okaxis&amp;pn=A%20KUMAR&amp;" in page
