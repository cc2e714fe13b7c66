"""Blocks of bytes are told to be UTF-8 exactly where Python's own decoder takes them."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.wide import WIDTH, is_utf8

LETTERS = st.sampled_from(
    ["a", "й", "ह", "한", "\ud7ff", "\ue000", "\u0800", "\uffff", "😀", "\U00010000", "\U0010ffff"]
).map(str.encode)
PIECES = LETTERS | st.binary(min_size=1, max_size=2) | st.sampled_from(
    [b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf",
     b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff"]
)  # fmt: skip


def told(data: bytes, behind: bytes) -> bool:
    """Gives what the block-wise test says of the bytes, whatever stands behind them."""
    room = np.frombuffer(b"\xbf" + data + behind * (2 * WIDTH), np.uint8)
    return bool(is_utf8(room.ctypes.data, 1, 1 + len(data)))


def decodes(data: bytes) -> bool:
    """Tells whether Python's decoder takes the bytes."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 130), st.lists(LETTERS, max_size=60), st.lists(PIECES, max_size=3))
@example(63, ["й".encode()], [])
@example(62, ["한".encode()], [])
@example(61, ["😀".encode()], [])
@example(64, [], [b"\xd1"])
@example(63, [], [b"\xd1"])
@example(63, [], [b"\xed", b"\xa0\x80"])
def test_bytes_are_utf8_where_python_decodes_them(
    before: int, letters: list[bytes], pieces: list[bytes]
) -> None:
    for data in (
        b"x" * before + b"".join(letters) + b"".join(pieces),
        b"x" * before + b"".join(pieces) + b"".join(letters),
    ):
        assert told(data, b"\xbf") == told(data, b"x") == decodes(data)


def test_each_letter_is_known_and_each_half_of_one_is_not() -> None:
    for code in (*range(0, 0xD800, 7), *range(0xE000, 0x110000, 101)):
        letter = chr(code).encode()
        assert told(letter, b"x")
        assert told(letter[:-1], b"\xbf") == (len(letter) == 1)
