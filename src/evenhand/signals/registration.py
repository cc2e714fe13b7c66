"""Bursts of registrations: many accounts from one network under similar names.

People share networks: a school, a café, a mobile carrier. What they do not share is a name with a
number at its end. So names are compared as skeletons, their letters alone, and a burst is a count
of registrations whose skeletons are alike.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, kernel
from evenhand.events.text_column import Bytes, Offsets, TextColumn, decode
from evenhand.events.unicode_tables import (
    CharacterClass,
    UnicodeTables,
    entry_of,
    unicode_tables,
)
from evenhand.signals.counting import Mask, Milliseconds
from evenhand.signals.hashing import Hashes, mix
from evenhand.signals.table import Values

BURST_MS = 600_000
"""The window in which registrations are compared."""

PROBES = 8
"""Places looked at for one network."""

NETWORKS_MAX = 1 << 12
"""Networks remembered: 30 MB. The one quiet for longest gives way."""

REMEMBERED_MAX = 64
"""Registrations remembered per network: counts go no further."""

SKELETON_LETTERS_MAX = 24
"""Letters of a name that are compared."""

PREFIX_LETTERS_MIN, SUFFIX_LETTERS_MIN = 4, 5
"""Letters that two names must begin or end with to be alike: Anna and Annika share three."""

SHARED_PERCENT = 55
"""Share of the longer name that the common beginning or end must make up."""

PAIRS_PERCENT = 60
"""Share of all pairs of neighbouring letters that two names must have in common."""

_LETTER_LAST = U(CharacterClass.OTHER_LETTER)


class _Networks(NamedTuple):
    """Per network: its key, when it was last seen, how many registrations it had.

    Of the last of them also their times and the skeletons of their names.
    """

    keys: NDArray[np.uint64]
    last_ms: NDArray[np.int64]
    counts: NDArray[np.int64]
    times_ms: NDArray[np.int64]
    skeletons: NDArray[np.int32]
    lengths: NDArray[np.int32]


@kernel
def _skeletons(
    source: Bytes,
    starts: Offsets,
    tables: UnicodeTables,
    skeletons: NDArray[np.int32],
    lengths: NDArray[np.int32],
) -> None:
    """Writes the letters of each name, without digits and signs.

    Stays inside: valid UTF-8 ends with its row, and letters stop at SKELETON_LETTERS_MAX.
    """
    for row in range(starts.shape[0] - 1):
        position = U(starts[row])
        end = U(starts[row + 1]) - U(1)
        letters = 0
        while position < end and letters < SKELETON_LETTERS_MAX:
            code, length = decode(source, position)
            position += length
            if entry_of(code, tables.pages, tables.entries) & U(0xFF) <= _LETTER_LAST:
                skeletons[row, letters] = code
                letters += 1
        lengths[row] = letters


@kernel
def _common_pairs(
    one: NDArray[np.int32], one_length: int, other: NDArray[np.int32], other_length: int
) -> int:
    """Gives how many pairs of neighbouring letters two names share, each counted once.

    Stays inside: lengths are at most SKELETON_LETTERS_MAX, below the bits of a word.
    """
    used = np.int64(0)
    common = 0
    for j in range(one_length - 1):
        for k in range(other_length - 1):
            free = used >> k & 1 == 0
            if free and one[j] == other[k] and one[j + 1] == other[k + 1]:
                used |= np.int64(1) << k
                common += 1
                break
    return common


@kernel
def _alike(
    one: NDArray[np.int32], one_length: int, other: NDArray[np.int32], other_length: int
) -> bool:
    """Tells whether two names are alike. Stays inside the shorter of both."""
    shorter, longer = min(one_length, other_length), max(one_length, other_length)
    prefix = suffix = 0
    while prefix < shorter and one[prefix] == other[prefix]:
        prefix += 1
    if prefix == longer:
        return True
    while suffix < shorter and one[one_length - 1 - suffix] == other[other_length - 1 - suffix]:
        suffix += 1
    enough = SHARED_PERCENT * longer
    if prefix >= PREFIX_LETTERS_MIN and 100 * prefix >= enough:
        return True
    if suffix >= SUFFIX_LETTERS_MIN and 100 * suffix >= enough:
        return True
    if shorter < SUFFIX_LETTERS_MIN:
        return False
    common = _common_pairs(one, one_length, other, other_length)
    return 100 * common >= PAIRS_PERCENT * (one_length + other_length - 2 - common)


@kernel
def _place_of(table: _Networks, key: np.uint64) -> np.int64:
    """Gives where a network stands, or the place that it takes: empty, or quiet for longest.

    Stays inside: places wrap around, and the table's length is a power of two.
    """
    last = U(table.keys.shape[0] - 1)
    hashed = mix(key)
    oldest = np.int64(hashed & last)
    for probe in range(PROBES):
        place = np.int64((hashed + U(probe)) & last)
        if table.keys[place] == key or table.keys[place] == U(0):
            return place
        if table.last_ms[place] < table.last_ms[oldest]:
            oldest = place
    return oldest


@kernel
def _count(
    keys: Hashes,
    times: Milliseconds,
    skeletons: NDArray[np.int32],
    lengths: NDArray[np.int32],
    table: _Networks,
    total: NDArray[np.int32],
    similar: NDArray[np.int32],
) -> None:
    """Compares each registration with those before it from the same network, and remembers it.

    Stays inside: a place is one of the table, and registrations wrap at REMEMBERED_MAX.
    """
    for row in range(keys.shape[0]):
        if keys[row] == U(0):
            continue
        place = _place_of(table, keys[row])
        if table.keys[place] != keys[row]:
            table.keys[place] = keys[row]
            table.last_ms[place] = times[row]
            table.counts[place] = 0
        table.last_ms[place] = max(table.last_ms[place], times[row])
        total[row] = similar[row] = 1
        for k in range(min(table.counts[place], REMEMBERED_MAX)):
            if abs(times[row] - table.times_ms[place, k]) >= BURST_MS:
                continue
            total[row] += 1
            similar[row] += _alike(
                skeletons[row], lengths[row], table.skeletons[place, k], table.lengths[place, k]
            )
        k = table.counts[place] % REMEMBERED_MAX
        table.times_ms[place, k] = times[row]
        table.skeletons[place, k] = skeletons[row]
        table.lengths[place, k] = lengths[row]
        table.counts[place] += 1


class Registrations:
    """Remembers the last registrations of each network; it has one owner and is not shared."""

    def __init__(self, networks_max: int = NETWORKS_MAX) -> None:
        assert networks_max & (networks_max - 1) == 0, "a power of two"
        remembered = (networks_max, REMEMBERED_MAX)
        self._table = _Networks(
            np.zeros(networks_max, np.uint64),
            np.zeros(networks_max, np.int64),
            np.zeros(networks_max, np.int64),
            np.zeros(remembered, np.int64),
            np.zeros((*remembered, SKELETON_LETTERS_MAX), np.int32),
            np.zeros(remembered, np.int32),
        )

    def bursts(
        self, names: TextColumn, networks: Hashes, times: Milliseconds, is_registration: Mask
    ) -> Mapping[str, Values]:
        """Gives how many registrations came from the same network in ten minutes, this included.

        names     normalised name that is asked for
        networks  a hash per row; 0 where the network is not known, which is NULL in both columns
        """
        keys = np.where(is_registration, networks, np.uint64(0))
        skeletons = np.zeros((len(names), SKELETON_LETTERS_MAX), np.int32)
        lengths = np.zeros(len(names), np.int32)
        _skeletons(names.buffer, names.offsets, unicode_tables(), skeletons, lengths)
        total = np.zeros(len(names), np.int32)
        similar = np.zeros(len(names), np.int32)
        _count(keys, times, skeletons, lengths, self._table, total, similar)
        known = keys != 0
        return {
            "network_registrations_10m": Values(total, known),
            "similar_names_10m": Values(similar, known),
        }
