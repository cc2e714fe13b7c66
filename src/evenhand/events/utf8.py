"""Tells whether a column of text is UTF-8, many bytes at a time.

What this accepts is UTF-8 (RFC 3629) in every row. What it does not accept may still be: rows that
are null may hold anything, and whoever asks leaves them to Arrow, which looks at each row alone.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.events.text_column import Bytes


def is_utf8(column: pa.StringArray) -> bool:
    """Tells whether all rows of a column, null or not, are UTF-8.

    For a column of which Arrow has said that its rows lie within its bytes.
    """
    assert column.type == pa.string()
    rows = len(column)
    _, starts, content = column.buffers()
    if rows == 0 or content is None:
        return False
    offsets = np.frombuffer(starts, np.int32, rows + 1, 4 * column.offset)
    source = np.frombuffer(content, np.uint8)
    inner = source[offsets[0] : offsets[-1]]
    return are_utf8(inner) and bool(_begin_characters(source, offsets))


def are_utf8(source: Bytes) -> bool:
    """Tells whether bytes are UTF-8 as a whole."""
    return bool(source.max(initial=0) < 0x80 or _is_utf8(source))


@kernel
def _begin_characters(source: Bytes, offsets: NDArray[np.int32]) -> bool:
    """Tells whether no row begins within a character. Stays inside: offsets rise up to the end."""
    size = offsets[offsets.shape[0] - 1]
    within = False
    for row in range(offsets.shape[0] - 1):
        at = offsets[row]
        if at < size:
            within |= source[U(at)] & 0xC0 == 0x80
    return not within


@inlined
def _is_wrong(third: np.uint8, second: np.uint8, first: np.uint8, byte: np.uint8) -> bool:
    """Tells whether a byte cannot stand after the three before it: RFC 3629, section 4.

    It must go on with a character exactly where one of these began one that is long enough; no
    character is written longer than it must be, is a surrogate, or lies beyond U+10FFFF.
    """
    goes_on = byte & 0xC0 == 0x80
    must = (first >= 0xC0) | (second >= 0xE0) | (third >= 0xF0)
    never = (byte == 0xC0) | (byte == 0xC1) | (byte >= 0xF5)
    too_long = ((first == 0xE0) & (byte < 0xA0)) | ((first == 0xF0) & (byte < 0x90))
    too_high = ((first == 0xED) & (byte >= 0xA0)) | ((first == 0xF4) & (byte >= 0x90))
    return bool((goes_on != must) | never | too_long | too_high)


@kernel
def _is_utf8(source: Bytes) -> bool:
    """Tells whether bytes are UTF-8 as a whole.

    Without a branch on any byte, so that it is compiled to instructions that compare a few dozen
    at once. Stays inside: it walks the array.
    """
    size = U(source.shape[0])
    wrong = False
    third = second = first = np.uint8(0)
    for at in range(min(size, U(3))):
        wrong |= _is_wrong(third, second, first, source[at])
        third = second
        second = first
        first = source[at]
    for at in range(U(3), size):
        wrong |= _is_wrong(source[at - U(3)], source[at - U(2)], source[at - U(1)], source[at])
    if size >= U(3):
        third, second, first = source[size - U(3)], source[size - U(2)], source[size - U(1)]
    # The end is as if ASCII followed: no character may be left unfinished.
    return not (wrong | (first >= 0xC0) | (second >= 0xE0) | (third >= 0xF0))
