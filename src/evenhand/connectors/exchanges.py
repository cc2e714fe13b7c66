"""Reads exchanges of hashes through `threatexchange`: NCMEC, StopNCII, GIFCT and others.

Of `threatexchange` only the clients are used: its own exchanges import `pdqhash`, which has no
wheel. What comes is hashes alone; no exchange is sent anything but the wish to read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import requests
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECHashAPI
from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICaseStatus,
    StopNCIISignalType,
)
from threatexchange.exchanges.clients.techagainstterrorism.api import TATHashListAPI

from evenhand.base.errors import InputRefused, Unavailable
from evenhand.childsafety.checks import HASH_BYTES, FileHash
from evenhand.childsafety.limits import ENTRY_CHARACTERS_MAX
from evenhand.childsafety.lists import Algorithm
from evenhand.childsafety.ports import FeedEntry, FeedPage

NAMES: Mapping[str, Algorithm] = {
    "md5": Algorithm.MD5,
    "sha1": Algorithm.SHA1,
    "sha256": Algorithm.SHA256,
    "sha-256": Algorithm.SHA256,
    "pdq": Algorithm.PDQ,
}
"""What exchanges call the algorithms that can be matched here; others are passed over."""

SECONDS_MAX = 60.0
"""Seconds that an exchange may take for one page."""

_WITHDRAWN = (StopNCIICaseStatus.Withdrawn, StopNCIICaseStatus.Deleted)
_HARMLESS = "NON_MALICIOUS"
"""What ThreatExchange calls what its members found to be none."""


@dataclass(frozen=True, slots=True)
class NcmecFeed:
    """NCMEC's hash sharing; a span of time is read to its end, page by page, before the next.

    The cursor is `from|to|address of the next page`: the interface gives no order within a span,
    and a page's address is good for its own span alone.
    """

    client: NCMECHashAPI
    now: Callable[[], datetime]

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives pages from where the cursor stands to now."""
        begin, end, following = _span(cursor)
        end = end or int(self.now().timestamp())
        while True:
            answer = asked(
                partial(
                    self.client.get_entries,
                    start_timestamp=begin,
                    end_timestamp=end,
                    next_=following,
                )
            )
            following = answer.next
            entries = tuple(_ncmec_entry(update) for update in answer.updates)
            over = not following
            yield FeedPage(entries, cursor=f"{end}||" if over else f"{begin}|{end}|{following}")
            if over:
                return


@dataclass(frozen=True, slots=True)
class TerrorismFeed:
    """The hash list of Tech Against Terrorism, in the order of its changes."""

    client: TATHashListAPI

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives pages after the last change seen."""
        while True:
            answer = asked(partial(self.client.fetch_hashes, after=cursor))
            cursor = answer.checkpoint or cursor
            yield FeedPage(
                entries=tuple(
                    FeedEntry(
                        entry=str(one.id),
                        hashes=()
                        if one.deleted
                        else tuple(hashes_in({one.algorithm: one.hash_digest})),
                    )
                    for one in answer.results
                ),
                cursor=cursor,
            )
            if not answer.next:
                return


@dataclass(frozen=True, slots=True)
class IntimateImagesFeed:
    """StopNCII: hashes that people make of intimate pictures of themselves, on their own device.

    The cursor is `from|page`. The address of a page does not last: where it is no longer known,
    what changed since `from` is read anew, which gives the same entries.
    """

    client: StopNCIIAPI

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives pages from where the cursor stands."""
        begin, _, following = cursor.partition("|")
        since = int(begin or 0) or StopNCIIAPI.DEFAULT_START_TIME
        while True:
            fetch = partial(self.client.fetch_hashes, start_timestamp=since)
            try:
                answer = asked(partial(fetch, next_page=following))
            except Unavailable:
                if not following:
                    raise
                answer = asked(fetch)
            more = answer.hasMoreRecords and answer.nextPageToken
            since = since if more else answer.nextSetTimestamp
            following = answer.nextPageToken if more else ""
            yield FeedPage(
                entries=tuple(_intimate_entry(record) for record in answer.hashRecords),
                cursor=f"{since}|{following}",
            )
            if not more:
                return


class Exchange(ThreatExchangeAPI):
    """ThreatExchange, on which GIFCT's members share; read with a limit of time, from it alone."""

    def get_json_from_url(self, url: str, params: Any = None, **_: object) -> Any:
        """Gives the answer to one question; addresses of further pages are its own."""
        if not url.startswith(f"{self._base_url}/"):
            raise InputRefused(what="feed", why="the next page lies elsewhere")
        answer = requests.get(url, params=params or {}, timeout=SECONDS_MAX)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True, slots=True)
class GifctFeed:
    """GIFCT's hashes of terrorist material, shared in a privacy group of ThreatExchange.

    The cursor is the time of the last change seen: the address of a page holds the token.
    """

    client: ThreatExchangeAPI
    group: int

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives pages of changes since the cursor, in their order."""
        answer = self.client.get_threat_updates(
            self.group, start_time=int(cursor or 0), types=[f"HASH_{one.name}" for one in Algorithm]
        )
        while not answer.done:
            updates = asked(answer.next)
            page = asked(partial(_shared_page, updates, cursor))
            cursor = page.cursor
            yield page


def hashes_in(named: Mapping[object, object]) -> Iterator[FileHash]:
    """Gives those hashes that can be matched here; whatever else an exchange has is left."""
    for name, text in named.items():
        if not isinstance(name, str) or not isinstance(text, str):
            continue
        algorithm = NAMES.get(name.strip().lower())
        if algorithm is None:
            continue
        try:
            value = bytes.fromhex(text.strip())
        except ValueError:
            continue
        if len(value) == HASH_BYTES[algorithm]:
            yield FileHash(algorithm, value)


def asked(ask: Callable[[], Any]) -> Any:
    """Gives an exchange's answer; its clients raise whatever their parts raise."""
    try:
        return ask()
    except requests.RequestException as error:
        raise Unavailable(what="feed", why="the exchange does not answer") from error
    except Exception as error:
        raise Unavailable(what="feed", why="the exchange's answer cannot be read") from error


def _ncmec_entry(update: Any) -> FeedEntry:
    entry = f"{update.member_id}-{update.id}"[:ENTRY_CHARACTERS_MAX]
    return FeedEntry(entry, () if update.deleted else tuple(hashes_in(update.fingerprints)))


def _intimate_entry(record: Any) -> FeedEntry:
    held = record.signalType is StopNCIISignalType.ImagePDQ and record.hashStatus not in _WITHDRAWN
    hashes = tuple(hashes_in({Algorithm.PDQ: record.hashValue})) if held else ()
    return FeedEntry(str(record.hashValue)[:ENTRY_CHARACTERS_MAX], hashes)


def _shared_page(updates: Sequence[Mapping[str, Any]], cursor: str) -> FeedPage:
    latest = max([int(cursor or 0), *(int(one["last_updated"]) for one in updates)])
    return FeedPage(tuple(_shared_entry(one) for one in updates), str(latest))


def _shared_entry(update: Mapping[str, Any]) -> FeedEntry:
    gone = update.get("should_delete") or update.get("status") == _HARMLESS
    kind = str(update["type"]).removeprefix("HASH_")
    hashes = () if gone else tuple(hashes_in({kind: update["indicator"]}))
    return FeedEntry(str(update["id"]), hashes)


def _span(cursor: str) -> tuple[int, int, str]:
    begin, _, rest = cursor.partition("|")
    end, _, following = rest.partition("|")
    return int(begin or 0), int(end or 0), following
