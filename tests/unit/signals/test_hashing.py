"""Keys of names: the same bytes give the same key wherever they stand, others another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.signals.hashing import joined, keys_of

ROWS = st.lists(st.binary(max_size=40), min_size=1, max_size=12)


@given(ROWS, st.binary(max_size=9))
def test_a_key_depends_on_the_bytes_of_its_row_alone(rows: list[bytes], before: bytes):
    together = keys_of(*joined([before, *rows, before]), seed=5)[1:-1]

    alone = np.concatenate([keys_of(*joined([row]), seed=5) for row in rows])

    assert together.tolist() == alone.tolist()
    assert len(set(together.tolist())) == len(set(rows))
    assert together.all()


def test_lengths_and_zeros_are_told_apart():
    rows = [bytes(length) for length in range(70)]
    rows += [b"a" * length + bytes(3) for length in range(1, 40)]

    keys = keys_of(*joined(rows), seed=5)

    assert len(set(keys.tolist())) == len(rows)


def test_a_turned_bit_turns_about_half_of_a_key_and_another_seed_does_too():
    one = b"@somebody:example.test"
    rows = [bytearray(one) for _ in range(8 * len(one))]
    for bit, row in enumerate(rows):
        row[bit // 8] ^= 1 << bit % 8

    keys = keys_of(*joined([bytes(row) for row in [bytearray(one), *rows]]), seed=5)
    other = keys_of(*joined([one]), seed=6)

    turned = np.bitwise_count(keys[1:] ^ keys[0])
    assert turned.min() >= 10
    assert turned.max() <= 54
    assert 10 <= np.bitwise_count(other ^ keys[:1])[0] <= 54
