"""What the import contracts cannot see: relations between models, files that gather anything, apps outside the layers."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, Model

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["name"]: contract for contract in CONFIGURATION["tool"]["importlinter"]["contracts"]}
# What every app may point at: the users and the content types of Django.
SHARED = {"auth", "contenttypes"}


def own_apps() -> set[str]:
    return {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}


def layers() -> list[set[str]]:
    return [set(layer.split(" | ")) for layer in CONTRACTS["Apps depend one way"]["layers"]]


def height(app: str) -> int:
    """0 for the bottom layer."""
    return next(index for index, layer in enumerate(reversed(layers())) if app in layer)


def relations() -> list[tuple[type[Model], type[Model], str]]:
    return [
        (model, field.related_model, f"{model.__name__}.{field.name} points to {field.related_model._meta.label}")
        for model in apps.get_models()
        if model._meta.app_label in own_apps()
        for field in model._meta.get_fields()
        if isinstance(field, Field) and field.related_model
    ]


def test_a_string_foreign_key_does_not_climb_a_layer_either():
    assert relations()
    for model, target, text in relations():
        source, destination = model._meta.app_label, target._meta.app_label
        if destination not in SHARED and destination != source:
            assert height(destination) < height(source), text


def test_every_app_has_its_layer():
    assert own_apps() == set().union(*layers())


def test_every_app_is_watched_by_every_contract():
    assert set(CONFIGURATION["tool"]["importlinter"]["root_packages"]) == own_apps() | {"paygate"}
    sources = set(CONTRACTS["Apps do not import the project package"]["source_modules"])
    assert sources == own_apps()


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "misc", "common"])
def test_no_module_is_named_after_nothing(name):
    tracked = [path for app in own_apps() for path in (ROOT / app).rglob(f"{name}*") if path.suffix in {".py", ""}]
    assert not tracked


def test_modules_stay_short_enough_to_read():
    for app in own_apps():
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
