"""Which pictures are alike: PDQ hashes within a number of bits of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.childsafety.limits import PDQ_DISTANCE_MAX

PDQ_BYTES = 32
WORDS = PDQ_BYTES // 8


@dataclass(frozen=True, slots=True)
class Near:
    """A hash of the index within reach: its place, and by how many bits it differs."""

    place: int
    distance: int


@dataclass(frozen=True, slots=True)
class PdqIndex:
    """PDQ hashes, of which every one within reach of another is found: all are compared."""

    _words: NDArray[np.uint64]

    @classmethod
    def of(cls, values: Sequence[bytes]) -> "PdqIndex":
        """Gives an index of hashes of 32 bytes, in their order."""
        assert all(len(value) == PDQ_BYTES for value in values)
        return cls(np.frombuffer(b"".join(values), np.uint64).reshape(-1, WORDS))

    def __len__(self) -> int:
        """Gives the number of hashes."""
        return len(self._words)

    def nearest(self, value: bytes, *, distance_max: int = PDQ_DISTANCE_MAX) -> Near | None:
        """Gives the hash that differs least, if it is within reach."""
        if not len(self):
            return None
        asked = np.frombuffer(value, np.uint64)
        bits = np.bitwise_count(self._words ^ asked).sum(axis=1)
        place = int(bits.argmin())
        distance = int(bits[place])
        return Near(place, distance) if distance <= distance_max else None
