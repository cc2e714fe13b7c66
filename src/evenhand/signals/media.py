"""Attached files against lists of hashes that the operator keeps or receives.

Feeds name files by SHA-256, SHA-1 or MD5; a shorter hash is filled up to the length of the longest,
so that one search finds them all. What stands on a list that allows (`NAME.allow.sha256`) never
matches, whichever list it stands on besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.signals.exact_hashes import HASH_BYTES, ExactHashes, Places, Rows
from evenhand.signals.hash_files import (
    ALLOWED,
    PICTURES,
    HashFiles,
    filled,
    in_order,
    list_files,
    read_hash_files,
)
from evenhand.signals.table import Values

MEDIA = ("media_sha256", "media_sha1", "media_md5")
"""Columns of an event that are looked up."""


@dataclass(frozen=True, slots=True)
class HashLists:
    """Named lists of file hashes, searchable for a whole batch at once.

    lists  the place in `names` of each list as they were read; -1 for those that allow
    ends   where the hashes of each of them end
    """

    names: tuple[str, ...]
    _hashes: ExactHashes
    _lists: Places
    _ends: NDArray[np.int64]

    @classmethod
    def of(cls, lists: Mapping[str, list[bytes]]) -> "HashLists":
        """Gives lists of hashes, told apart by length; the first list that has a hash names it."""
        names = in_order(lists)
        whole = bytearray().join(filled(value) for name in names for value in lists[name])
        rows = np.frombuffer(whole, np.uint8).reshape(-1, HASH_BYTES)
        return cls._in(HashFiles(rows, tuple(names), tuple(len(lists[name]) for name in names)))

    @classmethod
    def read(cls, folder: Path) -> "HashLists":
        """Gives every list of a folder.

        `NAME.sha256`, `NAME.sha1` and `NAME.md5` are one list.
        """
        return cls._in(
            read_hash_files([one for one in list_files(folder) if one.suffix != PICTURES])
        )

    @classmethod
    def _in(cls, files: HashFiles) -> "HashLists":
        names = tuple(name for name in files.names if not name.endswith(ALLOWED))
        lists = np.array(
            [names.index(name) if name in names else -1 for name in files.names], np.int32
        )
        return cls(
            names, ExactHashes.of(files.rows), lists, np.cumsum(files.counts, dtype=np.int64)
        )

    def __len__(self) -> int:
        """Gives the number of different hashes."""
        return len(self._hashes)

    def find(self, hashes: Rows) -> Places:
        """Gives for each hash (rows of 32 bytes) the place of its list, or -1."""
        found = self._hashes.find(hashes)
        hit = found >= 0
        if hit.any():
            found[hit] = self._lists[np.searchsorted(self._ends, found[hit], "right")]
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
        whole = raw.reshape(-1, width)
        if width < HASH_BYTES:
            whole = np.zeros((len(flat), HASH_BYTES), np.uint8)
            whole[:, :width] = raw.reshape(-1, width)
            whole[:, -1] = width
        found = self.find(whole)
        hit = found >= 0
        return np.asarray(pc.list_parent_indices(media))[hit], found[hit]
