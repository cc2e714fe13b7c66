"""A day's report from public files alone: every number counted again from the leaves it opens.

The leaves of the publication are held against the signed root first: hashed anew, and joined with
the log's own hashes of what lies beside them they must give that root. Then each published number
is counted from them, each leaf once; and the report as a whole must be one of them.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.openings import Openings, from_value
from evenhand.proof.recount import PackedEntries, check
from evenhand.proof.strict import strict_json
from evenhand.proof.tiles import ENTRIES, HEIGHT, WIDTH, TileReader, folded, tile_path, unbundled
from evenhand.proof.tree import HASH_BYTES, leaf_hash, node_hash, root
from evenhand.verify.findings import Differs, FileRefused, Unreadable
from evenhand.verify.limits import EDITION_LEAVES_MAX
from evenhand.verify.places import Place, text_of
from evenhand.verify.progress import Progress
from evenhand.verify.proving import Head

DIFFERENCES_SHOWN_MAX = 20
REVISION_MAX = 1_000_000
"""Editions of one day: one a minute for two years."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """What was counted again."""

    revision: int
    numbers: int
    leaves: int
    size: int


class _Tree:
    """The log's tree, in which the bundles from `first` on are hashed from their entries."""

    def __init__(self, tiles: TileReader, first: int, bundles: list[bytes]) -> None:
        self._tiles = tiles
        self._first = first
        self._bundles = bundles

    def node(self, level: int, index: int) -> bytes:
        """Gives the hash of a complete subtree; what lies in the bundles is not read elsewhere."""
        low, high = index << level, index + 1 << level
        end = self._first + len(self._bundles) * WIDTH
        if high <= self._first or low >= end:
            return self._tiles.node(level, index)
        if level == HEIGHT:
            return self._bundles[index - self._first // WIDTH]
        return node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))


def check_report(site: Place, log: Place, day: date, head: Head) -> Recounted:
    """Counts a day's report again, or says what is not equal."""
    report, openings = _edition(site, day)
    end = openings.first + openings.leaves
    if end > head.checkpoint.size:
        raise Differs(file="openings.json", why="names leaves that the checkpoint does not have")
    if openings.first % WIDTH or openings.leaves % WIDTH or not openings.leaves:
        raise Differs(file="openings.json", why="names leaves that were never one publication")
    if openings.leaves > EDITION_LEAVES_MAX:
        why = f"names more than {EDITION_LEAVES_MAX} leaves, more than one day is counted from"
        raise FileRefused(file="openings.json", leaves=openings.leaves, why=why)
    try:
        entries = _entries(log, openings, head, _root_named(report, head))
        differences = check(report, openings, entries)
    except NotFound as error:
        raise Unreadable(file=error.fields.get("path"), why="is missing") from error
    if differences:
        shown = differences[:DIFFERENCES_SHOWN_MAX]
        raise Differs(
            day=day, **{f"{n}": f"{one.what} ({one.where})" for n, one in enumerate(shown, 1)}
        )
    return Recounted(openings.edition, len(openings.cells), openings.leaves, end)


def _edition(site: Place, day: date) -> tuple[dict[str, Any], Openings]:
    """Gives the edition that a day shows, and what it opens.

    Both from the folder of that edition, which stays while the day's link goes on to the next.
    """
    content = _content(site, f"reports/{day.isoformat()}/report.json")
    shown = _value(content, "report.json")
    if not isinstance(shown.get("day"), str):
        raise FileRefused(file="report.json", why="is no daily report")
    if shown["day"] != day.isoformat():
        raise Differs(file="report.json", why="is the report of another day")
    revision = shown.get("revision")
    if not isinstance(revision, int) or not 0 < revision <= REVISION_MAX:
        raise FileRefused(file="report.json", why="names no revision")
    folder = f"reports/{day.isoformat()}.{revision:d}"
    if _content(site, f"{folder}/report.json") != content:
        raise Differs(file=f"{folder}/report.json", why="is another report than the day shows")
    opened = _content(site, f"{folder}/openings.json")
    return shown, from_value(_value(opened, "openings.json"))


def _paths(numbers: range) -> Iterator[list[str]]:
    """Gives the bundles' paths a few at a time, however many somebody says there are."""
    for begin in range(0, len(numbers), WIDTH):
        yield [tile_path(ENTRIES, number) for number in numbers[begin : begin + WIDTH]]


def _entries(log: Place, openings: Openings, head: Head, named: bytes) -> PackedEntries:
    """Gives the leaves of a publication, once they were held against the signed root."""
    numbers = range(openings.first // WIDTH, (openings.first + openings.leaves) // WIDTH)
    bar = Progress("reading the leaves", len(numbers))
    entries = PackedEntries()
    bundles: list[bytes] = []
    try:
        for paths in _paths(numbers):
            for path, content in zip(paths, log.ahead(paths), strict=True):
                if content is None:
                    raise Unreadable(file=path, why="is missing, though the checkpoint covers it")
                found = _unbundled(content, path)
                entries.add(found)
                bundles.append(folded([leaf_hash(entry) for entry in found]))
                bar.at(len(bundles))
    finally:
        bar.end()
    size = head.checkpoint.size
    tree = _Tree(TileReader(log, size), openings.first, bundles)
    try:
        if root(size, tree) != head.checkpoint.root:
            raise Differs(file="tile/…", why="the leaves do not lead to the root that is signed")
        if root(openings.first + openings.leaves, tree) != named:
            raise Differs(file="report.json", why="names a root that the log never had there")
    except InputRefused as error:
        raise Differs(**error.fields) from error
    return entries


def _unbundled(content: bytes, path: str) -> list[bytes]:
    try:
        found = unbundled(content)
    except InputRefused as error:
        raise Differs(file=path, why="is cut off within an entry") from error
    if len(found) != WIDTH:
        raise Differs(file=path, why=f"holds {len(found)} entries where {WIDTH} are signed")
    if any(len(entry) != HASH_BYTES for entry in found):
        raise Differs(file=path, why=f"holds an entry that has not {HASH_BYTES} bytes")
    return found


def _root_named(report: Mapping[str, Any], head: Head) -> bytes:
    """Gives the root after its leaves that a report names."""
    stands = report.get("log")
    if stands is None:
        raise FileRefused(file="report.json", why="was published before there was a log")
    try:
        found, origin = b64decode(stands["root"], validate=True), stands["origin"]
    except (KeyError, TypeError, ValueError) as error:
        raise FileRefused(file="report.json", why="names no root of a log") from error
    if origin != head.checkpoint.origin:
        raise Differs(file="report.json", why="names another log")
    return found


def _content(site: Place, path: str) -> bytes:
    content = site.read(path)
    if content is None:
        raise Unreadable(file=path, why="is missing: that day is not published here")
    return content


def _value(content: bytes, path: str) -> dict[str, Any]:
    try:
        value = strict_json(text_of(content, path))
    except (ValueError, RecursionError) as error:
        raise FileRefused(file=path, why="is no JSON, or has a name twice") from error
    if not isinstance(value, dict):
        raise FileRefused(file=path, why="is no JSON object")
    return value
