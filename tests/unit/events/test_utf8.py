from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenhand.events.utf8 import are_utf8, is_utf8

ALPHABET = st.characters(codec="utf-8")
HOSTILE = (
    b"\xc0\xaf",  # a slash, longer than it must be
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80",  # a surrogate
    b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80",  # beyond the last character
    b"\xf5\x80\x80\x80",
    b"\xff",
    b"\xfe",
    b"\x80",
    b"\xbf",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xc3(",
    b"\xe2\x82(",
    b"\xf0\x9f\x98(",
    b"\xc3\xbf\xbf",
)
SOUND = ("", "a", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000")


def column_of(rows):
    """Gives rows of bytes as a column that says that they are text."""
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + len(row))
    offsets = b"".join(end.to_bytes(4, "little", signed=True) for end in ends)
    return pa.StringArray.from_buffers(
        len(rows), pa.py_buffer(offsets), pa.py_buffer(b"".join(rows))
    )


def slowly(rows):
    """Gives what is wanted: each row alone is UTF-8."""
    try:
        for row in rows:
            row.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


texts = st.text(ALPHABET).map(str.encode)
mutants = st.tuples(st.text(ALPHABET), st.sampled_from(HOSTILE), st.text(ALPHABET)).map(
    lambda parts: parts[0].encode() + parts[1] + parts[2].encode()
)


@settings(max_examples=500)
@given(st.lists(texts | mutants | st.binary(max_size=8), min_size=1, max_size=8))
@example([b"\xd0", b"\xb0"])
@example([b"\xf0\x9f", b"\x98\x80"])
def test_what_is_approved_is_what_each_row_alone_decodes_to(rows):
    assert is_utf8(column_of(rows)) == slowly(rows)


@pytest.mark.parametrize("wrong", HOSTILE)
def test_no_fault_is_missed_wherever_it_stands(wrong):
    for before, after in product((0, 1, 2, 3, 31, 32, 63, 64, 200), (0, 1, 2, 3, 40)):
        rows = [b"a" * before + wrong + b"a" * after, b"b"]

        assert not is_utf8(column_of(rows)), (before, after)


@pytest.mark.parametrize("text", [*SOUND, "\U0010ffff"])
def test_the_first_and_last_characters_of_each_length_are_text(text):
    for before in (0, 1, 2, 3, 31, 64):
        assert is_utf8(column_of([b"a" * before + text.encode()])), before


def test_a_part_of_a_column_is_looked_at_alone():
    column = column_of([b"\xff", "жа".encode(), b"b", b"\xe2\x82"])

    assert is_utf8(column.slice(1, 2))
    assert not is_utf8(column.slice(1, 3))


def test_no_text_at_all_is_left_to_arrow():
    assert not is_utf8(pa.array([], pa.string()))


LETTERS = st.sampled_from(
    ["a", "й", "ह", "한", "\ud7ff", "\ue000", "\u0800", "\uffff", "😀", "\U00010000", "\U0010ffff"]
).map(str.encode)
PIECES = LETTERS | st.binary(min_size=1, max_size=2) | st.sampled_from(
    [b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf",
     b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff"]
)  # fmt: skip


def told(data: bytes, behind: bytes) -> bool:
    """Gives what is said of the bytes, whatever stands around them."""
    room = np.frombuffer(b"\xbf" + data + behind * 128, np.uint8)
    return are_utf8(room[1 : 1 + len(data)])


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
        assert told(data, b"\xbf") == told(data, b"x") == slowly([data])


def test_each_letter_is_known_and_each_half_of_one_is_not() -> None:
    for code in (*range(0, 0xD800, 7), *range(0xE000, 0x110000, 101)):
        letter = chr(code).encode()
        assert told(letter, b"x")
        assert told(letter[:-1], b"\xbf") == (len(letter) == 1)
