"""Paging whoever is on duty, through any channel that the operator names (the library apprise).

A page is a small file in `EVENHAND_HOME/pages` from the moment it is asked for until it was sent:
web and worker may ask, the worker sends. What fails is tried again after a pause that grows;
the first failure, the success and the giving up are each a record of kind `paged`.

The channels stand in the file EVENHAND_PAGER_URLS, one address of apprise's form a line. These
addresses are secrets; neither logs nor records hold them.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog
from django.db import transaction

from evenhand.base.clock import now as moment_now
from evenhand.base.errors import Misconfigured
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_missing

log = structlog.get_logger()

PAGE_CHARACTERS_MAX = 1_000
"""Characters of a page: what a telephone shows, and a link."""

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 2.0, 120.0
"""Seconds until a page that failed is tried again: doubled each time."""

TRIED_FOR = timedelta(hours=24)
"""For which a page is tried: after a day somebody has looked at the queue."""

SENT_KEPT = timedelta(days=30)
"""For which the keys of pages that were sent are remembered, so that none is sent twice."""

TITLE, TITLE_URGENT = "Evenhand", "Evenhand: urgent"


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one attempt: channels that took the page, and that did not."""

    took: int
    failed: int


class Channels(Protocol):
    """Whoever carries a page to people."""

    def send(self, text: str, *, urgent: bool) -> Said:
        """Sends a page through every channel, and gives what came of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page that waits to be sent; `ids` are of its records: failed first, settled."""

    key: UUID
    text: str
    urgent: bool
    asked_at: datetime
    ids: tuple[UUID, UUID]
    attempts: int = 0
    next_at: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Gives the page as its file holds it."""
        return {
            "key": str(self.key),
            "text": self.text,
            "urgent": self.urgent,
            "asked_at": self.asked_at.isoformat(),
            "ids": [str(one) for one in self.ids],
            "attempts": self.attempts,
            "next_at": self.next_at.isoformat() if self.next_at else None,
        }

    @classmethod
    def of(cls, value: Mapping[str, object]) -> "Page":
        """Gives the page that a file describes."""
        ids = value["ids"]
        assert isinstance(ids, list)
        following = value["next_at"]
        return cls(
            key=UUID(str(value["key"])),
            text=str(value["text"]),
            urgent=value["urgent"] is True,
            asked_at=datetime.fromisoformat(str(value["asked_at"])),
            ids=(UUID(ids[0]), UUID(ids[1])),
            attempts=int(str(value["attempts"])),
            next_at=datetime.fromisoformat(str(following)) if following else None,
        )


class PageFolder:
    """The port `Pager`: keeps pages as files until they are sent."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = moment_now) -> None:
        self._folder = folder
        self._clock = clock

    def page(self, text: str, *, urgent: bool, key: UUID) -> None:
        """Keeps a page durably; the same key again is the same page."""
        if self._path(key).exists() or self._sent(key).exists():
            return
        now = self._clock()
        short = " ".join(text.split())[:PAGE_CHARACTERS_MAX]
        self.keep(Page(key, short, urgent, now, (new_id(now=now), new_id(now=now))))

    def keep(self, page: Page) -> None:
        """Writes a page's file whole and onto the disk."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(page.key)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.touch(mode=0o600)
        with partial.open("wb") as file:
            file.write(json.dumps(page.as_json()).encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def due(self, *, now: datetime) -> list[Page]:
        """Gives the pages to be sent now, urgent ones first, then the oldest."""
        pages = [page for path in self._folder.glob("*.page") if (page := _read(path))]
        due = [page for page in pages if page.next_at is None or page.next_at <= now]
        return sorted(due, key=lambda page: (not page.urgent, page.asked_at))

    def settle(self, page: Page) -> None:
        """Takes a page away, and remembers its key."""
        self._sent(page.key).touch(mode=0o600)
        self._path(page.key).unlink(missing_ok=True)

    def forget_old(self, *, now: datetime) -> None:
        """Forgets the keys of pages that were sent long ago."""
        for path in self._folder.glob("*.sent"):
            if path.stat().st_mtime < (now - SENT_KEPT).timestamp():
                path.unlink(missing_ok=True)

    def _path(self, key: UUID) -> Path:
        return self._folder / f"{key}.page"

    def _sent(self, key: UUID) -> Path:
        return self._folder / f"{key}.sent"


class AppriseChannels:
    """The operator's channels, read again when their file changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = 0
        self._servers: Sequence[object] = ()

    def send(self, text: str, *, urgent: bool) -> Said:
        """Sends a page through every channel, each by itself: one that fails hinders no other."""
        import apprise

        took = failed = 0
        for server in self._channels():
            try:
                done = server.notify(  # type: ignore[attr-defined]  # apprise has no types
                    body=text,
                    title=TITLE_URGENT if urgent else TITLE,
                    notify_type=apprise.NotifyType.FAILURE if urgent else apprise.NotifyType.INFO,
                )
            except Exception as error:  # noqa: BLE001  a hundred plugins, each with its own errors
                log.warning("page_channel_broken", error=type(error).__name__)
                done = False
            took, failed = (took + 1, failed) if done else (took, failed + 1)
        return Said(took, failed)

    def _channels(self) -> Sequence[object]:
        import apprise

        try:
            changed = self._file.stat().st_mtime_ns
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise Misconfigured(setting="EVENHAND_PAGER_URLS", why="not readable") from error
        if changed == self._read_at:
            return self._servers
        # Kept in memory alone: by default the library writes states into the user's home.
        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
        found = apprise.Apprise(asset=asset)
        urls = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        for number, url in enumerate(urls, start=1):
            if not found.add(url):
                raise Misconfigured(setting="EVENHAND_PAGER_URLS", channel=number, why="unknown")
        self._servers, self._read_at = list(found), changed
        return self._servers


class NoChannels:
    """Where the operator named no channel: nobody is told, and that is on the record."""

    def send(self, text: str, *, urgent: bool) -> Said:  # noqa: ARG002
        """Sends nothing."""
        return Said(0, 0)


def send_pages(pages: PageFolder, channels: Channels, *, now: datetime) -> int:
    """Sends what is due and records what came of it; gives how many pages were settled."""
    settled = 0
    for page in pages.due(now=now):
        said = _sent(channels, page)
        over = said.took > 0 or said.failed == 0 or now - page.asked_at > TRIED_FOR
        tried = replace(page, attempts=page.attempts + 1, next_at=now + _pause(page.attempts))
        if over or page.attempts == 0:
            _record(tried, said, settled=over, now=now)
        if over:
            pages.settle(tried)
            settled += 1
        else:
            log.warning("page_failed", page=str(page.key), attempts=tried.attempts)
            pages.keep(tried)
    pages.forget_old(now=now)
    return settled


def _sent(channels: Channels, page: Page) -> Said:
    try:
        return channels.send(page.text, urgent=page.urgent)
    except Misconfigured as error:
        log.error("page_channels_wrong", **error.fields)  # noqa: TRY400  its fields say it all
        return Said(0, 1)


def _record(page: Page, said: Said, *, settled: bool, now: datetime) -> None:
    """Writes what came of a page; its id was chosen when it was asked for, so once is once."""
    waited = (now - page.asked_at) // timedelta(milliseconds=1)
    with transaction.atomic():
        append_missing(
            [
                NewRecord(
                    id=page.ids[1] if settled else page.ids[0],
                    at=now,
                    kind=RecordKind.PAGED,
                    subject=page.key,
                    milliseconds=waited,
                    body={
                        "sent": said.took > 0,
                        "channels": said.took,
                        "channels_failed": said.failed,
                        "attempts": page.attempts,
                        "urgent": page.urgent,
                    },
                )
            ]
        )


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=min(PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN * 2.0 ** min(attempts, 10)))


def _read(path: Path) -> Page | None:
    try:
        return Page.of(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, AssertionError, IndexError) as error:
        log.error("page_unreadable", page=path.stem, why=type(error).__name__)  # noqa: TRY400
        return None
