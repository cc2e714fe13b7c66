"""The compiled JSON walk agrees with Python's own parser about what is JSON."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.faults import Fault
from evenhand.connectors.files.tokens import (
    ARRAY,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    WORD,
    Cells,
    copy_json,
    keys_of,
    object_end,
)
from evenhand.connectors.files.wide import WIDTH
from evenhand.events.utf8 import are_utf8

KEYS = keys_of("a", "text", "größe")
BEHIND = b'"}\\ \xd1' * (2 * WIDTH)
"""What stands behind the end, where it must not matter."""

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def walk(data: bytes) -> tuple[int, Fault, Cells]:
    """Gives the place after the object, the fault, and the cells."""
    room = np.frombuffer(data + BEHIND, np.uint8)
    cells = Cells.empty(1, len(KEYS.names)).first(1, bytes_max=len(data))
    fault = np.zeros(2, np.int32)
    end = object_end(
        room.ctypes.data,
        0,
        len(data),
        KEYS.address,
        cells.address,
        12,
        cells.met.ctypes.data,
        fault.ctypes.data,
    )
    return end, Fault(int(fault[0])), cells


def accepts(data: bytes) -> bool:
    """Tells whether Python's parser takes the bytes as one object of strict JSON."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        return isinstance(json.loads(data, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


@settings(deadline=None)
@given(
    st.dictionaries(st.text() | st.sampled_from(KEYS.names), VALUES, max_size=6),
    st.booleans(),
    st.sampled_from([None, 0, 1, "\t"]),
)
def test_every_object_that_json_writes_is_walked_to_its_end(
    value: dict[str, Any], escaped: bool, indent: int | str | None
) -> None:
    data = json.dumps(value, ensure_ascii=escaped, indent=indent).encode(errors="surrogatepass")

    end, _, cells = walk(data)

    assert end == len(data)
    for slot, name in enumerate(KEYS.names):
        kind, start, stop = cells.table[slot, 0].tolist()
        assert (kind == 0) == (name not in value) == (not cells.met[slot])
        if kind == STRING:
            assert json.loads(data[start - 1 : stop + 1]) == value[name]
        elif kind in (NULL, NUMBER, WORD, OBJECT, ARRAY):
            assert json.loads(data[start:stop]) == value[name]


@given(
    st.dictionaries(st.sampled_from(["a", "text", "x"]), VALUES, max_size=3),
    st.integers(0, 200),
    st.binary(max_size=3)
    | st.sampled_from([b",", b"}", b"]", b'"', b"\\", b"0", b"-", b"e", b"."]),
    st.integers(0, 3),
)
@example({"a": 1}, 5, b"0", 0)
@example({"a": 0}, 6, b"1", 0)
@example({"a": "x"}, 7, b"\\u12", 0)
@example({"a": True}, 5, b"f", 1)
@settings(max_examples=400, deadline=None)
def test_damaged_objects_are_accepted_exactly_where_json_accepts_them(
    value: dict[str, Any], place: int, added: bytes, cut: int
) -> None:
    whole = json.dumps(value).encode()
    place = min(place, len(whole))
    data = whole[:place] + added + whole[place + cut :]

    end, fault, _ = walk(data)

    try:
        data.decode()
    except UnicodeDecodeError:
        return  # What is not UTF-8 is found where a text is copied, not here.
    complete = end > 0 and not data[end:].strip(b" \t\r\n")
    assert (complete and data.startswith(b"{")) == (accepts(data) and data.startswith(b"{")), (
        data,
        end,
        fault,
    )


def test_nesting_is_limited_without_recursion() -> None:
    assert walk(b'{"x":' + b"[" * 63 + b"]" * 63 + b"}")[0] > 0
    assert walk(b'{"x":' + b"[" * 64 + b"]" * 64 + b"}")[1] == Fault.NESTING
    assert walk(b'{"x":' + b"[" * 1_000_000)[1] == Fault.NESTING


def test_a_key_written_with_escapes_is_known() -> None:
    _, _, cells = walk(b'{"gr\\u00f6\\u00dfe": 3, "te\\u0078t": "x"}')

    assert cells.table[:, 0, 0].tolist() == [0, STRING, NUMBER]


@pytest.mark.parametrize("again", [b'"a": 22', b'"\\u0061": [{"a": 1}]', b'"a": 1, "a": 2'])
def test_an_object_with_two_equal_keys_is_marked(again: bytes) -> None:
    end, _, cells = walk(b'{"a": "first", ' + again + b"}")

    assert end > 0
    assert cells.doubled().tolist() == [True]


def test_keys_that_nobody_reads_may_stand_twice() -> None:
    end, _, cells = walk(b'{"other": 1, "other": 2, "a": {"a": 3}}')

    assert end > 0
    assert not cells.doubled().any()


SIGNS = (
    b'"', b"\\", b'\\"', b"\\\\", b"\\u00e9", b"\\ud83d\\ude00", b"\\ud800", b"\n", b"\x1f",
    b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xc3", b"\xff", b"\xc0\x80", b"\x7f",
    b"\xed\xa0\x80",
)  # fmt: skip


def copied(data: bytes, start: int, end: int) -> bytes | None:
    """Gives a string's text as UTF-8; None if it is none."""
    room = np.frombuffer(data + BEHIND, np.uint8)
    fault = np.zeros(2, np.int32)
    known = are_utf8(room[start:end])
    found = set()
    for checked in (False, known):
        out = np.zeros(end - start + WIDTH + 1, np.uint8)
        to = copy_json(room.ctypes.data, start, end, checked, out.ctypes.data, 0, fault.ctypes.data)
        assert out[-1] == 0, "what is written is longer than what is read by a block at most"
        found.add(out[:to].tobytes() if to >= 0 else None)
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_seen_wherever_it_stands(sign: bytes) -> None:
    for length in (*range(26), *range(56, 72)):
        for place in range(length + 1):
            content = b"x" * place + sign + b"\xd1\x8f" * ((length - place) // 2) + b"z"
            data = b'{"a":"' + content + b'"}'

            end, _, cells = walk(data)

            _, start, stop = cells.table[0, 0].tolist()
            try:
                text = json.loads(data.decode())["a"]
            except UnicodeDecodeError:
                assert copied(data, start, stop) is None
            except ValueError:
                assert end < len(data)
            else:
                assert (start, stop) == (6, len(data) - 2)
                written = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                assert copied(data, start, stop) == written.encode()
