"""JSON over a window of bytes: compiled, strict (RFC 8259), and iterative, so nesting is harmless.

`data`, `out`, `keys`, `cells`, `met` and `fault` are addresses; places count from `data`. What
stands at or after `end` changes nothing, though a block of 64 bytes from any place before it is
there to be read, and as many may be written behind what `out` is given. A negative answer means
that `fault` holds a member of `Fault` and the place; `Fault.MORE` says that the bytes ran out,
which is no error while the file goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.base.blocks import lowest
from evenhand.connectors.files.compiled import (
    byte_at,
    compiled,
    number_at,
    put_byte,
    put_number,
)
from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.limits import NESTING_MAX
from evenhand.connectors.files.wide import (
    WIDTH,
    backslashes,
    blanks,
    copy_block,
    first_bits,
    string_signs,
    unlike,
)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int32]

ABSENT, NULL, STRING, NUMBER, WORD, OBJECT, ARRAY, DOUBLED = range(8)
"""Kinds of a cell. A string's cell lies between its quotes; CSV cells are strings, too. A cell is
of the last kind if its key stands twice."""

_MET_TWICE = 2

_MORE = int(Fault.MORE)
_CONTROL = int(Fault.CONTROL)
_ESCAPE = int(Fault.ESCAPE)
_NUMBER = int(Fault.NUMBER)
_WORD = int(Fault.WORD)
_SYNTAX = int(Fault.SYNTAX)
_NESTING = int(Fault.NESTING)
_NOT_UTF8 = int(Fault.NOT_UTF8)

_QUOTE, _BACKSLASH, _COMMA, _COLON = 0x22, 0x5C, 0x2C, 0x3A
_BRACE, _BRACE_END, _BRACKET, _BRACKET_END = 0x7B, 0x7D, 0x5B, 0x5D

_KEY_BYTES_MAX = WIDTH
_PLACES = 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a reader wants, as a table without collisions.

    table   the slot at each of 1,024 places, the multiplier, where each key's letters begin
            (and the last one's end), then the letters
    """

    names: tuple[str, ...]
    table: Bytes

    @property
    def address(self) -> int:
        """Gives where the table lies."""
        return int(self.table.ctypes.data)


def keys_of(*names: str) -> Keys:
    """Gives the table for `names`; the slot of a key is its place among them."""
    encoded = [name.encode() for name in names]
    assert all(0 < len(name) <= _KEY_BYTES_MAX for name in encoded)
    for multiplier in range(3, 10_000, 2):
        places = [_place(name, multiplier) for name in encoded]
        if len(set(places)) == len(places):
            break
    else:
        raise AssertionError(f"no table without collisions for {names}")
    head = np.full(_PLACES + 1 + len(names) + 1, -1, np.int32)
    head[places] = np.arange(len(names))
    head[_PLACES] = multiplier
    head[_PLACES + 1 :] = head.nbytes + np.cumsum([0, *map(len, encoded)])
    letters = b"".join(encoded) + bytes(WIDTH)
    return Keys(names=names, table=np.frombuffer(head.tobytes() + letters, np.uint8))


def _place(name: bytes, multiplier: int) -> int:
    letters = name[0] * 31 + name[-1] * 17 + name[len(name) >> 1] * (multiplier >> 1)
    return (len(name) * multiplier + letters) & (_PLACES - 1)


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the values of items lie, one cell per key and item.

    table      by slot and item: kind, start, end; a reader's table has room for more than `rows`
    met        by slot: not 0 if some item may have a value there, 2 if one has its key twice
    rows       items that are there
    bytes_max  bytes that the values of one slot take at most, all items together
    is_utf8    True if the text of all items is known to be UTF-8
    """

    table: NDArray[np.int32]
    met: Bytes
    rows: int = 0
    bytes_max: int = 0
    is_utf8: bool = False

    @classmethod
    def empty(cls, rows_max: int, slots: int) -> "Cells":
        """Gives room for the cells of `rows_max` items, all absent."""
        return cls(np.zeros((slots, rows_max, 3), np.int32), np.zeros(slots, np.uint8))

    @property
    def stride(self) -> int:
        """Gives how many items there is room for: what lies between two slots of an item."""
        return int(self.table.shape[1])

    @property
    def address(self) -> int:
        """Gives where the table lies."""
        assert self.table.flags.c_contiguous
        return int(self.table.ctypes.data)

    def kinds(self, slot: int) -> NDArray[np.int32]:
        """Gives the kind of each item's cell in a slot."""
        return self.table[slot, : self.rows, 0]

    def holds(self, slot: int) -> bool:
        """Tells whether any item has a value in a slot."""
        return bool(self.met[slot]) and bool((self.kinds(slot) > NULL).any())

    def hold(self, slot: int) -> NDArray[np.bool_]:
        """Tells which items have a value in a slot."""
        return self.kinds(slot) > NULL if self.met[slot] else np.zeros(self.rows, np.bool_)

    def doubled(self) -> NDArray[np.bool_]:
        """Tells which items have a key twice."""
        found = np.zeros(self.rows, np.bool_)
        for slot in np.flatnonzero(self.met == _MET_TWICE).tolist():
            found |= self.kinds(slot) == DOUBLED
        return found

    def lacking(self, slots: Iterable[int]) -> NDArray[np.bool_]:
        """Tells which items have a cell in none of some slots."""
        without = np.ones(self.rows, np.bool_)
        for slot in slots:
            if self.met[slot] and without.any():
                without &= self.kinds(slot) == ABSENT
        return without

    def fill(self, slot: int, other: int) -> None:
        """Gives the cells of a slot that hold nothing what another slot holds."""
        if not self.met[other]:
            return
        self.met[slot] = max(self.met[slot], 1)
        empty = (self.kinds(slot) <= NULL) & (self.kinds(other) > NULL)
        if empty.any():
            self.table[slot, : self.rows][empty] = self.table[other, : self.rows][empty]

    def first(self, rows: int, *, bytes_max: int, is_utf8: bool = False) -> "Cells":
        """Gives the cells of the first `rows` items."""
        return replace(self, rows=rows, bytes_max=bytes_max, is_utf8=is_utf8)

    def packed(self, mask: NDArray[np.bool_]) -> "Cells":
        """Gives the cells of the items that `mask` marks, moved together in the same table."""
        _pack(self.address, self.stride, self.met, mask)
        return replace(self, rows=int(mask.sum()))

    def copied(self, mask: NDArray[np.bool_]) -> "Cells":
        """Gives the cells of the items that `mask` marks, in a table of their own."""
        table = np.take(self.table, np.flatnonzero(mask), axis=1)
        return replace(self, table=table, rows=table.shape[1])

    def clear(self, rows: int) -> None:
        """Makes the cells of the first `rows` items absent again."""
        for slot in np.flatnonzero(self.met):
            self.table[slot, :rows, 0] = ABSENT
        self.met[:] = 0


@compiled
def _pack(cells: int, stride: int, met: Bytes, mask: NDArray[np.bool_]) -> None:
    for slot in range(len(met)):
        if met[slot] == 0:
            continue
        line = cells + 12 * stride * slot
        to = line
        for row in range(len(mask)):
            if mask[row]:
                for number in range(0, 12, 4):
                    put_number(to + number, number_at(line + 12 * row + number))
                to += 12


@compiled
def _key_place(data: int, at: int, end: int, multiplier: int) -> int:
    place: int = (
        (end - at) * multiplier
        + byte_at(data + at) * 31
        + byte_at(data + end - 1) * 17
        + byte_at(data + ((at + end) >> 1)) * (multiplier >> 1)
    ) & 1023
    return place


@compiled
def failed(fault: int, code: int, at: int) -> int:
    """Notes a fault and its place; gives the negative answer that says so."""
    put_number(fault, code)
    put_number(fault + 4, at)
    return -1


@compiled
def after_blanks(data: int, at: int, end: int) -> int:
    """Gives the first place that holds no blank."""
    while at < end and byte_at(data + at) <= 32:
        run = lowest(~blanks(data + at))
        at += run
        if run < WIDTH:
            break
    return min(at, end)


@compiled
def _escape_bytes(data: int, at: int, end: int, fault: int) -> int:
    if at + 1 >= end:
        return failed(fault, _MORE, end)
    mark = byte_at(data + at + 1)
    if mark != 0x75:
        for known in b'"\\/bfnrt':
            if mark == known:
                return 2
        return failed(fault, _ESCAPE, at)
    for place in range(at + 2, at + 6):
        if place >= end:
            return failed(fault, _MORE, end)
        if hex_value(byte_at(data + place)) < 0:
            return failed(fault, _ESCAPE, at)
    return 6


@compiled
def hex_value(letter: int) -> int:
    """Gives the value of a hexadecimal digit, or -1."""
    if 48 <= letter <= 57:
        return letter - 48
    if 65 <= letter <= 70:
        return letter - 55
    if 97 <= letter <= 102:
        return letter - 87
    return -1


@compiled
def string_end(data: int, at: int, end: int, fault: int) -> int:
    """Gives the place of the quote that closes the string whose first letter is at `at`."""
    while at < end:
        plain = lowest(string_signs(data + at))
        at += plain
        if plain == WIDTH or at >= end:
            continue
        letter = byte_at(data + at)
        if letter == _QUOTE:
            return at
        if letter == _BACKSLASH:
            length = _escape_bytes(data, at, end, fault)
            if length < 0:
                return -1
            at += length
        else:
            return failed(fault, _CONTROL, at)
    return failed(fault, _MORE, end)


@compiled
def _digits_end(data: int, at: int, end: int) -> int:
    while at < end and 48 <= byte_at(data + at) <= 57:
        at += 1
    return at


@compiled
def _number_end(data: int, at: int, end: int, fault: int) -> int:
    start = at
    if byte_at(data + at) == 0x2D:
        at += 1
    digits = at
    at = _digits_end(data, at, end)
    right = at > digits and (byte_at(data + digits) != 48 or at == digits + 1)
    if at < end and byte_at(data + at) == 0x2E:
        fraction = at + 1
        at = _digits_end(data, fraction, end)
        right = right and at > fraction
    if at < end and (byte_at(data + at) | 32) == 0x65:
        at += 1
        if at < end and (byte_at(data + at) == 0x2B or byte_at(data + at) == 0x2D):
            at += 1
        exponent = at
        at = _digits_end(data, at, end)
        right = right and at > exponent
    if at >= end:
        return failed(fault, _MORE, at)
    return at if right else failed(fault, _NUMBER, start)


@compiled
def _word_end(data: int, at: int, end: int, fault: int) -> int:
    word = b"null"
    if byte_at(data + at) == 0x74:
        word = b"true"
    elif byte_at(data + at) == 0x66:
        word = b"false"
    for place in range(len(word)):
        if at + place >= end:
            return failed(fault, _MORE, end)
        if byte_at(data + at + place) != word[place]:
            return failed(fault, _WORD, at)
    return at + len(word)


@compiled
def scalar_end(data: int, at: int, end: int, fault: int) -> int:
    """Gives the place after the string, number or word that begins at `at`."""
    letter = byte_at(data + at)
    if letter == _QUOTE:
        close = string_end(data, at + 1, end, fault)
        return close + 1 if close >= 0 else -1
    if letter == 0x2D or 48 <= letter <= 57:
        return _number_end(data, at, end, fault)
    if 65 <= (letter & 0xDF) <= 90:
        return _word_end(data, at, end, fault)
    return failed(fault, _SYNTAX, at)


@compiled
def kind_at(data: int, at: int) -> int:
    """Gives the kind of the value that begins at `at`."""
    letter = byte_at(data + at)
    if letter == _QUOTE:
        return STRING
    if letter == _BRACE:
        return OBJECT
    if letter == _BRACKET:
        return ARRAY
    if letter == 0x6E:
        return NULL
    if letter == 0x74 or letter == 0x66:
        return WORD
    return NUMBER


@compiled
def key_slot(data: int, at: int, end: int, keys: int) -> int:
    """Gives the slot of the key between two quotes, or -1 if nobody asked for it."""
    if end <= at or end - at > 6 * _KEY_BYTES_MAX:
        return -1
    if end - at <= WIDTH and backslashes(data + at) & first_bits(end - at) == 0:
        return _plain_key_slot(data, at, end, keys)
    return _escaped_key_slot(data, at, end, keys)


@compiled
def _plain_key_slot(data: int, at: int, end: int, keys: int) -> int:
    place = _key_place(data, at, end, number_at(keys + 4 * _PLACES))
    slot: int = number_at(keys + 4 * place)
    if slot < 0:
        return -1
    start = number_at(keys + 4 * (_PLACES + 1 + slot))
    if number_at(keys + 4 * (_PLACES + 2 + slot)) - start != end - at:
        return -1
    differ: int = unlike(data + at, keys + start) & first_bits(end - at)
    return slot if differ == 0 else -1


@compiled
def _escaped_key_slot(data: int, at: int, end: int, keys: int) -> int:
    plain = np.empty(end - at + WIDTH, np.uint8)
    fault = np.empty(2, np.int32)
    to = copy_json(data, at, end, False, plain.ctypes.data, 0, fault.ctypes.data)
    return _plain_key_slot(plain.ctypes.data, 0, to, keys) if to > 0 else -1


@compiled
def value_start(data: int, at: int, end: int, fault: int) -> int:
    """Gives the place of the value after the key's closing quote at `at`."""
    at = after_blanks(data, at + 1, end)
    if at < end and byte_at(data + at) != _COLON:
        return failed(fault, _SYNTAX, at)
    at = after_blanks(data, at + 1, end)
    return at if at < end else failed(fault, _MORE, at)


@compiled
def element_start(data: int, at: int, end: int, fresh: bool, fault: int) -> int:
    """Gives the place of the next element or closing mark: after the comma that belongs there."""
    at = after_blanks(data, at, end)
    if at >= end:
        return failed(fault, _MORE, at)
    if fresh or byte_at(data + at) == _BRACE_END or byte_at(data + at) == _BRACKET_END:
        return at
    if byte_at(data + at) != _COMMA:
        return failed(fault, _SYNTAX, at)
    at = after_blanks(data, at + 1, end)
    if at >= end:
        return failed(fault, _MORE, at)
    if byte_at(data + at) == _BRACE_END or byte_at(data + at) == _BRACKET_END:
        return failed(fault, _SYNTAX, at)
    return at


@compiled
def _begin_cell(
    data: int, key: int, close: int, at: int, keys: int, cells: int, step: int, met: int
) -> int:
    slot = key_slot(data, key, close, keys)
    if slot >= 0:
        kind = kind_at(data, at)
        if number_at(cells + step * slot) != ABSENT:
            put_byte(met + slot, _MET_TWICE)
            put_number(cells + step * slot, DOUBLED)
            return -1
        if byte_at(met + slot) == 0:
            put_byte(met + slot, 1)
        put_number(cells + step * slot, kind)
        put_number(cells + step * slot + 4, at + 1 if kind == STRING else at)
    return slot


@compiled
def object_end(  # noqa: C901  one loop in the order of the grammar reads better than five pieces
    data: int, at: int, end: int, keys: int, cells: int, step: int, met: int, fault: int
) -> int:
    """Checks the object that begins at `at`, notes its values, gives the place after it.

    Its cells are at `cells`, `cells + step` and so on, by slot; all are absent at first. Slots
    that it has are marked in `met`.
    """
    opened = np.empty(NESTING_MAX, np.uint8)
    opened[0] = _BRACE
    depth = 1
    at += 1
    fresh = True
    slot = -1
    while depth:
        at = element_start(data, at, end, fresh, fault)
        if at < 0:
            return -1
        if byte_at(data + at) == _BRACE_END or byte_at(data + at) == _BRACKET_END:
            if byte_at(data + at) != opened[depth - 1] + 2:
                return failed(fault, _SYNTAX, at)
            depth -= 1
            at += 1
            fresh = False
            if depth == 1 and slot >= 0:
                put_number(cells + step * slot + 8, at)
            continue
        if opened[depth - 1] == _BRACE:
            key = at + 1
            close = string_end(data, key, end, fault) if byte_at(data + at) == _QUOTE else -2
            if close < 0:
                return failed(fault, _SYNTAX, at) if close == -2 else -1
            at = value_start(data, close, end, fault)
            if at < 0:
                return -1
            if depth == 1:
                slot = _begin_cell(data, key, close, at, keys, cells, step, met)
        if byte_at(data + at) == _BRACE or byte_at(data + at) == _BRACKET:
            if depth == NESTING_MAX:
                return failed(fault, _NESTING, at)
            opened[depth] = byte_at(data + at)
            depth += 1
            at += 1
            fresh = True
            continue
        at = scalar_end(data, at, end, fault)
        if at < 0:
            return -1
        fresh = False
        if depth == 1 and slot >= 0:
            cell = cells + step * slot
            put_number(cell + 8, at - 1 if number_at(cell) == STRING else at)
    return at


@compiled
def letter_bytes(data: int, at: int, end: int) -> int:  # noqa: C901  the table has nine rows
    """Gives the length of the UTF-8 letter at `at` (Unicode table 3-7), or 0 if it is none."""
    first = byte_at(data + at)
    if first < 0x80:
        return 1
    if first < 0xC2 or first > 0xF4:
        return 0
    length = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if at + length > end:
        return 0
    low, high = 0x80, 0xBF
    if first == 0xE0:
        low = 0xA0
    elif first == 0xED:
        high = 0x9F
    elif first == 0xF0:
        low = 0x90
    elif first == 0xF4:
        high = 0x8F
    if byte_at(data + at + 1) < low or byte_at(data + at + 1) > high:
        return 0
    for place in range(at + 2, at + length):
        if byte_at(data + place) & 0xC0 != 0x80:
            return 0
    return length


@compiled
def no_letter(data: int, at: int, end: int) -> int:
    """Gives the place of the first byte that begins no UTF-8 letter, or `end`."""
    while at < end:
        length = letter_bytes(data, at, end)
        if length == 0:
            break
        at += length
    return at


@compiled
def _code_unit(data: int, at: int) -> int:
    value = 0
    for place in range(at + 2, at + 6):
        value = value * 16 + hex_value(byte_at(data + place))
    return value


@compiled
def _write_letter(letter: int, out: int, to: int) -> int:
    if letter < 0x80:
        put_byte(out + to, letter)
        return to + 1
    if letter < 0x800:
        put_byte(out + to, 0xC0 | letter >> 6)
        put_byte(out + to + 1, 0x80 | letter & 63)
        return to + 2
    if letter < 0x10000:
        put_byte(out + to, 0xE0 | letter >> 12)
        put_byte(out + to + 1, 0x80 | letter >> 6 & 63)
        put_byte(out + to + 2, 0x80 | letter & 63)
        return to + 3
    put_byte(out + to, 0xF0 | letter >> 18)
    put_byte(out + to + 1, 0x80 | letter >> 12 & 63)
    put_byte(out + to + 2, 0x80 | letter >> 6 & 63)
    put_byte(out + to + 3, 0x80 | letter & 63)
    return to + 4


@compiled
def _copy_escape(data: int, at: int, end: int, out: int, to: int) -> tuple[int, int]:
    mark = byte_at(data + at + 1)
    if mark != 0x75:
        plain = mark
        if mark == 0x6E:
            plain = 10
        elif mark == 0x74:
            plain = 9
        elif mark == 0x72:
            plain = 13
        elif mark == 0x62:
            plain = 8
        elif mark == 0x66:
            plain = 12
        put_byte(out + to, plain)
        return at + 2, to + 1
    unit = _code_unit(data, at)
    if unit < 0xD800 or unit > 0xDFFF:
        return at + 6, _write_letter(unit, out, to)
    if (
        unit < 0xDC00
        and at + 12 <= end
        and byte_at(data + at + 6) == _BACKSLASH
        and byte_at(data + at + 7) == 0x75
    ):
        second = _code_unit(data, at + 6)
        if 0xDC00 <= second <= 0xDFFF:
            letter = 0x10000 + ((unit - 0xD800) << 10) + second - 0xDC00
            return at + 12, _write_letter(letter, out, to)
    return at + 6, _write_letter(0xFFFD, out, to)


@compiled
def copy_json(data: int, at: int, end: int, is_utf8: bool, out: int, to: int, fault: int) -> int:
    """Writes a checked JSON string's text as UTF-8; half a surrogate pair becomes U+FFFD."""
    if not is_utf8:
        place = no_letter(data, at, end)
        if place < end:
            return failed(fault, _NOT_UTF8, place)
    while at < end:
        copy_block(data + at, out + to)
        plain = min(lowest(backslashes(data + at)), end - at)
        at += plain
        to += plain
        if plain < WIDTH and at < end:
            at, to = _copy_escape(data, at, end, out, to)
    return to
