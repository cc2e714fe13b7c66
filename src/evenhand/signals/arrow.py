"""Arrow columns as arrays.

Each call into Arrow costs microseconds, which a batch of one event feels, so columns that are all
null or have no null take the short way.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.kernel import U, kernel
from evenhand.base.machine import eight_bytes
from evenhand.events.text_column import Bytes, Offsets, arrow_text
from evenhand.signals.table import Values

Mask = NDArray[np.bool_]

WORDS_MAX = 64
"""Different words of a column that are told apart without a dictionary of Arrow."""

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
    if not nulls and (quick := _few_short_words(column)) is not None:
        return quick
    encoded = column.dictionary_encode()
    codes = without_nulls(encoded.indices, 0).to_numpy(zero_copy_only=False)
    known = valid_rows(column) if nulls else None
    return Values(codes, known, tuple(encoded.dictionary.to_pylist()))


def _few_short_words(column: pa.Array) -> Values | None:
    """Gives a column of a few words of at most eight bytes each; None if it has others."""
    source, starts = arrow_text(column)
    codes, firsts = np.empty(len(column), np.int32), np.empty(WORDS_MAX, np.int64)
    count = _code(
        source, starts, np.empty(2 * WORDS_MAX, np.uint64),
        np.full(2 * WORDS_MAX, -1, np.int32), codes, firsts,
    )  # fmt: skip
    if count < 0:
        return None
    return Values(codes, None, tuple(column[first].as_py() for first in firsts[:count].tolist()))


@kernel
def _code(
    source: Bytes,
    starts: Offsets,
    words: NDArray[np.uint64],
    places: NDArray[np.int32],
    codes: NDArray[np.int32],
    firsts: NDArray[np.int64],
) -> int:
    """Gives each row the number of its word; gives how many there are, -1 if that is no few.

    A word is its bytes and, where there is room, its length behind them; the longest are compared
    whole, and end with no zero. Stays inside: no row is read beyond the end, slots wrap around and
    half of them stay empty.
    """
    count = 0
    for row in range(starts.shape[0] - 1):
        begin, length = U(starts[row]), U(starts[row + 1] - starts[row])
        if length > U(8):
            return -1
        word = U(0)
        if begin + U(8) <= U(source.shape[0]):
            word = eight_bytes(source, begin)
            word = word if length == U(8) else word & ((U(1) << U(8) * length) - U(1))
        else:
            for place in range(length):
                word |= U(source[begin + U(place)]) << U(8 * place)
        word = word if length == U(8) else word | length << U(56)
        if length == U(8) and word >> U(56) < U(8):
            return -1
        slot = U(word * U(0x9E3779B97F4A7C15)) >> U(57)
        while places[slot] >= 0 and words[slot] != word:
            slot = (slot + U(1)) & U(words.shape[0] - 1)
        if places[slot] < 0:
            if count == firsts.shape[0]:
                return -1
            words[slot], places[slot], firsts[count] = word, count, row
            count += 1
        codes[row] = places[slot]
    return count


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
