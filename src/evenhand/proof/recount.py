"""A report counted again: from what it opens, and the leaves of its publication.

Nothing is left to the report's own word: its shape is held to, the leaf over all of it must stand
among its leaves, every leaf that it opens too, and none that one more counted thing would have.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from evenhand.base.errors import InputRefused
from evenhand.proof.openings import (
    AT_MOST,
    DERIVED,
    DURATION,
    LOG,
    MERGED,
    QUANTITY_MAX,
    TIMES,
    TOTAL,
    WITHHELD,
    CellName,
    Openings,
    cells_of,
    leaf_after,
    leaves_of,
    report_leaf,
)
from evenhand.proof.strict import whole_number, with_names
from evenhand.proof.tree import HASH_BYTES

REPORT_NAMES = frozenset(
    {
        "schema",
        "day",
        "revision",
        "generated_at",
        "complete",
        LOG,
        "protection",
        "figures",
        "breakdowns",
        "durations",
    }
)
LOG_NAMES = frozenset({"origin", "size", "root", "first", "leaves"})
PROTECTION_NAMES = frozenset({"method", "threshold"})
TABLE_NAMES = frozenset({"figure", "dimension", "rows", "merged", "withheld"})
ROW_NAMES = frozenset({"key", "quantity"})
CATEGORY = "dsa_category"
TIME_NAMES = frozenset({"quantity", *TIMES})


class Entries(Protocol):
    """The leaf values of a publication, in the order in which they stand in the log."""

    def __len__(self) -> int:
        """Gives how many they are."""
        ...

    def __getitem__(self, place: int, /) -> bytes:
        """Gives the one at a place."""
        ...


class PackedEntries:
    """Leaf values side by side: a day of millions takes little more room than its files."""

    def __init__(self) -> None:
        self._content = bytearray()

    def __len__(self) -> int:
        """Gives how many they are."""
        return len(self._content) // HASH_BYTES

    def __getitem__(self, place: int, /) -> bytes:
        """Gives the one at a place."""
        if not 0 <= place < len(self):
            raise IndexError(place)
        return bytes(self._content[place * HASH_BYTES : (place + 1) * HASH_BYTES])

    def add(self, entries: Iterable[bytes]) -> None:
        """Adds leaf values; what has not their length is refused."""
        for entry in entries:
            if len(entry) != HASH_BYTES:
                raise InputRefused(what="entry", why=f"has not {HASH_BYTES} bytes")
            self._content += entry


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a report is not what its leaves say."""

    what: str
    where: str


def check(report: Mapping[str, Any], openings: Openings, entries: Entries) -> list[Difference]:
    """Recomputes a report from its openings and the leaves of its publication.

    `entries` are the leaf values of the log from `openings.first` on. Gives what is not equal;
    nothing if every number of the report stands in the log, each leaf counted once.
    """
    check_shape(report)
    found = [
        *_check_head(report, openings, entries),
        *_check_cells(cells_of(report), openings),
        *_check_sums(report),
    ]
    return found or [*_check_leaves(report, openings, entries)]


def check_shape(report: Mapping[str, Any]) -> None:
    """Refuses what is no report: names unknown, missing or in another place, other values."""
    try:
        _check_shape(report)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputRefused(what="report", why="not a daily report") from error


def _check_shape(report: Mapping[str, Any]) -> None:
    with_names(report, REPORT_NAMES)
    _texts(report["schema"], report["day"], report["generated_at"])
    _whole(report["revision"], least=1)
    _truths(report["complete"])
    protection = with_names(report["protection"], PROTECTION_NAMES)
    _texts(protection["method"])
    _whole(protection["threshold"], least=1)
    stands = with_names(report[LOG], LOG_NAMES)
    _texts(stands["origin"], stands["root"])
    for name in ("size", "first", "leaves"):
        _whole(stands[name])
    for quantity in report["figures"].values():
        if quantity is not None:
            _whole(quantity)
    for name, table in report["breakdowns"].items():
        _check_table(name, table, report["figures"])
    for duration in report["durations"].values():
        for number in with_names(duration, TIME_NAMES).values():
            _whole(number)
        if duration["quantity"] < report["protection"]["threshold"]:
            raise ValueError("a time over fewer than are shown")
        if duration["median_ms"] > duration["p95_ms"]:
            raise ValueError("a median beyond the 95th percentile")


def _check_table(name: str, value: object, figures: Mapping[str, object]) -> None:
    table: dict[str, Any] = with_names(value, TABLE_NAMES)
    figure, dimension = table["figure"], table["dimension"]
    _texts(figure, dimension)
    if name != f"{figure}_by_{dimension}" or figure not in figures or "_by_" in dimension:
        raise ValueError(name)
    if dimension in {TOTAL, DURATION, AT_MOST} or not isinstance(table["rows"], list):
        raise ValueError(name)
    keys = {MERGED, WITHHELD}
    for row in table["rows"]:
        with_names({one: row[one] for one in row if one != CATEGORY}, ROW_NAMES)
        _texts(row["key"], row.get(CATEGORY, ""))
        _whole(row["quantity"], least=1)
        if row["key"] in keys:
            raise ValueError("a row stands twice")
        keys.add(row["key"])
    _whole(table["merged"])
    _truths(table["withheld"])


def _check_head(
    report: Mapping[str, Any], openings: Openings, entries: Entries
) -> Iterator[Difference]:
    if report["day"] != openings.day.isoformat() or report["revision"] != openings.edition:
        yield Difference("the openings are of another day or revision", openings.day.isoformat())
    stands = report[LOG]
    if (stands["first"], stands["leaves"]) != (openings.first, openings.leaves):
        yield Difference("the report names another place in the log", str(openings.first))
    if stands["size"] != openings.first + openings.leaves:
        yield Difference("the report names another size of the log", str(stands["size"]))
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
        figure, dimension = table["figure"], table["dimension"]
        total = table["merged"] + sum(row["quantity"] for row in table["rows"])
        if total != (figures[figure] or 0):
            yield Difference("the rows do not add up to the figure", name)
        if figure in DERIVED:
            parts = [tables.get(f"{part}_by_{dimension}") for part in DERIVED[figure]]
            if None in parts or _summed(parts) != _summed([table]):
                yield Difference("the table is not the sum of its parts", name)
    for figure, names in DERIVED.items():
        if (figures.get(figure) or 0) != sum(figures.get(part) or 0 for part in names):
            yield Difference("the figure is not the sum of its parts", figure)


def _summed(tables: Sequence[Any]) -> dict[str, int]:
    cells: dict[str, int] = {}
    for table in tables:
        for row in table["rows"]:
            cells[row["key"]] = cells.get(row["key"], 0) + row["quantity"]
        if table["merged"]:
            cells[MERGED] = cells.get(MERGED, 0) + table["merged"]
    return cells


def _check_leaves(
    report: Mapping[str, Any], openings: Openings, entries: Entries
) -> Iterator[Difference]:
    """Finds leaves by halves: they stand in the order of their values, so none twice."""
    if any(one >= next_one for one, next_one in pairwise(_each(entries))):
        yield Difference("the leaves do not stand in the order of their values, each once", "")
        return
    day, edition = openings.day, openings.edition
    if not _stands(report_leaf(report, day=day, edition=edition), entries):
        yield Difference("the report is not the one that was put into the log", "")
    for one in openings.cells:
        leaves = leaves_of(one, day=day, edition=edition)
        if not all(_stands(leaf, entries) for leaf in leaves):
            yield Difference("a counted leaf is not in the log", _text(one.name))
        elif _stands(leaf_after(one, day=day, edition=edition), entries):
            yield Difference("the log counts more than the report", _text(one.name))


def _each(entries: Entries) -> Iterator[bytes]:
    return (entries[place] for place in range(len(entries)))


def _stands(leaf: bytes, entries: Entries) -> bool:
    place = bisect_left(entries, leaf)
    return place < len(entries) and entries[place] == leaf


def _whole(value: object, *, least: int = 0) -> None:
    whole_number(value, least=least, most=QUANTITY_MAX)


def _texts(*values: object) -> None:
    if not all(isinstance(value, str) for value in values):
        raise ValueError(values)


def _truths(*values: object) -> None:
    if not all(isinstance(value, bool) for value in values):
        raise ValueError(values)


def _text(name: CellName) -> str:
    return f"{name.figure} by {name.dimension}: {name.cell}"
