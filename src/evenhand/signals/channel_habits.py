"""What happens in a channel: growth, what of it is flagged, where it leads, and whom it resembles.

One row of a table of fixed size for each channel; the channel that was quiet longest makes room.
When a channel is blocked, hashes of its last own texts and of who published it are kept as long as
it is blocked, so that it is found again under another name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.signals.counting import (
    AHEAD,
    KEY,
    LOWER,
    NEW,
    SEEN,
    Mask,
    Milliseconds,
    Table,
    Words,
    emptied,
    fetch_lines,
    heads,
    in_lines,
    place_of,
    seat_block,
    seat_of,
)
from evenhand.signals.hashing import Hashes, mix
from evenhand.signals.table import Values

BLOCKED_CHANNELS = "blocked_channels"
"""The domain list that names the addresses of blocked channels; the worker writes it."""

FED_BY_VERDICTS = frozenset({"channel_flagged_share", "channel_signs", "channel_news"})
"""Columns that say what rules flagged: what looks at them does not count as flagged itself."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

CHANNELS = 1 << 15
"""Channels remembered: 9 MB."""

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

JOINS, POSTS, FLAGGED, LINKS, COPIES, COUNTS = range(6)
JOINS_HOUR, SIGNS, NEXT, WORDS = 5, 6, 7, 8
"""Words of a channel: a line of memory. A count has its day in the lower half and the day before
in the upper one, or hours; signs have the number of admins that are kept in the upper half."""

ADMINS_KEPT, TEXTS_KEPT = 4, 16
TEXTS, KEPT = ADMINS_KEPT, 24
"""Words in which the admins of a channel are kept, and hashes of its texts: three lines."""

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
def _later(cell: np.int64, steps: np.int64) -> np.int64:
    """Gives a count some days or hours later; what is older than the one before goes."""
    return (cell & LOWER) << 32 if steps == 1 else np.int64(0)


@inlined
def _both(cell: np.int64) -> np.int64:
    """Gives what was counted, in both halves."""
    return (cell & LOWER) + (cell >> 32)


@inlined
def _move_on(table: Words, at: np.uint64, last: np.int64, hour: np.int64) -> None:
    """Moves a channel on to a later hour, and its day; it is there."""
    hour_before = last // HOUR_MS
    table[at + U(JOINS_HOUR)] = _later(table[at + U(JOINS_HOUR)], hour - hour_before)
    days = hour // 24 - hour_before // 24
    if days > 0:
        for count in range(COUNTS):
            table[at + U(count)] = _later(table[at + U(count)], days)
        table[at + U(SIGNS)] &= ~LOWER


@inlined
def _holds(table: Table, value: np.uint64) -> bool:
    """Tells whether a table has a key; 0 is none."""
    key = np.int64(value)
    return key != 0 and bool(table[place_of(table, key, mix(value)), KEY] == key)


@borrowing_kernel
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
    heads: Words,
    table: Words,
    kept: Words,
    contents: Table,
    admins: Table,
    compares: bool,
    lines: Hashes,
    found: Milliseconds,
    out: NDArray[np.int32],
    shares: NDArray[np.float64],
    truths: Mask,
) -> None:
    """Notes each row and gives what is known of its channel then.

    compares  whether anything is known of blocked channels
    lines     for each key of a block where its line begins; found: its place, when it was seen
    out       counts of a day or two, joins of an hour or two, signs: a row for each
    shares    growth, share of flagged posts, reports for 100 posts
    truths    which of these are known, whether it is there again, whether a sign is new today

    Stays inside: a place is one of the tables', the ring of texts wraps at TEXTS_KEPT, and the
    last three have a column for each of `keys`.
    """
    hour = np.int64(0)
    fetch_lines(keys, heads, lines)
    for block in range(0, keys.shape[0], AHEAD):
        seat_block(keys, 0, times, heads, table, WORDS, block, lines, found)
        for number in range(block, min(block + AHEAD, keys.shape[0])):
            place, last = found[0, number - block], found[1, number - block]
            if place < 0:
                continue
            at, behind, moment = U(place) * U(WORDS), U(place) * U(KEPT), times[number]
            if not 0 <= moment - hour * HOUR_MS < HOUR_MS:
                hour = moment // HOUR_MS
            if last == NEW:
                emptied(table, at, WORDS)
            elif last < hour * HOUR_MS:
                _move_on(table, at, last, hour)
            table[at + U(JOINS_HOUR)] += joined[number]
            table[at + U(JOINS)] += joined[number]
            if published[number] and accounts[number] != U(0):
                _remember_admin(table, at, kept, behind, np.int64(accounts[number]))
            if posted[number]:
                copied = compares and _holds(contents, texts[number])
                text = np.int64(texts[number]) if own[number] else np.int64(0)
                _note_post(table, at, kept, behind, leads[number], copied, text)
            signs = _signs(table, at, reports[number])
            if compares and _publisher_known(table, at, kept, behind, admins):
                signs |= 2
            _tell(table, at, number, moment, reports[number], out, shares, truths)
            out[COUNTS + 1, number] = signs
            truths[AGAIN, number] = signs & RECREATED != 0
            truths[NEWS, number] = signs & ~table[at + U(SIGNS)] != 0
            table[at + U(SIGNS)] |= signs


@inlined
def _tell(
    table: Words,
    at: np.uint64,
    number: int,
    moment: np.int64,
    reports: int,
    out: NDArray[np.int32],
    shares: NDArray[np.float64],
    truths: Mask,
) -> None:
    """Gives the counts, and growth and shares where there is enough to tell them by."""
    for count in range(COUNTS + 1):
        out[count, number] = _both(table[at + U(count)])
    joins, posts = out[JOINS, number], out[POSTS, number]
    if joins >= JOINS_MIN:
        truths[GROWTH, number] = True
        shares[GROWTH, number] = _growth(moment, _both(table[at + U(JOINS_HOUR)]), joins)
    if posts >= POSTS_MIN:
        truths[SHARES, number] = True
        shares[SHARES, number] = out[FLAGGED, number] / posts
        shares[RATE, number] = 100 * reports / posts


@inlined
def _note_post(
    table: Words,
    at: np.uint64,
    kept: Words,
    behind: np.uint64,
    leads: bool,
    copied: bool,
    own: np.int64,
) -> None:
    """Counts a post, and keeps the hash of its text if that is its own."""
    table[at + U(POSTS)] += 1
    table[at + U(LINKS)] += leads
    table[at + U(COPIES)] += copied
    if own != 0:
        kept[behind + U(TEXTS + (table[at + U(NEXT)] & (TEXTS_KEPT - 1)))] = own
        table[at + U(NEXT)] += 1


@inlined
def _growth(moment: np.int64, joins: np.int64, joins_before: np.int32) -> float:
    """Gives how joins in an hour of the last hour or two compare with those of a day or two."""
    lately = 1 + moment % HOUR_MS / HOUR_MS
    hours = 24 + moment % DAY_MS / HOUR_MS
    return (joins / lately) / (joins_before / hours)


@inlined
def _remember_admin(
    table: Words, at: np.uint64, kept: Words, behind: np.uint64, account: np.int64
) -> None:
    """Keeps who published a channel, unless that is known or there is no room."""
    count = table[at + U(SIGNS)] >> 32
    known = False
    for one in range(count):
        known |= kept[behind + U(one)] == account
    if not known and count < ADMINS_KEPT:
        kept[behind + U(count)] = account
        table[at + U(SIGNS)] += np.int64(1) << 32


@inlined
def _publisher_known(
    table: Words, at: np.uint64, kept: Words, behind: np.uint64, admins: Table
) -> bool:
    """Tells whether somebody published a channel who had published a blocked one."""
    known = False
    for one in range(table[at + U(SIGNS)] >> 32):
        known |= _holds(admins, U(kept[behind + U(one)]))
    return known


@inlined
def _signs(table: Words, at: np.uint64, reports: int) -> np.int64:
    """Gives what speaks against a channel, as bits, but for who published it."""
    posts, copies = _both(table[at + U(POSTS)]), _both(table[at + U(COPIES)])
    flagged = _both(table[at + U(FLAGGED)])
    signs = np.int64(copies >= COPIES_MIN and copies * COPIES_SHARE >= posts)
    signs |= np.int64(_both(table[at + U(LINKS)]) >= BLOCKED_LINKS_MIN) << 2
    signs |= np.int64(posts >= POSTS_MIN and flagged >= FLAGGED_SHARE * posts) << 3
    return signs | np.int64(reports >= REPORTS_MIN) << 4


@borrowing_kernel
def _flag(keys: Hashes, heads: Words, table: Words) -> None:
    """Counts a flagged post of each channel that is remembered. Stays inside the table."""
    for number in range(keys.shape[0]):
        place = seat_of(heads, keys[number]) if keys[number] != U(0) else np.int64(-1)
        if place >= 0:
            table[U(place) * U(WORDS) + U(FLAGGED)] += 1


@borrowing_kernel
def _learn(
    blocked: Hashes,
    moment: np.int64,
    heads: Words,
    table: Words,
    kept: Words,
    contents: Table,
    admins: Table,
) -> None:
    """Keeps texts and admins of blocked channels that are remembered. Stays inside the tables."""
    for number in range(blocked.shape[0]):
        key = np.int64(blocked[number])
        place = seat_of(heads, blocked[number]) if key != 0 else np.int64(-1)
        if place < 0:
            continue
        at, behind = U(place) * U(WORDS), U(place) * U(KEPT)
        for one in range(table[at + U(SIGNS)] >> 32):
            _own(admins, kept[behind + U(one)], moment, key)
        for one in range(min(table[at + U(NEXT)], TEXTS_KEPT)):
            _own(contents, kept[behind + U(TEXTS + one)], moment, key)


@inlined
def _own(owned: Table, value: np.int64, moment: np.int64, owner: np.int64) -> None:
    """Keeps a value of a channel that is blocked; the place is one of the table's."""
    place = place_of(owned, value, mix(U(value)))
    owned[place, KEY], owned[place, SEEN], owned[place, OWNER] = value, moment, owner


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

    heads: Words = field(default_factory=lambda: heads(CHANNELS))
    table: Words = field(default_factory=lambda: in_lines(CHANNELS * WORDS))
    kept: Words = field(default_factory=lambda: in_lines(CHANNELS * KEPT))
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
        _learn(
            keys, np.int64(at_ms), self.heads, self.table, self.kept, self.contents, self.admins
        )  # fmt: skip
        self._blocked = blocked

    def warm_up(self) -> None:
        """Runs the kernels that are needed when a channel is flagged, blocked or freed."""
        self.flag(np.zeros(1, np.uint64))
        self.know_blocked(frozenset({0}), at_ms=0)
        _put(self.admins[:0], self.admins)

    def flag(self, channels: Hashes) -> None:
        """Counts posts of these channels that were flagged."""
        _flag(channels, self.heads, self.table)

    def columns(self, happenings: Happenings) -> Mapping[str, Values]:
        """Counts the rows in and gives what is known of their channels."""
        rows, one = len(happenings.channels), happenings
        out = np.zeros((COUNTS + 2, rows), np.int32)
        shares = np.zeros((3, rows))
        truths = np.zeros((4, rows), np.bool_)
        _note(
            one.channels, one.accounts, one.times, one.joined, one.posted, one.published,
            one.leads, one.texts, one.own, one.reports,
            self.heads, self.table, self.kept, self.contents, self.admins, bool(self._blocked),
            np.zeros(AHEAD, np.uint64), np.zeros((2, AHEAD), np.int64), out, shares, truths,
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
