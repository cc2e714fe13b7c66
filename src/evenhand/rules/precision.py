"""How often people agreed with a rule, and how sure that is of so few answers."""

from dataclasses import dataclass
from math import sqrt

SURE = 1.959964
"""Standard deviations on either side that hold 95 % of what chance does."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The share of judged hits that people agreed with, and between which shares the truth lies.

    share, low, high  None where nobody judged any
    """

    right: int
    judged: int
    share: float | None
    low: float | None
    high: float | None


def precision(*, right: int, judged: int) -> Precision:
    """Gives the share with its 95 % interval by Wilson, which holds for few answers too."""
    assert 0 <= right <= judged, f"{right} of {judged}"
    if not judged:
        return Precision(0, 0, None, None, None)
    share, slack = right / judged, SURE**2 / judged
    middle = (share + slack / 2) / (1 + slack)
    half = SURE / (1 + slack) * sqrt((share * (1 - share) + slack / 4) / judged)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Precision(right, judged, share, min(low, share), max(high, share))
