"""Batch, single event and an independent SQL engine agree on every condition, NULLs included."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.rules.evaluate import is_true
from evenhand.rules.grammar import parse
from evenhand.rules.programme import ROWS_AT_ONCE, ROWS_JOINED_MAX, Programme, true_rows
from evenhand.signals.columns import all_columns
from evenhand.signals.table import Block, SignalTable, Values

COLUMNS = all_columns([])
WHOLES = ("text_length", "link_count", "word_count")
SHARES = ("digits_share", "upper_share")
TRUTHS = ("has_link", "mixed_script", "has_phone")
WORDS = ("language", "media_list")
LANGUAGES = ("de", "en", "kk")
UNEVEN = ("1.5", "-0.5", "99999999999", "-99999999999")
"""Numbers that no column of whole numbers holds."""
ROWS = 13

wholes = st.lists(st.none() | st.integers(0, 3), min_size=ROWS, max_size=ROWS)
shares = st.lists(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=ROWS, max_size=ROWS)
truths = st.lists(st.none() | st.booleans(), min_size=ROWS, max_size=ROWS)
words = st.lists(st.none() | st.sampled_from(LANGUAGES), min_size=ROWS, max_size=ROWS)

frames = st.fixed_dictionaries(
    dict.fromkeys(WHOLES, wholes)
    | dict.fromkeys(SHARES, shares)
    | dict.fromkeys(TRUTHS, truths)
    | dict.fromkeys(WORDS, words)
)

numbers = st.one_of(
    st.sampled_from(WHOLES + SHARES),
    st.integers(-3, 5).map(str),
    st.tuples(st.sampled_from(WHOLES), st.sampled_from("+-*"), st.sampled_from(WHOLES)).map(
        lambda part: f"({' '.join(part)})"
    ),
    st.sampled_from(WHOLES).map(lambda name: f"coalesce({name}, 2)"),
)
relations = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
sums = st.lists(st.sampled_from(WHOLES), min_size=1, max_size=4).map(" + ".join)
leaves = st.one_of(
    st.sampled_from(TRUTHS),
    st.tuples(sums, relations, st.sampled_from("0123")).map(" ".join),
    st.tuples(st.sampled_from(WHOLES), relations, st.sampled_from(UNEVEN)).map(" ".join),
    st.tuples(numbers, relations, numbers).map(" ".join),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(["=", "<>"]), st.sampled_from(LANGUAGES)).map(
        lambda part: f"{part[0]} {part[1]} '{part[2]}'"
    ),
    st.sampled_from(WORDS).map(lambda name: f"{name} IN ('de', 'fr')"),
    st.sampled_from(WORDS).map(lambda name: f"{name} NOT IN ('de', 'kk')"),
    st.sampled_from(WHOLES).map(lambda name: f"{name} BETWEEN 0 AND 2"),
    st.sampled_from(WHOLES + WORDS).map(lambda name: f"{name} IS NULL"),
    st.sampled_from(SHARES + TRUTHS).map(lambda name: f"{name} IS NOT NULL"),
    st.just("language = media_list"),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda part: f"({' '.join(part)})"
        ),
        inner.map(lambda part: f"NOT ({part})"),
    ),
    max_leaves=8,
)


def table_of(frame: dict[str, list[object]]) -> SignalTable:
    columns = {}
    for name, values in frame.items():
        known = np.array([value is not None for value in values])
        if name in WORDS:
            codes = [LANGUAGES.index(str(value)) if value is not None else 0 for value in values]
            columns[name] = Values(np.array(codes, np.int32), known, LANGUAGES)
        else:
            kind = np.bool_ if name in TRUTHS else np.float32 if name in SHARES else np.int16
            filled = [0 if value is None else value for value in values]
            columns[name] = Values(np.array(filled, kind), known)
    return SignalTable(ROWS, columns)


def by_polars(condition: str, frame: dict[str, list[object]]) -> list[bool]:
    types = (
        dict.fromkeys(WHOLES, pl.Int64)
        | dict.fromkeys(SHARES, pl.Float64)
        | dict.fromkeys(TRUTHS, pl.Boolean)
        | dict.fromkeys(WORDS, pl.String)
    )
    rows = pl.DataFrame(frame, schema=types)
    answer = rows.with_columns(pl.sql_expr(condition).alias("hit"))
    return [value is True for value in answer["hit"].to_list()]


@settings(max_examples=150, deadline=None)
@given(frames, conditions)
def test_batch_single_and_polars_agree(frame: dict[str, list[object]], condition: str):
    tree = parse(condition, COLUMNS)
    table = table_of(frame)

    hits = true_rows([tree], table)

    batch = [row in set(hits.rows.tolist()) for row in range(ROWS)]
    assert batch == [is_true(tree, table.row(row)) for row in range(ROWS)]
    assert batch == by_polars(condition, frame)
    # A large batch is asked column by column, a small one with its columns side by side.
    again = ROWS_JOINED_MAX // ROWS + 2
    large = true_rows([tree], table.taken(np.tile(np.arange(ROWS), again)))
    assert [row in set(large.rows.tolist()) for row in range(again * ROWS)] == batch * again


def test_hits_come_by_row_and_then_by_rule():
    trees = [parse("text_length > 1", COLUMNS), parse("text_length > 0", COLUMNS)]
    table = SignalTable(3, {"text_length": Values(np.array([2, 0, 1]))})

    hits = true_rows(trees, table)

    assert list(zip(hits.rows.tolist(), hits.rules.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (2, 1),
    ]


def test_a_column_that_is_not_there_is_null_and_fires_nothing():
    trees = [
        parse("has_link", COLUMNS),
        parse("NOT has_link", COLUMNS),
        parse("has_link IS NULL", COLUMNS),
    ]
    table = SignalTable(2, {})

    assert true_rows(trees, table).rules.tolist() == [2, 2]


def test_more_hits_than_rows_come_in_their_order_across_words_of_bits():
    trees = [parse(f"text_length >= {least}", COLUMNS) for least in (0, 100, 5)]
    lengths = np.arange(200)
    table = SignalTable(200, {"text_length": Values(lengths)})

    hits = true_rows(trees, table)

    assert list(zip(hits.rows.tolist(), hits.rules.tolist(), strict=True)) == [
        (row, rule) for row in range(200) for rule, least in enumerate((0, 100, 5)) if row >= least
    ]


@pytest.mark.parametrize("rows", [0, 1, 70, ROWS_JOINED_MAX + 5, ROWS_AT_ONCE + 3])
def test_columns_in_blocks_are_asked_like_those_that_stand_alone(rows):
    chance, known = np.random.default_rng(rows), np.arange(rows) % 3 != 0
    whole = chance.integers(0, 4, (3, rows), np.int32)
    shares = chance.choice([0.0, 0.5, 1.0], (2, rows))
    single = {"has_link": Values(chance.random(rows) < 0.5)}
    blocks = (
        Block(("link_count", "emoji_count", "text_length"), whole, known),
        Block(("digits_share", "upper_share"), shares),
    )
    conditions = ["text_length > 1 AND has_link", "link_count + text_length = 3", "has_phone",
                  "upper_share >= 0.5 OR link_count = 2", "word_count IS NULL"]  # fmt: skip
    trees = [parse(one, COLUMNS) for one in conditions]
    programme, table = Programme(trees), SignalTable(rows, single, blocks)

    hits = programme.over(table)
    alone = programme.over(SignalTable(rows, table.columns))

    assert hits.rows.tolist() == alone.rows.tolist()
    assert hits.rules.tolist() == alone.rules.tolist()
    if rows > 1:
        assert set(hits.rules.tolist()) == {0, 1, 3, 4}


def test_a_table_of_any_size_is_asked_part_by_part():
    rows = 2 * ROWS_AT_ONCE + 77
    tree = parse("text_length IN (5, 40000, 65535, 65536, 65612) AND has_link", COLUMNS)
    known = np.arange(rows) != ROWS_AT_ONCE * 2 - 1
    columns = {
        "text_length": Values(np.arange(rows), known),
        "has_link": Values(np.full(rows, True), known),
    }

    hits = true_rows([tree], SignalTable(rows, columns))

    assert hits.rows.tolist() == [5, 40000, 65536, 65612]


def test_a_table_without_rows_or_rules_fires_nothing():
    nothing = SignalTable(0, {"text_length": Values(np.zeros(0, np.int32))})

    assert len(true_rows([parse("text_length >= 0", COLUMNS)], nothing).rows) == 0
    assert len(true_rows([], SignalTable(3, {})).rows) == 0


def test_words_that_no_rule_names_are_told_apart():
    tree = parse("language = media_list", COLUMNS)
    table = SignalTable(
        3,
        {
            "language": Values(np.array([0, 1, 0], np.int32), None, ("aa", "bb")),
            "media_list": Values(np.array([0, 0, 1], np.int32), None, ("bb", "aa")),
        },
    )

    assert true_rows([tree], table).rows.tolist() == [1, 2]


def test_what_is_no_number_stands_in_no_relation():
    scores = Values(np.array([np.nan, 0.5]))
    table = SignalTable(2, {"spam_score": scores, "abuse_score": scores})
    trees = [parse(f"spam_score {sign} abuse_score", COLUMNS) for sign in ("<=", ">=", "=")]
    trees += [parse(f"spam_score {sign} 0.5", COLUMNS) for sign in ("<=", ">=", "=")]

    assert set(true_rows(trees, table).rows.tolist()) == {1}
