"""A bank made of what an operator typed: refused, in words, where a line would be useless or dangerous. Pure."""

import re
from collections.abc import Iterable, Iterator

from reconciliation import clauses, wording
from reconciliation.banks.template import ACCOUNT_WORDS, FIELDS, FREE, PIECE, Bank

MAX_LINES, MAX_LINE = 20, 500
LITERAL_WORDS = 3
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
# {account} and {amount} bring their own first words; whoever types them before the field, too, means the same.
_ECHO = re.compile(
    rf"(?<![A-Za-z0-9])(?:{ACCOUNT_WORDS}[xX*]{{0,12}}(?=\{{account\}})|(?:INR|Rs|₹)[.:]{{0,2}} ?(?=\{{amount\}}))",
    re.IGNORECASE | re.ASCII,
)
_NOT_IN_A_UPI_ID = re.compile(r"[^\w.@-]", re.ASCII)


class BadTemplate(ValueError):
    """A bank as an operator typed it cannot be used. `problems`: sentences for him, by the name of the input."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__(" ".join(sentence for sentences in problems.values() for sentence in sentences))
        self.problems = problems


def build_bank(
    *,
    code: str,
    name: str,
    headers: Iterable[str],
    lines: Iterable[str],
    mail_domains: Iterable[str] = (),
    mail_lines: Iterable[str] = (),
) -> Bank:
    """Return a bank made of what an operator typed. Raises BadTemplate, with sentences for him.

    `headers`: tokens as `senders.read_tokens` returns them. `code` may be that of a known bank, which then has more
    lines.
    """
    headers, lines, mail_lines = tuple(headers), _typed(lines), _typed(mail_lines)
    domains = tuple(domain.strip().lower().lstrip("@") for domain in mail_domains if domain.strip())
    problems = {
        "code": [] if _CODE.fullmatch(code) else ["The code is 2 to 32 small letters, digits and hyphens: icici."],
        "name": [] if name.strip() and len(name) <= 60 else ["Name the bank, in 60 characters at most."],
        "headers": [] if headers or domains else ["Name at least one sender, such as ICICIT."],
        "lines": [] if lines or mail_lines else ["Write at least one line."],
        "mail_domains": [f"{each[:60]!r} is no domain." for each in domains if not _DOMAIN.fullmatch(each)],
        "mail_lines": _problems_of(mail_lines),
    }
    problems["headers"] += ["Lines of short messages need a sender."] if lines and not headers and domains else []
    problems["mail_domains"] += ["Lines of e-mails need a domain."] if mail_lines and not domains else []
    problems["lines"] += _problems_of(lines)
    if found := {where: sentences for where, sentences in problems.items() if sentences}:
        raise BadTemplate(found)
    return Bank(
        code=code,
        name=name.strip(),
        headers=frozenset(headers),
        credits={f"line {number}": forgive_echo(line) for number, line in enumerate(lines, 1)},
        mail_domains=frozenset(domains),
        mail_credits={f"line {number}": forgive_echo(line) for number, line in enumerate(mail_lines, 1)},
    )


def forgive_echo(line: str) -> str:
    """Return a typed line whose words before a field that brings them itself may be missing in a message."""
    return _ECHO.sub(lambda echo: f"[{echo[0]}]", line)


def _typed(lines: Iterable[str]) -> tuple[str, ...]:
    plain = (wording.normalise(line) for line in lines)
    return tuple(line for line in plain if line)


def _problems_of(lines: tuple[str, ...]) -> list[str]:
    problems = [f"Line {number}: {problem}" for number, line in enumerate(lines, 1) for problem in _problems(line)]
    return problems + ([f"More than {MAX_LINES} lines."] if len(lines) > MAX_LINES else [])


def _problems(line: str) -> Iterator[str]:
    """Say what makes a line useless or dangerous: a line that fits too much gives goods away."""
    if len(line) > MAX_LINE:
        yield f"It is longer than {MAX_LINE} characters: end it earlier, what follows does not matter."
        return
    line = _ECHO.sub("", line)
    pieces = PIECE.split(line)
    names, literals = pieces[1::2], pieces[::2]
    if unknown := [name for name in names if name not in FIELDS]:
        yield f"{{{unknown[0]}}} is no field. Fields: {', '.join(f'{{{name}}}' for name in FIELDS)}."
        return
    if re.search(r"[{}\[\]|\\]", "".join(literals)):
        yield "Braces stand around a field's name only, and [ ] | \\ cannot be used: end the line before them."
        return
    yield from _field_problems(names)
    yield from _free_problems(names, literals)
    yield from _word_problems(line, literals)


def _field_problems(names: list[str]) -> Iterator[str]:
    if "amount" not in names:
        yield "It has no {amount}: write it where the message says how much came in."
    if twice := next(
        (name for name in names if name not in ("other", "any", "word", "end", "stop") and names.count(name) > 1), ""
    ):
        yield f"It has {{{twice}}} twice: end it before the second, or write {{balance}}, {{other}} or {{any}} there."
    if {"account", "tail"} <= set(names):
        yield "It has the account twice: {account} holds the word and the digits, {tail} the digits alone. Keep one."
    if "time" in names and "date" not in names:
        yield "It has a {time} but no {date}: write {date} where the day stands, or end the line before the {time}."


def _word_problems(line: str, literals: list[str]) -> Iterator[str]:
    if len(re.findall(r"[A-Za-z]{2,}", " ".join(literals))) < LITERAL_WORDS:
        yield (
            f"It has fewer than {LITERAL_WORDS} words of its own, so that other messages might fit it. "
            "Write the words between the fields as they stand in the message, such as “is credited with”."
        )
    clause = clauses.own_clause(PIECE.sub(lambda piece: FIELDS[piece[1]].example, line))
    if clause.marker:
        yield f"It reads like something else. {clause.marker} No payment is made by such messages: leave this line out."
    elif clause.direction != "credit" and (clause.names_account or not clauses.speaks_of_credit(line)):
        yield (
            "It does not say that money came in. Write the message's words that do, such as "
            "“credited to your A/c {account}” or “received in your {account}”."
        )


def _free_problems(names: list[str], literals: list[str]) -> Iterator[str]:
    if not literals[0].strip() and names and names[0] in (*FREE, "person", "vpa", "word"):
        yield f"It begins with {{{names[0]}}}: whoever pays could write the whole message. Begin with the bank's words."
    free = [index for index, name in enumerate(names) if name in FREE]
    if len(free) > 2:
        yield "It has more than two free parts ({name}, {remark}, {any}): end it before the third."
    for index in free:
        last = index + 1 == len(names)
        where = "at its end" if last else f"right before {{{names[index + 1]}}}"
        if not re.search(r"[^\s.]", literals[index + 1]):
            yield f"{{{names[index]}}} stands {where}: write the words that follow it in the message."
        elif not last and names[index + 1] == "rrn" and not _NOT_IN_A_UPI_ID.search(literals[index + 1]):
            yield f"{{{names[index]}}} could end inside a UPI ID: write a blank before the words that follow it."
