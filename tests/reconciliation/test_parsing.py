"""Every alert of upi.md's banks and every look-alike, as data; then whatever else a text can be."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.banks import BANKS
from reconciliation.parsing import Reading, Verdict, parse
from reconciliation.times import INDIA

FIXTURES = Path(__file__).parent / "fixtures"


def alerts(name: str) -> list[dict]:
    return [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()]


CREDITS = [
    alert for file in sorted(FIXTURES.glob("*.jsonl")) if file.stem != "look_alikes" for alert in alerts(file.name)
]
LOOK_ALIKES = alerts("look_alikes.jsonl")
# Banks whose alerts are word for word the same.
_BOTH_ACCOUNTS = {"rbl", "karnataka", "cub", "dhanlaxmi", "greater", "scb", "kgb"}
_APPS = {"gpay", "phonepe", "paytm-app", "bharatpe"}
SAME_WORDS = {
    **dict.fromkeys(_BOTH_ACCOUNTS, _BOTH_ACCOUNTS),
    **dict.fromkeys(_APPS, _APPS),
    "icici": {"idbi"},
    "idbi": {"icici"},
    "hdfc": {"indian"},
    "indian": {"hdfc", "central"},
    "central": {"indian"},
    "jana": {"kgb"},
}
SENDERS = {bank.code: sorted(bank.headers)[0] for bank in BANKS}
DEBITS = [alert for alert in LOOK_ALIKES if alert.get("direction") == "debit"]


def paise(rupees: float | None) -> int | None:
    return None if rupees is None else round(rupees * 100)


@pytest.mark.parametrize("alert", CREDITS, ids=lambda alert: alert["text"][:60])
def test_a_banks_credit_is_read_in_full(alert):
    reading = parse(sender=alert["sender"], text=alert["text"])

    assert (reading.verdict, reading.direction, reading.bank) == ("credit", "credit", alert["bank"]), reading.reason
    assert reading.amount_paise == paise(alert["amount"])
    assert (reading.rrn, reading.payer, reading.account_tail) == (alert["rrn"], alert["payer"], alert["account_tail"])
    day = reading.printed.earliest.astimezone(INDIA).date().isoformat() if reading.printed else None
    assert day == alert["printed"]


@pytest.mark.parametrize("alert", LOOK_ALIKES, ids=lambda alert: alert["text"][:60])
def test_what_only_looks_like_a_credit_is_none(alert):
    reading = parse(sender=alert["sender"], text=alert["text"])

    assert reading.verdict == alert["verdict"], reading.reason
    assert reading.reason
    if "direction" in alert:
        assert reading.direction == alert["direction"]
    if "amount" in alert:
        assert (reading.amount_paise, reading.rrn) == (paise(alert["amount"]), alert.get("rrn") or "")


def test_every_line_of_every_bank_has_an_alert_among_the_fixtures():
    followed = {parse(sender=alert["sender"], text=alert["text"]).rule for alert in CREDITS}

    assert {f"{bank.code}: {line.name}" for bank in BANKS for line in bank.lines} == followed


@pytest.mark.parametrize("alert", CREDITS, ids=lambda alert: alert["text"][:60])
def test_another_banks_sender_never_makes_it_a_credit(alert):
    own = {header for bank in BANKS if bank.code == alert["bank"] for header in bank.headers}
    text = alert["text"]
    believed = [
        bank.code
        for bank in BANKS
        if not own & bank.headers and parse(sender=SENDERS[bank.code], text=text).verdict == Verdict.CREDIT
    ]

    assert set(believed) <= SAME_WORDS.get(alert["bank"], set())


@pytest.mark.parametrize("alert", DEBITS, ids=lambda alert: alert["text"][:60])
def test_no_banks_sender_makes_a_debit_a_credit(alert):
    assert all(parse(sender=sender, text=alert["text"]).verdict == Verdict.IGNORE for sender in SENDERS.values())


MUTATIONS = {
    "capitals": str.upper,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "doubled blanks": lambda text: text.replace(" ", "  "),
    "zero-width characters": lambda text: text.replace(" ", "\u200b \ufeff"),
    "bold letters": lambda text: "".join(chr(0x1D400 + ord(c) - 65) if "A" <= c <= "Z" else c for c in text),
    "another currency": lambda text: text.replace("INR Rs.", "INR ").replace("Rs.", "INR ").replace("₹", "Rs "),
    "three decimals": lambda text: text.replace("99.01", "99.010"),
    "lines": lambda text: text.replace(". ", ".\n"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("alert", CREDITS, ids=lambda alert: alert["text"][:60])
def test_a_credit_is_read_the_same_in_other_clothes(alert, mutation):
    reading = parse(sender=alert["sender"], text=MUTATIONS[mutation](alert["text"]))

    assert reading.verdict == Verdict.CREDIT, reading.reason
    assert (reading.amount_paise, reading.rrn, reading.account_tail) == (
        paise(alert["amount"]),
        alert["rrn"],
        alert["account_tail"],
    )


@pytest.mark.parametrize("alert", [alert for alert in CREDITS if alert["payer"] and "@" not in alert["payer"]])
@given(name=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "Sc")), min_size=1, max_size=40))
def test_no_name_changes_what_was_paid(alert, name):
    reading = parse(sender=alert["sender"], text=alert["text"].replace(alert["payer"], name))

    if reading.verdict == Verdict.CREDIT:
        assert (reading.amount_paise, reading.rrn) == (paise(alert["amount"]), alert["rrn"])


@pytest.mark.parametrize("alert", [alert for alert in CREDITS if alert["payer"] and "@" not in alert["payer"]])
def test_a_name_that_ends_like_the_alert_tells_nothing_else(alert):
    before, payer, rest = " ".join(alert["text"].split()).partition(alert["payer"])
    true = parse(sender=alert["sender"], text=alert["text"])

    for told, other in (
        ("624412345678", "111111111111"),
        ("26244012345", "26244099999"),
        ("01-", "02-"),
        ("99.01", "1.00"),
    ):
        for end in range(len(rest) + 1):
            reading = parse(sender=alert["sender"], text=f"{before}{payer}{rest[:end].replace(told, other)}{rest}")
            if reading.verdict == Verdict.CREDIT:
                facts = (reading.amount_paise, reading.rrn, reading.bank_ref, reading.account_tail)
                assert facts == (true.amount_paise, true.rrn, true.bank_ref, true.account_tail)


def test_the_reference_of_a_neft_transfer_is_kept_apart_from_the_utr():
    reading = parse(sender="AD-HDFCBK", text=next(alert["text"] for alert in CREDITS if "NEFT Cr" in alert["text"]))

    assert (reading.rrn, reading.bank_ref) == ("", "SBINN52026090112345")


def test_a_text_that_no_line_knows_says_what_came_in():
    reading = parse(sender="VM-RBLBNK-S", text="Your a/c no. XX1234 is credited for Rs.99.01 on 01-09-26- RBL Bank")

    assert reading.reason == "It seems that ₹99.01 came in, but no known alert of RBL Bank reads like this."


@pytest.mark.parametrize("payer", ["A Ref No 111111111111", "A Ref No 111111111111x", "A Ref No111111111111"])
def test_a_payer_cannot_slip_in_another_reference(payer):
    text = (
        f"Dear SBI User, your A/c X1234-credited by Rs.99.01 on 01Sep26 transfer from {payer} Ref No 624412345678 -SBI"
    )

    assert parse(sender="VM-SBIUPI-S", text=text).reason == (
        "The text holds more than one number that may be the reference."
    )


def test_a_text_longer_than_any_alert_is_for_staff():
    text = CREDITS[0]["text"] + " x" * 2000

    assert parse(sender="VM-SBIUPI-S", text=text).verdict == Verdict.REVIEW


pieces = st.sampled_from(
    [piece for alert in CREDITS + LOOK_ALIKES for piece in alert["text"].split(" ")]
    + ["Rs.", "INR", "₹", "credited", "debited", "a/c", "1234", "9" * 40, ",", "\x00", "\ud800", "३", "ﷺ", "\u202e"]
)


@given(sender=st.text() | st.sampled_from(["VM-SBIUPI-S", "HDFCBK"]), text=st.text() | st.lists(pieces).map(" ".join))
def test_no_text_breaks_the_parser(sender, text):
    assert isinstance(parse(sender=sender, text=text), Reading)


@given(alert=st.sampled_from(DEBITS), seed=st.integers())
def test_a_debit_never_turns_into_a_credit(alert, seed):
    dice = random.Random(seed)
    text = "".join(
        dice.choice([char.upper(), char.lower(), char]) if char != " " else dice.choice([" ", "  ", "", "\n", "\u00a0"])
        for char in alert["text"]
    )

    assert parse(sender=alert["sender"], text=text).verdict != Verdict.CREDIT


def test_the_documentation_names_every_known_bank():
    documentation = " ".join((Path(__file__).parents[2] / "docs" / "reconciliation.md").read_text().split())

    assert [bank.name for bank in BANKS if bank.name not in documentation] == []


CUT_IN_A_UPI_ID = [
    ("VM-INDUSB-S", "A/C *XX1234 credited by Rs 99.37 from a.rrn111111111111"),
    ("VM-INDUSB-S", "A/C *XX1234 credited by Rs 99.37 from a.rrn111111111111.b"),
    ("VM-INDUSB-S", "A/C *XX1234 credited by Rs 99.37 from a@ybl. RRN:6244123"),
    ("VM-BOIIND-S", "BOI - Rs 99.37 Credited in your Ac XX1234 on 01-09-2026 By UPI a.ref111111111111"),
    ("VM-BOIIND-S", "BOI - Rs 99.37 Credited in your Ac XX1234 on 01-09-2026 By UPI a.refno111111111111-x"),
    ("VM-FEDBNK-S",
     "Rs 99.37 credited to your A/c XX1234 via UPI on 01-09-2026 10:00:00 a.refno111111111111"),
    ("VM-SBIUPI-S",
     "Dear SBI User, your A/c X1234-credited by Rs.99.37 on 01Sep26 transfer from a.refno111111111111"),
]  # fmt: skip


@pytest.mark.parametrize("ending", ["", "@ybl"])
@pytest.mark.parametrize(("sender", "text"), CUT_IN_A_UPI_ID)
def test_a_upi_id_is_no_reference_where_a_text_was_cut(sender, text, ending):
    reading = parse(sender=sender, text=text + ending)

    assert (reading.verdict, reading.rrn) != (Verdict.CREDIT, "111111111111")
    assert "111111111111" not in reading.rrn


WITH_A_NAME_BEFORE_THE_REFERENCE = [
    alert
    for alert in CREDITS
    if alert["rrn"] and 0 <= alert["text"].find(alert["payer"] or "\0") < alert["text"].find(alert["rrn"])
]


@pytest.mark.parametrize("alert", WITH_A_NAME_BEFORE_THE_REFERENCE, ids=lambda alert: alert["text"][:60])
def test_a_text_cut_inside_a_name_that_looks_like_its_end_is_for_staff(alert):
    before, _, rest = alert["text"].partition(alert["payer"])
    imitated = rest[: rest.index(alert["rrn"])] + "111111111111"

    reading = parse(sender=alert["sender"], text=before + "A" + imitated)

    assert (reading.verdict, reading.rrn) != (Verdict.CREDIT, "111111111111")


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("VM-BOIIND-S", "BOI - Rs 99.01 Credited in your Ac XX1234 on 01-09-2026 By UPI Ref No:624412345678. -BOI"),
        ("VM-BOIIND-S", "BOI - Rs 99.01 Credited in your Ac XX1234 on 01-09-2026 By UPI Ref:624412345678. -BOI"),
        ("VM-FEDBNK-S", "Rs 99.01 credited to your A/c XX1234 via UPI on 01SEP2026 11:45:30. RefNo 624412345678. -FB"),
        ("VM-ICICIT-S", "Dear Customer, Acct XX123 is credited with Rs 99.01 on 01-Sep-26 from A.UPI:624412345678-I."),
        (
            "VM-HDFCBK-S",
            "Money Received - INR 99.01 in HDFC Bank A/c xx1234 from VPA ab@okaxis(UPI 624412345678)",
        ),
    ],
)
def test_a_blank_may_be_missing_before_the_reference(sender, text):
    reading = parse(sender=sender, text=text)

    assert (reading.verdict, reading.rrn) == (Verdict.CREDIT, "624412345678")
