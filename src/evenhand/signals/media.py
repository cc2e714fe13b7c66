"""Attached files against lists of hashes that the operator keeps or receives.

Feeds name files by SHA-256, SHA-1 or MD5; a shorter hash is filled up to the length of the longest,
so that one search finds them all. What stands on a list that allows (`NAME.allow.sha256`) never
matches, whichever list it stands on besides. Pictures are also looked up by what they look like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.signals.exact_hashes import HASH_BYTES, ExactHashes, Places, Rows
from evenhand.signals.hash_files import (
    PICTURES,
    HashFiles,
    Listing,
    filled,
    in_order,
    list_files,
    matching,
    read_hash_files,
)
from evenhand.signals.image_hash import FAR
from evenhand.signals.picture_lists import PictureLists
from evenhand.signals.table import Values

MEDIA = ("media_sha256", "media_sha1", "media_md5")
"""Columns of an event in which files are looked up."""

PICTURE = "media_pdq"
"""Column of an event in which pictures are looked up."""


@dataclass(frozen=True, slots=True)
class HashLists:
    """Named lists of file hashes, searchable for a whole batch at once."""

    names: tuple[str, ...]
    _hashes: ExactHashes
    _listing: Listing
    _pictures: PictureLists

    @classmethod
    def of(
        cls,
        lists: Mapping[str, Sequence[bytes]],
        pictures: Mapping[str, Sequence[bytes]] = MappingProxyType({}),
    ) -> "HashLists":
        """Gives lists of hashes, told apart by length, and lists of PDQ hashes of pictures.

        The first list that has a hash names it.
        """
        return cls._in(_gathered(lists), _gathered(pictures))

    @classmethod
    def of_rows(cls, files: Mapping[str, Rows], pictures: Mapping[str, Rows]) -> "HashLists":
        """Gives lists whose hashes are already in rows of 32 bytes; one of each kind at a time."""
        return cls._in(_in_one(files), _in_one(pictures))

    @classmethod
    def read(cls, folder: Path) -> "HashLists":
        """Gives every list of a folder.

        `NAME.sha256`, `NAME.sha1`, `NAME.md5` and `NAME.pdq` are one list.
        """
        paths = list(list_files(folder))
        return cls._in(
            read_hash_files([path for path in paths if path.suffix != PICTURES]),
            read_hash_files([path for path in paths if path.suffix == PICTURES]),
        )

    @classmethod
    def _in(cls, files: HashFiles, pictures: HashFiles) -> "HashLists":
        names = matching((*files.names, *pictures.names))
        return cls(
            names,
            ExactHashes.of(files.rows),
            Listing.of(files, names),
            PictureLists.of(pictures, names),
        )

    def __len__(self) -> int:
        """Gives the number of different hashes of files, and of hashes of pictures."""
        return len(self._hashes) + len(self._pictures)

    @property
    def pictures(self) -> int:
        """Gives the number of hashes of pictures."""
        return len(self._pictures)

    def find(self, hashes: Rows) -> Places:
        """Gives for each hash (rows of 32 bytes) the place of its list, or -1."""
        return self._listing.lists_of(self._hashes.find(hashes))

    def look_up(
        self,
        media: Sequence[pa.ListArray],
        watched: NDArray[np.bool_],
        pictures: pa.ListArray | None = None,
    ) -> Mapping[str, Values]:
        """Gives the columns about a batch's attached files; NULL in rows that are not watched.

        media     a column for each kind of hash; a file that is listed by several counts once
        pictures  the PDQ hashes of those that are pictures
        """
        whole = (*media, pictures) if pictures is not None else media
        if all(one.null_count == len(one) for one in whole):
            return self._none(watched)
        return {**self._equal(media, watched), **self._near(pictures, watched)}

    def _none(self, watched: NDArray[np.bool_]) -> Mapping[str, Values]:
        """Gives the same where nothing is attached: most batches at a door."""
        zeros, nowhere = np.zeros(len(watched), np.int32), np.zeros(len(watched), np.bool_)
        listed, named = Values(zeros, watched), Values(zeros, nowhere, self.names or ("",))
        return {
            "media_listed": listed,
            "media_list": named,
            "media_near_listed": listed,
            "media_near_list": named,
            "media_near_distance": Values(zeros, nowhere),
            "media_near_share": Values(zeros.astype(np.float64), nowhere),
        }

    def _equal(
        self, media: Sequence[pa.ListArray], watched: NDArray[np.bool_]
    ) -> Mapping[str, Values]:
        rows = len(watched)
        listed = np.zeros(rows, np.int32)
        first = np.full(rows, len(self.names), np.int32)
        for column in media if len(self._hashes) else ():
            parents, hashes = _rows_of(column)
            if not len(hashes):
                continue
            found = self.find(hashes)
            parents, found = parents[found >= 0], found[found >= 0]
            counted = np.bincount(parents, minlength=rows).astype(np.int32)
            np.maximum(listed, counted, out=listed)
            np.minimum.at(first, parents, found)
        first[listed == 0] = 0
        return {
            "media_listed": Values(listed, watched),
            "media_list": Values(first, watched & (listed > 0), self.names or ("",)),
        }

    def _near(
        self, pictures: pa.ListArray | None, watched: NDArray[np.bool_]
    ) -> Mapping[str, Values]:
        rows, lists = len(watched), max(1, len(self.names))
        listed, hashed = np.zeros(rows, np.int32), np.zeros(rows, np.int32)
        # The nearest of several; of two equally near ones the first list by name.
        nearest = np.full(rows, FAR * lists, np.int32)
        if pictures is not None and len(self._pictures):
            parents, hashes = _rows_of(pictures)
            if len(hashes):
                found, distances = self._pictures.near(hashes)
                hit = found >= 0
                hashed += np.bincount(parents, minlength=rows).astype(np.int32)
                listed += np.bincount(parents[hit], minlength=rows).astype(np.int32)
                np.minimum.at(nearest, parents[hit], distances[hit] * lists + found[hit])
        known = watched & (listed > 0)
        return {
            "media_near_listed": Values(listed, watched),
            "media_near_list": Values(nearest % lists, known, self.names or ("",)),
            "media_near_distance": Values(nearest // lists, known),
            "media_near_share": Values(listed / np.maximum(hashed, 1), watched & (hashed > 0)),
        }


def _in_one(lists: Mapping[str, Rows]) -> HashFiles:
    rows = [*lists.values(), np.empty((0, HASH_BYTES), np.uint8)]
    counts = tuple(len(one) for one in lists.values())
    return HashFiles(rows[0] if len(lists) == 1 else np.concatenate(rows), tuple(lists), counts)


def _gathered(lists: Mapping[str, Sequence[bytes]]) -> HashFiles:
    names = in_order(lists)
    whole = bytearray().join(filled(value) for name in names for value in lists[name])
    rows = np.frombuffer(whole, np.uint8).reshape(-1, HASH_BYTES)
    return HashFiles(rows, tuple(names), tuple(len(lists[name]) for name in names))


def _rows_of(column: pa.ListArray) -> tuple[NDArray[np.int64], Rows]:
    """Gives the hashes of a column of lists, filled to 32 bytes, and the row of each."""
    if column.null_count == len(column):
        return np.empty(0, np.int64), np.empty((0, HASH_BYTES), np.uint8)
    flat = pc.list_flatten(column)
    width = flat.type.byte_width
    _, data = flat.buffers()
    if len(flat) == 0 or data is None:
        return np.empty(0, np.int64), np.empty((0, HASH_BYTES), np.uint8)
    rows = np.frombuffer(data, np.uint8, len(flat) * width, flat.offset * width).reshape(-1, width)
    if width < HASH_BYTES:
        whole = np.zeros((len(flat), HASH_BYTES), np.uint8)
        whole[:, :width] = rows
        whole[:, -1] = width
        rows = whole
    return np.asarray(pc.list_parent_indices(column)), rows
