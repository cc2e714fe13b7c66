"""Pictures against lists of PDQ hashes: the nearest hash decides, and what is forwarded is known.

A list that allows (`NAME.allow.pdq`) takes part like the others, and wins when it is as near: a
false match that stands there frees itself and what is nearer to it than to any listed picture, and
opens no gap around a listed one.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.signals.exact_hashes import ExactHashes, Places, Rows, Words, words_of
from evenhand.signals.hash_files import HashFiles, Listing
from evenhand.signals.hashing import mix
from evenhand.signals.image_hash import Distances, Near, PdqIndex

RECENT = 1 << 16
"""Pictures whose answer is kept: 2.6 MB, and at 100 pictures a second those of ten minutes."""

_UNKNOWN = -1


class Answers(NamedTuple):
    """What was found for recent pictures: their hashes, and the nearest of each."""

    words: Words
    places: Places
    distances: Distances


@dataclass(frozen=True, slots=True)
class RecentAnswers:
    """The answers for pictures that were asked for lately; a picture may push out another.

    It belongs to one index and goes with it, so that no answer outlives its lists.
    """

    _kept: Answers = field(
        default_factory=lambda: Answers(
            np.zeros((RECENT, 4), np.uint64),
            np.zeros(RECENT, np.int32),
            np.full(RECENT, _UNKNOWN, np.int32),
        )
    )
    _lock: Lock = field(default_factory=Lock)

    def recall(self, rows: Rows) -> Near:
        """Gives what is known of each hash; the distance is -1 where nothing is."""
        near = Near(np.full(len(rows), -1, np.int32), np.full(len(rows), _UNKNOWN, np.int32))
        with self._lock:
            _recall(words_of(rows), *self._kept, *near)
        return near

    def remember(self, rows: Rows, near: Near) -> None:
        """Keeps what was found."""
        kept = self._kept
        with self._lock:
            _remember(words_of(rows), *near, kept.words, kept.places, kept.distances)


@dataclass(frozen=True, slots=True)
class PictureLists:
    """Named lists of PDQ hashes, searchable for a whole batch at once, by several threads."""

    _index: PdqIndex
    _listing: Listing
    _recent: RecentAnswers = field(default_factory=RecentAnswers)

    @classmethod
    def of(cls, files: HashFiles, names: tuple[str, ...]) -> "PictureLists":
        """Gives the lists of files; `names` are those of lists that match."""
        made = cls(PdqIndex.of(files.rows), Listing.of(files, names))
        made.near(np.zeros((1, 32), np.uint8))  # has the machine code ready
        return made

    def __len__(self) -> int:
        """Gives the number of hashes."""
        return len(self._index)

    def near(self, rows: Rows) -> tuple[Places, Distances]:
        """Gives for each hash (rows of 32 bytes) the place of its list, or -1, and the distance."""
        near = self._recent.recall(rows)
        unknown = np.flatnonzero(near.distances == _UNKNOWN)
        if len(unknown):
            asked = rows[unknown]
            first = ExactHashes.of(asked).find(asked)
            different = np.unique(first)
            found = self._index.nearest(asked[different])
            self._recent.remember(asked[different], found)
            answer = np.searchsorted(different, first)
            near.places[unknown] = found.places[answer]
            near.distances[unknown] = found.distances[answer]
        return self._listing.lists_of(near.places), near.distances


@inlined
def _slot(words: Words, row: np.uint64) -> np.uint64:
    """Gives the only place at which the answer for a hash is kept."""
    value = words[row, 0] ^ mix(words[row, 1] ^ mix(words[row, 2] ^ mix(words[row, 3])))
    return mix(value) & U(RECENT - 1)


@kernel
def _recall(
    asked: Words,
    words: Words,
    places: Places,
    distances: Distances,
    found: Places,
    found_distances: Distances,
) -> None:
    """Copies the answers that are kept. Stays inside: a slot is below RECENT."""
    for row in range(asked.shape[0]):
        here = U(row)
        slot = _slot(asked, here)
        equal = distances[slot] != _UNKNOWN
        for word in range(4):
            equal &= words[slot, U(word)] == asked[here, U(word)]
        if equal:
            found[here] = places[slot]
            found_distances[here] = distances[slot]


@kernel
def _remember(
    asked: Words,
    found: Places,
    found_distances: Distances,
    words: NDArray[np.uint64],
    places: Places,
    distances: Distances,
) -> None:
    """Keeps answers. Stays inside: a slot is below RECENT."""
    for row in range(asked.shape[0]):
        here = U(row)
        slot = _slot(asked, here)
        for word in range(4):
            words[slot, U(word)] = asked[here, U(word)]
        places[slot] = found[here]
        distances[slot] = found_distances[here]
