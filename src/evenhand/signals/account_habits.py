"""What an account does that is young or of unknown age: where, to whom, and together with whom.

One row of a table of fixed size for each account; the account that was quiet longest makes room.
Accounts that are long known are left out: these columns exist to find made-up ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.base.machine import bits_set
from evenhand.signals.counting import (
    AHEAD,
    PERSONS,
    Mask,
    Milliseconds,
    Table,
    WindowCounter,
    Words,
    fetch_first,
    place_of,
)
from evenhand.signals.hashing import Hashes, mix
from evenhand.signals.table import Values
from evenhand.signals.velocity import BANDS

Rows = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)

YOUNG_HOURS = 60 * 24.0
"""Hours after which an account is left out: made-up ones act within days."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

POSTS_MIN = 5
"""Posts within a day or two from which the share of replies says something."""

ACCOUNTS = 1 << 17
"""Accounts remembered: 17 MB."""

TEXTS = 1 << 15
"""Repeated texts remembered, for who posts what another posted: 2 MB."""

CLUSTERS = 1 << 12
"""Clusters of accounts that are counted: 0.3 MB."""

KEY, SEEN, HOUR, CHANNELS, CHANNELS_BEFORE, DAY, POSTS, REPLIES = range(8)
POSTS_BEFORE, REPLIES_BEFORE, BURST, MATCHED, CLUSTER, FACTS = range(8, 14)
WORDS = 16

TEXT_AT, POSTER, FAMILY, TEXT_CLUSTER = 1, 2, 3, 4
TEXT_WORDS = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that speaks for a made-up account, and how much: the share of doubt it leaves."""

    name: str
    weight: float


FACTS_WEIGHED = (
    Fact("new", 0.15),
    Fact("made in a burst", 0.5),
    Fact("same texts as others", 0.5),
    Fact("many channels", 0.35),
    Fact("many links", 0.3),
    Fact("without pause", 0.25),
    Fact("answers nobody", 0.2),
)
"""In the order of their bits. No single one reaches 0.75, where the starter rule asks a person."""

NEW_HOURS = 72.0
BURST_MIN = 4
CLUSTER_MIN = 3
CHANNELS_MIN = 10
LINKS_MIN = 5
POSTS_10M_MIN = 40
MONOLOGUE_POSTS_MIN, MONOLOGUE_SHARE = 20, 0.02


def _scores() -> NDArray[np.float64]:
    """Gives the score of each set of facts: 1 less the product of the doubts that are left."""
    sets = np.arange(1 << len(FACTS_WEIGHED))
    doubt = np.ones(len(sets))
    for bit, fact in enumerate(FACTS_WEIGHED):
        doubt *= np.where(sets >> bit & 1, 1 - fact.weight, 1)
    return 1 - doubt


SCORES = _scores()
REASONS = tuple(
    ", ".join(fact.name for bit, fact in enumerate(FACTS_WEIGHED) if facts >> bit & 1)
    for facts in range(1 << len(FACTS_WEIGHED))
)
"""The words for each set of facts."""


@inlined
def _move_on(table: Table, place: np.int64, hour: np.int64, moment: np.int64) -> None:
    """Moves a row's hour and day on; what is older than the bucket before goes."""
    hours = hour - table[place, HOUR]
    if hours > 0:
        table[place, CHANNELS_BEFORE] = table[place, CHANNELS] if hours == 1 else 0
        table[place, CHANNELS] = 0
        table[place, HOUR] += hours
    days = hour // 24 - table[place, DAY] if hours > 0 else 0
    if days > 0:
        table[place, POSTS_BEFORE] = table[place, POSTS] if days == 1 else 0
        table[place, REPLIES_BEFORE] = table[place, REPLIES] if days == 1 else 0
        table[place, POSTS] = table[place, REPLIES] = 0
        table[place, FACTS] = 0
        table[place, DAY] += days
    if days > 1:
        table[place, MATCHED] = table[place, CLUSTER] = 0
    table[place, SEEN] = max(table[place, SEEN], moment)


@borrowing_kernel
def _note(
    keys: Hashes,
    times: Milliseconds,
    channels: Hashes,
    posted: Mask,
    replied: Mask,
    bursts: NDArray[np.int32],
    table: Table,
    flat: Words,
    persons: NDArray[np.int32],
    out: NDArray[np.int32],
    clusters: Hashes,
) -> None:
    """Notes each row and gives its account's channels, posts, replies and burst.

    A late row counts in the present hour, since its account is what matters, not the minute.
    Stays inside: a place is below the table's length, `out` has a column for each of `keys`;
    `flat` is the table in one row.
    """
    hour = np.int64(0)
    for number in range(keys.shape[0]):
        fetch_first(table, flat, keys[min(number + AHEAD, keys.shape[0] - 1)], 2)
        key = np.int64(keys[number])
        if key == 0:
            continue
        place = place_of(table, key, mix(keys[number]))
        if table[place, KEY] != key:
            for word in range(WORDS):
                table[place, word] = 0
            table[place, KEY] = key
        if not 0 <= times[number] - hour * HOUR_MS < HOUR_MS:
            hour = times[number] // HOUR_MS
        _move_on(table, place, hour, times[number])
        if posted[number]:
            table[place, POSTS] += 1
            table[place, REPLIES] += 1 if replied[number] else 0
            if channels[number] != U(0):
                table[place, CHANNELS] |= np.int64(U(1) << (mix(channels[number]) & U(63)))
        table[place, BURST] = max(table[place, BURST], np.int64(bursts[number]))
        out[0, number] = persons[
            bits_set(U(table[place, CHANNELS] | table[place, CHANNELS_BEFORE]))
        ]
        out[1, number] = table[place, POSTS] + table[place, POSTS_BEFORE]
        out[2, number] = table[place, REPLIES] + table[place, REPLIES_BEFORE]
        out[3, number] = table[place, BURST]
        clusters[number] = U(table[place, CLUSTER])


@inlined
def _family_of(texts: Table, bands: Hashes, moment: np.int64) -> np.int64:
    """Gives the place of a text that is nearly the same and not a day old; -1 if none is known."""
    for band in range(bands.shape[0]):
        key = np.int64(bands[band])
        place = place_of(texts, key, mix(bands[band]))
        if texts[place, KEY] == key and moment - texts[place, TEXT_AT] < DAY_MS:
            return place
    return np.int64(-1)


@kernel
def _join(
    rows: NDArray[np.int64],
    keys: Hashes,
    times: Milliseconds,
    bands: NDArray[np.uint64],
    table: Table,
    texts: Table,
    clusters: Hashes,
) -> None:
    """Puts accounts into one cluster that posted two different texts which others posted too.

    One text in common is a saying or a chain letter; it joins nobody. Stays inside: `rows` are
    rows of `keys`, and `bands` has a row for each of them.
    """
    for number in range(rows.shape[0]):
        at = rows[number]
        key = np.int64(keys[at])
        row = table[place_of(table, key, mix(keys[at]))]
        if row[KEY] != key or bands[number, 0] == U(0):
            continue
        known = _family_of(texts, bands[number], times[at])
        family, cluster = np.int64(bands[number, 0]), np.int64(0)
        if known >= 0:
            family, cluster = texts[known, FAMILY], texts[known, TEXT_CLUSTER]
            if texts[known, POSTER] == key:
                cluster = row[CLUSTER]
            elif row[MATCHED] == 0:
                row[MATCHED] = family
            elif row[MATCHED] != family or row[CLUSTER] != 0:
                cluster = cluster if cluster != 0 else np.int64(mix(U(family)) | U(1))
                if row[CLUSTER] != 0:
                    cluster = min(cluster, row[CLUSTER])
                row[CLUSTER] = cluster
        clusters[at] = U(row[CLUSTER])
        for band in range(bands.shape[1]):
            value = np.int64(bands[number, band])
            text = texts[place_of(texts, value, mix(bands[number, band]))]
            text[KEY] = value
            text[TEXT_AT] = times[at]
            text[POSTER] = key
            text[FAMILY] = family
            text[TEXT_CLUSTER] = cluster


@kernel
def _weigh(
    keys: Hashes,
    age_hours: NDArray[np.float64],
    noted: NDArray[np.int32],
    sizes: NDArray[np.int32],
    links: NDArray[np.int32],
    posts: NDArray[np.int32],
    table: Table,
    facts: NDArray[np.int32],
    news: Mask,
) -> None:
    """Gives which facts speak against each account, and whether one of them is new today.

    An age that is not known is no fact. Stays inside: every array has a row for each of `keys`.
    """
    for number in range(keys.shape[0]):
        if keys[number] == U(0):
            continue
        many = noted[1, number] >= MONOLOGUE_POSTS_MIN
        found = 1 if age_hours[number] < NEW_HOURS else 0
        found |= 2 if noted[3, number] >= BURST_MIN else 0
        found |= 4 if sizes[number] >= CLUSTER_MIN else 0
        found |= 8 if noted[0, number] >= CHANNELS_MIN else 0
        found |= 16 if links[number] >= LINKS_MIN else 0
        found |= 32 if posts[number] >= POSTS_10M_MIN else 0
        found |= 64 if many and noted[2, number] <= MONOLOGUE_SHARE * noted[1, number] else 0
        facts[number] = found
        if found == 0:
            continue
        key = np.int64(keys[number])
        row = table[place_of(table, key, mix(keys[number]))]
        if row[KEY] == key:
            news[number] = found & ~row[FACTS] != 0
            row[FACTS] |= found


@dataclass(frozen=True, slots=True)
class Doings:
    """What a batch says of its accounts.

    accounts   a hash per row; 0 where there is none, or nothing may be counted
    bursts     at a registration, how many were made with it under similar names; else 0
    repeated   rows whose text others posted lately too, and the bands of those texts
    links      events with a link by the account in ten minutes
    posts      its posts in ten minutes
    """

    accounts: Hashes
    times: Milliseconds
    channels: Hashes
    age_hours: Values
    posted: Mask
    replied: Mask
    bursts: NDArray[np.int32]
    repeated: NDArray[np.int64]
    bands: NDArray[np.uint64]
    links: NDArray[np.int32]
    posts: NDArray[np.int32]


def _table(places: int, words: int) -> Table:
    return np.zeros((places, words), np.int64)


@dataclass(frozen=True, slots=True)
class AccountHabits:
    """Remembers young accounts; one per door, not safe for two threads at once."""

    table: Table = field(default_factory=lambda: _table(ACCOUNTS, WORDS))
    texts: Table = field(default_factory=lambda: _table(TEXTS, TEXT_WORDS))
    clusters: WindowCounter = field(default_factory=lambda: WindowCounter((DAY_MS,), CLUSTERS))

    def columns(self, doings: Doings) -> Mapping[str, Values]:
        """Counts the rows in and gives what is known of their accounts."""
        ages = doings.age_hours.values.astype(np.float64)
        if doings.age_hours.known is not None:
            ages[~doings.age_hours.known] = np.nan
        known = (doings.accounts != 0) & ~(ages > YOUNG_HOURS)
        young = np.flatnonzero(known)
        keys, times = doings.accounts[young], doings.times[young]
        noted, clusters = np.zeros((4, len(young)), np.int32), np.zeros(len(young), np.uint64)
        _note(
            keys, times, doings.channels[young], doings.posted[young], doings.replied[young],
            doings.bursts[young], self.table, self.table.ravel(), PERSONS, noted, clusters,
        )  # fmt: skip
        sizes = self._sizes(known, young, doings, clusters)
        facts, news = np.zeros(len(young), np.int32), np.zeros(len(young), np.bool_)
        _weigh(
            keys, ages[young], noted, sizes, doings.links[young], doings.posts[young],
            self.table, facts, news,
        )  # fmt: skip

        def whole(found: NDArray[Number], where: Mask | None = None) -> Values:
            values = np.zeros(len(known), found.dtype)
            values[young] = found
            if where is None:
                return Values(values, known)
            told = np.zeros(len(known), np.bool_)
            told[young] = where
            return Values(values, told)

        return {
            "account_channels_1h": whole(noted[0]),
            "account_reply_share": whole(noted[2] / np.maximum(noted[1], 1), noted[1] >= POSTS_MIN),
            "account_burst": whole(noted[3]),
            "account_cluster": whole(sizes),
            "fake_account_score": whole(SCORES[facts]),
            "fake_account_facts": whole(facts, facts != 0)._replace(words=REASONS),
            "fake_account_news": whole(news),
        }

    def warm_up(self) -> None:
        """Runs the kernel that is needed when texts repeat."""
        keys, moments = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        bands = np.zeros((0, BANDS), np.uint64)
        _join(moments, keys, moments, bands, self.table, self.texts, keys)

    def _sizes(
        self, known: Mask, young: Rows, doings: Doings, clusters: Hashes
    ) -> NDArray[np.int32]:
        """Gives about how many accounts are in the cluster of each young one."""
        keys, times = doings.accounts[young], doings.times[young]
        mine = known[doings.repeated]
        rows, bands = np.searchsorted(young, doings.repeated[mine]), doings.bands[mine]
        if len(rows):
            _join(rows, keys, times, bands, self.table, self.texts, clusters)
        if not clusters.any():
            return np.zeros(len(keys), np.int32)
        return self.clusters.count(clusters, times, persons=keys)[1]
