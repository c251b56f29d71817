import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.money import two_decimals
from payments.wire import InvalidJson, JsonText, read_json, write_json
from reconciliation.banks.template import Bank
from reconciliation.parsing import Reading, parse
from reconciliation.services.banks import operator_banks


class Command(BaseCommand):
    help = 'Show how alerts would be read, a JSON line each; writes nothing. The file has lines of {"sender", "text"}.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="lines of JSON, which is the only form there is")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._show(_lines(options["file"]))
        except BrokenPipeError:
            # Whoever reads, such as head, has enough. Python would complain once more when it ends and flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())

    def _show(self, lines: Iterable[str]) -> None:
        extra = operator_banks()
        for number, line in enumerate(lines, 1):
            if line.strip():
                self.stdout.write(write_json(_shown(_read(line, number, extra))))
        self.stdout.flush()


def _lines(path: str) -> Iterator[str]:
    if path == "-":
        yield from sys.stdin
        return
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise CommandError(f"The file cannot be read: {error.strerror}.") from None


def _read(line: str, number: int, extra: Sequence[Bank]) -> Reading:
    try:
        alert = read_json(line)
    except InvalidJson as error:
        raise CommandError(f"Line {number} cannot be read. {error}") from None
    if not isinstance(alert, dict) or not all(isinstance(alert.get(name), str) for name in ("sender", "text")):
        raise CommandError(f'Line {number} is not an object such as {{"sender": "VM-SBIUPI-S", "text": "…"}}.')
    return parse(sender=alert["sender"], text=alert["text"], extra=extra)


def _shown(reading: Reading) -> dict[str, Any]:
    amount = reading.amount_paise
    return {
        "verdict": str(reading.verdict),
        "direction": reading.direction or None,
        "amount": None if amount is None else JsonText(two_decimals(amount)),
        "rrn": reading.rrn or None,
        "payer": reading.payer,
        "account_tail": reading.account_tail,
        "bank": reading.bank,
        "reason": reading.reason,
    }
