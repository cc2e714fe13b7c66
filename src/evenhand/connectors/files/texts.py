"""Collects what a reader sees of a message: its text, and the texts and links around it."""

import numpy as np
import pyarrow as pa

from evenhand.connectors.files.cells import Findings, found, string_array
from evenhand.connectors.files.compiled import byte_at, compiled, number_at, put_byte, put_number
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.limits import NESTING_MAX
from evenhand.connectors.files.tokens import (
    ARRAY,
    NULL,
    OBJECT,
    STRING,
    Cells,
    Numbers,
    after_blanks,
    copy_json,
    key_slot,
    keys_of,
    string_end,
)
from evenhand.connectors.files.wide import WIDTH

_WRONG_TYPE = int(Fault.WRONG_TYPE)

NESTED_KEYS = keys_of(
    "text",
    "question",
    "title",
    "description",
    "first_name",
    "last_name",
    "phone_number",
    "href",
    "url",
    "data",
)
"""Keys inside polls, contacts, buttons and entities: what is read as text, then what as a link."""

_FIRST_LINK_KEY = NESTED_KEYS.names.index("href")
_TEXT, _LINK, _OTHER = range(3)


@compiled
def _take_text(
    data: int, at: int, end: int, is_utf8: bool, out: int, begin: int, to: int, fault: int
) -> int:
    """Writes one more text of an item whose texts begin at `begin`, if it is not the first."""
    if begin >= 0 and to > begin and end > at:
        put_byte(out + to, 10)
        to += 1
    return copy_json(data, at, end, is_utf8, out, to, fault)


@compiled
def _take_link(
    data: int,
    at: int,
    end: int,
    is_utf8: bool,
    links: int,
    link_ends: int,
    marks: int,
    fault: int,
) -> bool:
    """Writes a link, if it is one; False if it is not UTF-8."""
    if not _names_a_link(data, at, end):
        return True
    to = copy_json(data, at, end, is_utf8, links, number_at(marks), fault)
    if to < 0:
        return False
    count = number_at(marks + 4) + 1
    put_number(marks, to)
    put_number(marks + 4, count)
    put_number(link_ends + 4 * count, to)
    return True


@compiled
def _names_a_link(data: int, at: int, end: int) -> bool:
    for place in range(at, end - 2):
        if byte_at(data + place) == 0x3A and byte_at(data + place + 1) == 0x2F:
            return True
    return False


@compiled
def _key_class(data: int, at: int, end: int, nested: int) -> int:
    slot = key_slot(data, at, end, nested)
    if slot < 0:
        return _OTHER
    return _TEXT if slot < _FIRST_LINK_KEY else _LINK


@compiled
def _collect(
    data: int,
    at: int,
    end: int,
    is_utf8: bool,
    first: int,
    nested: int,
    out: int,
    begin: int,
    to: int,
    links: int,
    link_ends: int,
    marks: int,
    fault: int,
) -> int:
    """Takes the texts and links out of a checked JSON value: entities, polls, buttons."""
    classes = np.empty(NESTING_MAX + 1, np.uint8)
    classes[0] = first
    depth = 0
    now = first
    while at < end:
        letter = byte_at(data + at)
        if letter == 0x22:
            close = string_end(data, at + 1, end, fault)
            after = after_blanks(data, close + 1, end)
            if after < end and byte_at(data + after) == 0x3A:
                now = _key_class(data, at + 1, close, nested)
            elif now == _TEXT:
                to = _take_text(data, at + 1, close, is_utf8, out, begin, to, fault)
                if to < 0:
                    return -1
            elif now == _LINK and not _take_link(
                data, at + 1, close, is_utf8, links, link_ends, marks, fault
            ):
                return -1
            at = close
        elif letter == 0x7B or letter == 0x5B:
            depth += 1
            classes[depth] = now
        elif letter == 0x7D or letter == 0x5D:
            depth -= 1
        elif letter == 0x2C:
            now = classes[depth]
        at += 1
    return to


@compiled
def _texts(
    data: int,
    cells: int,
    stride: int,
    is_utf8: bool,
    taken: Numbers,
    nested: int,
    out: int,
    links: int,
    link_ends: int,
    marks: int,
    findings: int,
    ends: Numbers,
    link_rows: Numbers,
) -> None:
    fault = np.zeros(2, np.int32)
    fault_at = fault.ctypes.data
    to = 0
    for row in range(len(ends) - 1):
        begin = to
        for place in range(len(taken)):
            slot = taken[place]
            cell = cells + 12 * (slot * stride + row)
            kind = number_at(cell)
            start, end = number_at(cell + 4), number_at(cell + 8)
            lines = -1 if place == 0 else begin
            after = to
            if kind == STRING:
                after = _take_text(data, start, end, is_utf8, out, lines, to, fault_at)
            elif kind == ARRAY or (kind == OBJECT and place > 0):
                first = _TEXT if place == 0 else _OTHER
                after = _collect(
                    data,
                    start,
                    end,
                    is_utf8,
                    first,
                    nested,
                    out,
                    lines,
                    to,
                    links,
                    link_ends,
                    marks,
                    fault_at,
                )
            elif kind > NULL and place == 0:
                found(findings, row, _WRONG_TYPE, slot, start)
            if after < 0:
                found(findings, row, fault[0], slot, fault[1])
            else:
                to = after
        ends[row + 1] = to
        link_rows[row + 1] = number_at(marks + 4)


def texts(
    data: int, cells: Cells, body: int, others: tuple[int, ...], findings: Findings
) -> tuple[pa.StringArray, pa.ListArray]:
    """Gives what a reader of each message sees, and the links marked up in it.

    `body` is the slot of the message's own text, a string or a list of entities; `others` hold
    texts around it (file names, polls, buttons), each put on a line of its own.
    """
    others = tuple(slot for slot in others if cells.met[slot])
    # A text never grows when it is unescaped; one line break may come before each text around.
    breaks = cells.rows * len(others) + cells.bytes_max // 4
    out = np.empty(cells.bytes_max + breaks + WIDTH, np.uint8)
    links = np.empty(cells.bytes_max + WIDTH, np.uint8)
    link_ends = np.empty(cells.bytes_max // 2 + 2, np.int32)  # millions, mostly never looked at
    link_ends[0] = 0
    marks = np.zeros(2, np.int32)
    ends = np.zeros(cells.rows + 1, np.int32)
    link_rows = np.zeros(cells.rows + 1, np.int32)
    _texts(
        data,
        cells.address,
        cells.stride,
        cells.is_utf8,
        np.array((body, *others), np.int32),
        NESTED_KEYS.address,
        out.ctypes.data,
        links.ctypes.data,
        link_ends.ctypes.data,
        marks.ctypes.data,
        findings.address,
        ends,
        link_rows,
    )
    count = int(marks[1])
    return (
        string_array(out, ends, np.diff(ends) > 0),
        pa.ListArray.from_arrays(
            pa.array(link_rows), string_array(links, link_ends[: count + 1], None)
        ),
    )
