"""Rules going live: each version is recorded once, and counted in the day's report."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from evenhand.actions.live_rules import (
    RULES_BYTES_MAX,
    LiveRule,
    LiveRulesRefused,
    rules_file,
    tell_rules,
)
from evenhand.actions.rule_steps import LiveRules, go_live, rule_subject
from evenhand.base.lists import RecordKind
from evenhand.records.models import Record
from evenhand.records.queries import bodies_about
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Breakdown, Figure

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIRST = [
    LiveRule("drug-sale", "1.0a1b2c3d", "m.tos.prohibited.drugs"),
    LiveRule("x", "2.0", "m.spam"),
]
ALTERED = [FIRST[0], LiveRule("x", "3.0", "m.spam")]


def live() -> list[tuple[str, datetime]]:
    rows = Record.objects.filter(kind=RecordKind.RULE_LIVE).order_by("serial")
    return [(record.harm, record.at) for record in rows]


@pytest.mark.django_db
def test_each_version_of_a_rule_goes_live_once(tmp_path: Path) -> None:
    path, later = rules_file(tmp_path), NOW + timedelta(days=1)
    rules = LiveRules(tmp_path)
    rules.look(now=NOW)
    assert live() == []

    tell_rules(path, FIRST)
    rules.look(now=NOW)
    rules.look(now=NOW)
    LiveRules(tmp_path).look(now=NOW)
    assert live() == [("m.tos.prohibited.drugs", NOW), ("m.spam", NOW)]

    tell_rules(path, ALTERED)
    rules.look(now=later)
    tell_rules(path, FIRST)
    rules.look(now=later)

    assert live()[2:] == [("m.spam", later)]
    assert bodies_about(rule_subject("x"), RecordKind.RULE_LIVE) == [
        {"rule": "x", "version": "2.0"},
        {"rule": "x", "version": "3.0"},
    ]


@pytest.mark.django_db
def test_what_was_recorded_in_part_is_recorded_whole_at_the_next_look(tmp_path: Path) -> None:
    go_live(FIRST[:1], now=NOW)
    tell_rules(rules_file(tmp_path), FIRST)

    LiveRules(tmp_path).look(now=NOW + timedelta(hours=1))

    assert len(live()) == 2


@pytest.mark.django_db
def test_rules_that_went_live_are_counted_by_harm() -> None:
    with transaction.atomic():
        go_live([LiveRule(f"rule-{number}", "1.0", "m.spam") for number in range(7)], now=NOW)

    counted = exact(NOW.date())

    assert counted.figure(Figure.RULES_LIVE) == 7
    assert counted.breakdown(Breakdown.RULES_LIVE_BY_HARM) == {"m.spam": 7}


@pytest.mark.parametrize(
    "text",
    ["", "{", "7", "[7]", '[{"id": 1}]', '[{"id": 1, "version": 2, "harm": 3}]',
     "[" * 100_000, "[" + " " * RULES_BYTES_MAX + "]"],
)  # fmt: skip
def test_a_file_that_names_no_rules_is_refused_in_words(tmp_path: Path, text: str) -> None:
    rules_file(tmp_path).parent.mkdir()
    rules_file(tmp_path).write_text(text)

    with pytest.raises(LiveRulesRefused):
        LiveRules(tmp_path).look(now=NOW)


def test_the_door_tells_what_it_judges_by(tmp_path: Path) -> None:
    tell_rules(rules_file(tmp_path), FIRST)

    told = json.loads(rules_file(tmp_path).read_text())

    assert told[1] == {"id": "x", "version": "2.0", "harm": "m.spam"}
    assert [path.name for path in rules_file(tmp_path).parent.iterdir()] == ["rules.json"]
