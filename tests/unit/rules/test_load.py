"""A rule file that says something twice, or of a signal that is not there, is refused."""

from pathlib import Path

import pytest
from tests.rules_of_tests import rule_text

from evenhand.base.errors import Misconfigured
from evenhand.pipeline import Resources
from evenhand.rules.load import RuleRefused, load_rule, load_rules, read_rule
from evenhand.rules.rule import Budget, Rule
from evenhand.signals.columns import FIXED, SignalColumn, all_columns

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


@pytest.mark.parametrize(
    ("when", "line", "column"),
    [
        ("has_lnik AND text_length < 500", 17, 7),
        ('"has_lnik AND text_length < 500"', 17, 8),
        ("|\n  has_lnik AND\n  text_length < 500", 18, 3),
        ("|\n    text_length < 500 AND\n      has_lnik", 19, 7),
        ("|-\n\n\n  text_length < 500 AND has_lnik", 20, 25),
    ],
)
def test_a_fault_in_a_condition_is_named_where_it_stands_in_the_file(
    tmp_path: Path, when: str, line: int, column: int
):
    with pytest.raises(RuleRefused) as caught:
        load_rule(changed(tmp_path, "has_link AND text_length < 500", when), COLUMNS)

    assert (caught.value.fields["line"], caught.value.fields["column"]) == (line, column)
    told = (tmp_path / RULE.name).read_text(encoding="utf-8").splitlines()[line - 1]
    assert told[column - 1 :].startswith("has_lnik")


def test_a_fixture_that_states_an_unknown_signal_is_refused(tmp_path: Path):
    path = changed(tmp_path, "lang: en}]", "lang: en, signals: {has_lnik: true}}]")

    with pytest.raises(RuleRefused) as caught:
        load_rule(path, COLUMNS)

    assert caught.value.fields["why"] == "no such signal: has_lnik"


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        ('account_posts_10m: "six"', "account_posts_10m is a whole number, and never 'six'"),
        ("account_posts_10m: 6.5", "account_posts_10m is a whole number, and never 6.5"),
        ("account_posts_10m: -1", "account_posts_10m is a whole number, and never -1"),
        ("account_posts_10m: 99999999999", "account_posts_10m is a whole number, and never 99"),
        ("account_posts_10m: true", "account_posts_10m is a whole number, and never True"),
        ("has_link: 1", "has_link is a truth, and never 1"),
        ("spam_score: .nan", "spam_score is a number, and never nan"),
        ("account_age_hours: " + "1" * 401, "account_age_hours is a number, and never 1111"),
        ("language: english", "language is a word, and never 'english'"),
        ("channel_kind: 5", "channel_kind is a word, and never 5"),
        ("channel_kind: privat", "channel_kind is a word, and never 'privat'"),
        ("channel_kind: [private]", "channel_kind is a word, and never ['private']"),
    ],
)
def test_a_signal_that_a_fixture_states_must_fit_its_column(tmp_path: Path, signals: str, why: str):
    path = changed(tmp_path, "lang: en}]", f"lang: en, signals: {{{signals}}}}}]")

    with pytest.raises(RuleRefused) as caught:
        load_rule(path, COLUMNS)

    assert str(caught.value.fields["why"]).startswith(why)
    told = path.read_text(encoding="utf-8").splitlines()[int(str(caught.value.fields["line"])) - 1]
    place = int(str(caught.value.fields["column"])) - 1
    assert told[place:].startswith(signals.partition(": ")[2])


@pytest.mark.parametrize(
    "signals", ["account_posts_10m: null", "spam_score: 1", "has_link: true, media_list: mine"]
)
def test_a_signal_that_fits_is_read(tmp_path: Path, signals: str):
    assert load_rule(
        changed(tmp_path, "lang: en}]", f"lang: en, signals: {{{signals}}}}}]"), COLUMNS
    )


def test_a_sentence_for_people_is_one_that_they_can_read(tmp_path: Path):
    path = changed(tmp_path, '  de: "', '  de: "' + "x" * 400)

    with pytest.raises(RuleRefused) as caught:
        load_rule(path, COLUMNS)

    assert caught.value.fields["why"] == "a sentence has at most 400 characters"


def test_every_file_with_a_fault_is_named(tmp_path: Path):
    changed(tmp_path, "score: 0.5", "score: high")
    (tmp_path / "another.yaml").write_text("- no rule", encoding="utf-8")
    (tmp_path / "goods.yaml").write_text(rule_text(version="1"), encoding="utf-8")

    with pytest.raises(RuleRefused) as caught:
        load_rules(tmp_path, all_columns([]))

    assert caught.value.fields["file"] == "another.yaml"
    assert caught.value.fields["also"] == (
        "link_posted.yaml line 6: a score is a number from 0 to 1",
    )


@pytest.mark.parametrize(("name", "why"), [("file", "is no folder"), ("none", "does not exist")])
def test_a_home_that_is_no_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EVENHAND_HOME", str(tmp_path / name))

    with pytest.raises(Misconfigured) as caught:
        Resources.default()

    assert (caught.value.fields["setting"], caught.value.fields["why"]) == ("EVENHAND_HOME", why)


def test_a_folder_of_rules_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Misconfigured) as caught:
        Resources.default(rules=tmp_path / "nope")

    assert caught.value.fields["setting"] == "--rules"


def _read(more: str, *, version: str = "1") -> Rule:
    return read_rule(rule_text(version=version, more=more), Path("goods.yaml"), all_columns([]))


def test_a_budget_of_an_hour_is_within_that_of_the_day():
    with pytest.raises(RuleRefused) as caught:
        _read("budget: {hour: 5000, day: 20}\n")

    assert caught.value.fields["why"] == "5,000 in an hour are more than 20 in a day"


def test_a_rule_states_its_budget_and_that_decides_what_version_it_is():
    plain, stated = _read(""), _read("budget: {hour: 10}\n")

    assert plain.budget == Budget()
    assert stated.budget == Budget(hour=10)
    assert _read("budget: {day: 20}\n").budget.day == 20
    assert plain.version != stated.version


@pytest.mark.parametrize(
    "more",
    [
        "budget: 5\n",
        "budget: {}\n",
        "budget: {week: 5}\n",
        "budget: {hour: 0}\n",
        "budget: {hour: true}\n",
        "budget: {hour: 10000000000}\n",
        "delay_minutes: -1\n",
        "delay_minutes: 1441\n",
        "delay_minutes: true\n",
        "delay_minutes: 5\n",  # it holds, which is answered at once
    ],
)
def test_a_budget_or_a_delay_that_cannot_be_kept_is_refused(more: str):
    with pytest.raises(RuleRefused) as refused:
        _read(more)
    assert refused.value.fields["field"] == more.partition(":")[0]


@pytest.mark.parametrize("version", ["../1", "a b", "1" * 24, "ü"])
def test_a_version_that_could_name_no_file_is_refused(version: str):
    with pytest.raises(RuleRefused, match="version"):
        _read("", version=version)
