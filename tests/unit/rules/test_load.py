"""A rule file that says something twice, or of a signal that is not there, is refused."""

from pathlib import Path

import pytest

from evenhand.base.errors import Misconfigured
from evenhand.pipeline import Resources
from evenhand.rules.load import RuleRefused, load_rule
from evenhand.signals.columns import FIXED, SignalColumn

RULE = Path(__file__).resolve().parents[2] / "data/files/rules/link_posted.yaml"
COLUMNS: dict[str, SignalColumn] = {column.name: column for column in FIXED}


def changed(folder: Path, old: str, new: str) -> Path:
    """Gives the rule of the tests with something in it changed."""
    text = RULE.read_text(encoding="utf-8")
    assert old in text
    path = folder / RULE.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_rule_as_it_stands_is_read():
    assert load_rule(RULE, COLUMNS).id == "link_posted"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("score: 0.5\n", "score: 0.5\nscore: 0.9\n", 7),
        ('  de: "', '  en: "Once more."\n  de: "', 13),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, line: int
):
    with pytest.raises(RuleRefused) as caught:
        load_rule(changed(tmp_path, old, new), COLUMNS)

    assert "stands twice" in str(caught.value.fields["why"])
    assert caught.value.fields["line"] == line


def test_a_fixture_that_states_an_unknown_signal_is_refused(tmp_path: Path):
    path = changed(tmp_path, "lang: en}]", "lang: en, signals: {has_lnik: true}}]")

    with pytest.raises(RuleRefused) as caught:
        load_rule(path, COLUMNS)

    assert caught.value.fields["why"] == "no such signal: has_lnik"


def test_a_folder_of_rules_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Misconfigured) as caught:
        Resources.default(rules=tmp_path / "nope")

    assert caught.value.fields["setting"] == "--rules"
