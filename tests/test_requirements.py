"""The pinned requirements against what was asked for, without a network; `make requirements` brings them together."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"


def asked(name: str) -> list[str]:
    lines = (REQUIREMENTS / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def pinned(name: str) -> list[tuple[str, Version, str]]:
    """Return name, version and the rest of each entry: hashes, and who asked for it."""
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(.*(?:\n[ ].*)*)", text, re.MULTILINE)
    return [(canonicalize_name(name), Version(version), rest) for name, version, rest in entries]


@pytest.mark.parametrize("name", ["base", "dev", "bench"])
def test_what_is_asked_for_is_pinned_in_a_fitting_version(name):
    versions = {package: version for package, version, _ in pinned(name)}
    for line in asked(name):
        requirement = Requirement(line.partition("#")[0])
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, line


@pytest.mark.parametrize("name", ["base", "dev", "bench"])
def test_what_is_pinned_was_asked_for(name):
    wanted = {canonicalize_name(Requirement(line.partition("#")[0]).name) for line in asked(name)}
    direct = {package for package, _, rest in pinned(name) if f"-r {name}.in" in rest}
    assert direct == wanted


@pytest.mark.parametrize("name", ["base", "dev", "bench"])
def test_every_pin_has_a_hash(name):
    assert pinned(name)
    assert all("--hash=sha256:" in rest for _, _, rest in pinned(name))


@pytest.mark.parametrize("name", ["dev", "bench"])
def test_what_is_deployed_is_tested_and_measured_in_the_same_versions(name):
    base = {package: version for package, version, _ in pinned("base")}
    assert all(base.get(package, version) == version for package, version, _ in pinned(name))


@pytest.mark.parametrize("name", ["base", "dev", "bench"])
def test_every_requirement_says_why_it_is_there(name):
    assert [line for line in asked(name) if "#" not in line] == []
