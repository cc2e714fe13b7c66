"""Pure: are many reports of one thing one hand's? Then they raise no priority.

It takes nothing from anybody: such a report is read like any other, and its case stays open. It
only cannot push itself before the others. Trusted flaggers and authorities are not asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from evenhand.base.sealing import keyed_hash
from evenhand.reports.lists import Mass

BURST_REPORTS = 10
"""Reports of one thing from different people within the window that make a burst."""

BURST_WINDOW = timedelta(minutes=10)
"""A call to report somebody is followed within minutes; what many saw is reported over hours."""

SHARED_REPORTS = 3
"""Reports of one thing from one network: a household is two, a third is a pattern."""

RECORD_REPORTS = 5
"""Answered reports before a record says something."""

RECORD_UNFOUNDED_SHARE = 0.8
"""Share of unfounded ones from which a record is poor: four of five were for nothing."""

ALIKE_REPORTS = 3
"""Reports of one thing in like words from different people: copied from a call."""

ALIKE_BITS_MAX = 6
"""Bits of 64 in which the hashes of like texts differ at most: a word or two was changed."""

WORDS_MIN = 6
"""Words from which likeness says something: many people write "this is spam"."""

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class SeenReport:
    """A report as it is compared: who, when, from where, in which words."""

    reporter: str
    at: datetime
    network: bytes = b""
    likeness: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What came of a reporter's earlier reports."""

    upheld: int = 0
    unfounded: int = 0


def masses(this: SeenReport, others: Sequence[SeenReport], record: Record) -> tuple[Mass, ...]:
    """Gives the signs that a report belongs to a mass of them; `others` are about the same."""
    by_others = [one for one in others if one.reporter != this.reporter]
    found = []
    if _people(one for one in by_others if _within_burst(this, one)) + 1 >= BURST_REPORTS:
        found.append(Mass.BURST)
    shared = [one for one in by_others if this.network and one.network == this.network]
    if _people(shared) + 1 >= SHARED_REPORTS:
        found.append(Mass.SHARED_ORIGIN)
    if is_poor(record):
        found.append(Mass.POOR_RECORD)
    if _people(one for one in by_others if _alike(this, one)) + 1 >= ALIKE_REPORTS:
        found.append(Mass.SAME_WORDS)
    return tuple(found)


def is_poor(record: Record) -> bool:
    """Tells whether most of somebody's reports were for nothing."""
    answered = record.upheld + record.unfounded
    return answered >= RECORD_REPORTS and record.unfounded >= RECORD_UNFOUNDED_SHARE * answered


def likeness_of(text: str, *, key: bytes) -> int | None:
    """Gives a hash of 64 bits, signed, that is alike for like texts; None for a few words.

    A sum of keyed hashes of pairs of words (Charikar 2002): without the key no text can be
    guessed from it.
    """
    words = _WORDS.findall(text.casefold())[:2_000]
    if len(words) < WORDS_MIN:
        return None
    sums = [0] * 64
    for pair in {f"{one} {two}" for one, two in pairwise(words)}:
        bits = int.from_bytes(keyed_hash(pair.encode(errors="surrogatepass"), key=key), "big")
        for place in range(64):
            sums[place] += 1 if bits >> place & 1 else -1
    value = sum(1 << place for place, total in enumerate(sums) if total > 0)
    return value - 2**64 if value >= 2**63 else value


def _people(reports: Iterable[SeenReport]) -> int:
    return len({one.reporter for one in reports})


def _within_burst(this: SeenReport, other: SeenReport) -> bool:
    return abs(this.at - other.at) <= BURST_WINDOW


def _alike(this: SeenReport, other: SeenReport) -> bool:
    if this.likeness is None or other.likeness is None:
        return False
    return ((this.likeness ^ other.likeness) & (2**64 - 1)).bit_count() <= ALIKE_BITS_MAX
