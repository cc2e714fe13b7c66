"""Columns that are zero in nearly every row, kept together as one list of entries for each row.

An entry is the column's place and its value. The list is empty where all are zero. A value that is
not known is an entry of its own; where no column is known, one entry says so for all of them, and
not a null: Parquet reads columns without nulls in half the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.signals.table import Values

Rows = NDArray[np.int64]

ENTRIES = pa.list_(pa.field("element", pa.uint32(), nullable=False))
_PLACE_SHIFT, _VALUE = 16, 0xFFFF
_UNKNOWN = _VALUE
VALUE_MAX = _UNKNOWN - 1
"""The largest value that is kept; one above is kept as this. A text meets far fewer patterns."""

COLUMNS_MAX = (1 << 16) - 1
"""Columns that can be told apart."""

_NOTHING = np.uint32((COLUMNS_MAX << _PLACE_SHIFT) | _UNKNOWN)
"""The one entry of a row of which no column is known."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """The entries of some rows: those of row r stand from `offsets[r]` to `offsets[r + 1]`."""

    offsets: NDArray[np.int32]
    entries: NDArray[np.uint32]
    known: NDArray[np.bool_] | None

    @property
    def rows(self) -> int:
        """Gives how many rows there are."""
        return len(self.offsets) - 1

    def rows_with(self, places: Sequence[int]) -> Rows:
        """Gives the rows in which one of these columns is above zero, or not known."""
        wanted = np.zeros(COLUMNS_MAX + 1, np.bool_)
        wanted[list(places)] = True
        found = np.flatnonzero(wanted[self.entries >> _PLACE_SHIFT])
        return np.unique(np.searchsorted(self.offsets, found, side="right") - 1)

    def taken(self, rows: Rows) -> "Sparse":
        """Gives the entries of some rows, in their order."""
        begins, ends = self.offsets[rows], self.offsets[rows + 1]
        lengths = ends - begins
        offsets = np.zeros(len(rows) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        at = np.repeat(begins - offsets[:-1], lengths) + np.arange(offsets[-1])
        known = None if self.known is None else self.known[rows]
        return Sparse(offsets, self.entries[at], known)

    def columns(self, places: Sequence[int]) -> list[Values]:
        """Gives some columns as values for each row."""
        rows = np.repeat(np.arange(self.rows), np.diff(self.offsets))
        at, told = self.entries >> _PLACE_SHIFT, (self.entries & _VALUE).astype(np.int32)
        order = np.argsort(at, kind="stable")
        begins = np.searchsorted(at[order], places)
        ends = np.searchsorted(at[order], places, side="right")
        return [
            self._column(rows[order[a:b]], told[order[a:b]])
            for a, b in zip(begins, ends, strict=True)
        ]

    def _column(self, rows: Rows, told: NDArray[np.int32]) -> Values:
        values, known = np.zeros(self.rows, np.int32), self.known
        unknown = told == _UNKNOWN
        values[rows] = np.where(unknown, 0, told)
        if unknown.any():
            known = np.ones(self.rows, np.bool_) if known is None else known.copy()
            known[rows[unknown]] = False
        return Values(values, known)


def as_entries(columns: Sequence[Values | None], rows: int) -> pa.Array:
    """Gives columns as one list of entries for each row; a column that is not there is unknown."""
    assert len(columns) <= COLUMNS_MAX
    known = np.zeros(rows, np.bool_)
    for one in columns:
        if one is not None:
            known |= True if one.known is None else one.known
    nothing = np.flatnonzero(~known)
    at, entries = [nothing], [np.full(len(nothing), _NOTHING)]
    for place, one in enumerate(columns):
        row, value = _entries(one, known)
        at.append(row)
        entries.append(np.uint32(place << _PLACE_SHIFT) | value)
    every = np.concatenate(at)
    order = np.argsort(every, kind="stable")
    offsets = np.zeros(rows + 1, np.int32)
    np.cumsum(np.bincount(every, minlength=rows), out=offsets[1:])
    values = pa.array(np.concatenate(entries)[order], pa.uint32())
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=ENTRIES)


def from_entries(column: pa.ListArray) -> Sparse:
    """Gives what a list of entries for each row says."""
    offsets, entries = np.asarray(column.offsets), np.asarray(column.flatten())
    offsets = offsets - offsets[0]
    nothing, known = np.flatnonzero(entries == _NOTHING), None
    if len(nothing):
        known = np.ones(len(column), np.bool_)
        known[np.searchsorted(offsets, nothing, side="right") - 1] = False
    return Sparse(offsets, entries, known)


def _entries(column: Values | None, known: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.uint32]]:
    """Gives the rows in which a column has an entry, and its values there."""
    if column is None:
        rows = np.flatnonzero(known)
        return rows, np.full(len(rows), _UNKNOWN, np.uint32)
    lacking = np.zeros_like(known) if column.known is None else known & ~column.known
    shown = known if column.known is None else column.known
    rows = np.flatnonzero((column.values != 0) & shown | lacking)
    values = np.clip(column.values[rows].astype(np.int64), 0, VALUE_MAX).astype(np.uint32)
    values[lacking[rows]] = _UNKNOWN
    return rows, values
