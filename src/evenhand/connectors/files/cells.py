"""Turns cells, the places of values in a window, into columns: compiled loops over bytes."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.connectors.files.compiled import byte_at, compiled, number_at, put_byte, put_number
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.tokens import (
    ABSENT,
    NULL,
    NUMBER,
    STRING,
    Bytes,
    Cells,
    Numbers,
    copy_json,
    failed,
    letter_bytes,
    no_letter,
)
from evenhand.connectors.files.wide import WIDTH, copy_block

_WRONG_TYPE = int(Fault.WRONG_TYPE)
_NOT_UTF8 = int(Fault.NOT_UTF8)


@dataclass(frozen=True, slots=True)
class Findings:
    """The first fault of each item.

    table   by item: code (0 where there is none), slot, place
    """

    table: NDArray[np.int32]

    @classmethod
    def none(cls, rows: int) -> "Findings":
        """Gives room for the faults of `rows` items, all without one."""
        return cls(np.zeros((rows, 3), np.int32))

    @property
    def address(self) -> int:
        """Gives where the table lies."""
        return int(self.table.ctypes.data)

    @property
    def faultless(self) -> NDArray[np.bool_]:
        """Tells for each item whether it has no fault."""
        return np.asarray(self.table[:, 0] == 0)

    def add(self, rows: NDArray[np.bool_], fault: Fault, slot: int) -> None:
        """Notes a fault of the items that `rows` marks, unless they have one."""
        fresh = rows & self.faultless
        self.table[fresh, 0] = int(fault)
        self.table[fresh, 1] = slot


@compiled
def found(findings: int, row: int, code: int, slot: int, place: int) -> None:
    """Notes a fault of an item, unless it has one."""
    line = findings + 12 * row
    if number_at(line) == 0:
        put_number(line, code)
        put_number(line + 4, slot)
        put_number(line + 8, place)


@compiled
def _copy_csv(data: int, at: int, end: int, out: int, to: int, fault: int) -> int:
    while at < end:
        length = letter_bytes(data, at, end)
        if length == 0:
            return failed(fault, _NOT_UTF8, at)
        skipped = 2 if byte_at(data + at) == 0x22 else length
        for step in range(length):
            put_byte(out + to + step, byte_at(data + at + step))
        to += length
        at += skipped
    return to


@compiled
def _copy_plain(data: int, at: int, end: int, is_utf8: bool, out: int, to: int, fault: int) -> int:
    if not is_utf8:
        place = no_letter(data, at, end)
        if place < end:
            return failed(fault, _NOT_UTF8, place)
    for step in range(0, end - at, WIDTH):
        copy_block(data + at + step, out + to + step)
    return to + end - at


@compiled
def _copy(
    data: int, at: int, end: int, is_utf8: bool, csv: bool, out: int, to: int, fault: int
) -> int:
    if not csv:
        return copy_json(data, at, end, is_utf8, out, to, fault)
    if at > 0 and byte_at(data + at - 1) == 0x22:
        return _copy_csv(data, at, end, out, to, fault)
    return _copy_plain(data, at, end, is_utf8, out, to, fault)


@compiled
def _strings(
    data: int,
    cells: int,
    stride: int,
    slot: int,
    is_utf8: bool,
    csv: bool,
    out: int,
    findings: int,
    ends: Numbers,
) -> NDArray[np.bool_]:
    rows = len(ends) - 1
    valid = np.zeros(rows, np.bool_)
    fault = np.zeros(2, np.int32)
    to = 0
    for row in range(rows):
        cell = cells + 12 * (slot * stride + row)
        kind = number_at(cell)
        start = number_at(cell + 4)
        if kind in (STRING, NUMBER):
            end = number_at(cell + 8)
            after = _copy(data, start, end, is_utf8, csv, out, to, fault.ctypes.data)
            if after < 0:
                found(findings, row, fault[0], slot, fault[1])
            else:
                valid[row] = True
                to = after
        elif kind != ABSENT and kind != NULL:
            found(findings, row, _WRONG_TYPE, slot, start)
        ends[row + 1] = to
    return valid


def string_array(out: Bytes, ends: Numbers, valid: NDArray[np.bool_] | None) -> pa.StringArray:
    """Gives an Arrow column over bytes that are known to be UTF-8, without copying them."""
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(out), bitmap)


def strings(
    data: int, cells: Cells, slot: int, findings: Findings, *, csv: bool = False
) -> pa.StringArray:
    """Gives a slot's strings (numbers as they are written) as a column; absent ones are null."""
    if not cells.holds(slot):
        return pa.nulls(cells.rows, pa.string())
    out = np.empty(cells.bytes_max + WIDTH, np.uint8)
    ends = np.zeros(cells.rows + 1, np.int32)
    valid = _strings(
        data,
        cells.address,
        cells.stride,
        slot,
        cells.is_utf8,
        csv,
        out.ctypes.data,
        findings.address,
        ends,
    )
    return string_array(out, ends, valid)


@compiled
def _holding(
    data: int, cells: int, stride: int, slot: int, word: int, length: int, mask: NDArray[np.bool_]
) -> None:
    for row in range(len(mask)):
        cell = cells + 12 * (slot * stride + row)
        start = number_at(cell + 4)
        same = number_at(cell) == STRING and number_at(cell + 8) - start == length
        place = 0
        while same and place < length:
            same = byte_at(data + start + place) == byte_at(word + place)
            place += 1
        mask[row] = same


def holding(data: int, cells: Cells, slot: int, word: bytes) -> NDArray[np.bool_]:
    """Tells for each item whether a slot holds exactly `word`."""
    mask = np.zeros(cells.rows, np.bool_)
    letters = np.frombuffer(word, np.uint8)
    _holding(data, cells.address, cells.stride, slot, letters.ctypes.data, len(word), mask)
    return mask
