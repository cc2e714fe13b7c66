"""Countries and harms, each with its history: the cells of all days that are about one of them.

Nothing is crossed anew: a page of a country shows what the days' tables show in that row.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Figure,
    Report,
)
from evenhand.transparency.files import swap_in

COLUMNS = ("day", "revision", "figure", "quantity")
UNREADABLE = (OSError, ValueError, IndexError, csv.Error)
"""What reading a file of ours may meet that somebody broke."""
FIGURES = frozenset(figure.value for figure in Figure)
"""Figures that are counted today; an older file may name others."""


class SubjectKind(StrEnum):
    """What has pages of its own, by the folder of these pages."""

    COUNTRIES = "countries"
    HARMS = "harms"

    @property
    def dimension(self) -> Dimension:
        """Gives the property whose keys are these."""
        return Dimension.MARKET if self is SubjectKind.COUNTRIES else Dimension.HARM


@dataclass(frozen=True, slots=True)
class Subject:
    """One country or one harm."""

    kind: SubjectKind
    key: str

    @property
    def folder(self) -> str:
        """Gives its folder on the site."""
        return f"{self.kind.value}/{self.key}"


@dataclass(frozen=True, slots=True)
class PastDay:
    """What one day's tables show of a subject."""

    day: date
    revision: int
    quantities: Mapping[Figure, int]


def subjects_of(report: Report) -> set[Subject]:
    """Gives every country and harm that some table of a day shows by itself."""
    return {
        Subject(kind, row.key)
        for kind in SubjectKind
        for breakdown in breakdowns_of(kind)
        for row in report.public.breakdowns[breakdown].rows
        if row.key
    }


def past_day(report: Report, subject: Subject) -> PastDay:
    """Gives what a day's tables show of a subject."""
    figure_of = {one: figure for figure in Figure for one in BREAKDOWNS_OF[figure]}
    return PastDay(
        day=report.day,
        revision=report.revision,
        quantities={
            figure_of[breakdown]: row.quantity
            for breakdown in breakdowns_of(subject.kind)
            for row in report.public.breakdowns[breakdown].rows
            if row.key == subject.key
        },
    )


def read_history(subject: Subject, reports: Path) -> list[PastDay] | None:
    """Gives a subject's days, the latest first; None where its file is missing or broken."""
    path = reports / subject.folder / "history.csv"
    try:
        rows = csv.reader(io.StringIO(path.read_text("utf-8")))
        return history_of(rows) if tuple(next(rows, ())) == COLUMNS else None
    except UNREADABLE:
        return None


def history_of(rows: Iterable[Iterable[object]]) -> list[PastDay]:
    """Gives days, the latest first, from rows of day, revision, figure and quantity."""
    found: dict[date, tuple[int, dict[Figure, int]]] = {}
    for day, revision, figure, quantity in rows:
        _, quantities = found.setdefault(date.fromisoformat(str(day)), (int(str(revision)), {}))
        if figure in FIGURES:
            quantities[Figure(str(figure))] = int(str(quantity))
    return [
        PastDay(day, revision, quantities)
        for day, (revision, quantities) in sorted(found.items(), reverse=True)
    ]


def latest_past(subject: Subject, reports: Path) -> PastDay | None:
    """Gives a subject's latest day, from the first rows of its file alone; None if it is broken."""
    try:
        with (reports / subject.folder / "history.csv").open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows, None)
            _, first = next(groupby(rows, key=itemgetter(0)), (None, ()))
            found = history_of(first)
    except UNREADABLE:
        return None
    return found[0] if found else None


def with_past(history: Iterable[PastDay], added: PastDay) -> list[PastDay]:
    """Gives a history with a day added or replaced; a day without numbers leaves it."""
    by_day = {past.day: past for past in history} | {added.day: added}
    kept = [past for past in by_day.values() if past.quantities]
    return sorted(kept, key=lambda past: past.day, reverse=True)


def write_history(subject: Subject, history: Iterable[PastDay], reports: Path) -> None:
    """Writes a subject's days as CSV, one number a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for past in history:
        for figure in Figure:
            if figure in past.quantities:
                row = (past.day.isoformat(), past.revision, figure.value, past.quantities[figure])
                writer.writerow(row)
    swap_in(reports / subject.folder / "history.csv", text.getvalue())


def known_subjects(kind: SubjectKind, reports: Path) -> list[Subject]:
    """Gives the subjects that have pages."""
    folder = reports / kind.value
    if not folder.is_dir():
        return []
    return [Subject(kind, path.parent.name) for path in sorted(folder.glob("*/history.csv"))]


def breakdowns_of(kind: SubjectKind) -> list[Breakdown]:
    """Gives the tables whose rows are about subjects of a kind."""
    return [one for one in Breakdown if DIMENSION_OF_BREAKDOWN[one] is kind.dimension]
