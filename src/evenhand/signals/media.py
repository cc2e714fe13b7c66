"""Attached files against lists of SHA-256 hashes that the operator keeps or receives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.signals.table import Values

HASH_BYTES = 32
HEX_LINE = re.compile(r"[0-9a-f]{64}")


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
        """Gives lists of hashes of 32 bytes; the first list that has a hash names it."""
        names = tuple(sorted(lists))
        first: dict[bytes, int] = {}
        for place, name in enumerate(names):
            for value in lists[name]:
                assert len(value) == HASH_BYTES
                first.setdefault(value, place)
        whole = np.frombuffer(b"".join(first), np.uint8).reshape(-1, HASH_BYTES)
        heads = _heads_of(whole)
        order = np.argsort(heads, kind="stable")
        places = np.fromiter(first.values(), np.int32, len(first))
        repeats = int(np.unique(heads, return_counts=True)[1].max(initial=1))
        return cls(names, heads[order], whole[order], places[order], repeats)

    @classmethod
    def read(cls, folder: Path) -> "HashLists":
        """Gives every `NAME.sha256` of a folder: one hash in hexadecimal a line, # for remarks."""
        return cls.of({path.stem: _read(path) for path in sorted(folder.glob("*.sha256"))})

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

    def look_up(self, media: pa.ListArray, watched: NDArray[np.bool_]) -> Mapping[str, Values]:
        """Gives the columns about a batch's attached files; NULL in rows that are not watched."""
        rows = len(media)
        if len(self) == 0 or media.null_count == rows:
            nothing = np.zeros(rows, np.int32)
            unknown = np.zeros(rows, np.bool_)
            return {
                "media_listed": Values(nothing, watched),
                "media_list": Values(nothing, unknown, self.names or ("",)),
            }
        parents = np.asarray(pc.list_parent_indices(media))
        flat = np.frombuffer(b"".join(pc.list_flatten(media).to_pylist()), np.uint8)
        found = self.find(flat.reshape(-1, HASH_BYTES))
        hit = found >= 0
        listed = np.bincount(parents[hit], minlength=rows).astype(np.int32)
        first = np.zeros(rows, np.int32)
        first[parents[hit][::-1]] = found[hit][::-1]
        return {
            "media_listed": Values(listed, watched),
            "media_list": Values(first, watched & (listed > 0), self.names or ("",)),
        }


def _heads_of(hashes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes[:, :8]).view(np.uint64).ravel()


def _read(path: Path) -> list[bytes]:
    hashes = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word = line.split("#", 1)[0].strip().lower()
        if not word:
            continue
        if not HEX_LINE.fullmatch(word):
            raise InputRefused(file=path.name, line=number, why="no SHA-256 in hexadecimal")
        hashes.append(bytes.fromhex(word))
    return hashes
