import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.diagnosis import Finding, Level, examine

SIGNS = {Level.OK: "  ok   ", Level.TO_DO: "  to do", Level.WRONG: "  WRONG"}


class Command(BaseCommand):
    help = (
        "Say what this installation uses, what it still lacks, and what to do. "
        'Ends with exit code 0 whatever it finds: for scripts, --json says "ok": false where something is wrong.'
    )
    # It must answer where the database does not.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer on one line for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        self.stdout.write(_as_json(findings) if options["json"] else _in_words(findings))


def _as_json(findings: list[Finding]) -> str:
    ok = all(finding.level != Level.WRONG for finding in findings)
    return json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]})


def _in_words(findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{SIGNS[finding.level]}  {finding.subject}: {finding.message}")
        if finding.advice:
            lines.append(f"{'':9}► {finding.advice}")
    return "\n".join(lines)
