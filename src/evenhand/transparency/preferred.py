"""Pure: preferred numbers (ISO 3), to which measured times are rounded up before publication.

Twenty steps a decade are fine enough to compare days and too coarse to know one case by its time.
"""

from bisect import bisect_left

R20 = (
    *(100, 112, 125, 140, 160, 180, 200, 224, 250, 280),
    *(315, 355, 400, 450, 500, 560, 630, 710, 800, 900),
)
"""One decade of the series, times a hundred."""

DECADES = 12
"""Up to 900 thousand million milliseconds: more than twenty years."""


def _series() -> tuple[int, ...]:
    whole = {-(-step * 10**decade // 100) for decade in range(DECADES) for step in R20}
    return (0, *sorted(whole))


SERIES = _series()
"""Nought, and the preferred numbers rounded up to whole ones."""


def rounded_up(milliseconds: int) -> int:
    """Gives the smallest preferred number that is not less; the last one for what is beyond."""
    return SERIES[min(bisect_left(SERIES, milliseconds), len(SERIES) - 1)]
