"""The workbench reads and matches an alert, and writes nothing; what it teaches becomes a bank template."""

import pytest

from payments.models import PaymentEvent, PaymentSession
from payments.services import mark_session_paid
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, BankTemplate, Credit, Evidence
from reconciliation.services.alerts import process_evidence, record_evidence
from reconciliation.services.mailbox import add_mailbox
from reconciliation.services.received import record_credit
from reconciliation.times import Precision
from tests.backoffice.pages import links, rows, says

pytestmark = pytest.mark.django_db
PAGE = "/admin/workbench/"
LINE = "Dear Member, your {account} is credited with {amount} by UPI Ref {rrn}"


def sbi(session: PaymentSession) -> str:
    rupees = f"{session.payable_paise // 100}.{session.payable_paise % 100:02d}"
    day = f"{session.created_at:%d%b%y}"
    return (
        f"Dear SBI User, your A/c X1234-credited by Rs.{rupees} on {day} transfer from A KUMAR Ref No 624412345678 -SBI"
    )


@pytest.fixture
def mailbox(db) -> AlertChannel:
    return add_mailbox(label="Till", host="mail.example.in", username="asha@example.in", password="pa55 word")


def coop(session: PaymentSession) -> str:
    return f"Dear Member, your a/c XX1234 is credited with Rs {session.payable_paise / 100:.2f} by UPI Ref 624412345678"


def counts() -> tuple[int, ...]:
    return Evidence.objects.count(), Credit.objects.count(), PaymentEvent.objects.count()


def test_what_an_alert_would_pay_is_shown_and_nothing_is_written(vikram, session, channel):
    before = counts()
    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "channel": channel.pk}))

    assert "Verdict A credit" in text
    assert "UTR 624412345678" in text
    assert f"It would pay {session.session_id}." in text
    session.refresh_from_db()
    assert (session.status, counts()) == ("pending", before)


def test_money_that_has_paid_is_said_to_have_paid(vikram, session, channel):
    evidence = record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text=sbi(session)))
    process_evidence(evidence_id=evidence.pk)

    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "channel": channel.pk}))

    assert "Known already yes: an earlier alert told of this money" in text
    assert f"It paid {session.session_id}." in text


def test_known_money_that_this_alert_would_place_is_said_to_pay_then(vikram, session, channel):
    day = {"credited_at": session.created_at, "precision": Precision.DATE}
    record_credit(amount_paise=session.payable_paise, rrn="624412345678", **day)

    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "channel": channel.pk}))

    assert "Known already yes" in text
    assert f"It would pay {session.session_id}." in text


def test_money_of_a_payment_that_staff_have_marked_would_be_its_money(vikram, session, channel):
    mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen in the app")

    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "channel": channel.pk}))

    assert f"Staff have marked {session.session_id} as paid; this would be its money." in text


def test_a_sender_that_is_not_listed_would_not_be_stored(vikram, session, channel):
    text = says(vikram.post(PAGE, {"sender": "AD-HDFCBK", "text": "Rs 5 credited", "channel": channel.pk}))
    assert "HDFCBK is not on this channel’s list" in text.replace("'", "’")


def test_an_alert_that_waits_can_be_opened_here(vikram, alert):
    page = vikram.get(f"{PAGE}?alert={alert.pk}")
    assert alert.text in page.content.decode()
    assert vikram.get(f"{PAGE}?alert=x").status_code == 200


def test_a_line_can_be_tried_before_it_is_written_down(vikram, session, account):
    wanted = {"sender": "VM-ASHACB-S", "text": coop(session)}
    assert "the alerts of ASHACB are not known here" in says(vikram.post(PAGE, wanted))

    text = says(vikram.post(PAGE, {**wanted, "line": LINE}))
    assert f"It would pay {session.session_id}." in text
    assert "Your line It fits, and PayGate reads the message by it." in text
    assert "Rule the line you try" in text
    assert "ASHACB says that this amount came in." in text

    refused = vikram.post(PAGE, {**wanted, "line": "{name} {amount}"})
    assert refused.status_code == 400
    assert "It has fewer than 3 words of its own" in says(refused)
    assert "Line 1" not in says(refused)


def test_a_line_that_does_not_fit_says_where_it_stops(vikram, session):
    wanted = {"sender": "VM-ASHACB-S", "text": coop(session), "line": LINE.replace("is credited", "was credited")}
    text = says(vikram.post(PAGE, wanted))

    assert (
        "Your line It does not fit. The line and the message agree up to “Dear Member, your a/c XX1234”. Then the line has “was”"
        in text
    )
    assert "no known alert of ASHACB reads like this" in text


def test_a_line_for_a_known_bank_is_tried_as_that_banks(vikram, session, account):
    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": coop(session), "line": LINE}))
    assert "State Bank of India says that this amount came in." in text
    assert "Rule State Bank of India: the line you try" in text
    assert "Bank State Bank of India" in text

    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "line": LINE}))
    assert "Your line It does not fit. The line and the message agree up to “Dear”. Then the line has “Member,”" in text


def test_a_line_that_nothing_needs_is_told_so(vikram, session):
    line = "Dear SBI User, your A/c {tail}-credited by {amount} on {date} transfer from {name} Ref No {rrn}"
    text = says(vikram.post(PAGE, {"sender": "VM-SBIUPI-S", "text": sbi(session), "line": line}))
    assert (
        "Your line It fits, but PayGate reads the message by a line that it has already: State Bank of India: UPI"
        in text
    )


def test_a_line_of_e_mails_is_tried_where_it_begins(vikram, mailbox, session):
    text = f"Hello!\n{coop(session)}"
    wanted = {"sender": "alerts@asha.bank.in", "text": text, "channel": mailbox.pk, "line": LINE}
    assert "Your line It fits, and PayGate reads the message by it." in says(vikram.post(PAGE, wanted))


@pytest.mark.parametrize("page", [PAGE, "/admin/reconciliation/banktemplate/add/"])
def test_the_fields_are_explained_where_lines_are_written(meera, page):
    assert ["{vpa}", "the payer's UPI ID", "payer@upi"] in rows(meera.get(page))


def test_an_operators_bank_pays_from_then_on(meera, session, account, channel):
    page = meera.post(
        "/admin/reconciliation/banktemplate/add/",
        {"name": "Asha Coop", "code": "ashacoop", "headers": "VM-ASHACB-S", "lines": LINE, "examples": coop(session)},
        follow=True,
    )
    assert "PayGate reads the alerts of Asha Coop now." in says(page)
    channel.senders = ["ASHACB"]
    channel.save()
    evidence = record_evidence(channel=channel, alert=Alert(sender="VM-ASHACB-S", text=coop(session)))
    process_evidence(evidence_id=evidence.pk)
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", "624412345678")


def test_a_stopped_template_reads_nothing(meera, session, account, channel, template):
    meera.post(f"/admin/reconciliation/banktemplate/{template.pk}/stop/", {"reason": "It fits too much"})
    text = "Dear Member, your a/c XX1234 is credited with Rs 5.00 on 14-04-26 by UPI Ref 624412345678"
    assert "For staff to look at" in says(meera.post(PAGE, {"sender": "ASHACB", "text": text}))
    assert "Stopped" in says(meera.get("/admin/reconciliation/banktemplate/"))


def test_a_dangerous_line_is_refused_in_words(meera):
    page = meera.post(
        "/admin/reconciliation/banktemplate/add/",
        {
            "name": "Asha Coop",
            "code": "ashacoop",
            "headers": "ASHACB",
            "lines": "your {account} was debited by {amount}",
        },
    )
    assert page.status_code == 409
    assert "It does not say that money came in" in says(page)


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ("", "No example fits this line. Paste a real alert that does."),
        (
            "Hello\n\nDear Member, your a/c XX1234 was credited with Rs 5",
            "No example fits this line. The line and the message agree up to “Dear Member, your a/c XX1234”. Then the line has “is”",
        ),
        (
            "Dear Member, your a/c XX1234 is credited with Rs 5.00 by UPI Ref 624412345678 reversed",
            "Its example would pay nothing. It reads like a credit of Asha Coop, but:",
        ),
    ],
)
def test_a_line_that_reads_none_of_its_examples_is_not_written_down(meera, examples, problem):
    wanted = {"name": "Asha Coop", "code": "ashacoop", "headers": "ASHACB", "lines": LINE, "examples": examples}
    page = meera.post("/admin/reconciliation/banktemplate/add/", wanted)

    assert page.status_code == 409
    assert f"“Dear Member, your {{account}} is credited with {{amount}} by …”: {problem}" in says(page)
    assert not BankTemplate.objects.exists()


@pytest.mark.parametrize(
    ("senders", "problem"),
    [
        ({"headers": "VM-HDFCBK-S"}, "HDFCBK is HDFC Bank’s: use the code hdfc, or leave it out."),
        ({"headers": "ASHACB"}, "ASHACB is Asha Cooperative Bank’s: use the code ashacoop, or leave it out."),
        (
            {"headers": "RAVICB", "mail_domains": "alerts.icicibank.com"},
            "alerts.icicibank.com is ICICI Bank’s: use the code icici, or leave it out.",
        ),
    ],
)
def test_another_banks_sender_is_refused(meera, template, session, senders, problem):
    wanted = {"name": "Ravi Bank", "code": "ravi", "lines": LINE, "examples": coop(session), **senders}
    page = meera.post("/admin/reconciliation/banktemplate/add/", wanted)

    assert (page.status_code, problem in says(page)) == (409, True)
    assert BankTemplate.objects.get() == template


def test_the_same_template_twice_is_refused(meera, session):
    wanted = {"name": "Asha Coop", "code": "ashacoop", "headers": "ASHACB", "lines": LINE, "examples": coop(session)}
    assert meera.post("/admin/reconciliation/banktemplate/add/", wanted).status_code == 302
    again = meera.post("/admin/reconciliation/banktemplate/add/", {**wanted, "name": "Asha again"})

    assert again.status_code == 409
    assert "Line 1: the template Asha Coop has it already. Leave it out here." in says(again)
    first = BankTemplate.objects.get()

    edited = meera.post(f"/admin/reconciliation/banktemplate/{first.pk}/edit/", {**wanted, "name": "Asha Bank"})
    first.refresh_from_db()
    assert (edited.status_code, first.name) == (302, "Asha Bank")


def test_an_example_may_have_several_lines(meera):
    told = "Dear Member,\r\nyour a/c XX1234 is credited\r\nwith Rs 5.00 by UPI Ref 624412345678"
    wanted = {"name": "Asha Coop", "code": "ashacoop", "headers": "ASHACB", "lines": LINE}
    wanted["examples"] = f"Another alert\r\n\r\n{told}"

    assert meera.post("/admin/reconciliation/banktemplate/add/", wanted).status_code == 302


def test_only_a_line_that_is_new_needs_an_example(meera, template):
    url = f"/admin/reconciliation/banktemplate/{template.pk}/edit/"
    wanted = {"name": "Asha", "code": "ashacoop", "headers": "ASHACB", "lines": template.lines[0]}
    assert meera.post(url, wanted).status_code == 302
    assert meera.post(url, {**wanted, "lines": f"{template.lines[0]}\n{LINE}"}).status_code == 409

    mail = {"mail_domains": "asha.bank.in", "mail_lines": LINE}
    told = "Dear Sir, Dear Member, your a/c XX1234 is credited with Rs 5.00 by UPI Ref 624412345678"
    assert meera.post(url, {**wanted, **mail, "examples": told}).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.mail_lines) == ("Asha", [LINE])


def test_the_workbench_is_in_the_navigation_and_needs_a_role(vikram, client, django_user_model):
    assert links(vikram.get("/admin/"))["Workbench"] == PAGE
    nobody = django_user_model.objects.create_user("nobody", is_staff=True)
    client.force_login(nobody)
    assert client.get(PAGE).status_code == 403
