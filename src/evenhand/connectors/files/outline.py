"""Walks the outside of a Telegram export: everything but the messages, one step at a time."""

import numpy as np

from evenhand.connectors.files.compiled import byte_at, compiled, number_at, put_number
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.limits import NESTING_MAX
from evenhand.connectors.files.tokens import (
    STRING,
    Numbers,
    after_blanks,
    element_start,
    failed,
    key_slot,
    keys_of,
    kind_at,
    scalar_end,
    string_end,
    value_start,
)

OUTLINE_KEYS = keys_of("messages", "name", "type", "id")
"""What the outside holds for us: the lists of messages, and which chat each belongs to."""

STUCK, MESSAGES, FACT, END = range(4)
"""What a step met: a fault (or no more bytes), a list of messages, a fact of an object, the end."""

_ODD = int(Fault.ODD)
_MORE = int(Fault.MORE)
_SYNTAX = int(Fault.SYNTAX)
_NESTING = int(Fault.NESTING)
_MESSAGES_SLOT = OUTLINE_KEYS.names.index("messages")

# Where the numbers of the state lie.
DEPTH, FRESH, SERIAL, SLOT, KIND, VALUE_START, VALUE_END = range(7)
_OPENED = 8
_SERIALS = _OPENED + NESTING_MAX


def new_state() -> Numbers:
    """Gives the state before the first byte of a document."""
    return np.zeros(_SERIALS + NESTING_MAX, np.int32)


def owner(state: Numbers) -> int:
    """Gives the serial number of the object to which the fact or list just met belongs."""
    return int(state[_SERIALS + state[DEPTH] - 1])


def serials(state: Numbers) -> Numbers:
    """Gives the serial numbers of the objects and arrays that are open, the outermost first."""
    return state[_SERIALS : _SERIALS + int(state[DEPTH])]


@compiled
def _open(state: int, mark: int) -> None:
    depth = number_at(state + 4 * DEPTH)
    serial = number_at(state + 4 * SERIAL) + 1
    put_number(state + 4 * SERIAL, serial)
    put_number(state + 4 * (_OPENED + depth), mark)
    put_number(state + 4 * (_SERIALS + depth), serial)
    put_number(state + 4 * DEPTH, depth + 1)
    put_number(state + 4 * FRESH, 1)


@compiled
def outline_step(  # noqa: C901  one loop in the order of the grammar
    data: int, at: int, end: int, keys: int, state: int, fault: int
) -> tuple[int, int]:
    """Goes on from `at` to the next thing that matters; gives what it is and the place after it.

    When stuck, the place is where the same step can begin again once there are more bytes.
    """
    if number_at(state + 4 * DEPTH) == 0:
        at = after_blanks(data, at, end)
        if at >= end:
            failed(fault, _MORE, at)
            return STUCK, at
        if byte_at(data + at) != 0x7B:
            failed(fault, _ODD, at)
            return STUCK, at
        _open(state, 0x7B)
        at += 1
    while True:
        depth = number_at(state + 4 * DEPTH)
        opened = number_at(state + 4 * (_OPENED + depth - 1))
        place = element_start(data, at, end, number_at(state + 4 * FRESH) == 1, fault)
        if place < 0:
            return STUCK, at
        mark = byte_at(data + place)
        if mark == 0x7D or mark == 0x5D:
            if mark != opened + 2:
                failed(fault, _SYNTAX, place)
                return STUCK, at
            put_number(state + 4 * DEPTH, depth - 1)
            put_number(state + 4 * FRESH, 0)
            at = place + 1
            if depth == 1:
                return END, at
            continue
        slot = -1
        if opened == 0x7B:
            if mark != 0x22:
                failed(fault, _SYNTAX, place)
                return STUCK, at
            close = string_end(data, place + 1, end, fault)
            if close < 0:
                return STUCK, at
            slot = key_slot(data, place + 1, close, keys)
            place = value_start(data, close, end, fault)
            if place < 0:
                return STUCK, at
            mark = byte_at(data + place)
        if mark == 0x5B and slot == _MESSAGES_SLOT:
            put_number(state + 4 * FRESH, 0)
            return MESSAGES, place + 1
        if mark == 0x7B or mark == 0x5B:
            if depth == NESTING_MAX:
                failed(fault, _NESTING, place)
                return STUCK, at
            _open(state, mark)
            at = place + 1
            continue
        after = scalar_end(data, place, end, fault)
        if after < 0:
            return STUCK, at
        put_number(state + 4 * FRESH, 0)
        at = after
        if slot > _MESSAGES_SLOT:
            quoted = 1 if kind_at(data, place) == STRING else 0
            put_number(state + 4 * SLOT, slot)
            put_number(state + 4 * KIND, kind_at(data, place))
            put_number(state + 4 * VALUE_START, place + quoted)
            put_number(state + 4 * VALUE_END, after - quoted)
            return FACT, at
