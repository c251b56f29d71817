"""Every alert of upi.md's banks and every look-alike, as data; then whatever else a text can be."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.parsing import Reading, Verdict, parse
from reconciliation.times import INDIA

FIXTURES = Path(__file__).parent / "fixtures"


def alerts(name: str) -> list[dict]:
    return [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()]


CREDITS = alerts("sbi.jsonl") + alerts("hdfc.jsonl")
LOOK_ALIKES = alerts("look_alikes.jsonl")
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


def test_the_reference_of_a_neft_transfer_is_kept_apart_from_the_utr():
    reading = parse(sender="AD-HDFCBK", text=next(alert["text"] for alert in CREDITS if "NEFT" in alert["text"]))

    assert (reading.rrn, reading.bank_ref) == ("", "SBINN52026090112345")


def test_a_text_that_no_line_knows_says_what_came_in():
    reading = parse(sender="VM-RBLBNK-S", text="Your a/c no. XX1234 is credited for Rs.99.01 on 01-09-26- RBL Bank")

    assert reading.reason == "It seems that ₹99.01 came in, but the alerts of RBLBNK are not known here."


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
