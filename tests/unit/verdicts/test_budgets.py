"""A rule acts within its budget, by market, hour and day; beyond it a person looks."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.rules_of_tests import rule_text

from evenhand.base.lists import ActionKind
from evenhand.connectors.matrix import spent as room
from evenhand.connectors.matrix.budgeted import Budgeted
from evenhand.connectors.matrix.lane import Row
from evenhand.connectors.matrix.spent import SpentFile
from evenhand.rules.load import read_rule
from evenhand.rules.rule import Budget, RuleSet
from evenhand.signals.columns import all_columns
from evenhand.verdicts.budgets import Budgets
from evenhand.verdicts.schema import RuleHit, Verdict

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = read_rule(rule_text(more="budget: {hour: 3, day: 5}\n"), Path("goods.yaml"), all_columns([]))
RULES = RuleSet((RULE,))
VERDICT = Verdict(
    event_id="$1",
    harm="m.spam.fraud",
    severity=2,
    score=0.9,
    rules=(RuleHit(RULE.id, RULE.version),),
    action=ActionKind.HOLD,
    exact=False,
    language="en",
    reason="It is goods.",
)


def acted(budgets: Budgets, *, now: datetime, market: str = "DE", rules: RuleSet = RULES) -> bool:
    found = budgets.within(VERDICT, market=market, rules=rules, now=now)
    assert found.over_budget is (found.action is ActionKind.NONE)
    return not found.over_budget


def test_beyond_its_budget_of_an_hour_a_rule_asks_a_person() -> None:
    budgets = Budgets()

    assert [acted(budgets, now=NOON) for _ in range(5)] == [True, True, True, False, False]
    assert acted(budgets, now=NOON + timedelta(hours=1))


def test_each_market_has_its_own_budget() -> None:
    budgets = Budgets()
    for _ in range(3):
        acted(budgets, now=NOON)

    assert acted(budgets, now=NOON, market="KZ")
    assert not acted(budgets, now=NOON, market="DE")


def test_the_day_is_a_budget_too_and_ends_with_the_day() -> None:
    budgets = Budgets()
    hours = [NOON + timedelta(hours=hour) for hour in (0, 1)]

    assert [acted(budgets, now=hour) for hour in hours for _ in range(3)] == [True] * 5 + [False]
    assert not acted(budgets, now=NOON + timedelta(hours=2))
    assert acted(budgets, now=NOON + timedelta(hours=12))


def test_another_version_begins_with_a_budget_of_its_own() -> None:
    budgets = Budgets()
    for _ in range(3):
        acted(budgets, now=NOON)
    changed = replace(RULE, version="2.other", budget=Budget(hour=1))
    other = replace(VERDICT, rules=(RuleHit(RULE.id, "2.other"),))
    rules = RuleSet((changed,))

    first = budgets.within(other, market="DE", rules=rules, now=NOON)
    then = budgets.within(other, market="DE", rules=rules, now=NOON)

    assert (first.over_budget, then.over_budget) == (False, True)


def test_what_asks_a_person_anyway_costs_no_budget() -> None:
    budgets = Budgets()
    asks = replace(VERDICT, action=ActionKind.NONE)

    for _ in range(9):
        assert budgets.within(asks, market="DE", rules=RULES, now=NOON) == asks
    assert acted(budgets, now=NOON)


class Plane:
    rules = RULES

    def screen_few(self, events: list[Row]) -> list[Verdict | None]:
        return [VERDICT if event["text"] else None for event in events]


def test_the_door_asks_its_plane_and_keeps_within_the_budgets() -> None:
    door = Budgeted(Plane(), clock=lambda: NOON)  # type: ignore[arg-type]
    events: list[Row] = [{"text": text, "territory": "KZ"} for text in ("a", "", "b", "c", "d")]

    found = door.screen_few(events)

    assert [one and one.action for one in found] == [
        ActionKind.HOLD,
        None,
        ActionKind.HOLD,
        ActionKind.HOLD,
        ActionKind.NONE,
    ]


def screened(path: Path, *, at: datetime, texts: str = "a", market: str = "KZ") -> list[bool]:
    """Gives what acted at a door that begins with what the file says."""
    door = Budgeted(Plane(), clock=lambda: at, kept=SpentFile(path))  # type: ignore[arg-type]
    events: list[Row] = [{"text": text, "territory": market} for text in texts]
    return [found is not None and not found.over_budget for found in door.screen_few(events)]


def test_a_door_that_starts_again_goes_on_with_what_was_spent(tmp_path: Path) -> None:
    path = tmp_path / "door" / "budgets.ndjson"

    assert screened(path, at=NOON, texts="ab") == [True, True]
    assert screened(path, at=NOON, texts="ab") == [True, False]
    assert screened(path, at=NOON, market="DE") == [True]
    assert screened(path, at=NOON + timedelta(hours=1), texts="abc") == [True, True, False]
    assert screened(path, at=NOON + timedelta(days=1)) == [True]
    assert path.read_text().count("\n") == 1


def test_the_file_is_written_anew_when_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FILE_BYTES_MAX", 200)
    path = tmp_path / "budgets.ndjson"
    kept = SpentFile(path)
    place = VERDICT.rules[0], "KZ"

    for _ in range(50):
        kept.add(NOON, Counter({place: 1}))

    assert len(path.read_text()) < 400
    assert SpentFile(path).read(NOON) == {(NOON, place): 50}


def test_a_file_that_is_damaged_or_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "budgets.ndjson"
    screened(path, at=NOON, texts="ab")
    path.write_bytes(b'\xff{"a"\n[1]\n[["x"],2,3,4,5]\n' + path.read_bytes() + b'["2026-11-22T')

    assert screened(path, at=NOON, texts="ab") == [True, False]
    assert screened(tmp_path / "none" / ("x" * 300), at=NOON, texts="ab") == [True, True]
