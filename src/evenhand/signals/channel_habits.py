"""What happens in a channel: growth, what of it is flagged, where it leads, and whom it resembles.

One row of a table of fixed size for each channel; the channel that was quiet longest makes room.
When a channel is blocked, hashes of its last own texts and of who published it are kept as long as
it is blocked, so that it is found again under another name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.signals.counting import AHEAD, Mask, Milliseconds, Table, fetch_first, place_of
from evenhand.signals.hashing import Hashes, mix
from evenhand.signals.table import Values

BLOCKED_CHANNELS = "blocked_channels"
"""The domain list that names the addresses of blocked channels; the worker writes it."""

FED_BY_VERDICTS = frozenset({"channel_flagged_share", "channel_signs", "channel_news"})
"""Columns that say what rules flagged: what looks at them does not count as flagged itself."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

CHANNELS = 1 << 15
"""Channels remembered: 11 MB."""

CONTENTS = 1 << 15
"""Texts of blocked channels remembered: 1 MB, of 2,000 channels."""

ADMINS = 1 << 12
"""Accounts remembered that published channels which are blocked: 130 kB."""

POSTS_MIN = 20
"""Posts of a day or two from which shares of them say something."""

JOINS_MIN = 20
"""Joins of a day or two from which a growth says something."""

COPIES_MIN, COPIES_SHARE = 3, 4
"""A channel resembles a blocked one from three copied texts on, if they are a quarter of all."""

FLAGGED_SHARE = 0.3
BLOCKED_LINKS_MIN = 3
REPORTS_MIN = 5

KEY, SEEN, HOUR, JOINS_NOW, JOINS_LAST, DAY = range(6)
TODAY, YESTERDAY = 6, 12
"""Where the counts of today and of the day before begin; the next five are places among them."""
JOINS, POSTS, FLAGGED, LINKS, COPIES, COUNTS = range(6)
SIGNS, NEXT, ADMIN = 18, 19, 20
ADMINS_KEPT, TEXTS_KEPT = 4, 16
TEXTS = ADMIN + ADMINS_KEPT
WORDS = TEXTS + TEXTS_KEPT

OWNER, OWNED_WORDS = 2, 4
"""In the tables of texts and of admins: the channel that was blocked."""

GROWTH, SHARES, RATE = range(3)
AGAIN, NEWS = 2, 3
"""Rows of what a batch is told: shares, and truths, of which the first two tell what is known."""

SIGNS_SEEN = (
    "texts of a blocked channel",
    "published by who published a blocked channel",
    "leads to blocked channels",
    "mostly flagged",
    "much reported",
)
"""In the order of their bits."""

SIGN_WORDS = tuple(
    ", ".join(sign for bit, sign in enumerate(SIGNS_SEEN) if signs >> bit & 1)
    for signs in range(1 << len(SIGNS_SEEN))
)

RECREATED = 0b11
"""The signs of a channel that was blocked and is there again."""


@inlined
def _move_on(table: Table, place: np.int64, hour: np.int64, moment: np.int64) -> None:
    """Moves a row's hour and day on; what is older than the bucket before goes."""
    hours = hour - table[place, HOUR]
    if hours > 0:
        table[place, JOINS_LAST] = table[place, JOINS_NOW] if hours == 1 else 0
        table[place, JOINS_NOW] = 0
        table[place, HOUR] += hours
    days = hour // 24 - table[place, DAY] if hours > 0 else 0
    if days > 0:
        for count in range(COUNTS):
            table[place, YESTERDAY + count] = table[place, TODAY + count] if days == 1 else 0
            table[place, TODAY + count] = 0
        table[place, SIGNS] = 0
        table[place, DAY] += days
    table[place, SEEN] = max(table[place, SEEN], moment)


@inlined
def _holds(table: Table, value: np.uint64) -> bool:
    """Tells whether a table has a key; 0 is none."""
    key = np.int64(value)
    return key != 0 and bool(table[place_of(table, key, mix(value)), KEY] == key)


@kernel
def _note(
    keys: Hashes,
    accounts: Hashes,
    times: Milliseconds,
    joined: Mask,
    posted: Mask,
    published: Mask,
    leads: Mask,
    texts: Hashes,
    own: Mask,
    reports: NDArray[np.int32],
    table: Table,
    contents: Table,
    admins: Table,
    compares: bool,
    out: NDArray[np.int32],
    shares: NDArray[np.float64],
    truths: Mask,
) -> None:
    """Notes each row and gives what is known of its channel then.

    compares  whether anything is known of blocked channels
    out     counts of a day or two, joins of an hour or two, signs: a row for each
    shares  growth, share of flagged posts, reports for 100 posts
    truths  which of these are known, whether it is there again, whether a sign is new today

    Stays inside: a place is below the table's length, the ring of texts wraps at TEXTS_KEPT, and
    the last three have a column for each of `keys`.
    """
    counts = np.empty(COUNTS, np.int32)
    flat = table.ravel()
    hour = np.int64(0)
    for number in range(keys.shape[0]):
        later = min(number + AHEAD, keys.shape[0] - 1)
        fetch_first(table, flat, keys[later], 3)
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
        if joined[number]:
            table[place, JOINS_NOW] += 1
            table[place, TODAY + JOINS] += 1
        if published[number] and accounts[number] != U(0):
            _remember_admin(table, place, np.int64(accounts[number]))
        if posted[number]:
            copied = compares and _holds(contents, texts[number])
            _note_post(table, place, leads[number], copied, texts[number] if own[number] else U(0))
        for count in range(COUNTS):
            counts[count] = table[place, TODAY + count] + table[place, YESTERDAY + count]
            out[count, number] = counts[count]
        joins = table[place, JOINS_NOW] + table[place, JOINS_LAST]
        out[COUNTS, number] = joins
        signs = _signs(table, place, counts, reports[number], admins)
        out[COUNTS + 1, number] = signs
        _tell_shares(number, times[number], joins, counts, reports[number], shares, truths)
        truths[AGAIN, number] = signs & RECREATED != 0
        truths[NEWS, number] = signs & ~table[place, SIGNS] != 0
        table[place, SIGNS] |= signs


@inlined
def _tell_shares(
    number: int,
    moment: np.int64,
    joins: np.int64,
    counts: NDArray[np.int32],
    reports: int,
    shares: NDArray[np.float64],
    truths: Mask,
) -> None:
    """Gives growth and shares where there is enough to tell them by."""
    if counts[JOINS] >= JOINS_MIN:
        truths[GROWTH, number] = True
        shares[GROWTH, number] = _growth(moment, joins, counts[JOINS])
    if counts[POSTS] >= POSTS_MIN:
        truths[SHARES, number] = True
        shares[SHARES, number] = counts[FLAGGED] / counts[POSTS]
        shares[RATE, number] = 100 * reports / counts[POSTS]


@inlined
def _note_post(table: Table, place: np.int64, leads: bool, copied: bool, own: np.uint64) -> None:
    """Counts a post, and keeps the hash of its text if that is its own."""
    table[place, TODAY + POSTS] += 1
    table[place, TODAY + LINKS] += leads
    table[place, TODAY + COPIES] += copied
    if own != U(0):
        table[place, TEXTS + (table[place, NEXT] & (TEXTS_KEPT - 1))] = np.int64(own)
        table[place, NEXT] += 1


@inlined
def _growth(moment: np.int64, joins: np.int64, joins_before: np.int32) -> float:
    """Gives how joins in an hour of the last hour or two compare with those of a day or two."""
    lately = 1 + moment % HOUR_MS / HOUR_MS
    hours = 24 + moment % DAY_MS / HOUR_MS
    return (joins / lately) / (joins_before / hours)


@inlined
def _remember_admin(table: Table, place: np.int64, account: np.int64) -> None:
    for at in range(ADMIN, ADMIN + ADMINS_KEPT):
        if table[place, at] == account:
            break
        if table[place, at] == 0:
            table[place, at] = account
            break


@inlined
def _signs(
    table: Table, place: np.int64, counts: NDArray[np.int32], reports: int, admins: Table
) -> int:
    """Gives what speaks against a channel, as bits."""
    signs = 0
    if counts[COPIES] >= COPIES_MIN and counts[COPIES] * COPIES_SHARE >= counts[POSTS]:
        signs |= 1
    for at in range(ADMIN, ADMIN + ADMINS_KEPT):
        if _holds(admins, U(table[place, at])):
            signs |= 2
    if counts[LINKS] >= BLOCKED_LINKS_MIN:
        signs |= 4
    if counts[POSTS] >= POSTS_MIN and counts[FLAGGED] >= FLAGGED_SHARE * counts[POSTS]:
        signs |= 8
    if reports >= REPORTS_MIN:
        signs |= 16
    return signs


@kernel
def _flag(keys: Hashes, table: Table) -> None:
    """Counts a flagged post of each channel that is remembered. Stays inside the table."""
    for number in range(keys.shape[0]):
        key = np.int64(keys[number])
        row = table[place_of(table, key, mix(keys[number]))]
        if key != 0 and row[KEY] == key:
            row[TODAY + FLAGGED] += 1


@kernel
def _learn(blocked: Hashes, moment: np.int64, table: Table, contents: Table, admins: Table) -> None:
    """Keeps texts and admins of blocked channels that are remembered. Stays inside the tables."""
    for number in range(blocked.shape[0]):
        key = np.int64(blocked[number])
        row = table[place_of(table, key, mix(blocked[number]))]
        if row[KEY] != key:
            continue
        for place in range(ADMIN, WORDS):
            value = row[place]
            kept = admins if place < TEXTS else contents
            if value != 0:
                one = kept[place_of(kept, value, mix(U(value)))]
                one[KEY], one[SEEN], one[OWNER] = value, moment, key


@kernel
def _put(rows: Table, kept: Table) -> None:
    """Puts rows into a table that is empty. Stays inside: a place is below its length."""
    for number in range(rows.shape[0]):
        key = rows[number, KEY]
        kept[place_of(kept, key, mix(U(key)))] = rows[number]


@dataclass(frozen=True, slots=True)
class Happenings:
    """What a batch says of its channels.

    channels   a key per row; 0 where there is none, or nothing may be counted
    leads      rows with a link to a blocked channel
    texts      a hash of each row's text, the same for nearly the same; 0: none, or not to be read
    own        rows whose text nobody else posted lately, and that were not forwarded
    reports    reports of the last seven days about each row's channel
    """

    channels: Hashes
    accounts: Hashes
    times: Milliseconds
    joined: Mask
    posted: Mask
    published: Mask
    leads: Mask
    texts: Hashes
    own: Mask
    reports: NDArray[np.int32]


def _table(places: int, words: int) -> Table:
    return np.zeros((places, words), np.int64)


@dataclass(slots=True)
class ChannelHabits:
    """Remembers channels; one per door, not safe for two threads at once."""

    table: Table = field(default_factory=lambda: _table(CHANNELS, WORDS))
    contents: Table = field(default_factory=lambda: _table(CONTENTS, OWNED_WORDS))
    admins: Table = field(default_factory=lambda: _table(ADMINS, OWNED_WORDS))
    _blocked: frozenset[int] = frozenset()

    def know_blocked(self, blocked: frozenset[int], *, at_ms: int) -> None:
        """Learns from channels that are blocked now, and forgets those that no longer are."""
        if blocked is self._blocked or blocked == self._blocked:
            return
        keys = np.array(sorted(blocked), np.uint64)
        for kept in (self.contents, self.admins):
            still = kept[np.isin(kept[:, OWNER], keys.view(np.int64))]
            if len(still) < np.count_nonzero(kept[:, KEY]):
                kept[:] = 0
                _put(still, kept)
        _learn(keys, np.int64(at_ms), self.table, self.contents, self.admins)
        self._blocked = blocked

    def warm_up(self) -> None:
        """Runs the kernels that are needed when a channel is flagged, blocked or freed."""
        self.flag(np.zeros(1, np.uint64))
        self.know_blocked(frozenset({0}), at_ms=0)
        _put(self.admins[:0], self.admins)

    def flag(self, channels: Hashes) -> None:
        """Counts posts of these channels that were flagged."""
        _flag(channels, self.table)

    def columns(self, happenings: Happenings) -> Mapping[str, Values]:
        """Counts the rows in and gives what is known of their channels."""
        rows, one = len(happenings.channels), happenings
        out = np.zeros((COUNTS + 2, rows), np.int32)
        shares = np.zeros((3, rows))
        truths = np.zeros((4, rows), np.bool_)
        _note(
            one.channels, one.accounts, one.times, one.joined, one.posted, one.published,
            one.leads, one.texts, one.own, one.reports,
            self.table, self.contents, self.admins, bool(self._blocked), out, shares, truths,
        )  # fmt: skip
        known, enough, signs = one.channels != 0, truths[SHARES], out[COUNTS + 1]
        return {
            "channel_joins_1h": Values(out[COUNTS], known),
            "channel_joins_1d": Values(out[JOINS], known),
            "channel_growth": Values(shares[GROWTH], truths[GROWTH]),
            "channel_flagged_share": Values(shares[SHARES], enough),
            "channel_report_rate": Values(shares[RATE], enough),
            "channel_blocked_links": Values(out[LINKS], known),
            "channel_copies": Values(out[COPIES], known),
            "channel_recreated": Values(truths[AGAIN], known),
            "channel_signs": Values(signs, signs != 0, SIGN_WORDS),
            "channel_news": Values(truths[NEWS], known),
        }
