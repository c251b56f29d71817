"""Which way an alert says the money went, judged by the clause about the operator's own account. Pure.

Words alone prove nothing: "your a/c is credited … and debited from a/c no. XX98" is a credit, "a/c XX12 debited; CHAI
POINT credited" is not, and many credits end in "never share your OTP". So the first account named is taken as the
operator's, with the movement named nearest to it, and markers that make it no payment count in that clause only.
"""

import re
from dataclasses import dataclass

_FLAGS = re.IGNORECASE | re.ASCII
# A following " linked" means the payer's account: "by a/c linked to mobile 98…".
_ACCOUNT = re.compile(
    r"\b(?:a ?/ ?c|acct|account|ac(?= ?[x*0-9]))(?!s| ?linked)(?: ?no\b\.?)?[ .:]*(?:[xn*0-9]*[0-9]{2})?", _FLAGS
)
_CREDIT_LIKE = re.compile(
    r"credit(?:ed)?(?! ?cards?\b)|received|deposit|\bcr\b|paid you|to your (?:bank )?(?:a ?/ ?c|account)", _FLAGS
)
_DEBIT_LIKE = re.compile(r"debit|\bdr\b|withdraw|\bspent\b|\bsent\b|\bpaid (?:to|from)\b", _FLAGS)
_YOUR = re.compile(r"\b(?:your|ur) (?:[a-z0-9&]+ ){0,4}$", _FLAGS)
_MOVEMENT = re.compile(
    r"(?<![a-z])(?:(?P<credit>credited|credit(?= ?:| of\b)|received|deposited|cr(?=[. ])"
    r"|(?:reached|landed|arrived|added)(?= (?:in|to|into|your)\b))"
    r"|(?P<debit>debited|deducted|sent|paid|spent|withdrawn|transferred|trf|dr(?=[. ])))",
    _FLAGS,
)
_PREPOSITION = re.compile(r"\b(from|to|into|in|towards)\b", _FLAGS)
_GIVING = {"sent", "paid", "transferred", "trf"}
# A full stop ends a sentence only before a capital letter, and not in "Rs. X", "no. XX12", "Mr. A", "Cr. to".
_SENTENCE_END = re.compile(r"(?<!\b(?i:rs|no|mr|ms|dr|cr))(?<!\b(?i:mrs))[.;?] +(?=[A-Z*])", re.ASCII)

_NOT_A_PAYMENT = tuple(
    (re.compile(pattern, _FLAGS), reason)
    for pattern, reason in (
        (r"\b(?:is|as) (?:your|the|ur)\b[^.]{0,30}\bOTP\b", "It is a one-time password."),
        (r"\bOTP (?:is|for)\b|\bOTP ?[:-]? ?[0-9]{4,8}\b|\b[0-9]{4,8} is OTP\b", "It is a one-time password."),
        (r"\b(?:will|shall|to) be\b|\bscheduled\b|\bis due\b", "It speaks of something to come."),
        (r"\brequested\b|\bcollect request\b|\bpayment request\b", "Somebody asks for money."),
        (r"\bdeclined\b|\bfailed\b|\bunsuccessful\b|\bcould not be\b|\bnot completed\b", "The payment failed."),
        (
            r"\brevers(?:ed|al)\b|\brvsl\b|\brev[-/]|\breturned\b|\brefund(?:ed)?\b|\bcash ?back\b",
            "It is a refund, a reversal or a cashback.",
        ),
        (r"(?:refund|cash ?back|reward)[\w.-]*@", "It is a refund, a reversal or a cashback."),
        (r"\bcredit card\b|\bcard ending\b", "It is about a credit card."),
        (r"(?<!from )\bbeneficiary\b", "It confirms a transfer to somebody else."),
        (r"\binterest\b|\bmatur(?:ed|ity)\b|\bsalary\b|\bdividend\b", "It is interest, a deposit's end or a salary."),
        (r"\bblocked\b|\blien\b|\bmandate\b|\bautopay\b|\brevoked\b", "It is about a block or a mandate."),
        # "Cheque deposits are subject to clearing" is what every alert of HDFC Bank ends in.
        (r"\bfor processing\b|(?<!are )\bsubject to (?:clearing|realisation)\b", "The money is not there yet."),
    )
)

# Right behind a known line no customer's payment goes on like this.
_NEAR = 60
_GOES_ON = re.compile(
    r"\bloans?\b|\bdisb(?:urse\w*)?\b|\bclosure\b|\bint\.? ?p(?:ai)?d\b|^[ .)-]*re?v(?:sl|ersed)?\b|\bdebited\b"
    r"|\bon hold\b",
    _FLAGS,
)


@dataclass(frozen=True)
class Clause:
    """What the clause about the operator's own account says.

    `direction` is "credit", "debit" or "" (not clear); `marker` says why it is no payment, or is empty.
    """

    direction: str
    marker: str
    names_account: bool


def own_clause(text: str) -> Clause:
    """Read the clause about the operator's own account in a normalised text."""
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if sentence]
    about_accounts = [sentence for sentence in sentences if _own_account(sentence)]
    moving = [sentence for sentence in about_accounts if _MOVEMENT.search(sentence)]
    sentence = next(iter(moving or about_accounts), text)
    return Clause(_direction(sentence), marker_in(sentence), names_account=bool(about_accounts))


def marker_behind(rest: str, *, whole: bool) -> str:
    """Say why a line is no payment after all, by how the text goes on behind it; empty if it does not say so.

    `whole`: read all of it, not its first sentence alone; a bank's advice at the end of each of its alerts, too.
    """
    told = rest if whole else _SENTENCE_END.split(rest.lstrip(" .;:)-"), 1)[0]
    return marker_in(told) or ("It goes on as no payment does." if _GOES_ON.search(rest, 0, _NEAR) else "")


def speaks_of_credit(text: str) -> bool:
    return _CREDIT_LIKE.search(text) is not None


def speaks_of_debit(text: str) -> bool:
    return _DEBIT_LIKE.search(text) is not None


def speaks_of_movement(text: str) -> bool:
    return _MOVEMENT.search(text) is not None


def _own_account(sentence: str) -> re.Match[str] | None:
    mentions = list(_ACCOUNT.finditer(sentence))
    yours = (mention for mention in mentions if _YOUR.search(sentence, max(0, mention.start() - 80), mention.start()))
    return next(yours, mentions[0] if mentions else None)


def _direction(sentence: str) -> str:
    account = _own_account(sentence)
    movements = list(_MOVEMENT.finditer(sentence))
    if account is None or not movements:
        return ""
    start, end = account.span()
    nearest = min(movements, key=lambda match: max(start - match.end(), match.start() - end))
    came_from = _preposition(sentence[: account.start()])
    if came_from == "from" and any(match["debit"] and match.end() <= start for match in movements):
        return "debit"
    if nearest["credit"]:
        return "debit" if came_from == "from" and nearest.end() <= start else "credit"
    if came_from not in ("", "from") and nearest["debit"].lower() in _GIVING:
        return "credit" if _YOUR.search(sentence[:start]) else ""
    return "debit"


def _preposition(before: str) -> str:
    """Return the preposition that stands right before an account, with at most a bank's name in between."""
    found = list(_PREPOSITION.finditer(before[-40:]))
    if not found:
        return ""
    between = before[-40:][found[-1].end() :]
    return found[-1][1].lower() if len(between.split()) <= 3 else ""


def marker_in(sentence: str) -> str:
    """Say why what this speaks of is no payment of a customer; empty if it does not say so."""
    return next((reason for pattern, reason in _NOT_A_PAYMENT if pattern.search(sentence)), "")
