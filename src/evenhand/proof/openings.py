"""What opens a daily report: a key for each published cell, and the leaves that follow from it.

Every published number is a cell: a figure, the dimension by which it is split, the key. The log
holds one leaf for each thing counted in a cell. Whoever has the cell's key derives its leaves and
looks for each of them among the leaves of that publication; of other cells the key says nothing.

    figure      dimension   cell
    removed     total       total          the figure itself
    removed     harm        m.spam         a row of a breakdown
    removed     harm        (merged)       what a breakdown shows together
    refused     total       (withheld)     what is too small to be shown: its key is never given
    span        at_most     420            a thing that took at most so many milliseconds

A published time is the smallest such cell: half of the leaves of a span stand in the cell of its
median, and with that of the 95th percentile 95 of 100 do. No leaf says more of a time than that.

One leaf more is the report itself: without it, cells left out or opened in part would look like
the leaves that fill a publication up.
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import chain
from typing import Any

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import CLASS, canonical, cell_key, cell_salt, class_leaf, day_key
from evenhand.proof.strict import whole_number, with_names

SCHEMA = "urn:evenhand:schema:openings:1"

TOTAL, MERGED, WITHHELD = "total", "(merged)", "(withheld)"
AT_MOST = "at_most"
TIMES: Mapping[str, int] = {"median_ms": 50, "p95_ms": 95}
"""The published times of a span, and how many in a hundred took at most so long."""

DURATION = "duration"
OLD_TIMES = "urn:evenhand:schema:daily-report:2"
"""The schema of reports whose times have one leaf each, with the number: nothing is counted."""

SUMMED = frozenset({"screened", "unscreened"})
"""Figures that are counted by the hour, not one by one: one leaf with the whole sum per cell."""

FAMILIES = (
    "fake_accounts_refused",
    "refused",
    "held",
    "removed",
    "restricted",
    "deindexed",
    "channels_blocked",
    "accounts_blocked",
    "left_up",
)
DERIVED: Mapping[str, Sequence[str]] = {"decisions": FAMILIES}
"""Figures that are nothing but the sum of what is published of others: they have no leaves."""

REPORT = b"evenhand-report-1\n"
"""What keeps the leaf of a report from being read as another."""

LOG = "log"
"""What a report says of its place in the log: not known yet when its leaf is made."""

OPENINGS_NAMES = frozenset({"schema", "day", "revision", "first", "leaves", "cells"})
CELL_NAMES = frozenset({"figure", "dimension", "cell", "quantity", "key"})
KEY = re.compile("[0-9a-f]{64}")
QUANTITY_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True, order=True)
class CellName:
    """Which number of a report: the query over leaves that gives it."""

    figure: str
    dimension: str
    cell: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One cell that is published: how much is in it, and the key that finds its leaves."""

    name: CellName
    quantity: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Openings:
    """What is published beside a report, to recompute it.

    first   place in the log of the first leaf of this publication
    leaves  how many leaves it has, with those that fill it up
    """

    day: date
    edition: int
    first: int
    leaves: int
    cells: tuple[Opening, ...]


def openings_of(
    cells: Mapping[CellName, int],
    *,
    secret: bytes,
    day: date,
    edition: int,
) -> tuple[Opening, ...]:
    """Gives the openings of cells, from the log's secret."""
    of_day = day_key(secret, day)
    return tuple(
        Opening(
            name,
            quantity,
            cell_key(
                of_day,
                edition=edition,
                figure=name.figure,
                dimension=name.dimension,
                cell=name.cell,
            ),
        )
        for name, quantity in sorted(cells.items())
        if quantity
    )


def leaves_of(opening: Opening, *, day: date, edition: int) -> Iterator[bytes]:
    """Gives the leaves of a cell: one for each thing counted, or one with the sum."""
    name = opening.name
    summed = name.figure in SUMMED or name.dimension == DURATION
    quantity, times = (opening.quantity, 1) if summed else (1, opening.quantity)
    what = canonical([day.isoformat(), edition, name.figure, name.dimension, name.cell, quantity])
    key, digest = opening.key, hmac.digest
    for number in range(times):
        yield sha256(CLASS + digest(key, number.to_bytes(8, "big"), "sha256") + what).digest()


def leaf_after(opening: Opening, *, day: date, edition: int) -> bytes:
    """Gives the leaf that a cell would have if more were counted in it than is opened."""
    name = opening.name
    summed = name.figure in SUMMED or name.dimension == DURATION
    quantity, number = (opening.quantity, 1) if summed else (1, opening.quantity)
    return class_leaf(
        cell_salt(opening.key, number),
        day=day,
        edition=edition,
        figure=name.figure,
        dimension=name.dimension,
        cell=name.cell,
        quantity=quantity,
    )


def report_leaf(report: Mapping[str, Any], *, day: date, edition: int) -> bytes:
    """Gives the leaf of a whole report (the value of `report.json`), but for its place in the log.

    It has no salt: whatever it commits to is published.
    """
    told = {name: value for name, value in report.items() if name != LOG}
    return sha256(REPORT + canonical([day.isoformat(), edition, told])).digest()


def as_value(openings: Openings) -> dict[str, object]:
    """Gives openings as JSON holds them."""
    return {
        "schema": SCHEMA,
        "day": openings.day.isoformat(),
        "revision": openings.edition,
        "first": openings.first,
        "leaves": openings.leaves,
        "cells": [
            {
                "figure": one.name.figure,
                "dimension": one.name.dimension,
                "cell": one.name.cell,
                "quantity": one.quantity,
                "key": one.key.hex(),
            }
            for one in openings.cells
        ],
    }


def from_value(value: object) -> Openings:
    """Gives the openings that JSON holds, or refuses what is none."""
    try:
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            raise InputRefused(what="openings", why=f"not openings of the schema {SCHEMA}")
        with_names(value, OPENINGS_NAMES)
        cells = value["cells"]
        if not isinstance(cells, list):
            raise InputRefused(what="openings", why="its cells are no list")
        return Openings(
            day=date.fromisoformat(value["day"]),
            edition=_whole(value["revision"]),
            first=_whole(value["first"]),
            leaves=_whole(value["leaves"]),
            cells=tuple(_opening(one) for one in cells),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputRefused(what="openings", why="not the openings of a report") from error


def cells_of(report: Mapping[str, Any]) -> dict[CellName, int]:
    """Gives every number of a report (the value of `report.json`) that has leaves, by its cell."""
    cells: dict[CellName, int] = {}
    for figure, quantity in report["figures"].items():
        if quantity and figure not in DERIVED:
            cells[CellName(figure, TOTAL, TOTAL)] = quantity
    for name, table in report["breakdowns"].items():
        figure, _, dimension = name.rpartition("_by_")
        if figure in DERIVED:
            continue
        for row in table["rows"]:
            cells[CellName(figure, dimension, row["key"])] = row["quantity"]
        if table["merged"]:
            cells[CellName(figure, dimension, MERGED)] = table["merged"]
    for span, duration in report["durations"].items():
        cells |= (_old_times if report["schema"] == OLD_TIMES else _times)(span, duration)
    return cells


def _times(span: str, duration: Mapping[str, int]) -> dict[CellName, int]:
    """Gives a span's cells: as many leaves as its times must reach, and not one more.

    How many took just so long is nobody's to know: so these follow from `quantity` alone.
    """
    cells: dict[CellName, int] = {}
    counted = 0
    for name, hundredths in TIMES.items():
        reached = -(-duration["quantity"] * hundredths // 100)
        cell = CellName(span, AT_MOST, str(duration[name]))
        cells[cell] = cells.get(cell, 0) + reached - counted
        counted = reached
    return cells


def _old_times(span: str, duration: Mapping[str, int]) -> dict[CellName, int]:
    return {CellName(span, DURATION, name): duration[name] for name in TIMES if duration[name]}


def all_leaves(openings: Iterable[Opening], *, day: date, edition: int) -> Iterator[bytes]:
    """Gives the leaves of many cells."""
    return chain.from_iterable(leaves_of(one, day=day, edition=edition) for one in openings)


def _opening(value: object) -> Opening:
    one = with_names(value, CELL_NAMES)
    words = [one["figure"], one["dimension"], one["cell"], one["key"]]
    figure, dimension, cell, key = (word for word in words if isinstance(word, str))
    if not KEY.fullmatch(key):
        raise ValueError(key)
    return Opening(
        CellName(figure, dimension, cell), _whole(one["quantity"], least=1), bytes.fromhex(key)
    )


def _whole(value: object, *, least: int = 0) -> int:
    return whole_number(value, least=least, most=QUANTITY_MAX)
