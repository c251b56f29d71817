"""The documents against the code: links lead somewhere, tables are complete, commands exist, the first payment works."""

import json
import re
import shlex
import subprocess
from io import StringIO
from itertools import groupby
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands, load_command_class

from apikeys.models import DEFAULT_PERMISSIONS, PERMISSIONS
from backoffice.roles import SEES, roles_with
from payments.api.error_codes import ERROR_CODES
from payments.models import EventType, SessionException, Status
from reconciliation.banks.template import FIELDS
from reconciliation.rehearsals import Kind
from webhooks import client
from webhooks.schedule import DELAYS

ROOT = Path(settings.BASE_DIR)
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
NAMES = [str(document.relative_to(ROOT)) for document in DOCUMENTS]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows_of(name: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table after a heading, without its head."""
    lines = text_of(name).partition(heading)[2].splitlines()
    table = next(list(rows) for is_row, rows in groupby(lines, lambda line: line.startswith("|")) if is_row)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def first_words(name: str, heading: str) -> list[str]:
    return [row[0].strip("`") for row in rows_of(name, heading)]


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert file.exists(), target
        assert not anchor or anchor in anchors_of(file), target


def test_whoever_reads_of_the_roles_learns_all_that_everybody_sees():
    seen = rows_of("docs/backoffice.md", "## People and roles")[0][0]

    for label in SEES:
        assert str(apps.get_model(label)._meta.verbose_name_plural) in seen


@pytest.mark.parametrize(
    ("deed", "permission"),
    [
        ("load and start statements", "backoffice.mark_paid"),
        ("a notice is dealt with", "backoffice.resolve_notice"),
        ("send a webhook again", "backoffice.redeliver"),
        ("rotate, disable keys", "backoffice.manage_keys"),
        ("alert channels, bank templates", "backoffice.manage_channels"),
    ],
)
def test_the_roles_may_do_what_their_table_says(deed, permission):
    heads = ("Viewer", "Operator", "Developer", "Admin")
    (row,) = [row for row in rows_of("docs/backoffice.md", "## People and roles")[1:] if deed in row[0]]

    assert [role for role, tick in zip(heads, row[1:], strict=True) if tick] == roles_with(permission)


@pytest.mark.parametrize("name", [*NAMES, "guide/examples/listen.sh"])
def test_every_command_in_the_documents_exists_with_its_options(name):
    for line in re.findall(r"manage\.py ([^\n`]+)", text_of(name).replace("\\\n", " ")):
        command, *words = shlex.split(line, comments=True)
        assert command in get_commands(), line
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        for word in words:
            assert not word.startswith("--") or word in parser._option_string_actions, line


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_in_the_documents_exists(name):
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text_of(name), re.MULTILINE)) <= targets


def test_the_api_page_names_every_status_exception_and_event():
    assert first_words("docs/api.md", "## Statuses") == Status.values
    assert first_words("docs/api.md", "`exception`:") == [value or '""' for value in SessionException.values]
    assert first_words("docs/api.md", "## Events") == EventType.values


def test_the_api_page_names_every_permission():
    row = next(row for row in rows_of("docs/api.md", "# The API's rules") if row[0] == "Permissions")

    assert re.findall(r"`(\w+)`", row[1]) == list(PERMISSIONS)
    assert len(DEFAULT_PERMISSIONS) == 4, "the page says that a new key has the first four"


def test_the_page_of_errors_is_the_table_of_errors():
    assert rows_of("docs/errors.md", "# Errors") == [
        [f"`{error.code}`", str(error.status), error.meaning, error.advice] for error in ERROR_CODES
    ]


def test_the_guide_names_every_wait_between_two_attempts():
    words = {5: "5 s", 30: "30 s", 120: "2 min", 600: "10 min", 1800: "30 min"}
    waits = [words.get(delay, f"{delay // 3600} h") for delay in DELAYS]

    assert f"after {', '.join(waits[:-1])} and {waits[-1]}" in text_of("templates/guide/guide.html")


def test_the_guide_says_how_long_a_receiver_may_take():
    assert f"Answer 2xx within {client.TOTAL_SECONDS:g} seconds" in text_of("templates/guide/guide.html")
    assert f"Answer 2xx within {client.TOTAL_SECONDS:g} seconds" in text_of("templates/guide/api.html")


def test_the_guide_names_every_kind_of_simulated_credit():
    table = text_of("templates/guide/guide.html").partition('aria-label="Kinds of credit"')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="row">(.+?)</th>', table)

    assert re.findall(r"<code>(\w+)</code>", " ".join(heads)) == Kind.values


def test_the_page_of_reconciliation_explains_every_field_of_a_line():
    assert rows_of("docs/reconciliation.md", "### Fields of a line") == [
        [f"`{{{name}}}`", field.meaning, field.example] for name, field in FIELDS.items()
    ]


def test_the_page_of_the_architecture_names_every_app():
    own = {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}

    assert set(first_words("docs/architecture.md", "## Apps")) == own


def test_the_page_of_the_configuration_is_the_example_file():
    shown = re.findall(r"^\| (`.+`) \| (.+) \|$", text_of("docs/configuration.md"), re.MULTILINE)

    assert shown == [
        ("<br>".join(f"`{each}`" for each in variables), says)
        for variables, says in variables_of_the_example(text_of(".env.example"))
    ]


def variables_of_the_example(text: str) -> list[tuple[list[str], str]]:
    """Return each paragraph of `.env.example` that sets something: its assignments, and the comment above them."""
    found: list[tuple[list[str], str]] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            comment.append(line.removeprefix("# "))
        elif not line:
            comment = []
        elif comment:
            found.append(([line], " ".join(comment)))
            comment = []
        else:
            found[-1][0].append(line)
    return found


def test_the_first_payment_of_the_readme_works(live_server, testing):
    steps = re.findall(r"```sh\n(.+?)```", text_of("README.md").partition("## Your first payment")[2], re.DOTALL)
    create, record, look = (
        step.replace("http://localhost:3000", live_server.url).replace("pgk_test_…", testing.text) for step in steps[:3]
    )

    payment = json.loads(_shell(create))["payment"]
    words = shlex.split(record.partition("manage.py ")[2].replace("99.37", f"{payment['payable_amount']:.2f}"))
    call_command(*words, stdout=StringIO())
    [paid] = json.loads(_shell(look))["payments"]

    assert (paid["session_id"], paid["status"]) == (payment["session_id"], "success")


def _shell(command: str) -> str:
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True).stdout
