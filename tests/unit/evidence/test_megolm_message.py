"""What a client reads is read here too, or it could be said and not proved: vodozemac judges."""

import vodozemac
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.megolm_of_tests import Talk

from evenhand.evidence.megolm_message import Malformed, encoded, read_message

TAIL = bytes(8 + 64)


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, kind: int, value: bytes) -> bytes:
    return varint(number << 3 | kind) + value


def sized(value: bytes) -> bytes:
    return varint(len(value)) + value


NUMBERS = st.integers(0, 2**64 - 1).map(varint) | st.sampled_from([varint(0), varint(2**32 - 1)])
FIELDS = st.one_of(
    st.builds(field, st.just(1), st.just(0), NUMBERS),
    st.builds(field, st.just(2), st.just(2), st.binary(max_size=40).map(sized)),
    st.builds(field, st.integers(0, 40), st.just(0), NUMBERS),
    st.builds(field, st.integers(0, 40), st.just(1), st.binary(min_size=8, max_size=8)),
    st.builds(field, st.integers(0, 40), st.just(2), st.binary(max_size=40).map(sized)),
    st.builds(field, st.integers(0, 40), st.just(5), st.binary(min_size=4, max_size=4)),
    st.builds(field, st.integers(0, 40), st.integers(3, 7), st.binary(max_size=4)),
)
GROUPS = st.recursive(
    FIELDS,
    lambda inner: st.builds(
        lambda number, parts: field(number, 3, b"".join(parts)) + field(number, 4, b""),
        st.integers(1, 40),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def of_a_client(raw: bytes) -> int | None:
    try:
        return vodozemac.MegolmMessage.from_bytes(raw).message_index()
    except Exception:  # noqa: BLE001  the binding raises several kinds
        return None


def ours(raw: bytes) -> int | None:
    try:
        return read_message(encoded(raw)).index
    except Malformed:
        return None


@settings(max_examples=600, deadline=None)
@given(fields=st.lists(FIELDS | GROUPS, max_size=5), more=st.binary(max_size=3))
@example(fields=[field(1, 0, varint(1)), field(3, 3, b""), field(3, 4, b"")], more=b"")
@example(fields=[field(3, 3, b""), field(4, 3, field(4, 4, b"")), field(3, 4, b"")], more=b"")
@example(fields=[field(2, 2, sized(b"a")), field(2, 2, sized(b"b"))], more=b"")
@example(fields=[field(1, 0, varint(2**40))], more=b"")
def test_what_a_client_reads_is_read(fields: list[bytes], more: bytes):
    raw = b"\3" + b"".join(fields) + more + TAIL
    theirs = of_a_client(raw)

    assert theirs is None or ours(raw) == theirs


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 40), new=st.binary(min_size=1, max_size=2))
def test_a_damaged_message_is_read_where_a_client_reads_it(at: int, new: bytes):
    raw = vodozemac.MegolmMessage.from_base64(Talk().ciphertext("x")).to_bytes()
    damaged = raw[:at] + new + raw[at + len(new) :]

    theirs = of_a_client(damaged)

    assert theirs is None or ours(damaged) == theirs


def test_of_a_field_that_comes_twice_the_last_one_counts():
    one, two = field(2, 2, sized(b"a" * 16)), field(2, 2, sized(b"b" * 16))

    raw = b"\3" + field(1, 0, varint(5)) + one + field(9, 0, varint(1)) + two + TAIL
    read = read_message(encoded(raw))

    assert (read.index, read.ciphertext) == (5, b"b" * 16)
    assert of_a_client(raw) == 5
