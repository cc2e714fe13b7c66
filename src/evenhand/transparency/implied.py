"""Which properties tell of each other, so that `protect` must look at their tables together."""

from collections.abc import Mapping

from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Figure,
)

TOGETHER: tuple[tuple[Dimension, ...], ...] = (
    (Dimension.MARKET, Dimension.LANE, Dimension.REQUEST, Dimension.REGIME),
    (Dimension.MARKET, Dimension.DATA),
    (Dimension.AUTOMATION, Dimension.SOURCE, Dimension.ACTION),
)
"""Properties of which one can tell another: a law fixes its country and what may be asked, what a
machine decides alone it also found itself. The first of each matters most to a reader.
"""

ONE_ACTION = frozenset(
    {
        Figure.FAKE_ACCOUNTS_REFUSED,
        Figure.REFUSED,
        Figure.HELD,
        Figure.DEINDEXED,
        Figure.CHANNELS_BLOCKED,
    }
)
"""Figures that one action alone adds to: by action they say no more than their total."""


def _told_by(breakdown: Breakdown) -> tuple[Dimension, ...]:
    figure, own = FIGURE_OF_BREAKDOWN[breakdown], DIMENSION_OF_BREAKDOWN[breakdown]
    if figure is Figure.DECISIONS or (own is Dimension.ACTION and figure in ONE_ACTION):
        return ()
    split = {DIMENSION_OF_BREAKDOWN[one] for one in BREAKDOWNS_OF[figure]}
    for group in TOGETHER:
        if own in group[1:]:
            before = [one for one in group[: group.index(own)] if one in split]
            return (*before, own) if before else ()
    return ()


JOINTLY: Mapping[Breakdown, tuple[Dimension, ...]] = {
    breakdown: told for breakdown in Breakdown if (told := _told_by(breakdown))
}
"""Breakdowns that others of the same figure could tell of: those properties, and its own last.

All decisions are left out, being the sum of what is published of their families.
"""
