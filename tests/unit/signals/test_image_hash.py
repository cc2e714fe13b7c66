"""The index of pictures finds what comparing with every hash finds, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evenhand.signals.image_hash import BITS, CHUNKS, DISTANCE_MAX, FAR, PdqIndex, dealt

Bytes = NDArray[np.uint8]
LISTED = 3_000


def uniform(chance: np.random.Generator, count: int) -> Bytes:
    return chance.integers(0, 256, (count, 32), np.uint8)


def skewed(chance: np.random.Generator, count: int) -> Bytes:
    """Bits that lean to one side and follow their neighbours, as those of real pictures do."""
    lean = chance.random(BITS) * 0.9 + 0.05
    bits = chance.random((count, BITS)) < lean
    follow = chance.random((count, BITS)) < 0.4
    bits[:, 1:] = np.where(follow[:, 1:], bits[:, :-1], bits[:, 1:])
    return np.packbits(bits, axis=1)


def alike(chance: np.random.Generator, count: int) -> Bytes:
    """Hashes of one scene: all in the same buckets."""
    near = np.unpackbits(np.repeat(uniform(chance, 1), count, axis=0), axis=1)
    for row in near:
        row[chance.choice(BITS, chance.integers(0, 40), replace=False)] ^= 1
    return np.packbits(near, axis=1)


def turned(value: Bytes, bits: NDArray[np.int64]) -> Bytes:
    """Gives a hash with some bits turned, by their places after they are dealt out."""
    words = np.unpackbits(dealt(np.packbits(np.eye(BITS, dtype=np.uint8), axis=1)).view(np.uint8),
                          axis=1, bitorder="little")  # fmt: skip
    changed = np.unpackbits(value)
    changed[np.argmax(words, axis=0)[bits.astype(np.int64)]] ^= 1
    return np.packbits(changed)


def layouts(chance: np.random.Generator, distance: int) -> list[NDArray[np.int64]]:
    """Gives bits to turn: anywhere, spread evenly over the chunks, crowded into few of them."""
    spread = np.array([16 * (k % CHUNKS) + k // CHUNKS for k in range(distance)])
    crowded = (16 * int(chance.integers(CHUNKS)) + np.arange(distance)) % BITS
    quarters = np.array([64 * (k % 4) + k // 4 for k in range(distance)])
    return [chance.choice(BITS, distance, replace=False), spread, crowded, quarters]


def slowly(listed: Bytes, asked: Bytes) -> tuple[list[int], list[int]]:
    words, wanted = listed.view(np.uint64), asked.view(np.uint64)
    places, distances = [], []
    for one in wanted:
        bits = np.bitwise_count(words ^ one).sum(axis=1)
        nearest = int(bits.argmin())
        within = bits[nearest] <= DISTANCE_MAX
        places.append(nearest if within else -1)
        distances.append(int(bits[nearest]) if within else FAR)
    return places, distances


@pytest.mark.parametrize("kind", [uniform, skewed, alike])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_picture_within_reach_is_found_and_none_beyond(kind, seed):
    chance = np.random.default_rng(seed)
    listed = kind(chance, LISTED)
    index = PdqIndex.of(listed)
    asked = np.array(
        [
            turned(listed[chance.integers(LISTED)], bits)
            for distance in (0, 1, *range(24, 40))
            for bits in layouts(chance, distance)
        ]
    )

    near = index.nearest(asked)

    assert (near.places.tolist(), near.distances.tolist()) == slowly(listed, asked)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 700), st.integers(0, 50))
def test_lists_of_any_length_are_searched_whole(seed: int, count: int, distance: int):
    chance = np.random.default_rng(seed)
    listed = alike(chance, count) if seed % 2 else skewed(chance, count)
    asked = np.array([turned(listed[chance.integers(count)], b) for b in layouts(chance, distance)])

    near = PdqIndex.of(listed).nearest(asked)

    assert (near.places.tolist(), near.distances.tolist()) == slowly(listed, asked)


def test_of_equal_pictures_the_first_is_given():
    listed = np.repeat(uniform(np.random.default_rng(3), 1), 200, axis=0)

    near = PdqIndex.of(listed).nearest(listed[:1])

    assert (near.places.tolist(), near.distances.tolist()) == ([0], [0])


def test_dealing_out_bits_changes_no_distance():
    rows = uniform(np.random.default_rng(4), 50)
    plain = np.bitwise_count(rows[0].view(np.uint64) ^ rows.view(np.uint64)).sum(axis=1)

    words = dealt(rows)

    assert np.bitwise_count(words[0] ^ words).sum(axis=1).tolist() == plain.tolist()


def test_nothing_is_near_to_what_an_empty_index_holds():
    index = PdqIndex.of(np.empty((0, 32), np.uint8))

    assert len(index) == 0
    assert index.nearest(np.zeros((2, 32), np.uint8)).places.tolist() == [-1, -1]
    assert len(index.nearest(np.empty((0, 32), np.uint8)).places) == 0
