"""The banks an operator wrote down, and reading alerts with them beside the known ones."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from textwrap import shorten

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from reconciliation import parsing, wording
from reconciliation.banks import BANKS, banks_of_domain, banks_of_header
from reconciliation.banks.fitting import Stop, stop_of
from reconciliation.banks.template import Bank
from reconciliation.banks.typed import BadTemplate, build_bank
from reconciliation.models import AlertChannel, BankTemplate
from reconciliation.parsing import Reading, Verdict

FIELDS = ("code", "name", "headers", "lines", "mail_domains", "mail_lines")

logger = logging.getLogger(__name__)


def read(*, kind: str, sender: str, text: str, extra: Sequence[Bank] = ()) -> Reading:
    """Read an alert that came through a channel of this kind, with the banks of the operator and `extra`."""
    banks = (*operator_banks(), *extra)
    if kind == AlertChannel.Kind.MAILBOX:
        return parsing.read_mail(sender, text, banks)
    return parsing.read_text(sender, text, banks)


def operator_banks() -> list[Bank]:
    """Return the enabled ones that can be used; what a newer PayGate refuses is left out, and staff see why."""
    return _usable(BankTemplate.objects.filter(enabled=True))


def name_of(code: str) -> str:
    """Return what staff call the bank of this code."""
    return next((bank.name for bank in (*BANKS, *operator_banks()) if bank.code == code), code.upper())


def add_template(
    *,
    name: str,
    code: str,
    examples: Sequence[str],
    headers: Sequence[str] = (),
    lines: Sequence[str] = (),
    mail_domains: Sequence[str] = (),
    mail_lines: Sequence[str] = (),
) -> BankTemplate:
    """Write down a bank. `examples`: see `change_template`. Raises ValidationError, by the name of the input."""
    template = BankTemplate()
    return change_template(
        template,
        examples=examples,
        name=name,
        code=code,
        headers=headers,
        lines=lines,
        mail_domains=mail_domains,
        mail_lines=mail_lines,
    )


def change_template(
    template: BankTemplate, *, examples: Sequence[str] = (), **values: str | Sequence[str]
) -> BankTemplate:
    """Change what is given of `FIELDS`; alerts that come from now on are read so. Raises ValidationError.

    `examples`: alerts as they came, one at least for each line that is new; they are not kept.
    """
    proved = {*template.lines, *template.mail_lines}
    for field, value in values.items():
        setattr(template, field, value.strip() if isinstance(value, str) else list(value))
    template.code = template.code.lower()
    template.full_clean()
    if taken := {field: told for field, told in _taken(template) if told}:
        raise ValidationError(taken)
    if problems := _unproved(template, proved, examples):
        raise ValidationError({"examples": problems})
    template.save()
    return template


def switch_template(*, template_id: int, enabled: bool) -> bool:
    """Use a template from now on, or not. Returns whether that is a change."""
    return bool(BankTemplate.objects.filter(pk=template_id, enabled=not enabled).update(enabled=enabled))


def where_it_stops(line: str, text: str, *, kind: str) -> Stop | None:
    """Return where a line, as typed, stops fitting an alert of a channel of this kind; None if it fits."""
    line = wording.normalise(line)
    if kind == AlertChannel.Kind.MAILBOX:
        return stop_of(line, *wording.normalise_mail(text))
    return stop_of(line, wording.normalise(text))


def _usable(templates: "QuerySet[BankTemplate]") -> list[Bank]:
    return [bank for row in templates.values(*FIELDS) if (bank := _build(json.dumps(row))) is not None]


def _taken(template: BankTemplate) -> Iterator[tuple[str, list[str]]]:
    """Say, by the name of the input, which senders are another bank's and which lines are known already."""
    bank = template.as_bank()
    others = _usable(BankTemplate.objects.filter(enabled=True).exclude(pk=template.pk))
    headers = ((header, banks_of_header(header, others)) for header in sorted(bank.headers))
    domains = ((domain, banks_of_domain(domain, others)) for domain in sorted(bank.mail_domains))
    yield "headers", [told for sender, owners in headers if (told := _whose(sender, owners, bank))]
    yield "mail_domains", [told for sender, owners in domains if (told := _whose(sender, owners, bank))]
    same = [other for other in others if other.code == bank.code]
    yield "lines", [told for other in same for told in _twice(bank.credits, other.credits, other)]
    yield "mail_lines", [told for other in same for told in _twice(bank.mail_credits, other.mail_credits, other)]


def _whose(sender: str, owners: Sequence[Bank], bank: Bank) -> str:
    if not owners or any(owner.code == bank.code for owner in owners):
        return ""
    return f"{sender} is {owners[0].name}’s: use the code {owners[0].code}, or leave it out."


def _twice(lines: Mapping[str, str], known: Mapping[str, str], other: Bank) -> list[str]:
    twice = (name for name, line in lines.items() if line in known.values())
    return [f"{name.capitalize()}: the template {other.name} has it already. Leave it out here." for name in twice]


def _unproved(template: BankTemplate, proved: set[str], examples: Sequence[str]) -> list[str]:
    """Say of each new line why it would read nothing: it would do so without anybody noticing."""
    bank = template.as_bank()
    lines = [(AlertChannel.Kind.PHONE, line) for line in template.lines]
    lines += [(AlertChannel.Kind.MAILBOX, line) for line in template.mail_lines]
    told = ((line, _why_useless(bank, kind, line, examples)) for kind, line in lines if line not in proved)
    return [f"“{shorten(line, 60, placeholder=' …')}”: {problem}" for line, problem in told if problem]


def _why_useless(bank: Bank, kind: str, line: str, examples: Sequence[str]) -> str:
    stops = {example: where_it_stops(line, example, kind=kind) for example in examples}
    fitting = [example for example, stop in stops.items() if stop is None]
    if not fitting:
        nearest = max((stop for stop in stops.values() if stop), key=lambda stop: len(stop.fitted), default=None)
        return f"No example fits this line. {nearest or 'Paste a real alert that does.'}"
    readings = [_read_alone(bank, kind, example) for example in fitting]
    if any(reading.verdict == Verdict.CREDIT for reading in readings):
        return ""
    return f"Its example would pay nothing. {readings[0].reason}"


def _read_alone(bank: Bank, kind: str, text: str) -> Reading:
    if kind == AlertChannel.Kind.MAILBOX:
        return parsing.read_mail(min(bank.mail_domains), text, (bank,))
    return parsing.read_text(min(bank.headers), text, (bank,))


@lru_cache(maxsize=256)
def _build(row: str) -> Bank | None:
    # Remembered, because a bank's lines are compiled when they are first used.
    values = json.loads(row)
    try:
        return build_bank(**values)
    except BadTemplate as error:
        logger.error("The bank template %s cannot be used: %s", values["name"], error)
        return None
