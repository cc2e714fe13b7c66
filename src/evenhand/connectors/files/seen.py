"""Remembers which ids a file has had, in bounded memory."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.connectors.files.compiled import byte_at, compiled, number_at
from evenhand.connectors.files.limits import SEEN_IDS_MAX

_FIRST_PLACES = 1 << 14
_PRIME = np.uint64(0x100000001B3)
_OFFSET = np.uint64(0xCBF29CE484222325)
_MIXER = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


@compiled
def _add_column(ends: int, data: int, rows: int, hashes: Hashes) -> None:
    """Goes on with the FNV-1a hash of each row by the bytes of one column."""
    for row in range(rows):
        value = hashes[row]
        for place in range(number_at(ends + 4 * row), number_at(ends + 4 * row + 4)):
            value = (value ^ np.uint64(byte_at(data + place))) * _PRIME
        hashes[row] = (value ^ np.uint64(0xFF)) * _PRIME


@compiled
def _insert(table: Hashes, value: np.uint64) -> bool:
    mask = np.uint64(len(table) - 1)
    mixed = value * _MIXER
    place = (mixed ^ (mixed >> np.uint64(32))) & mask
    while table[place] != 0:
        if table[place] == value:
            return True
        place = (place + np.uint64(1)) & mask
    table[place] = value
    return False


@compiled
def _mark(table: Hashes, hashes: Hashes, known: NDArray[np.bool_]) -> int:
    fresh = 0
    for row in range(len(hashes)):
        value = hashes[row] | np.uint64(1)
        known[row] = _insert(table, value)
        if not known[row]:
            fresh += 1
    return fresh


@compiled
def _move(table: Hashes, larger: Hashes) -> None:
    for place in range(len(table)):
        if table[place] != 0:
            _insert(larger, table[place])


class SeenIds:
    """The ids that a file has had, as 64-bit hashes of id and channel.

    Two different ids look equal once in 10¹³ pairs; all that follows is a line that says so.
    """

    def __init__(self, *, ids_max: int = SEEN_IDS_MAX) -> None:
        self._table: Hashes = np.zeros(_FIRST_PLACES, np.uint64)
        self._count = 0
        self._ids_max = ids_max

    @property
    def full(self) -> bool:
        """Tells whether there were more ids than are remembered."""
        return self._count >= self._ids_max

    def repeated(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """Gives the rows whose id occurred before in the same channel, and remembers the rest."""
        if self.full:
            return np.zeros(0, np.int64)
        rows = batch.num_rows
        while (self._count + rows) * 4 > len(self._table) * 3:
            larger: Hashes = np.zeros(2 * len(self._table), np.uint64)
            _move(self._table, larger)
            self._table = larger
        hashes = np.full(rows, _OFFSET, np.uint64)
        for name in ("channel", "event_id"):
            column = batch.column(name)
            if column.null_count < rows:
                _, ends, data = column.buffers()
                first = ends.address + 4 * column.offset
                _add_column(first, data.address if data else 0, rows, hashes)
        known = np.zeros(rows, np.bool_)
        self._count += _mark(self._table, hashes, known)
        return np.flatnonzero(known)
