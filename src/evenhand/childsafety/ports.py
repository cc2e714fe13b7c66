"""What child safety needs from outside: feeds of hashes, and the CyberTipline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from evenhand.base.errors import EvenhandError
from evenhand.childsafety.checks import FileHash
from evenhand.childsafety.lists import FeedKind


class TipRefused(EvenhandError):
    """The CyberTipline does not take a report as it is."""

    remedy = "Read its words, draft the report anew, and have it confirmed."


class ReportLapsed(EvenhandError):
    """The CyberTipline deleted a report that was opened and not finished in time."""

    remedy = "Open it anew."


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed as it is now; without hashes it was taken out."""

    entry: str
    hashes: tuple[FileHash, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of changes; `cursor` is where reading goes on once the page is kept.

    whole  True: the page is everything the feed holds, and what is not on it was taken out
    """

    entries: tuple[FeedEntry, ...]
    cursor: str
    whole: bool = False


class FeedSource(Protocol):
    """Who reads one feed."""

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives pages of changes since a cursor; empty reads from the beginning."""


FeedSources = Callable[[FeedKind, str, str], FeedSource]
"""Gives who reads a feed of this kind, name and place."""


class TipLine(Protocol):
    """The CyberTipline.

    Each method may raise `Unavailable` (try again), `TipRefused`, or `ReportLapsed` (open anew).
    """

    sandbox: bool

    def open_report(self, document: bytes) -> str:
        """Opens a report from its XML, and gives its number."""

    def finish(self, report_id: str) -> None:
        """Says that a report is complete; only then does it count. Twice is once."""
