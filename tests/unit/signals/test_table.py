"""A table gives its columns alike, whether they stand alone or in blocks."""

import numpy as np
import pytest

from evenhand.signals.table import Block, SignalTable, Values


def table() -> SignalTable:
    known = np.array([True, False, True])
    counts = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    return SignalTable(
        3, {"has_link": Values(known)}, (Block(("matches_a", "matches_b"), counts, known),)
    )


def test_a_row_has_what_is_known_of_it_in_every_column():
    assert table().row(0) == {"has_link": True, "matches_a": 1, "matches_b": 4}
    assert table().row(1) == {"has_link": False}
    assert table().row(2, ["matches_b", "spam_score"]) == {"matches_b": 6}


def test_rows_are_taken_in_their_order():
    taken = table().taken(np.array([2, 1, 0]))

    assert [taken.row(row).get("matches_a") for row in range(3)] == [3, None, 1]


def test_columns_that_are_added_stand_beside_the_others():
    more = table().beside({"has_phone": Values(np.zeros(3, np.bool_))})

    assert [*more.columns] == ["has_link", "has_phone", "matches_a", "matches_b"]
    assert table().rows == more.rows


def test_a_block_of_other_rows_is_no_part_of_a_table():
    with pytest.raises(AssertionError, match="in a table of 3 rows"):
        SignalTable(3, {}, (Block(("matches_a",), np.zeros((1, 2), np.int32)),))
