"""The PDQ hash of a picture: 256 bits that stay nearly the same when it is scaled or saved anew.

The algorithm is that of its makers (github.com/facebook/ThreatExchange, `pdq`, BSD licence): the
brightness is smoothed by two passes of a box filter as wide as 1/128 of the picture, sampled at
64 × 64 points, and of its cosine transform the 16 × 16 lowest waves above the constant are each
compared with the median of them all.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import kernel

SIDE_MIN = 5
"""Rows and columns that a picture must have: smaller ones have no hash."""

QUALITY_MIN = 50
"""Quality below which a hash says too little to be compared: plain areas and gradients all look
alike. The makers of PDQ leave out what lies below 50 of 100."""

POINTS, WAVES = 64, 16
_PASSES = 2

Plane = NDArray[np.float32]
Brightness = NDArray[np.uint8]


class PictureHash(NamedTuple):
    """The hash in 32 bytes, and how much there is to be seen in the picture, 0 to 100."""

    value: bytes
    quality: int

    @property
    def tells(self) -> bool:
        """Tells whether the hash says enough to be compared."""
        return self.quality >= QUALITY_MIN


def _cosines() -> Plane:
    """Gives the 16 lowest waves over 64 points, without the constant one."""
    wave = np.arange(1, WAVES + 1)[:, None]
    point = np.arange(POINTS)[None, :]
    scale = np.sqrt(2.0 / POINTS)
    cosines = scale * np.cos(np.pi / 2 / POINTS * wave * (2 * point + 1))
    return np.ascontiguousarray(cosines, np.float32)


_COSINES = _cosines()


def picture_hash(brightness: Brightness) -> PictureHash | None:
    """Gives the hash of a picture's brightness (rows × columns); None where it is too small."""
    rows, columns = brightness.shape
    if min(rows, columns) < SIDE_MIN:
        return None
    plane = np.ascontiguousarray(brightness, np.float32)
    spare = np.empty_like(plane)
    for _ in range(_PASSES):
        _smooth_rows(plane, spare, _window(columns))
        _smooth_columns(spare, plane, _window(rows))
    down, across = (_sampled(size) for size in (rows, columns))
    points = np.ascontiguousarray(plane[np.ix_(down, across)])
    waves = _COSINES @ points @ _COSINES.T
    # The lower of the two middle values, as its makers take it.
    median = np.partition(waves.ravel(), WAVES * WAVES // 2 - 1)[WAVES * WAVES // 2 - 1]
    # Bit 0 is the lowest wave, and the hash is written with the highest bit first.
    bits = (waves > median).ravel()[::-1]
    return PictureHash(np.packbits(bits).tobytes(), _quality(points))


def _window(size: int) -> int:
    """Gives how many points the filter takes together along a side."""
    return (size + 2 * POINTS - 1) // (2 * POINTS)


def _sampled(size: int) -> NDArray[np.int64]:
    """Gives the middle of each of 64 parts of a side."""
    return ((np.arange(POINTS) + 0.5) * size / POINTS).astype(np.int64)


def _quality(points: Plane) -> int:
    """Gives how much brightness changes from point to point, 0 to 100."""
    changes = (np.diff(points, axis=0), np.diff(points, axis=1))
    whole = sum(int(np.abs(np.trunc(one * 100 / 255)).sum()) for one in changes)
    return min(100, whole // 90)


@kernel
def _smooth_rows(plane: Plane, smooth: Plane, window: int) -> None:
    """Gives at each point the mean of the window around it, within its row.

    Stays inside: a window is no longer than a row, and its ends are held within the row.
    """
    rows, columns = plane.shape
    half = (window + 2) // 2
    for row in range(rows):
        total = np.float32(0)
        count = 0
        for ahead in range(columns + half - 1):
            if ahead < columns:
                total += plane[row, ahead]
                count += 1
            if ahead >= window:
                total -= plane[row, ahead - window]
                count -= 1
            if ahead >= half - 1:
                smooth[row, ahead - half + 1] = total / np.float32(count)


@kernel
def _smooth_columns(plane: Plane, smooth: Plane, window: int) -> None:
    """Gives at each point the mean of the window around it, within its column.

    Whole rows are added and taken away, so that memory is read in its order. Stays inside like
    the other.
    """
    rows, columns = plane.shape
    half = (window + 2) // 2
    total = np.zeros(columns, np.float32)
    count = 0
    for ahead in range(rows + half - 1):
        if ahead < rows:
            count += 1
            for column in range(columns):
                total[column] += plane[ahead, column]
        if ahead >= window:
            count -= 1
            for column in range(columns):
                total[column] -= plane[ahead - window, column]
        if ahead >= half - 1:
            for column in range(columns):
                smooth[ahead - half + 1, column] = total[column] / np.float32(count)
