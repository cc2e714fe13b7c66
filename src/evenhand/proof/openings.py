"""What opens a daily report: a key for each published cell, and the check of a report by them.

Every published number is a cell: a figure, the dimension by which it is split, the key. The log
holds one leaf for each thing counted in a cell. Whoever has the cell's key derives its leaves and
looks for each of them among the leaves of that publication; of other cells the key says nothing.

    figure      dimension   cell
    removed     total       total          the figure itself
    removed     harm        m.spam         a row of a breakdown
    removed     harm        (merged)       what a breakdown shows together
    refused     total       (withheld)     what is too small to be shown: its key is never given
    span        duration    median_ms      a published time
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import chain
from typing import Any

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import CLASS, canonical, cell_key, day_key

SCHEMA = "urn:evenhand:schema:openings:1"

TOTAL, MERGED, WITHHELD = "total", "(merged)", "(withheld)"
DURATION = "duration"
TIMES = ("median_ms", "p95_ms")

SUMMED = frozenset({"screened", "unscreened"})
"""Figures that are counted by the hour, not one by one: one leaf with the whole sum per cell.

So is a time: that a report says another one later is found; that it is right can only be seen in
the records, since leaves of single measurements would tell how many there were of a kind.
"""

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

KEY_BYTES = 32
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


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a report is not what its leaves say."""

    what: str
    where: str


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
        if not isinstance(value, dict):
            raise InputRefused(what="openings", why="not the openings of a report")
        if value["schema"] != SCHEMA:
            raise InputRefused(what="openings", why="another schema", schema=str(value["schema"]))
        return Openings(
            day=date.fromisoformat(value["day"]),
            edition=_whole(value["revision"]),
            first=_whole(value["first"]),
            leaves=_whole(value["leaves"]),
            cells=tuple(_opening(one) for one in value["cells"]),
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
        for name in TIMES:
            if duration[name]:
                cells[CellName(span, DURATION, name)] = duration[name]
    return cells


def check(
    report: Mapping[str, Any], openings: Openings, entries: Sequence[bytes]
) -> list[Difference]:
    """Recomputes a report from its openings and the leaves of its publication.

    `entries` are the leaf values of the log from `openings.first` on. Gives what is not equal;
    nothing if every number of the report stands in the log, each leaf counted once.
    """
    try:
        said = cells_of(report)
        found = [
            *_check_head(report, openings, entries),
            *_check_cells(said, openings),
            *_check_sums(report),
        ]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputRefused(what="report", why="not a daily report") from error
    return found or _check_leaves(openings, entries)


def _check_head(
    report: Mapping[str, Any], openings: Openings, entries: Sequence[bytes]
) -> Iterator[Difference]:
    if report["day"] != openings.day.isoformat() or report["revision"] != openings.edition:
        yield Difference("the openings are of another day or revision", openings.day.isoformat())
    stands = report.get("log") or {}
    if (stands.get("first"), stands.get("leaves")) != (openings.first, openings.leaves):
        yield Difference("the report names another place in the log", str(openings.first))
    if len(entries) != openings.leaves:
        yield Difference("the publication has another number of leaves", str(len(entries)))


def _check_cells(said: Mapping[CellName, int], openings: Openings) -> Iterator[Difference]:
    opened: dict[CellName, int] = {}
    for one in openings.cells:
        if one.name in opened:
            yield Difference("the cell is opened twice", _text(one.name))
        opened[one.name] = one.quantity
    for name, quantity in said.items():
        if opened.get(name) != quantity:
            yield Difference("the report and its openings differ", _text(name))
    for name in opened.keys() - said.keys():
        yield Difference("a cell is opened that the report does not have", _text(name))


def _check_sums(report: Mapping[str, Any]) -> Iterator[Difference]:
    """Checks that tables add up to their figures, and derived figures to their parts."""
    figures, tables = report["figures"], report["breakdowns"]
    for name, table in tables.items():
        figure, _, dimension = name.rpartition("_by_")
        total = table["merged"] + sum(row["quantity"] for row in table["rows"])
        if total != (figures[figure] or 0):
            yield Difference("the rows do not add up to the figure", name)
        if figure in DERIVED:
            parts = [tables[f"{part}_by_{dimension}"] for part in DERIVED[figure]]
            if _summed(parts) != _summed([table]):
                yield Difference("the table is not the sum of its parts", name)
    for figure, names in DERIVED.items():
        if (figures[figure] or 0) != sum(figures[part] or 0 for part in names):
            yield Difference("the figure is not the sum of its parts", figure)


def _summed(tables: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    cells: dict[str, int] = {}
    for table in tables:
        for row in table["rows"]:
            cells[row["key"]] = cells.get(row["key"], 0) + row["quantity"]
        if table["merged"]:
            cells[MERGED] = cells.get(MERGED, 0) + table["merged"]
    return cells


def _check_leaves(openings: Openings, entries: Sequence[bytes]) -> list[Difference]:
    left = set(entries)
    if len(left) != len(entries):
        return [Difference("a leaf stands twice in the publication", "")]
    found = []
    for one in openings.cells:
        for leaf in leaves_of(one, day=openings.day, edition=openings.edition):
            if leaf not in left:
                found.append(Difference("a counted leaf is not in the log", _text(one.name)))
                break
            left.remove(leaf)
    return found


def all_leaves(openings: Iterable[Opening], *, day: date, edition: int) -> Iterator[bytes]:
    """Gives the leaves of many cells."""
    return chain.from_iterable(leaves_of(one, day=day, edition=edition) for one in openings)


def _opening(value: Mapping[str, Any]) -> Opening:
    key = bytes.fromhex(value["key"])
    words = [value["figure"], value["dimension"], value["cell"]]
    if len(key) != KEY_BYTES or not all(isinstance(word, str) for word in words):
        raise ValueError(words)
    return Opening(CellName(*words), _whole(value["quantity"]), key)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= QUANTITY_MAX:
        raise ValueError(value)
    return value


def _text(name: CellName) -> str:
    return f"{name.figure} by {name.dimension}: {name.cell}"
