"""Pictures that are alike: every hash within reach is found, nothing beyond it."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.childsafety.near import PdqIndex

CHANCE = np.random.default_rng(7)
KNOWN = [CHANCE.bytes(32) for _ in range(2_000)]
INDEX = PdqIndex.of(KNOWN)


def flipped(value: bytes, bits: set[int]) -> bytes:
    number = int.from_bytes(value, "big")
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(32, "big")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.integers(0, len(KNOWN) - 1), st.sets(st.integers(0, 255), max_size=31))
def test_whatever_is_within_reach_is_found(place: int, bits: set[int]) -> None:
    near = INDEX.nearest(flipped(KNOWN[place], bits))

    assert near is not None
    assert near.distance <= len(bits)
    assert (near.place, near.distance) == (place, len(bits)) or near.distance < len(bits)


def test_one_bit_further_is_no_match() -> None:
    assert PdqIndex.of(KNOWN[:1]).nearest(flipped(KNOWN[0], set(range(31)))) is not None
    assert PdqIndex.of(KNOWN[:1]).nearest(flipped(KNOWN[0], set(range(32)))) is None


def test_an_empty_index_finds_nothing() -> None:
    assert PdqIndex.of([]).nearest(KNOWN[0]) is None
    assert len(PdqIndex.of([])) == 0
