"""A table that says at once which of millions of file hashes a hash equals.

Open addressing: one word a slot, of which one half is the place of a hash and the other a part of
what it is hashed to, so that what is not there costs one line of memory. What is there is compared
whole. A slot is chosen from all bits, for lists may hold hashes that begin alike. Who asks cannot
make it slow: a search is as long as the owner of the lists made it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.base.machine import prefetch
from evenhand.signals.hashing import mix

HASH_BYTES = 32

Rows = NDArray[np.uint8]
Words = NDArray[np.uint64]
Places = NDArray[np.int32]

_AHEAD = 16
"""Hashes whose slots are fetched while one is compared: about what a core can wait for at once."""

_FACTORS = (
    U(0x9E3779B97F4A7C15),
    U(0xC2B2AE3D27D4EB4F),
    U(0x165667B19E3779F9),
    U(0xD6E8FEB86659FD93),
)
_A, _B, _C, _D = _FACTORS
_PLACE = U(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class ExactHashes:
    """Hashes of 32 bytes in their order, each found by its first place.

    A hash takes 32 bytes and 12 to 24 of the table: half a gigabyte for ten million.
    """

    rows: Rows
    _slots: Words
    _different: int

    @classmethod
    def of(cls, rows: Rows) -> "ExactHashes":
        """Gives the table of hashes (rows of 32 bytes), which it keeps."""
        assert rows.shape[1:] == (HASH_BYTES,)
        assert len(rows) < _PLACE
        size = 1 << max(4, (len(rows) * 3 // 2).bit_length())
        slots = np.zeros(size, np.uint64)
        words = words_of(rows)
        made = cls(rows, slots, _fill(words, _hashed(words), slots))
        made.find(rows[:0])  # has the machine code ready before anybody waits for it
        return made

    def __len__(self) -> int:
        """Gives the number of different hashes."""
        return self._different

    def find(self, asked: Rows) -> Places:
        """Gives for each hash (rows of 32 bytes) its first place, or -1."""
        places = np.full(len(asked), -1, np.int32)
        words = words_of(asked)
        _find(words, _hashed(words), words_of(self.rows), self._slots, places)
        return places


def words_of(rows: Rows) -> Words:
    """Gives hashes (rows of 32 bytes) as four words each."""
    words = np.ascontiguousarray(rows).view(np.uint64).reshape(-1, HASH_BYTES // 8)
    words.flags.writeable = False  # else the kernels are compiled twice: Arrow's are so already
    return words


def _hashed(words: Words) -> Words:
    hashed = np.empty(len(words), np.uint64)
    _hash_words(words, hashed)
    return hashed


@kernel
def _hash_words(words: Words, hashed: Words) -> None:
    """Gives a number for each hash, from all its bits. Stays inside: it follows the rows."""
    for row in range(words.shape[0]):
        place = U(row)
        value = words[place, 0] * _A + words[place, 1] * _B
        value += words[place, 2] * _C + words[place, 3] * _D
        hashed[place] = mix(value)


@inlined
def _equal(one: Words, place: np.uint64, other: Words, row: np.uint64) -> bool:
    """Tells whether two hashes are equal; both places are of rows that there are."""
    differ = one[place, 0] ^ other[row, 0] | one[place, 1] ^ other[row, 1]
    differ |= one[place, 2] ^ other[row, 2] | one[place, 3] ^ other[row, 3]
    return bool(differ == U(0))


@kernel
def _fill(words: Words, hashed: Words, slots: Words) -> int:
    """Puts every hash into the empty table, equal ones once; gives how many it put.

    Stays inside: slots wrap around, and a third of them stays empty.
    """
    last = U(slots.shape[0] - 1)
    count = U(words.shape[0])
    different = 0
    for row in range(words.shape[0]):
        place = U(row)
        if place + U(_AHEAD) < count:
            prefetch(slots, hashed[place + U(_AHEAD)] & last)
        slot = hashed[place] & last
        tag = hashed[place] & ~_PLACE
        known = False
        while slots[slot] and not known:
            known = slots[slot] & ~_PLACE == tag and _equal(
                words, (slots[slot] & _PLACE) - U(1), words, place
            )
            slot = (slot + U(1)) & last
        if not known:
            slots[slot] = tag | (place + U(1))
            different += 1
    return different


@kernel
def _find(asked: Words, hashed: Words, words: Words, slots: Words, places: Places) -> None:
    """Writes the place of each hash that is in the table.

    Stays inside: slots wrap around, a search ends at an empty one, and a place is one that was put.
    """
    last = U(slots.shape[0] - 1)
    count = U(asked.shape[0])
    for row in range(min(asked.shape[0], _AHEAD)):
        prefetch(slots, hashed[U(row)] & last)
    for row in range(asked.shape[0]):
        here = U(row)
        if here + U(_AHEAD) < count:
            prefetch(slots, hashed[here + U(_AHEAD)] & last)
        slot = hashed[here] & last
        tag = hashed[here] & ~_PLACE
        while slots[slot]:
            place = (slots[slot] & _PLACE) - U(1)
            if slots[slot] & ~_PLACE == tag and _equal(words, place, asked, here):
                places[here] = place
                break
            slot = (slot + U(1)) & last
