import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from paygate.keyfiles import make_private_directory, read_secret


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("COFFEE", raising=False)
    monkeypatch.delenv("COFFEE_FILE", raising=False)


def test_the_environment_wins_over_files(tmp_path, monkeypatch):
    (tmp_path / "coffee").write_text("from the directory")
    (tmp_path / "mounted").write_text(" mounted\n")
    assert read_secret("COFFEE", directory=tmp_path, generate=str) == "from the directory"
    monkeypatch.setenv("COFFEE_FILE", str(tmp_path / "mounted"))
    assert read_secret("COFFEE", directory=tmp_path, generate=str) == "mounted"
    monkeypatch.setenv("COFFEE", "given")
    assert read_secret("COFFEE", directory=tmp_path, generate=str) == "given"


def test_in_production_the_data_directory_counts_for_nothing(tmp_path):
    (tmp_path / "coffee").write_text("from the directory")
    with pytest.raises(ImproperlyConfigured, match="Set COFFEE"):
        read_secret("COFFEE", directory=tmp_path, generate=None)


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path):
    made = iter(f"secret {number}" for number in range(100))
    directory = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        seen = set(
            pool.map(lambda _: read_secret("COFFEE", directory=directory, generate=lambda: next(made)), range(8))
        )
    assert len(seen) == 1
    assert [path.name for path in directory.iterdir()] == ["coffee"]
    assert (directory / "coffee").stat().st_mode & 0o777 == 0o600


def test_a_directory_that_was_open_is_closed(tmp_path):
    os.chmod(tmp_path, 0o755)
    make_private_directory(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
