"""Pure: what a later edition of a day says otherwise than the one before."""

from dataclasses import dataclass

from django.utils.translation import gettext

from evenhand.transparency import words
from evenhand.transparency.figures import (
    DIMENSION_OF_BREAKDOWN,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Figure,
    Report,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One number that changed; without breakdown it is a figure of the whole day.

    A quantity that is None was, or is, not shown by itself.
    """

    figure: Figure
    breakdown: Breakdown | None
    key: str
    before: int | None
    after: int | None

    def in_words(self) -> dict[str, str]:
        """Gives the change as a row, in the active language."""
        label = gettext(words.FIGURES[self.figure])
        if self.breakdown is not None:
            label += " · " + words.cell(DIMENSION_OF_BREAKDOWN[self.breakdown], self.key)
            before, after = (
                "·" if one is None else words.number(one) for one in (self.before, self.after)
            )
        else:
            before, after = (words.quantity(one) for one in (self.before, self.after))
        return {"label": label, "before": before, "after": after}


def changes(old: Report, new: Report) -> tuple[Change, ...]:
    """Gives every number that differs between two editions, figures first."""
    found = [
        Change(figure, None, "", old.public.figures[figure], new.public.figures[figure])
        for figure in Figure
        if old.public.figures[figure] != new.public.figures[figure]
    ]
    for breakdown in Breakdown:
        before, after = (
            {row.key: row.quantity for row in report.public.breakdowns[breakdown].rows}
            for report in (old, new)
        )
        found += [
            Change(FIGURE_OF_BREAKDOWN[breakdown], breakdown, key, before.get(key), after.get(key))
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]
    return tuple(found)
