"""Secrets of this installation: from the environment, from `NAME_FILE`, or generated into the data directory."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def make_private_directory(path: Path) -> Path:
    """Create `path` readable by its owner alone (0700) and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def read_secret(name: str, *, directory: Path, generate: Callable[[], str] | None) -> str:
    """Return the secret called `name`.

    It is looked up in the environment (`NAME`), in the file named by `NAME_FILE`, then in `directory`. Where it is
    nowhere and `generate` is given, a new one is written to `directory` (0600); without `generate` (production) this
    raises ImproperlyConfigured, because a key made up at start would silently lock out everything sealed with the old.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from None
    if generate is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): PAYGATE_ENV=production generates no secrets.")
    file = directory / name.lower()
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        make_private_directory(directory)
    return _write_once(file, generate())


def _write_once(file: Path, value: str) -> str:
    """Write `value` unless another process was first, and return what the file holds.

    The content is complete before the name exists (link, not open-then-write), so no reader sees half a key.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(value)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text(encoding="utf-8").strip()
