"""How often: posts per account, and texts that come again and again, whoever posts them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel
from evenhand.events.text_column import Characters, Codes, Offsets, TextColumn
from evenhand.signals.counting import Mask, Milliseconds, WindowCounter
from evenhand.signals.hashing import Hashes, mix
from evenhand.signals.table import Values

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
ACCOUNT_WINDOWS = {
    "account_posts_10s": 10 * SECOND_MS,
    "account_posts_1m": MINUTE_MS,
    "account_posts_10m": 10 * MINUTE_MS,
    "account_posts_1h": 60 * MINUTE_MS,
}
FLOOD_MS = 10 * MINUTE_MS

PLACES = 1 << 17
"""Accounts that are told apart, unless more are asked for."""

GRAM = 5
"""Characters of one shingle of a text."""

FLOOD_BYTES_MIN = 40
"""Bytes a text must have to be compared: many people say good morning."""

MINIMA = 12
BANDS = 4
"""Two texts count as near when one of four triples of smallest hashes is equal: of texts that
share 80 % of their shingles 94 % do, of texts that share 20 % one in thirty."""

_CODE_BITS = 12
_GRAM_MASK = U((1 << _CODE_BITS * GRAM) - 1)


@borrowing_kernel
def _hash_shingles(
    codes: Codes,
    begin: np.uint64,
    size: np.uint64,
    alike: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
) -> np.uint64:
    """Writes down the hash of each shingle of a text, and gives how many there are.

    Loops that do not branch make several at once. Stays inside: `codes` has `size` characters from
    `begin` on, and the others as many places.
    """
    for place in range(size):
        code = U(codes[begin + U(place)])
        alike[U(place)] = U(48) if code - U(48) <= U(9) else code
    grams = max(size, U(GRAM - 1)) - U(GRAM - 1)
    for place in range(grams):
        gram = U(0)
        for letter in range(GRAM):
            gram ^= alike[U(place) + U(letter)] << U(_CODE_BITS * (GRAM - 1 - letter))
        gram &= _GRAM_MASK
        value = (gram ^ gram >> U(29)) * U(0x9E3779B97F4A7C15)
        hashes[U(place)] = value ^ value >> U(32)
    return grams


@borrowing_kernel
def _signatures(
    characters: Characters,
    offsets: Offsets,
    alike: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    minima: NDArray[np.uint64],
    bands: NDArray[np.uint64],
) -> None:
    """Gives each row's bands; 0 where the text is too short.

    A shingle falls into one of MINIMA classes by its hash, and each class keeps its smallest: one
    hash per character instead of twelve. Digits count as one, since floods number themselves.
    Stays inside: `bands` has a row for each of the texts, which end with a space that is not
    theirs; `alike` and `hashes` have a place for each character of the longest.
    """
    codes, starts = characters
    for row in range(starts.shape[0] - 1):
        if offsets[row + 1] - offsets[row] <= FLOOD_BYTES_MIN:
            for band in range(BANDS):
                bands[row, band] = U(0)
            continue
        begin = U(starts[row])
        size = U(starts[row + 1]) - U(1) - begin
        grams = _hash_shingles(codes, begin, size, alike, hashes)
        for place in range(MINIMA):
            minima[place] = U(0xFFFFFFFFFFFFFFFF)
        for place in range(grams):
            value = hashes[U(place)]
            slot = (value & U(0xFFFF)) * U(MINIMA) >> U(16)
            minima[slot] = min(minima[slot], value)
        for band in range(BANDS):
            joint = U(band + 1)
            for place in range(band * MINIMA // BANDS, (band + 1) * MINIMA // BANDS):
                joint = mix(joint ^ minima[place])
            bands[row, band] = joint | U(1)


def signatures(text: TextColumn) -> NDArray[np.uint64]:
    """Gives four band hashes per row: rows that share one are nearly the same text."""
    bands = np.empty((len(text), BANDS), np.uint64)
    longest = int(np.diff(text.characters.starts).max(initial=0))
    alike, hashes = np.empty((2, longest), np.uint64)
    _signatures(text.characters, text.offsets, alike, hashes, np.empty(MINIMA, np.uint64), bands)
    return bands


@dataclass(slots=True)
class Velocity:
    """Counts events per account and near-duplicate texts; one per door.

    places  accounts that are told apart, a power of two; 80 bytes for each, 192 for its texts
    """

    places: int = PLACES
    _accounts: WindowCounter = field(init=False)
    _bands: WindowCounter = field(init=False)

    def __post_init__(self) -> None:
        windows = (*ACCOUNT_WINDOWS.values(), FLOOD_MS)
        which = (0,) * len(ACCOUNT_WINDOWS) + (1,)
        self._accounts = WindowCounter(windows, self.places, which, persons=False)
        self._bands = WindowCounter((FLOOD_MS,), self.places * BANDS)

    def posts(
        self,
        accounts: Hashes,
        times: Milliseconds,
        posted: Mask,
        watched: Mask,
        *,
        linked: Mask,
        readable: Mask,
    ) -> Mapping[str, Values]:
        """Gives how much each account has posted lately, and with links, this row included.

        accounts  a hash per row; 0 where there is none, which is NULL in every column
        posted    rows that are posts; a join or a new name is told the count and adds nothing,
                  because clients join many channels at once
        watched   rows whose behaviour may be looked at
        linked    rows with a link, and readable, which may be told: those whose text may be read
        """
        keys = accounts if watched.all() else np.where(watched, accounts, np.uint64(0))
        counts, _ = self._accounts.count(keys, times, counted=(posted, linked & readable))
        known = keys != 0
        return {
            **{name: Values(counts[at], known) for at, name in enumerate(ACCOUNT_WINDOWS)},
            "account_links_10m": Values(counts[-1], known & readable),
        }

    def floods(
        self, text: TextColumn, accounts: Hashes, times: Milliseconds, readable: Mask
    ) -> Mapping[str, Values]:
        """Gives how often nearly the same text came in ten minutes, and from how many accounts."""
        bands = signatures(text)
        bands[~readable] = 0
        return self.near(bands, accounts, times, readable)

    def near(
        self, bands: NDArray[np.uint64], accounts: Hashes, times: Milliseconds, readable: Mask
    ) -> Mapping[str, Values]:
        """Gives the same of texts that are signed already; unreadable rows have bands of 0."""
        counts, persons = self._bands.count(bands.ravel(), times, persons=accounts)
        return {
            "near_duplicates_10m": Values(counts[0], readable),
            "near_duplicate_accounts_10m": Values(persons, readable),
        }
