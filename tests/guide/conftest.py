import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from guide.samples import sample_text
from tests.programs import NODE, missing

PROGRAMS = {"js": NODE, "mjs": NODE, "php": shutil.which("php"), "py": sys.executable, "sh": shutil.which("sh")}


def program_of(name: str) -> str:
    """Return what runs a sample; without PHP (with curl), curl or OpenSSL the test is skipped, but not in CI."""
    text = sample_text(name, "")
    needed = {command: shutil.which(command) for command in ("curl", "openssl") if text.count(f"{command} ")}
    program = PROGRAMS[name.rpartition(".")[2]]
    if "curl_init" in text and program and b"curl" not in subprocess.check_output([program, "-m"]).split():
        program = None
    if program is None or (name.endswith(".sh") and None in needed.values()):
        missing(f"what runs {name}")
    return program


@pytest.fixture
def written(tmp_path, settings) -> Callable[..., Path]:
    """Write a sample to a file as a merchant would: with this installation's address, and own values filled in."""

    def write(name: str, **filled_in: str) -> Path:
        text = sample_text(name, settings.BASE_URL)
        for placeholder, value in filled_in.items():
            assert placeholder in text
            text = text.replace(placeholder, value)
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


@pytest.fixture
def run(written) -> Callable[..., str]:
    """Run a sample to its end and return what it printed."""

    def run(name: str, **filled_in: str) -> str:
        done = finished(program_of(name), written(name, **filled_in))
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def finished(program: str, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, str(file)], cwd=file.parent, capture_output=True, text=True, timeout=30)
