"""What pages on rules say: refusals in the reader's words, figures by their names."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from evenhand.base.lists import RecordKind
from evenhand.desk.rules.refusals import WHYS, refusal
from evenhand.desk.rules.rows import backtest_rows, change_rows
from evenhand.rulebook.checks import RuleStepRefused
from evenhand.rulebook.lists import RuleState

ROOM = Path(__file__).resolve().parents[3] / "src/evenhand"
REASONS = "\n".join(
    reason
    for folder in ("rulebook", "desk/rules")
    for file in (ROOM / folder).glob("*.py")
    for reason in re.findall(r'why=f?"([^"]*)"', file.read_text())
)
FIGURES = {
    "events": 1_000, "hits": 3, "hits_compared": 3, "hits_of_no_other_rule": 2,
    "accounts": {"count": 2, "more": False, "hits_of_one": 2},
    "channels": {"count": 1, "more": False, "hits_of_one": 3},
    "days": {"2026-11-01": 1, "2026-11-02": 2},
    "languages": {"de": 2, "unknown": 1}, "countries": {"KZ": 2, "others": 1},
    "overlap": {"spam_opinion": 1}, "overlap_by_harm": {"m.spam": 1},
}  # fmt: skip


@pytest.mark.parametrize("begin", WHYS)
def test_each_sentence_is_for_a_reason_that_somebody_gives(begin: str) -> None:
    assert re.search(rf"^{re.escape(begin)}", REASONS, re.MULTILINE)


def test_a_refusal_is_said_in_the_language_of_the_reader() -> None:
    error = RuleStepRefused(state=RuleState.DRAFT, wanted=RuleState.SHADOW, why="does not follow")

    with translation.override("de"):
        said = refusal(error)

    assert said == "Eine Version im Stand „Entwurf“ kann nicht „Im Schatten“ werden."


def test_a_version_in_the_way_is_named() -> None:
    why = "version 1.ab is shadow already: retire it first"

    with translation.override("en"):
        assert "Version 1.ab is there already" in refusal(RuleStepRefused(why=why))


def test_figures_are_told_by_names_with_what_is_not_known() -> None:
    with translation.override("en"):
        told = backtest_rows(FIGURES)

    names = {table.title: [name for name, _, _ in table.rows] for table in told["tables"]}
    assert names["Languages"] == ["Deutsch", "not known"]
    assert names["Countries"] == ["Kazakhstan", "all others"]
    assert (told["first"], told["last"]) == ("1 November 2026", "2 November 2026")
    assert told["highest"] == 2


def test_days_without_a_hit_are_shown_and_what_has_no_day_stands_last() -> None:
    days = {"unknown": 4, "2026-11-04": 1, "2026-11-01": 3}

    with translation.override("en"):
        told = backtest_rows({**FIGURES, "days": days})

    assert [count for _, count in told["days"]] == [3, 0, 0, 1, 4]
    assert [name for name, _ in told["days"]][-2:] == ["4 November 2026", "not known"]


def test_days_over_many_years_are_those_with_a_hit() -> None:
    told = backtest_rows({**FIGURES, "days": {"2026-11-04": 1, "1970-01-01": 3}})

    assert [count for _, count in told["days"]] == [3, 1]


def test_what_is_hit_most_stands_first() -> None:
    told = backtest_rows({**FIGURES, "languages": {"de": 1, "en": 5, "fr": 3}})

    assert [count for _, count, _ in told["tables"][0].rows] == [5, 3, 1]


def test_a_version_that_was_not_tried_has_no_figures() -> None:
    assert backtest_rows({}) == {}


def test_why_a_version_changed_is_said_in_the_language_of_the_reader() -> None:
    told = [
        {"kind": RecordKind.RULE_CHANGED, "state": "draft", "why": why}
        for why in ("imported from files", "It fires for news.")
    ]

    with translation.override("de"):
        said = [row["why"] for row in change_rows(told, {})]

    assert said == ["It fires for news.", "aus Dateien übernommen"]
