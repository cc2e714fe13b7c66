"""PDQ hashes of pictures that nobody took: shapes of any size that cover each other.

Such pictures ("dead leaves") have the statistics of photographs, and so their hashes lean on each
other as those of photographs do, where even bits do not. A hash has a bit for each of the lowest
16 × 16 frequencies of a picture of 64 × 64 points, set where it is above the median.
"""

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import kernel

SIDE, KEPT = 64, 16
LEAVES = 40
TURNS = 8
"""A picture is listed as it is and turned and mirrored: eight hashes of one drawing."""

TOGETHER = 1_024
"""Pictures drawn at a time: 16 MB."""

Points = NDArray[np.float32]


def picture_hashes(count: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """Gives so many hashes, in no order."""
    drawn = -(-count // TURNS)
    leaves, cosines = chance.random((drawn, LEAVES, 4), np.float32), _cosines()
    waves = np.empty((drawn, KEPT, KEPT), np.float32)
    for begin in range(0, drawn, TOGETHER):
        pictures = np.full((min(TOGETHER, drawn - begin), SIDE, SIDE), 0.5, np.float32)
        _draw(leaves[begin : begin + TOGETHER], pictures)
        waves[begin : begin + TOGETHER] = cosines @ pictures @ cosines.T
    odd = np.where(np.arange(KEPT) % 2 == 0, -1, 1).astype(np.float32)
    turned = [
        turn * mirror
        for one in (waves, waves.transpose(0, 2, 1))
        for turn in (one, one * odd)
        for mirror in (np.float32(1), odd[:, None])
    ]
    rows = np.concatenate(turned).reshape(-1, KEPT * KEPT)
    middle = np.partition(rows, KEPT * KEPT // 2, axis=1)[:, KEPT * KEPT // 2 - 1, None]
    hashes = np.packbits(rows > middle, axis=1)
    return hashes[chance.permutation(len(hashes))[:count]]


def _cosines() -> Points:
    """Gives the rows 1 to 16 of the discrete cosine transform; the mean is left out."""
    rows, places = np.arange(1, KEPT + 1)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi / 2 / SIDE * rows * (2 * places + 1)).astype(np.float32)


@kernel
def _draw(leaves: Points, pictures: Points) -> None:
    """Draws each picture on its empty ground. Stays inside: a leaf's ends are cut to it."""
    for one in range(leaves.shape[0]):
        for leaf in range(LEAVES):
            # Sizes fall off with their third power, from the whole picture to a few points.
            size = 2.0 / np.sqrt(leaves[one, leaf, 0] + 0.001)
            x = leaves[one, leaf, 1] * SIDE
            y = leaves[one, leaf, 2] * SIDE
            for row in range(max(0, int(y - size)), min(SIDE, int(y + size) + 1)):
                left = size * size - (row - y) * (row - y)
                if left <= 0:
                    continue
                half = np.sqrt(left)
                for column in range(max(0, int(x - half)), min(SIDE, int(x + half) + 1)):
                    pictures[one, row, column] = leaves[one, leaf, 3]
