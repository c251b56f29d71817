"""Excel's files, old and new, opened in a process of their own.

One cell far away, or a part larger than the file says, makes the reader take all memory there is and end its process.
That process is a small one with a limit, and never the web server.
"""

import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from typing import Any

from python_calamine import CalamineWorkbook

from reconciliation.statements.cells import text_of
from reconciliation.statements.layouts import HEADER_WITHIN, TOO_LONG, find_header
from reconciliation.statements.rows import MAX_ROWS, BadStatement

# What an honest workbook of 200,000 rows may unpack to, in how many parts, and how tightly it may be packed.
MAX_UNPACKED = 250 * 1024 * 1024
MAX_PARTS = 500
MAX_RATIO = 100
RATIO_FROM = 1024 * 1024
MAX_SHEETS = 20
MAX_COLUMNS = 200
# Of the process that opens the file: its memory, its seconds, and what it may answer.
MEMORY = 768 * 1024 * 1024
SECONDS = 60
MAX_ANSWER = 128 * 1024 * 1024
_CANNOT_BE_OPENED = "This Excel file cannot be opened. Save it without a password, or download CSV."
_TOO_MUCH = "This Excel file unpacks to far more than a statement holds. It is not opened."


def read_workbook(data: bytes) -> list[list[str]]:
    """Return the cells, as texts, of the first sheet with a statement's heading. Raises BadStatement."""
    if data.startswith(b"PK"):
        _check_zip(data)
    try:
        reader = subprocess.run(  # noqa: S603 - nothing of the file is on the command line
            [sys.executable, "-c", f"from {__name__} import main; main({MEMORY})"],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=True,
            # No secret of ours is there to be read.
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise BadStatement(_CANNOT_BE_OPENED) from None
    answer = json.loads(reader.stdout)
    if isinstance(answer, str):
        raise BadStatement(answer)
    table: list[list[str]] = answer
    return table


def main(memory: int) -> None:
    """Read a workbook from stdin; write its cells to stdout as JSON, or a sentence that refuses it."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = json.dumps(_cells(sys.stdin.buffer.read()))
    except BadStatement as refusal:
        answer = json.dumps(str(refusal))
    sys.stdout.write(answer if len(answer) <= MAX_ANSWER else json.dumps(_TOO_MUCH))


def _check_zip(data: bytes) -> None:
    """Judge a workbook by its table of contents, before anything of it is unpacked."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise BadStatement("This Excel file is damaged. Download it again.") from None
    too_tight = any(part.file_size > RATIO_FROM and part.file_size > MAX_RATIO * part.compress_size for part in parts)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED or too_tight:
        raise BadStatement(_TOO_MUCH)


def _cells(data: bytes) -> list[list[str]]:
    """Return the cells of the first sheet with a statement's heading; of a formula its last value."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    first: list[list[str]] = []
    for name in book.sheet_names[:MAX_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > MAX_ROWS + HEADER_WITHIN or sheet.total_width > MAX_COLUMNS:
            raise BadStatement(TOO_LONG)
        rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
        table = [[text_of(cell) for cell in row] for row in rows]
        if find_header(table):
            return table
        first = first or table
    return first
