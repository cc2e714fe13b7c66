"""The log as static files: C2SP tlog-tiles with tiles of height 8 and bundles of entries.

    checkpoint                     the signed head
    tile/<level>/<number>[.p/<width>]      up to 256 hashes of that level
    tile/entries/<number>[.p/<width>]      up to 256 entries, each with its length before it

A number is written in groups of three digits, all but the last with an x before: x001/x234/067.
What a checkpoint covers never changes; files beyond it may be written anew.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Protocol, Self

from evenhand.base.errors import InputRefused, NotFound
from evenhand.proof.tree import HASH_BYTES, leaf_hashes, node_hashes, root

HEIGHT = 8
"""Levels of the tree in one tile, as C2SP tlog-tiles has it."""

WIDTH = 1 << HEIGHT
"""Hashes or entries in a full tile."""

LENGTH_BYTES = 2
"""Bytes before each entry that tell its length."""

TILES_KEPT = 4096
"""Tiles that a reader keeps in memory: 32 MB."""

ENTRIES = "entries"

PORTION = 1 << 2 * HEIGHT
"""Entries that are taken in at once: so many can come as there is room for on the disk."""

THREADS = 16
"""Files brought to disk at once: a disk takes many for the time of one."""


class Files(Protocol):
    """Where the static files of a log are read."""

    def read(self, path: str) -> bytes | None:
        """Gives a file below the log's folder; None if there is none."""
        ...


class FolderFiles:
    """The files of a log in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Gives a file; None if there is none."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Gives the path of a tile or, for the level "entries", of a bundle."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def leaves_under(path: str) -> int:
    """Gives how many leaves a log must have for this file of it to be there for good."""
    _, level, *groups = path.split("/")
    width = WIDTH
    if groups[-2:-1] and groups[-2].endswith(".p"):
        width = int(groups.pop())
        groups[-1] = groups[-1].removesuffix(".p")
    number = int("".join(group.removeprefix("x") for group in groups))
    height = 0 if level == ENTRIES else int(level)
    return (number * WIDTH + width) << HEIGHT * height


def width_at(size: int, level: int, number: int) -> int:
    """Gives how many hashes a tile has in a tree of `size` leaves; 0 if it is not there."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - number * WIDTH))


def bundle(entries: Iterable[bytes]) -> bytes:
    """Gives entries as one file."""
    parts: list[bytes] = []
    for entry in entries:
        parts += (len(entry).to_bytes(LENGTH_BYTES, "big"), entry)
    return b"".join(parts)


def unbundled(content: bytes) -> list[bytes]:
    """Gives the entries of a bundle, or refuses one that is cut off."""
    entries: list[bytes] = []
    place = 0
    while place < len(content):
        begin = place + LENGTH_BYTES
        place = begin + int.from_bytes(content[place:begin], "big")
        if begin > len(content) or place > len(content):
            raise InputRefused(what="bundle of entries", why="cut off")
        entries.append(content[begin:place])
    return entries


class TileReader:
    """Reads hashes and entries of the tree of the first `size` leaves."""

    def __init__(self, files: Files, size: int) -> None:
        self._files = files
        self.size = size
        self._tile = lru_cache(maxsize=TILES_KEPT)(self._read_tile)

    def node(self, level: int, index: int) -> bytes:
        """Gives the hash of a complete subtree."""
        tile_level, inside = divmod(level, HEIGHT)
        count = 1 << inside
        number, place = divmod(index * count, WIDTH)
        content = self._tile(tile_level, number)
        begin, end = place * HASH_BYTES, (place + count) * HASH_BYTES
        if end > len(content):
            raise InputRefused(what="tree", why=f"has no node {index} at level {level}")
        return folded(hashes_of(content[begin:end]))

    def root(self) -> bytes:
        """Gives the root of the tree."""
        return root(self.size, self)

    def entries(self, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Gives entries in order, from `first` up to `end`."""
        last = self.size if end is None else min(end, self.size)
        number = first // WIDTH
        while number * WIDTH < last:
            found = self.bundle(number)
            low, high = max(0, first - number * WIDTH), min(WIDTH, last - number * WIDTH)
            yield from found[low:high]
            number += 1

    def entry(self, index: int) -> bytes:
        """Gives one entry."""
        if not 0 <= index < self.size:
            raise InputRefused(what="entry", why=f"no leaf {index} in a tree of {self.size}")
        return self.bundle(index // WIDTH)[index % WIDTH]

    def bundle(self, number: int) -> list[bytes]:
        """Gives the entries of one bundle."""
        width = width_at(self.size, 0, number)
        entries = unbundled(self._content(ENTRIES, number, width))
        if len(entries) < width:
            raise InputRefused(what=tile_path(ENTRIES, number, width), why="entries are missing")
        return entries[:width]

    def _read_tile(self, level: int, number: int) -> bytes:
        width = width_at(self.size, level, number)
        content = self._content(level, number, width)
        if len(content) < width * HASH_BYTES:
            raise InputRefused(what=tile_path(level, number, width), why="hashes are missing")
        return content[: width * HASH_BYTES]

    def _content(self, level: int | str, number: int, width: int) -> bytes:
        """Gives a tile; a partial one may be gone once the full one is there."""
        if width == 0:
            raise InputRefused(what="tile", why=f"{tile_path(level, number)} is beyond the tree")
        path = tile_path(level, number, width)
        content = self._files.read(path)
        if content is None and width < WIDTH:
            content = self._files.read(tile_path(level, number))
        if content is None:
            raise NotFound(what="file of the log", path=path)
        return content


class TileWriter:
    """Adds entries to a tree of `size` leaves in a folder.

    When `append` returns, every file of the longer tree is on disk for good. What it writes lies
    beyond the tree it began with, so a reader of that tree sees no change, and it may be killed at
    any moment and begun anew from the same size.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self.size = size
        reader = TileReader(FolderFiles(folder), size)
        self._bundle = reader.bundle(size // WIDTH) if size % WIDTH else []
        self._tails: list[list[bytes]] = []
        level = 0
        while size >> HEIGHT * level:
            self._tails.append(_tail(reader, level))
            level += 1

    def append(self, entries: Iterable[bytes]) -> bytes:
        """Adds entries, a portion at a time, and gives the new root."""
        begun, coming = self.size, iter(entries)
        with _Changes(self._folder) as changes:
            portion = list(islice(coming, PORTION))
            while portion:
                self._add(portion, changes)
                portion = list(islice(coming, PORTION))
                if portion:
                    changes.settle()
            self._end(begun, changes)
        return root(self.size, TileReader(FolderFiles(self._folder), self.size))

    def _add(self, entries: list[bytes], changes: "_Changes") -> None:
        """Adds entries, and writes what is full."""
        first = self.size // WIDTH
        waiting = [*self._bundle, *entries]
        whole = len(waiting) // WIDTH * WIDTH
        for offset in range(0, whole, WIDTH):
            part = waiting[offset : offset + WIDTH]
            changes.write(tile_path(ENTRIES, first + offset // WIDTH), bundle(part))
        self._bundle = waiting[whole:]
        self._grow(0, leaf_hashes(entries), changes)
        self.size += len(entries)

    def _grow(self, level: int, hashes: list[bytes], changes: "_Changes") -> None:
        """Adds hashes to a level; what fills a tile gives a hash of the level above."""
        if not hashes:
            return
        if level == len(self._tails):
            self._tails.append([])
        first = (self.size >> HEIGHT * level) // WIDTH
        waiting = [*self._tails[level], *hashes]
        whole = len(waiting) // WIDTH * WIDTH
        above: list[bytes] = []
        for offset in range(0, whole, WIDTH):
            part = waiting[offset : offset + WIDTH]
            changes.write(tile_path(level, first + offset // WIDTH), b"".join(part))
            above.append(folded(part))
        self._tails[level] = waiting[whole:]
        self._grow(level + 1, above, changes)

    def _end(self, begun: int, changes: "_Changes") -> None:
        """Writes what is not full, of the levels that grew."""
        if self._bundle and self.size > begun:
            path = tile_path(ENTRIES, self.size // WIDTH, len(self._bundle))
            changes.write(path, bundle(self._bundle))
        for level, hashes in enumerate(self._tails):
            count = self.size >> HEIGHT * level
            if hashes and count > begun >> HEIGHT * level:
                path = tile_path(level, count // WIDTH, len(hashes))
                changes.write(path, b"".join(hashes))


def prune(folder: Path, *, before: int, size: int) -> None:
    """Takes partial tiles away that became full between two sizes, both committed.

    Who still reads an older tree finds the beginning of the full tile (C2SP tlog-tiles allows it).
    """
    for level in (ENTRIES, *range(size.bit_length() // HEIGHT + 1)):
        shift = HEIGHT * (1 if level == ENTRIES else int(level) + 1)
        for number in range(before >> shift, size >> shift):
            partial = folder / (tile_path(level, number) + ".p")
            if partial.is_dir():
                shutil.rmtree(partial)


class _Changes:
    """Files written beside their places, made durable together and then put in place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(THREADS)
        self._written: list[tuple[Path, Future[Path]]] = []
        self._folders: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if failed is None:
                self.settle()
        finally:
            self._threads.shutdown()

    def write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        self._make(path.parent)
        self._written.append((path, self._threads.submit(_written, path, content)))

    def settle(self) -> None:
        for path, written in self._written:
            partial = written.result()
            partial.replace(path)
        list(self._threads.map(synced, self._folders))
        self._written.clear()
        self._folders.clear()

    def _make(self, folder: Path) -> None:
        if folder in self._folders:
            return
        self._folders.add(folder)
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            self._folders.add(folder.parent)


def _written(path: Path, content: bytes) -> Path:
    """Writes a file beside its place, on disk for good, and gives where."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return partial


def synced(path: Path) -> None:
    """Brings a file or a folder to disk for good."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hashes_of(content: bytes) -> list[bytes]:
    """Gives the hashes of a tile."""
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def folded(hashes: list[bytes]) -> bytes:
    """Gives the root over hashes, a power of two of them."""
    while len(hashes) > 1:
        hashes = node_hashes(hashes)
    return hashes[0]


def _tail(reader: TileReader, level: int) -> list[bytes]:
    """Gives the hashes of the last tile of a level, if it is not full."""
    count = reader.size >> HEIGHT * level
    first = count // WIDTH * WIDTH
    return [reader.node(HEIGHT * level, index) for index in range(first, count)]
