"""Rules in force as files: whole, named by version, with how far each acts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.rules_of_tests import rule_text

from evenhand.rules.acting import LIVE, Acting, Terms
from evenhand.rules.in_force import (
    LIST,
    InForce,
    forget_in_force,
    holds_rules,
    load_in_force,
    read_in_force,
    write_in_force,
)
from evenhand.rules.load import RuleRefused, read_rule
from evenhand.signals.columns import all_columns
from evenhand.signals.table import SignalTable

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = all_columns([])
SHADOW = Terms(Acting.SHADOW, 0)


def version_of(content: str) -> str:
    return read_rule(content, Path("goods.yaml"), COLUMNS).version


def in_force(content: str, terms: Terms = LIVE, end: datetime | None = None) -> InForce:
    return InForce("goods", version_of(content), terms, end)


def test_two_versions_of_one_rule_are_in_force_beside_each_other(tmp_path: Path) -> None:
    first, then = rule_text(version="1"), rule_text(version="2", when="word_count > 4")
    write_in_force(tmp_path, {in_force(first): first, in_force(then, SHADOW): then})

    rules = load_in_force(tmp_path, COLUMNS, now=NOW)

    assert [rule.version for rule in rules.rules] == [version_of(first), version_of(then)]
    assert rules.terms == (LIVE, SHADOW)


def test_what_is_no_longer_in_force_goes_and_what_a_hand_laid_there_stays(tmp_path: Path) -> None:
    first, then = rule_text(version="1"), rule_text(version="2")
    (tmp_path / "mine.yaml").write_text("id: mine", encoding="utf-8")
    write_in_force(tmp_path, {in_force(first): first})
    write_in_force(tmp_path, {in_force(then): then})

    assert {path.name for path in tmp_path.iterdir()} == {
        "mine.yaml",
        LIST,
        f"goods@{version_of(then)}.yaml",
    }
    forget_in_force(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]
    assert holds_rules(tmp_path)


def test_a_version_ends_when_its_end_has_come(tmp_path: Path) -> None:
    content, end = rule_text(version="1"), NOW + timedelta(hours=1)
    write_in_force(tmp_path, {in_force(content, end=end): content})

    assert len(load_in_force(tmp_path, COLUMNS, now=end - timedelta(seconds=1)).rules) == 1
    assert load_in_force(tmp_path, COLUMNS, now=end).rules == ()


def listed(**changes: object) -> str:
    one = {"rule": "a", "version": "1", "acting": "live", "share": 100, "expires_at": None}
    return json.dumps({"format": 1, "rules": [one | changes]})


@pytest.mark.parametrize(
    "spoiled",
    [
        "not json",
        '{"format": 2, "rules": []}',
        listed(rule="a/b"),
        listed(acting="x"),
        listed(share=101),
        listed(share=True),
        listed(expires_at="soon"),
        "[" * 100_000,
    ],
)
def test_a_list_that_cannot_be_read_is_refused_by_name(tmp_path: Path, spoiled: str) -> None:
    (tmp_path / LIST).write_text(spoiled, encoding="utf-8")

    with pytest.raises(RuleRefused) as refused:
        read_in_force(tmp_path)
    assert refused.value.fields["file"] == LIST


def test_a_file_with_another_rule_than_its_name_says_is_refused(tmp_path: Path) -> None:
    content = rule_text(version="1")
    one = in_force(content)
    write_in_force(tmp_path, {one: content})
    other = rule_text(when="word_count > 9")
    (tmp_path / one.file).write_text(other, encoding="utf-8")

    with pytest.raises(RuleRefused, match="it holds"):
        load_in_force(tmp_path, COLUMNS, now=NOW)


def test_the_list_says_nothing_but_what_is_needed(tmp_path: Path) -> None:
    content = rule_text(version="1")
    write_in_force(tmp_path, {in_force(content, Terms(Acting.STAGED, 5)): content})

    (told,) = json.loads((tmp_path / LIST).read_text(encoding="utf-8"))["rules"]
    assert told == {
        "rule": "goods",
        "version": version_of(content),
        "acting": "staged",
        "share": 5,
        "expires_at": None,
    }


def test_a_rulebook_with_nothing_in_force_finds_nothing(tmp_path: Path) -> None:
    write_in_force(tmp_path, {})

    rules = load_in_force(tmp_path, COLUMNS, now=NOW)

    assert rules.rules == ()
    assert len(rules.over(SignalTable(3, {})).rows) == 0
    assert list(rules.for_one({})) == []
