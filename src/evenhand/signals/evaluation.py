"""What the text model does on labelled rows that others chose: figures with their uncertainty.

Nothing here trains, and no text is kept: a row is its scores, its labels and its groups.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.signals.training_figures import (
    CLEAN_ROWS_MIN,
    Share,
    area_under_curve,
    calibration_error,
)

ALL = "all"


@dataclass(frozen=True, slots=True)
class Figures:
    """How one head fares on one group of rows, at its threshold.

    recall             marked rows that reach the threshold
    alarms             clean rows that reach it
    macro_f1           mean of the F1 of both labels; nan where one label is missing, as is `area`
    calibration_error  distance between score and share of marked rows, at the base rate
    """

    head: str
    column: str
    group: str
    recall: Share
    alarms: Share
    macro_f1: float
    area: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Labelled:
    """Scores and labels of one head, and the groups of the rows: a value per row and column."""

    head: str
    scores: NDArray[np.float64]
    labels: NDArray[np.bool_]
    groups: Mapping[str, NDArray[np.str_]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a model must keep to; None is not asked.

    alarms_max        share of all clean rows of a head that raise an alarm
    alarms_upper_max  upper 95 % bound of that share, in every language with enough clean rows
    macro_f1_min      over all rows of a head
    recall_min        over all rows of a head
    """

    alarms_max: float | None = None
    alarms_upper_max: float | None = None
    macro_f1_min: float | None = None
    recall_min: float | None = None


def macro_f1(recall: Share, alarms: Share) -> float:
    """Gives the mean of the F1 of marked and of clean rows."""
    if recall.of == 0 or alarms.of == 0:
        return float("nan")
    missed, quiet = recall.of - recall.count, alarms.of - alarms.count
    wrong = missed + alarms.count
    return (recall.count / (recall.count + wrong / 2) + quiet / (quiet + wrong / 2)) / 2


def figures_of(
    rows: Labelled, *, threshold: float, base_rate: float, rows_min: int = 1
) -> Iterator[Figures]:
    """Gives the figures of all rows, and of each group that has enough of them."""
    yield _figures(rows, slice(None), ALL, "", threshold=threshold, base_rate=base_rate)
    for column, values in rows.groups.items():
        for value in np.unique(values):
            inside = values == value
            if value and inside.sum() >= rows_min:
                yield _figures(
                    rows, inside, column, str(value), threshold=threshold, base_rate=base_rate
                )


def _figures(
    rows: Labelled,
    inside: NDArray[np.bool_] | slice,
    column: str,
    group: str,
    *,
    threshold: float,
    base_rate: float,
) -> Figures:
    scores, labels = rows.scores[inside], rows.labels[inside]
    over = scores >= threshold
    recall = Share.counted(int(over[labels].sum()), int(labels.sum()))
    alarms = Share.counted(int(over[~labels].sum()), int((~labels).sum()))
    both = recall.of > 0 and alarms.of > 0
    return Figures(
        head=rows.head,
        column=column,
        group=group,
        recall=recall,
        alarms=alarms,
        macro_f1=macro_f1(recall, alarms),
        area=area_under_curve(scores, labels),
        calibration_error=calibration_error(scores, labels, base_rate=base_rate)
        if both
        else float("nan"),
    )


def broken(figures: Sequence[Figures], bounds: Bounds, *, language: str) -> Iterator[str]:
    """Says in words which bounds do not hold; `language` names the column with the language.

    A bound on rows that are not there is broken too: nothing was shown.
    """
    for one in figures:
        name = f"{one.head}, {one.column} {one.group}".rstrip()
        if one.column == ALL:
            yield from _above(name, "alarms", one.alarms.share, bounds.alarms_max)
            yield from _below(name, "macro-F1", one.macro_f1, bounds.macro_f1_min)
            yield from _below(name, "recall", one.recall.share, bounds.recall_min)
        elif one.column == language and one.alarms.of >= CLEAN_ROWS_MIN:
            what = "upper 95 % bound of alarms"
            yield from _above(name, what, one.alarms.high, bounds.alarms_upper_max)


def _above(name: str, what: str, value: float, most: float | None) -> Iterator[str]:
    if most is not None and not value <= most:
        yield f"{name}: {what} {value:.4f}, at most {most:g} was asked"


def _below(name: str, what: str, value: float, least: float | None) -> Iterator[str]:
    if least is not None and not value >= least:
        yield f"{name}: {what} {value:.4f}, at least {least:g} was asked"
