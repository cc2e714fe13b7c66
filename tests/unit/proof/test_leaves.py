"""Canonical JSON is what another writer of it says, and a leaf hides what it commits to."""

from datetime import date

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import (
    EXACT_MAX,
    canonical,
    cell_key,
    cell_salt,
    class_leaf,
    commitment,
    day_key,
    joined,
    record_leaf,
    salts,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-EXACT_MAX, EXACT_MAX) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_canonical_json_is_what_another_writer_says(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_written_as_ecmascript_does(number):
    assert canonical(number) == rfc8785.dumps(number)


def test_names_sort_by_their_utf_16_as_the_rfc_shows():
    # RFC 8785 section 3.2.3.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}

    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [EXACT_MAX + 1, float("inf"), float("nan"), {1: 2}, b"x", "\ud800", {"a": [{"b": {1}}]}],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(InputRefused):
        canonical(value)


def test_whoever_has_one_half_can_check_the_leaf_and_not_read_the_other():
    shown, whole, salt = {"harm": "m.spam"}, {"harm": "m.spam", "body": {}}, bytes(range(32))

    first, second = salts(salt)

    other = commitment(second, canonical(whole))
    leaf = record_leaf(shown, whole, salt)
    assert joined(commitment(first, canonical(shown)), other) == leaf
    assert joined(commitment(first, canonical({"harm": "m.fraud"})), other) != leaf
    assert len({first, second, salt}) == 3


def test_a_leaf_made_by_hand_is_the_same():
    # Made apart from this code, by the words of docs/proof.md.
    leaf = record_leaf({}, {}, bytes(32))

    assert leaf.hex() == "40ba42811fc37ec926597a9615fb6346d66c38ed5c30cb3266741fd26d9c2180"


@given(st.integers(0, 2**32), st.sampled_from(["removed", "flagged"]), st.integers(1, 9))
def test_no_two_cells_share_a_salt(number, figure, edition):
    day = date(2026, 11, 21)
    of_day = day_key(bytes(32), day)
    mine = cell_key(of_day, edition=edition, figure=figure, dimension="harm", cell="m.spam")
    other = cell_key(of_day, edition=edition, figure=figure, dimension="market", cell="m.spam")

    assert cell_salt(mine, number) != cell_salt(mine, number + 1)
    assert cell_salt(mine, number) != cell_salt(other, number)
    assert (
        len(
            {
                class_leaf(
                    cell_salt(key, number),
                    day=day,
                    edition=edition,
                    figure=figure,
                    dimension=dimension,
                    cell="m.spam",
                    quantity=1,
                )
                for key, dimension in ((mine, "harm"), (other, "market"))
            }
        )
        == 2
    )
