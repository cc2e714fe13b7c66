"""Conditions are read whole or refused at a place."""

import pytest

from evenhand.rules.grammar import ConditionRefused, columns_of, parse
from evenhand.signals.columns import all_columns

COLUMNS = all_columns(["drugs"])


def refusal(condition: str) -> dict[str, object]:
    with pytest.raises(ConditionRefused) as caught:
        parse(condition, COLUMNS)
    return caught.value.fields


def test_a_condition_names_the_columns_it_looks_at():
    tree = parse("matches_drugs >= 1 AND NOT (has_link OR text_length < 3)", COLUMNS)

    assert columns_of(tree) == {"matches_drugs", "has_link", "text_length"}


def test_an_unknown_column_is_refused_with_its_place_and_near_names():
    fields = refusal("has_link AND\n  matches_drug >= 1")

    assert (fields["line"], fields["column"]) == (2, 3)
    assert "matches_drugs" in str(fields["why"])


@pytest.mark.parametrize(
    ("condition", "column", "why"),
    [
        ("channel_kind <> 'privat'", 17, "channel_kind is never 'privat' (near: private)"),
        ("'Public' = channel_kind", 1, "channel_kind is never 'Public' (near: public)"),
        ("kind NOT IN ('message', 'profil')", 25, "kind is never 'profil' (near: profile"),
        ("coalesce(kind, '') = 'mesage'", 22, "kind is never 'mesage' (near: message"),
        ("account_label = 'm.spamm'", 17, "account_label is never 'm.spamm' (near: m.spam"),
        ("language <> 'english'", 13, "language is never 'english': it is ISO 639-1"),
        ("territory = 'de'", 13, "territory is never 'de': it is ISO 3166-1"),
    ],
)
def test_a_word_that_a_column_never_is_is_refused_at_its_place(
    condition: str, column: int, why: str
):
    fields = refusal(condition)

    assert (fields["line"], fields["column"]) == (1, column)
    assert str(fields["why"]).startswith(why)


@pytest.mark.parametrize(
    "condition",
    [
        "channel_kind = 'public' AND kind IN ('message', 'edit')",
        "coalesce(territory, '') = '' OR coalesce(language, 'none') <> 'none'",
        "language IN ('de', 'tgl') AND media_list <> 'in_doubt' AND account_label = 'm.spam'",
    ],
)
def test_words_that_a_column_may_be_are_read(condition: str):
    assert columns_of(parse(condition, COLUMNS))


def test_a_column_in_capitals_is_told_as_it_is_written():
    assert "near: has_link" in str(refusal("HAS_LINK")["why"])


def test_a_syntax_error_is_refused_with_its_line():
    fields = refusal("has_link AND\n(text_length > ")

    assert fields["line"] == 2


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "has_link; DROP TABLE records_record",
        "(SELECT 1)",
        "text_length",
        "text_length = 'long'",
        "language > 'de'",
        "has_link IN (SELECT true)",
        "language IN (channel_kind)",
        "pg_sleep(10)",
        "text_length > (SELECT max(text_length) FROM events)",
        "records.body = 'x'",
        "text_length / 0 = 1",
        "has_link = NULL",
        "lower(language) = 'de'",
        "coalesce(language, 3) = 'de'",
        "coalesce(text_length, word_count) > 1",
        "language BETWEEN 'a' AND 'b'",
        "language + 1 > 2",
        "-'x' = language",
        "language IS TRUE",
        "x" * 9000,
        "(" * 500 + "has_link" + ")" * 500,
        "'unclosed",
        "text_length BETWEEN SYMMETRIC 3 AND 1",
        "text_length::int = 1",
        "has_link IS DISTINCT FROM mixed_script",
        "CASE WHEN has_link THEN true ELSE false END",
    ],
)
def test_what_is_not_in_the_grammar_is_refused(condition: str):
    fields = refusal(condition)

    assert fields["why"]
    assert int(str(fields["line"])) >= 1


@pytest.mark.parametrize(
    ("condition", "column", "why"),
    [
        ("has_link AND AND text_length > 3", 14, "cannot be read at 'AND'"),
        ("text_length > 1/0", 15, "division cannot be used"),
        ("sleep(5) = 1", 1, "sleep() cannot be used"),
        ("(SELECT 1)", 9, "a query cannot be used"),
        ("language LIKE 'd%'", 1, "LIKE cannot be used"),
    ],
)
def test_what_is_refused_is_said_in_words_of_who_writes_rules(
    condition: str, column: int, why: str
):
    fields = refusal(condition)

    assert (fields["line"], fields["column"]) == (1, column)
    assert str(fields["why"]).startswith(why)


def test_a_long_chain_of_alternatives_is_read():
    tree = parse(" OR ".join(["has_link"] * 400), COLUMNS)

    assert len(tree.parts) == 400
