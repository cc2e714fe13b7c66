"""Rows that a condition cannot be true for are found without asking it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.rules.evaluate import is_true
from evenhand.rules.gates import gates
from evenhand.rules.grammar import parse
from evenhand.signals.columns import all_columns

NAMES = ["matches_a", "matches_b", "matches_c"]
COLUMNS = all_columns(["a", "b", "c"])


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("matches_a >= 1", {"matches_a"}),
        ("matches_a > 0 AND has_link", {"matches_a"}),
        ("matches_a + matches_b >= 2", {"matches_a", "matches_b"}),
        ("coalesce(matches_a, 0) > 0", {"matches_a"}),
        ("matches_a >= 1 OR matches_b = 2 AND has_link", {"matches_a", "matches_b"}),
        ("(matches_a >= 1 OR matches_b >= 1) AND matches_c >= 1", {"matches_c"}),
        ("matches_a >= 0", None),
        ("matches_a = 0", None),
        ("matches_a < 3", None),
        ("NOT matches_a >= 1", None),
        ("coalesce(matches_a, 1) > 0", None),
        ("matches_a - matches_b >= 1", None),
        ("matches_a + word_count >= 1", None),
        ("matches_a >= 1 OR has_link", None),
        ("matches_a IS NOT NULL", None),
        ("TRUE", None),
        ("FALSE", set()),
    ],
)
def test_a_condition_names_what_it_needs(condition: str, wanted: set[str] | None) -> None:
    assert gates(parse(condition, COLUMNS), NAMES) == wanted


values = st.sampled_from(NAMES) | st.builds(
    "{} + {}".format, st.sampled_from(NAMES), st.sampled_from(NAMES)
)
compares = st.builds(
    "{} {} {}".format, values, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.integers(0, 2)
)
conditions = st.recursive(
    compares,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("(NOT {})".format, inner)
    ),
    max_leaves=6,
)


@given(conditions, st.lists(st.none() | st.integers(0, 2), min_size=3, max_size=3))
def test_wherever_it_is_true_one_of_them_is_above_zero(
    condition: str, told: list[int | None]
) -> None:
    tree = parse(condition, COLUMNS)
    known = {name: one for name, one in zip(NAMES, told, strict=True) if one is not None}
    needed = gates(tree, NAMES)

    if needed is not None and is_true(tree, known):
        assert any(known.get(name, 0) for name in needed)
