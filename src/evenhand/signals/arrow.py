"""Arrow columns as arrays.

Each call into Arrow costs microseconds, which a batch of one event feels, so columns that are all
null or have no null take the short way.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.signals.table import Values

Mask = NDArray[np.bool_]

FEW_ROWS = 64
"""Rows for which a Python list is sooner made than a dictionary of Arrow."""


def valid_rows(column: pa.Array) -> Mask:
    """Tells which rows are not null."""
    nulls, rows = column.null_count, len(column)
    if nulls in {0, rows}:
        return np.full(rows, nulls == 0 and rows > 0)
    return np.asarray(pc.is_valid(column))


def without_nulls(column: pa.Array, value: object) -> pa.Array:
    """Gives a column with `value` where it was null."""
    return pc.fill_null(column, value) if column.null_count else column


def words_of(column: pa.Array) -> Values:
    """Gives an Arrow column of strings as codes and words."""
    nulls, rows = column.null_count, len(column)
    if nulls == rows:
        return Values(np.zeros(rows, np.int32), np.zeros(rows, np.bool_), ("",))
    if rows <= FEW_ROWS:
        places: dict[str, int] = {}
        codes = [places.setdefault(one or "", len(places)) for one in column.to_pylist()]
        known = valid_rows(column) if nulls else None
        return Values(np.array(codes, np.int32), known, tuple(places))
    encoded = column.dictionary_encode()
    codes = without_nulls(encoded.indices, 0).to_numpy(zero_copy_only=False)
    known = valid_rows(column) if nulls else None
    return Values(codes, known, tuple(encoded.dictionary.to_pylist()))


def milliseconds_of(column: pa.Array) -> NDArray[np.int64]:
    """Gives moments as milliseconds since 1970; 0 where there is none."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.int64)
    whole = without_nulls(column.view(pa.int64()), 0)
    return np.asarray(whole.to_numpy(zero_copy_only=False))


def sizes_of(column: pa.Array) -> NDArray[np.int32]:
    """Gives the lengths of lists; 0 where there is none."""
    if column.null_count == len(column):
        return np.zeros(len(column), np.int32)
    return np.asarray(without_nulls(pc.list_value_length(column), 0))


def where_word(column: Values, words: frozenset[str]) -> Mask:
    """Tells which rows hold one of these words."""
    chosen = np.array([word in words for word in column.words])
    rows: Mask = chosen[column.values]
    return rows if column.known is None else rows & column.known
