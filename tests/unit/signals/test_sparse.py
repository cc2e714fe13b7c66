"""Columns kept together as entries say the same as the columns themselves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.signals.sparse import VALUE_MAX, as_entries, from_entries
from evenhand.signals.table import Values

Cells = list[list[int | None]]

cells = st.integers(1, 5).flatmap(
    lambda columns: st.lists(
        st.lists(
            st.none() | st.sampled_from([0, 0, 0, 1, 2, VALUE_MAX]),
            min_size=columns,
            max_size=columns,
        ),
        max_size=20,
    ).map(lambda rows: (columns, rows))
)


def columns_of(count: int, rows: Cells) -> list[Values]:
    made = []
    for place in range(count):
        told = [row[place] for row in rows]
        values = np.array([one or 0 for one in told], np.int32)
        made.append(Values(values, np.array([one is not None for one in told], np.bool_)))
    return made


def cells_of(columns: list[Values], rows: int) -> Cells:
    return [
        [int(one.values[row]) if one.known is None or one.known[row] else None for one in columns]
        for row in range(rows)
    ]


@given(cells)
def test_what_was_kept_comes_back(given_cells: tuple[int, Cells]) -> None:
    count, rows = given_cells
    sparse = from_entries(as_entries(columns_of(count, rows), len(rows)))

    assert cells_of(sparse.columns(range(count)), len(rows)) == rows


@given(cells, st.data())
def test_of_some_rows_and_columns_the_same_comes_back(
    given_cells: tuple[int, Cells], data: st.DataObject
) -> None:
    count, rows = given_cells
    sparse = from_entries(as_entries(columns_of(count, rows), len(rows)))
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1))) if rows else []
    places = data.draw(st.lists(st.integers(0, count - 1)))

    found = sparse.taken(np.array(chosen, np.int64)).columns(places)

    assert cells_of(found, len(chosen)) == [[rows[row][at] for at in places] for row in chosen]


@given(cells, st.data())
def test_no_row_above_zero_is_missed(given_cells: tuple[int, Cells], data: st.DataObject) -> None:
    count, rows = given_cells
    sparse = from_entries(as_entries(columns_of(count, rows), len(rows)))
    places = data.draw(st.sets(st.integers(0, count - 1)))

    found = set(sparse.rows_with(sorted(places)).tolist())

    assert found >= {at for at, row in enumerate(rows) if any(row[one] for one in places)}
    assert all(any(rows[at][one] != 0 for one in places) for at in found)


def test_a_column_that_is_not_there_is_unknown_and_a_large_value_stays_large() -> None:
    held = Values(np.array([0, 3, 1_000_000], np.int32))
    sparse = from_entries(as_entries([None, held], 3))

    assert cells_of(sparse.columns([0, 1]), 3) == [[None, 0], [None, 3], [None, VALUE_MAX]]
