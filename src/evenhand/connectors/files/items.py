"""Finds the items of a window: the objects of a JSON array, of lines, or the records of a CSV.

Each search gives three numbers: the items found, their cells filled; where the next item, or the
one that stopped the search, begins; and FULL, STOPPED or CLOSED.
"""

import numpy as np
from numpy.typing import NDArray

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.connectors.files.compiled import (
    byte_at,
    compiled,
    number_at,
    put_byte,
    put_number,
)
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.limits import COLUMNS_MAX, ITEM_BYTES_MAX
from evenhand.connectors.files.tokens import STRING, Cells, after_blanks, failed, object_end
from evenhand.connectors.files.window import Window
from evenhand.events.utf8 import are_utf8

FULL, STOPPED, CLOSED = range(3)
"""How a search ends: all rows taken; see the fault; the array is closed."""

_MORE = int(Fault.MORE)
_ODD = int(Fault.ODD)
_SYNTAX = int(Fault.SYNTAX)
_TOO_LARGE = int(Fault.TOO_LARGE)
_QUOTE_FAULT = int(Fault.QUOTE)
_FIELDS = int(Fault.FIELDS)
_NUL = int(Fault.NUL)


@compiled
def _stopped(rows: int, at: int, code: int, place: int, fault: int) -> tuple[int, int, int]:
    failed(fault, code, place)
    return rows, at, STOPPED


@compiled
def _limited(
    data: int, at: int, end: int, keys: int, cells: int, step: int, met: int, fault: int
) -> int:
    limit = min(end, at + ITEM_BYTES_MAX)
    after = object_end(data, at, limit, keys, cells, step, met, fault)
    if after < 0 and number_at(fault) == _MORE and limit < end:
        return failed(fault, _TOO_LARGE, at)
    return after


@compiled
def array_items(
    data: int,
    at: int,
    end: int,
    fresh: bool,
    keys: int,
    cells: int,
    met: int,
    starts: int,
    rows_max: int,
    fault: int,
) -> tuple[int, int, int]:
    """Finds the objects of an array up to its end; gives the three numbers."""
    rows = 0
    while rows < rows_max:
        place = after_blanks(data, at, end)
        if place < end and byte_at(data + place) == 0x5D:
            return rows, place + 1, CLOSED
        if place < end and not fresh:
            if byte_at(data + place) != 0x2C:
                return _stopped(rows, place, _SYNTAX, place, fault)
            place = after_blanks(data, place + 1, end)
        if place >= end:
            return _stopped(rows, at, _MORE, place, fault)
        if byte_at(data + place) != 0x7B:
            return _stopped(rows, place, _ODD, place, fault)
        after = _limited(data, place, end, keys, cells + 12 * rows, 12 * rows_max, met, fault)
        if after < 0:
            return rows, at if number_at(fault) == _MORE else place, STOPPED
        put_number(starts + 4 * rows, place)
        rows += 1
        at = after
        fresh = False
    return rows, at, FULL


@compiled
def line_items(
    data: int,
    at: int,
    end: int,
    keys: int,
    cells: int,
    met: int,
    starts: int,
    rows_max: int,
    fault: int,
) -> tuple[int, int, int]:
    """Finds objects that stand one after another; gives the three numbers."""
    rows = 0
    while rows < rows_max:
        place = after_blanks(data, at, end)
        if place >= end:
            return _stopped(rows, place, _MORE, place, fault)
        if byte_at(data + place) != 0x7B:
            return _stopped(rows, place, _ODD, place, fault)
        at = _limited(data, place, end, keys, cells + 12 * rows, 12 * rows_max, met, fault)
        if at < 0:
            return rows, place, STOPPED
        put_number(starts + 4 * rows, place)
        rows += 1
    return rows, at, FULL


@compiled
def _field_end(data: int, at: int, end: int, ended: bool, separator: int, fault: int) -> int:
    """Gives the place of the mark after the field at `at`: a separator, a line end, or the end."""
    if at < end and byte_at(data + at) == 0x22:
        opened = at
        at += 1
        while at < end:
            if byte_at(data + at) == 0x22:
                if at + 1 >= end and not ended:
                    break
                if at + 1 < end and byte_at(data + at + 1) == 0x22:
                    at += 1
                else:
                    return _quoted_end(data, at + 1, end, separator, opened, fault)
            elif byte_at(data + at) == 0:
                return failed(fault, _NUL, at)
            at += 1
        return failed(fault, _QUOTE_FAULT if ended else _MORE, opened)
    while (
        at < end
        and byte_at(data + at) != separator
        and byte_at(data + at) != 10
        and byte_at(data + at) != 13
    ):
        if byte_at(data + at) == 0:
            return failed(fault, _NUL, at)
        at += 1
    return at if at < end or ended else failed(fault, _MORE, at)


@compiled
def _quoted_end(data: int, at: int, end: int, separator: int, opened: int, fault: int) -> int:
    if (
        at < end
        and byte_at(data + at) != separator
        and byte_at(data + at) != 10
        and byte_at(data + at) != 13
    ):
        return failed(fault, _QUOTE_FAULT, opened)
    return at


@compiled
def record_end(
    data: int,
    at: int,
    end: int,
    ended: bool,
    separator: int,
    columns: int,
    columns_count: int,
    cells: int,
    step: int,
    met: int,
    slots: int,
    fault: int,
) -> int:
    """Notes the fields of the CSV record at `at`; gives the place of the next one (RFC 4180).

    `columns` gives each column's slot, or -1; if there are none, every field is taken in order.
    """
    field = 0
    while True:
        after = _field_end(data, at, end, ended, separator, fault)
        if after < 0:
            return -1
        slot = field
        if columns_count > 0:
            slot = number_at(columns + 4 * field) if field < columns_count else -1
        if 0 <= slot < slots:
            put_byte(met + slot, 1)
            quoted = 1 if after > at and byte_at(data + at) == 0x22 else 0
            put_number(cells + step * slot, STRING if after > at else 0)
            put_number(cells + step * slot + 4, at + quoted)
            put_number(cells + step * slot + 8, after - quoted)
        field += 1
        if (
            field > COLUMNS_MAX
            or (after < end and byte_at(data + after) != separator)
            or after >= end
        ):
            if field > COLUMNS_MAX or (columns_count > 0 and field != columns_count):
                return failed(fault, _FIELDS, at)
            if after + 1 >= end and not ended:
                return failed(fault, _MORE, after)
            if after + 1 < end and byte_at(data + after) == 13 and byte_at(data + after + 1) == 10:
                after += 1
            return min(after + 1, end)
        at = after + 1


@compiled
def csv_items(
    data: int,
    at: int,
    end: int,
    ended: bool,
    separator: int,
    columns: int,
    columns_count: int,
    cells: int,
    met: int,
    slots: int,
    starts: int,
    rows_max: int,
    fault: int,
) -> tuple[int, int, int]:
    """Finds the records of a CSV file; gives the three numbers. Empty lines are passed over."""
    rows = 0
    while rows < rows_max:
        while at < end and (byte_at(data + at) == 10 or byte_at(data + at) == 13):
            at += 1
        if at >= end:
            return _stopped(rows, at, _MORE, at, fault)
        limit = min(end, at + ITEM_BYTES_MAX)
        last = ended and limit == end
        after = record_end(
            data,
            at,
            limit,
            last,
            separator,
            columns,
            columns_count,
            cells + 12 * rows,
            12 * rows_max,
            met,
            slots,
            fault,
        )
        if after < 0:
            if number_at(fault) == _MORE and limit < end:
                failed(fault, _TOO_LARGE, at)
            return rows, at, STOPPED
        put_number(starts + 4 * rows, at)
        rows += 1
        at = after
    return rows, at, FULL


class Table:
    """What searches fill: the same memory for one batch after the other."""

    def __init__(self, slots: int, *, rows_max: int = BATCH_ROWS_MAX) -> None:
        self.rows_max = rows_max
        self.cells = Cells.empty(rows_max, slots)
        self.starts = np.zeros(rows_max, np.int32)
        self._fault = np.zeros(2, np.int32)
        self._used = 0

    @property
    def fault(self) -> Fault:
        """Gives why the last search stopped."""
        return Fault(int(self._fault[0]))

    @property
    def fault_place(self) -> int:
        """Gives where in the window the last search stopped."""
        return int(self._fault[1])

    @property
    def fault_address(self) -> int:
        """Gives where searches note why they stopped."""
        return int(self._fault.ctypes.data)

    def clear(self) -> None:
        """Forgets the items of the last search, and the one that stopped it."""
        self.cells.clear(min(self._used + 1, self.rows_max))

    def found(self, count: int, window: Window) -> tuple[Cells, NDArray[np.int64]]:
        """Gives the cells of the items just found, and where in the stream each begins."""
        self._used = count
        starts = self.starts[:count]
        first = int(starts[0]) if count else window.at
        cells = self.cells.first(
            count,
            bytes_max=window.at - first,
            is_utf8=are_utf8(window.data[first : window.at]),
        )
        return cells, starts.astype(np.int64) + window.base
