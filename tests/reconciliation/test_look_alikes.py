"""What reads like a bank's credit and is none, made of every bank's own credits: money out, to come, taken back, lent."""

import re
from collections.abc import Iterable, Iterator

import pytest

from reconciliation import wording
from reconciliation.banks import BANKS, banks_of_header
from reconciliation.parsing import Verdict, parse
from reconciliation.senders import read_header
from tests.reconciliation.test_parsing import CREDITS, LOOK_ALIKES

BY_CODE = {bank.code: bank for bank in BANKS}
# Both ways at once: a bank's text may name both accounts.
MIRROR = {
    "credited": "debited", "debited": "credited", "credit": "debit", "received": "sent", "deposited": "withdrawn",
    "cr": "dr", "from": "to", "to": "from", "by": "to", "paid you": "was paid by you", "has sent": "was sent",
}  # fmt: skip
VERBS = {word: other for word, other in MIRROR.items() if word not in ("from", "to", "by")}
OTHER_VERBS = (
    "will be credited", "to be credited", "could not be credited", "not credited", "reversed", "refunded", "debited",
    "not received", "requested", "blocked", "credited and debited",
)  # fmt: skip
# Behind a line, at once: it was no payment of a customer.
ENDINGS = (
    " for FD closure", " Int.Pd", " Int.Pd 01-06-26 to 31-08-26", "-REV", " -RVSL", " towards loan disbursement",
    " and subsequently debited", " towards interest", " as cashback", " has been reversed", " towards refund of a failed txn",
    " will be credited soon", " and is on hold", " by reversal", " as loan", " towards salary", " on FD maturity",
    ". It has been reversed", ". Refund of a failed txn", ". Info: CASHBACK", ". Interest for Q2", "; Info: salary",
    ". Info: REV-UPI/12", ". Returned NEFT", " by Loan Disb", " is under lien", " was declined", " for processing", ", subject to clearing",
)  # fmt: skip
# Behind a line that has no reference, too: whatever says what it was.
WITHOUT_REFERENCE = (" by ECS", "-CMS PAYOUT", " ACH CR", " towards locker rent", " for policy 12", " (provisional)")
_ENDS_SAFELY = re.compile(r"(?:\.|bal|balance|bank|your current)$", re.IGNORECASE)
# Messages of any bank.
OTHERS = (
    "123456 is the OTP to receive Rs.99.01 in your A/c XX1234. Do not share it",
    "OTP is 123456 for the credit of Rs.99.01 to your A/c XX1234",
    "Your UPI payment of Rs.99.01 from A/c XX1234 to CHAI POINT failed. Ref No 624412345678",
    "Rs.99.01 credited to your A/c XX1234 on 01-09-26 towards reversal of UPI Ref No 624412345678",
    "A KUMAR requested Rs.99.01 by a collect request. Your A/c XX1234 will be debited when you approve it",
    "Your mandate of Rs.99.01 for NETFLIX on A/c XX1234 is registered. Ref No 624412345678",
    "Cashback of Rs.99.01 is credited to your A/c XX1234 on 01-09-26. Ref No 624412345678",
    "Your A/c XX1234 is credited with Rs.99.01 on 01-09-26 towards interest. Ref No 624412345678",
    "Your A/c XX1234 is credited with Rs.99.01 on 01-09-26 towards loan disbursement",
    "Rs.99.01 is due on your loan A/c XX1234 on 01-09-26",
    "Avl Bal in your A/c XX1234 is Rs.99.01",
    "Cheque of Rs.99.01 deposited in your A/c XX1234 on 01-09-26 is subject to clearing",
)
# An app's notices, in the words of its credits.
NOTICES = (
    "Asha hasn't paid you ₹99.01", "Asha has not paid you ₹99.01", "Asha will paid you ₹99.01", "You paid Asha ₹99.01",
    "Asha says she paid you ₹99.01", "Nobody paid you ₹99.01", "Has Asha paid you ₹99.01?",
    "Asha paid you ₹99.01 cashback", "Reminder: Asha paid you ₹99.01", "Asha asked for ₹99.01",
    "₹99.01 from Asha was refunded", "₹99.01 received from Asha was refunded", "₹99.01 received from Asha as loan",
    "₹99.01 received from PhonePe Loans", "₹99.01 received from Google Pay rewards", "₹99.01 received from Paytm",
    "₹99.01 received from Asha is pending", "₹99.01 received from Asha failed", "₹99.01 received from Asha on hold",
    "₹99.01 received from Asha and refunded", "₹99.01 received from your wallet", "₹99.01 received as cashback",
    "Received ₹99.01 from Asha as loan", "Received ₹99.01 from Asha: reversed", "Received ₹99.01 from PhonePe Loans",
    "Received ₹99.01 from Asha is declined", "Received ₹99.01 from Paytm Postpaid loan", "Received ₹99.01 cashback",
    "Received ₹99.01 from Asha will be settled", "Received a request of ₹99.01 from Asha",
    "Asha has sent ₹99.01 to your bank account failed", "Asha has not sent ₹99.01 to your bank account",
    "PhonePe has sent ₹99.01 to your bank account", "Asha wants to know who has sent ₹99.01 to your bank account",
    "₹99.01 received. Order 12 refunded", "₹99.01 received from Asha. Order 12 refunded", "Pay ₹99.01 to Asha",
    "Asha never paid you ₹99.01", "Asha cannot have paid you ₹99.01", "Asha would have paid you ₹99.01",
    "Did Asha paid you ₹99.01", "Remember when Asha paid you ₹99.01", "₹99.01 received from Asha in escrow",
    "Received ₹99.01 from Asha. Payment processing", "Received ₹99.01 from Scheduled transfer", "₹99.01 received as gift card",
    "₹99.01 sent to Asha", "Sent ₹99.01 to Asha", "₹99.01 debited to Asha", "₹99.01 received back from Asha",
)  # fmt: skip


def swapped(text: str, words: dict[str, str]) -> str:
    longest_first = "|".join(sorted(words, key=len, reverse=True))
    return re.sub(rf"(?i)(?<![a-z@])(?:{longest_first})(?![a-z])", lambda match: words[match[0].lower()], text)


def look_alikes(text: str, end: int) -> Iterator[str]:
    """`end`: where the line of the bank ends in the text."""
    yield swapped(text, MIRROR)
    yield swapped(text, VERBS)
    for other in OTHER_VERBS:
        yield re.sub(r"(?i)(?:(?:is|has been) )?(?:credited|received|deposited|\bcr\b\.?)", other, text)
    line, rest = text[:end].rstrip(), text[end:]
    for ending in ENDINGS:
        yield f"{line}{ending}"
        yield f"{line}{ending} {rest}"


def made_of(alert: dict) -> Iterator[str]:
    text = wording.normalise(alert["text"])
    found = BY_CODE[alert["bank"]].read(text)
    assert found is not None
    yield from (each for each in look_alikes(text, found.end) if each != text)
    line = text[: found.end]
    goes_on = found.rrn or found.ref or line.endswith(found.payer or ".") or _ENDS_SAFELY.search(line)
    if not goes_on:
        yield from (f"{line}{ending}" for ending in WITHOUT_REFERENCE)


def believed(sender: str, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if parse(sender=sender, text=text).verdict == Verdict.CREDIT]


@pytest.mark.parametrize("alert", CREDITS, ids=lambda alert: alert["text"][:60])
def test_no_credit_stays_one_when_it_is_turned_around_or_goes_on(alert):
    assert believed(alert["sender"], made_of(alert)) == []


@pytest.mark.parametrize("code", BY_CODE)
def test_no_bank_is_believed_about_anything_but_a_payment(code):
    assert [text for header in BY_CODE[code].headers for text in believed(header, (*OTHERS, *NOTICES))] == []


def test_every_bank_has_money_that_went_out_among_the_look_alikes():
    went_out = (
        alert for alert in LOOK_ALIKES if re.search(r"(?i)\b(?:debit(?:ed)?|sent|paid|spent|dr)\b", alert["text"])
    )
    headers = (read_header(alert["sender"]) for alert in went_out)

    assert {bank.code for header in headers if header for bank in banks_of_header(header.token)} == set(BY_CODE)
