"""One verdict per event: the highest severity decides, then the gravest action, then the score."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from evenhand.base.lists import ActionKind, Language
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.rules.grammar import Always
from evenhand.rules.programme import Hits
from evenhand.rules.rule import Rule, RuleSet
from evenhand.verdicts.fold import Folder, fold_one


def rule(name: str, *, severity: int, proposes: ActionKind, score: float = 0.5) -> Rule:
    return Rule(
        id=name, version="1.0", title=name, harm="m.spam", severity=severity, proposes=proposes,
        opens_case=False, score=score, exact=False, owner="o", author="a", false_positives=(),
        references=(), says={language: f"{name} {language}" for language in Language},
        when="true", condition=Always(value=True), hits=(), passes=(),
    )  # fmt: skip


RULES = RuleSet(
    (
        rule("mild", severity=1, proposes=ActionKind.REFUSE, score=0.9),
        rule("grave", severity=3, proposes=ActionKind.HOLD),
        rule("graver", severity=3, proposes=ActionKind.REFUSE),
        rule("sure", severity=3, proposes=ActionKind.REFUSE, score=0.8),
    )
)


def batch(count: int) -> pa.RecordBatch:
    rows = [
        {
            "event_id": f"$e{number}",
            "kind": "message",
            "time": datetime(2026, 1, 1, tzinfo=UTC),
            "account": f"@a{number}:x",
            "channel": "!c:x",
            "channel_kind": "public",
            "language": "de" if number == 0 else None,
        }
        for number in range(count)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=EVENT_SCHEMA)


@pytest.mark.parametrize(
    ("fired", "deciding"),
    [([0], "mild"), ([0, 1], "grave"), ([0, 1, 2], "graver"), ([0, 1, 2, 3], "sure")],
)
def test_the_deciding_rule_comes_first(fired: list[int], deciding: str):
    hits = Hits(np.zeros(len(fired), np.int32), np.array(fired, np.int32))

    verdict = Folder.of(RULES).fold(batch(1), hits).to_pylist()[0]

    assert verdict["rules"][0]["id"] == deciding
    assert len(verdict["rules"]) == len(fired)
    assert verdict["reason"] == f"{deciding} de"


def test_only_flagged_events_get_a_verdict():
    hits = Hits(np.array([1, 3, 3], np.int32), np.array([0, 0, 2], np.int32))

    verdicts = Folder.of(RULES).fold(batch(5), hits).to_pylist()

    assert [(v["row"], v["event_id"], v["severity"]) for v in verdicts] == [
        (1, "$e1", 1),
        (3, "$e3", 3),
    ]


def test_no_hit_gives_an_empty_table():
    hits = Hits(np.empty(0, np.int32), np.empty(0, np.int32))

    assert Folder.of(RULES).fold(batch(2), hits).num_rows == 0


def test_one_event_gets_the_verdict_that_a_batch_gives():
    hits = Hits(np.zeros(3, np.int32), np.array([0, 1, 3], np.int32))

    single = fold_one("$e0", [0, 1, 3], RULES, "de")
    row = Folder.of(RULES).fold(batch(1), hits).to_pylist()[0]

    assert single is not None
    assert [hit.id for hit in single.rules] == [hit["id"] for hit in row["rules"]]
    assert (single.harm, single.action, single.reason) == (
        row["harm"],
        row["action"],
        row["reason"],
    )


def test_a_reader_of_another_language_is_told_in_english():
    verdict = fold_one("$e", [0], RULES, "zh")

    assert verdict is not None
    assert verdict.reason == "mild en"


def test_nothing_fired_is_no_verdict():
    assert fold_one("$e", [], RULES, "en") is None
