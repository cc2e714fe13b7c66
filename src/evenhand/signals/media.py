"""Attached files against lists of hashes that the operator keeps or receives.

Feeds name files by SHA-256, SHA-1 or MD5; a shorter hash is filled up to the length of the longest,
so that one search finds them all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.signals.table import Values

HASH_BYTES = 32
SUFFIXES = {".sha256": 32, ".sha1": 20, ".md5": 16}
"""Files of a list by what is in them, and the bytes of one of its hashes."""

MEDIA = ("media_sha256", "media_sha1", "media_md5")
"""Columns of an event that are looked up."""

HEX = re.compile(r"[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class HashLists:
    """Named lists of file hashes, searchable for a whole batch at once."""

    names: tuple[str, ...]
    _heads: NDArray[np.uint64]
    _hashes: NDArray[np.uint8]
    _lists: NDArray[np.int32]
    _repeats: int = field(default=1)

    @classmethod
    def of(cls, lists: Mapping[str, list[bytes]]) -> "HashLists":
        """Gives lists of hashes, told apart by length; the first list that has a hash names it."""
        names = tuple(sorted(lists))
        first: dict[bytes, int] = {}
        for place, name in enumerate(names):
            for value in lists[name]:
                first.setdefault(filled(value), place)
        whole = np.frombuffer(b"".join(first), np.uint8).reshape(-1, HASH_BYTES)
        heads = _heads_of(whole)
        order = np.argsort(heads, kind="stable")
        places = np.fromiter(first.values(), np.int32, len(first))
        repeats = int(np.unique(heads, return_counts=True)[1].max(initial=1))
        return cls(names, heads[order], whole[order], places[order], repeats)

    @classmethod
    def read(cls, folder: Path) -> "HashLists":
        """Gives every list of a folder: one hash in hexadecimal a line, # for remarks.

        `NAME.sha256`, `NAME.sha1` and `NAME.md5` are one list.
        """
        lists: dict[str, list[bytes]] = {}
        for path in list_files(folder):
            lists.setdefault(path.stem, []).extend(_read(path))
        return cls.of(lists)

    def __len__(self) -> int:
        """Gives the number of hashes."""
        return len(self._heads)

    def find(self, hashes: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Gives for each hash (rows of 32 bytes) the place of its list, or -1."""
        found = np.full(len(hashes), -1, np.int32)
        if len(self) == 0 or len(hashes) == 0:
            return found
        begin = np.searchsorted(self._heads, _heads_of(hashes))
        # Hashes that begin with the same eight bytes stand side by side; each is compared whole.
        for step in range(self._repeats):
            place = np.minimum(begin + step, len(self) - 1)
            equal = (self._hashes[place] == hashes).all(axis=1) & (found < 0)
            found[equal] = self._lists[place[equal]]
        return found

    def look_up(
        self, media: Sequence[pa.ListArray], watched: NDArray[np.bool_]
    ) -> Mapping[str, Values]:
        """Gives the columns about a batch's attached files; NULL in rows that are not watched.

        media  a column for each kind of hash; a file that is listed by several counts once
        """
        rows = len(watched)
        listed = np.zeros(rows, np.int32)
        first = np.full(rows, len(self.names), np.int32)
        for column in media if len(self) else ():
            if column.null_count < rows:
                parents, found = self._found(column)
                counted = np.bincount(parents, minlength=rows).astype(np.int32)
                np.maximum(listed, counted, out=listed)
                np.minimum.at(first, parents, found)
        first[listed == 0] = 0
        return {
            "media_listed": Values(listed, watched),
            "media_list": Values(first, watched & (listed > 0), self.names or ("",)),
        }

    def _found(self, media: pa.ListArray) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Gives the rows of those hashes that are listed, and the places of their lists."""
        flat = pc.list_flatten(media)
        width = flat.type.byte_width
        _, data = flat.buffers()
        if len(flat) == 0 or data is None:
            return np.empty(0, np.int64), np.empty(0, np.int32)
        raw = np.frombuffer(data, np.uint8, len(flat) * width, flat.offset * width)
        whole = np.zeros((len(flat), HASH_BYTES), np.uint8)
        whole[:, :width] = raw.reshape(-1, width)
        if width < HASH_BYTES:
            whole[:, -1] = width
        found = self.find(whole)
        hit = found >= 0
        return np.asarray(pc.list_parent_indices(media))[hit], found[hit]


def filled(value: bytes) -> bytes:
    """Gives a hash of any known kind in 32 bytes; shorter ones end with their length."""
    assert len(value) in SUFFIXES.values(), "a hash has the length of its kind"
    if len(value) == HASH_BYTES:
        return value
    return value.ljust(HASH_BYTES - 1, b"\0") + bytes([len(value)])


def list_files(folder: Path) -> Iterable[Path]:
    """Gives the files of a folder that are lists of hashes."""
    return sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)


def _heads_of(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes[:, :8]).view(np.uint64).ravel()


def _read(path: Path) -> list[bytes]:
    hashes, digits = [], 2 * SUFFIXES[path.suffix]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word = line.split("#", 1)[0].strip().lower()
        if not word:
            continue
        if len(word) != digits or not HEX.fullmatch(word):
            kind = path.suffix.removeprefix(".").upper()
            why = f"no {kind} in hexadecimal ({digits} signs)"
            raise InputRefused(file=path.name, line=number, why=why)
        hashes.append(bytes.fromhex(word))
    return hashes
