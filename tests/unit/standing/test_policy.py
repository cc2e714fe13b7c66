"""The file of penalties: what it says, and what it may not say."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml

from evenhand.base.lists import ActionKind
from evenhand.standing.policy import PenaltiesWrong, penalties, read_penalties

TEXT = files("evenhand.standing").joinpath("penalties.yaml").read_text(encoding="utf-8")


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    whole = yaml.safe_load(TEXT)
    change(whole)
    return yaml.safe_dump(whole)


def test_the_ladder_begins_with_a_warning() -> None:
    assert penalties().ladder[0].does is ActionKind.WARN


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("misuse"), "misuse"),
        (lambda w: w.update(penalties=[]), "not a list of steps"),
        (lambda w: w["penalties"][0].update(does="suspend"), "first step has to warn"),
        (lambda w: w["penalties"][0].update(does="lock"), "neither warn nor suspend"),
        (lambda w: w["penalties"][0].update(ends_after_days=3), "a warning has no end"),
        (lambda w: w["penalties"][1].update(strikes=1), "no more strikes"),
        (lambda w: w["penalties"][2].update(does="warn", ends_after_days=None), "after a susp"),
        (lambda w: w["penalties"][1].update(name="warning"), "a name stands twice"),
        (lambda w: w["penalties"][1].update(name=""), "no name"),
        (lambda w: w["penalties"][1].update(days=0), "not a number from 1"),
        (lambda w: w["penalties"][1].update(days=True), "not a number from 1"),
        (lambda w: w["penalties"][1].update(colour="red"), "unknown"),
        (lambda w: w["penalties"].append("x"), "not a table"),
        (lambda w: w["misuse"]["report"].update(share=0), "not a share"),
        (lambda w: w["misuse"]["appeal"].update(suspend_at=1), "warn first"),
        (lambda w: w["misuse"]["appeal"].pop("days"), "missing"),
        (lambda w: w.update(warning_days="long"), "warning_days"),
    ],
)
def test_what_is_wrong_is_named(change: Callable[[dict[str, Any]], object], said: str) -> None:
    with pytest.raises(PenaltiesWrong, match=said):
        read_penalties(changed(change))


def test_what_is_no_yaml_is_named_with_its_line() -> None:
    with pytest.raises(PenaltiesWrong, match="line=2"):
        read_penalties("a: 1\nb: [")
