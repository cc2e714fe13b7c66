"""How far a rule in force acts: for everybody, for a share of accounts, or for nobody yet.

Rules in shadow and staged ones are asked like any other; of what they find, this tells what counts.
A staged version stands in the place of the live one for its share of accounts, and for no others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from evenhand.rules.programme import Hits

Mask = npt.NDArray[np.bool_]

WHOLE = 100
"""Per cent of accounts for whom a live rule acts."""


class Acting(StrEnum):
    """How a rule in force acts."""

    LIVE = "live"
    STAGED = "staged"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Terms:
    """How far one rule acts; `share` is per cent of accounts, 0 in shadow and 100 if live."""

    acting: Acting = Acting.LIVE
    share: int = WHOLE


LIVE = Terms()


class Sorting:
    """Sorts the hits of a set of rules into those that act, and those that are only counted."""

    def __init__(self, ids: Sequence[str], terms: Sequence[Terms]) -> None:
        assert len(ids) == len(terms)
        self._ids = tuple(ids)
        self._share = np.array([one.share for one in terms], np.int16)
        staged = {
            rule: one.share
            for rule, one in zip(ids, terms, strict=True)
            if one.acting is Acting.STAGED
        }
        self._yields = np.array(
            [
                staged.get(rule, 0) if one.acting is Acting.LIVE else 0
                for rule, one in zip(ids, terms, strict=True)
            ],
            np.int16,
        )
        self.plain = bool((self._share == WHOLE).all() and not self._yields.any())

    def sort(self, hits: Hits, key_of: Callable[[int], str]) -> tuple[Hits, Hits]:
        """Gives the hits that act, and those of the shadow; `key_of` names the account of a row."""
        if self.plain or not len(hits.rows):
            return hits, NONE
        act = self._share[hits.rules] == WHOLE
        asked = np.flatnonzero(~act & (self._share[hits.rules] > 0) | self._yields[hits.rules] > 0)
        shadow = ~act
        for one in asked.tolist():
            place = int(hits.rules[one])
            drawn = lot(self._ids[place], key_of(int(hits.rows[one])))
            if self._yields[place]:
                act[one] = drawn >= self._yields[place]
            else:
                act[one] = drawn < self._share[place]
                shadow[one] = not act[one]
        return _some(hits, act), _some(hits, shadow)


NONE = Hits(np.empty(0, np.int32), np.empty(0, np.int32))


def lot(rule: str, key: str) -> int:
    """Gives the lot of an account for a rule, 0 to 99: the same for each of its versions."""
    digest = blake2b(f"{rule}\0{key}".encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % WHOLE


def _some(hits: Hits, mask: Mask) -> Hits:
    return Hits(hits.rows[mask], hits.rules[mask])
