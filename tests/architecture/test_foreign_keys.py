"""Foreign keys point down the house: a string reference escapes the import linter."""

import tomllib
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]


def layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return [layer.strip("()") for layer in contracts["contracts"][0]["layers"]]


def upward(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    order = layers()
    return [
        (source, target)
        for source, target in pairs
        if target in order and order.index(target) < order.index(source)
    ]


def pairs() -> list[tuple[str, str]]:
    return [
        (model._meta.app_label, field.related_model._meta.app_label)
        for model in apps.get_models()
        if model.__module__.startswith("evenhand.")
        for field in model._meta.get_fields()
        if field.many_to_one and field.concrete and not isinstance(field.related_model, str)
    ]


def test_every_foreign_key_points_down_the_house():
    found = pairs()

    assert found, "no foreign key was seen"
    assert upward(found) == []


def test_a_foreign_key_that_points_up_is_caught():
    assert upward([("records", "cases")]) == [("records", "cases")]
