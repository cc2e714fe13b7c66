"""A day's report from public files alone: every number counted again from the leaves it opens.

The leaves of the publication are held against the signed root first: hashed anew, and joined with
the log's own hashes of what lies beside them they must give that root. Then each published number
is counted from them, each leaf once.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.openings import Openings, check, from_value
from evenhand.proof.tiles import ENTRIES, HEIGHT, WIDTH, TileReader, folded, tile_path, unbundled
from evenhand.proof.tree import leaf_hash, node_hash, root
from evenhand.verify.findings import Differs, FileRefused, Unreadable
from evenhand.verify.places import Place, text_of
from evenhand.verify.progress import Progress
from evenhand.verify.proving import Head

DIFFERENCES_SHOWN_MAX = 20


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
    report = _value(site, f"reports/{day.isoformat()}/report.json")
    openings = from_value(_value(site, f"reports/{day.isoformat()}/openings.json"))
    if not isinstance(report.get("day"), str):
        raise FileRefused(file="report.json", why="is no daily report")
    if report["day"] != day.isoformat():
        raise Differs(file="report.json", why="is the report of another day")
    end = openings.first + openings.leaves
    if end > head.checkpoint.size:
        raise Differs(file="openings.json", why="names leaves that the checkpoint does not have")
    if openings.first % WIDTH or openings.leaves % WIDTH or not openings.leaves:
        raise Differs(file="openings.json", why="names leaves that were never one publication")
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


def _entries(log: Place, openings: Openings, head: Head, named: bytes) -> list[bytes]:
    """Gives the leaves of a publication, once they were held against the signed root."""
    numbers = range(openings.first // WIDTH, (openings.first + openings.leaves) // WIDTH)
    paths = [tile_path(ENTRIES, number) for number in numbers]
    bar = Progress("reading the leaves", len(paths))
    entries: list[bytes] = []
    bundles: list[bytes] = []
    try:
        for path, content in zip(paths, log.ahead(paths), strict=True):
            if content is None:
                raise Unreadable(file=path, why="is missing, though the checkpoint covers it")
            found = _unbundled(content, path)
            entries += found
            bundles.append(folded([leaf_hash(entry) for entry in found]))
            bar.at(len(bundles))
    finally:
        bar.end()
    size = head.checkpoint.size
    tree = _Tree(TileReader(log, size), openings.first, bundles)
    try:
        if root(size, tree) != head.checkpoint.root:
            raise Differs(file=paths[0], why="the leaves do not lead to the root that is signed")
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
    return found


def _root_named(report: Mapping[str, Any], head: Head) -> bytes:
    """Gives the root after its leaves that a report names."""
    stands = report.get("log")
    if stands is None:
        raise FileRefused(file="report.json", why="was published before there was a log")
    try:
        found, origin = b64decode(stands["root"], validate=True), str(stands["origin"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileRefused(file="report.json", why="names no root of a log") from error
    if origin != head.checkpoint.origin:
        raise Differs(file="report.json", why="names another log")
    return found


def _value(site: Place, path: str) -> dict[str, Any]:
    content = site.read(path)
    if content is None:
        raise Unreadable(file=path, why="is missing: that day is not published here")
    try:
        value = json.loads(text_of(content, path))
    except (ValueError, RecursionError) as error:
        raise FileRefused(file=path, why="is no JSON") from error
    if not isinstance(value, dict):
        raise FileRefused(file=path, why="is no JSON object")
    return value
