"""PDQ hashes of invented pictures: as the makers' own program gives them, and alike for alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.signals.image_hash import DISTANCE_MAX
from evenhand.signals.picture_hash import POINTS, picture_hash


def scene(rows, columns, seed=1):
    """Gives an invented picture: soft hills of brightness."""
    steps = np.random.default_rng(seed).normal(size=(rows, columns))
    hills = np.cumsum(np.cumsum(steps, 0), 1)
    low, high = hills.min(), hills.max()
    return ((hills - low) / (high - low) * 255).astype(np.uint8)


def apart(one, other):
    return sum((a ^ b).bit_count() for a, b in zip(one.value, other.value, strict=True))


def wedges(rows, columns):
    """Gives a picture that every machine computes alike: whole numbers alone."""
    down, across = np.mgrid[0:rows, 0:columns]
    return ((down * down // 7 + across * 3 + down * across // 11) % 256).astype(np.uint8)


# What pdqhash 0.2.8, the makers' own program, gives for these pictures.
MADE_ELSEWHERE = [
    (300, 200, "fee0f6e07fe4fee0f6e0fee015e05ce05ce0dce0f8c0f880eae0fc00d6e0d640"),
    (512, 512, "41f762a7445563e96055603a62a760dd602a461d607f41cf67fa417f61f562ef"),
    (97, 131, "5f6a045fffd5ae15003500e5fbe5afcd700d241d58d8aff8fad8a5d8f090a600"),
    (64, 64, "00efff90082fb56adfcd351a0a35b7f85c46228dfaf9a1034e7235cedaf06104"),
    (20, 40, "626a3f859b80c07fc290d09fcd21407fca81c025357ec1d551849d7f357add7f"),
    (129, 128, "803520e5dfe5ffcdd7cd348dc00f3e9fc4d837f8d5f83fd894903e90d4102280"),
]


@pytest.mark.parametrize(("rows", "columns", "value"), MADE_ELSEWHERE)
def test_the_hash_is_that_of_the_makers_own_program(rows, columns, value):
    made = picture_hash(wedges(rows, columns))

    assert made.value.hex() == value


def smoothed_slowly(plane, window, axis):
    """Gives the mean of the window around each point, as a sentence would say it."""
    plane = np.moveaxis(plane, axis, -1)
    half = (window + 2) // 2
    size = plane.shape[-1]
    means = []
    for place in range(size):
        first, last = max(0, place - window + half), min(size, place + half)
        means.append(plane[..., first:last].mean(axis=-1))
    return np.moveaxis(np.stack(means, -1), -1, axis)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 300), st.integers(5, 300), st.integers(0, 99))
def test_the_fast_way_gives_what_the_slow_one_does(rows, columns, seed):
    picture = scene(rows, columns, seed)

    plane = picture.astype(np.float64)
    for _ in range(2):
        plane = smoothed_slowly(plane, (columns + 127) // 128, 1)
        plane = smoothed_slowly(plane, (rows + 127) // 128, 0)
    down = [int((k + 0.5) * rows / POINTS) for k in range(POINTS)]
    across = [int((k + 0.5) * columns / POINTS) for k in range(POINTS)]
    points = plane[np.ix_(down, across)]
    wave, point = np.arange(1, 17)[:, None], np.arange(POINTS)[None, :]
    cosines = np.cos(np.pi / 2 / POINTS * wave * (2 * point + 1))
    waves = (cosines @ points @ cosines.T).ravel()
    median = np.sort(waves)[127]

    # Sums of small numbers differ in their last digits: waves at the median may fall either way.
    clear = np.abs(waves - median) > 1e-4 * max(np.abs(waves).max(), points.max())
    packed = np.frombuffer(picture_hash(picture).value, np.uint8)
    fast = np.unpackbits(packed)[::-1].astype(bool)
    assert (fast == (waves > median))[clear].all()


def test_a_picture_made_smaller_darker_and_rougher_is_alike():
    picture = scene(600, 800)
    noise = np.random.default_rng(5).integers(-12, 12, (300, 400))
    copy = np.clip(picture[::2, ::2] * 0.8 + noise, 0, 255).astype(np.uint8)

    assert apart(picture_hash(picture), picture_hash(copy)) <= DISTANCE_MAX


def test_other_pictures_are_not_alike():
    hashes = [picture_hash(scene(400, 400, seed)) for seed in range(12)]

    assert min(apart(a, b) for a in hashes for b in hashes if a is not b) > DISTANCE_MAX


@pytest.mark.parametrize("picture", [np.zeros((50, 50)), np.full((500, 300), 255)])
def test_a_plain_area_has_a_hash_that_tells_nothing(picture):
    assert not picture_hash(picture.astype(np.uint8)).tells


def test_a_picture_of_a_few_points_has_no_hash():
    assert picture_hash(np.zeros((4, 900), np.uint8)) is None
