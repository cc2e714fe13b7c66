"""The door's local journal: what it refused or flagged, on disk before the answer goes out.

Encrypted, append-only segment files. The door is the only writer (a file lock sees to it), the
worker the only reader. A frame is `magic, length, CRC-32, locked JSON`; one frame carries the
entries of one `submit`. Writers never append to a segment that an earlier process began, so a torn
tail can only be the end of a segment, and everything acknowledged stands before it.
"""

import fcntl
import json
import os
import queue
import re
import struct
import threading
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import assert_never
from uuid import UUID

from evenhand.base.errors import InputRefused, Misconfigured, Unavailable
from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.base.sealing import lock, unlock
from evenhand.verdicts.schema import RuleHit, Verdict

MAGIC = b"EHJ1"
_FRAME = struct.Struct("<4sII")
_SEGMENT = re.compile(r"segment-(\d{12})\.journal")


class JournalUnavailable(Unavailable):
    """The journal is full or cannot be written."""

    remedy = "Free disk space, start the worker that drains the journal, or raise its limit."


class Answered(StrEnum):
    """What the messenger was told about an event."""

    REFUSED = "refused"
    PASSED = "passed"


class Counter(StrEnum):
    """What a counting entry counts."""

    SCREENED = "screened"
    UNSCREENED = "unscreened"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Which event it was; what was written in it is only in the sealed content.

    media   the messenger's own ids of the files attached, for actions on them
    hashes  what is known of those files, as `sha256:…`, `sha1:…` or `md5:…` in hexadecimal
    """

    event_id: str
    kind: EventKind
    time: datetime
    channel_kind: ChannelKind
    account: str = ""
    account_created: datetime | None = None
    channel: str = ""
    territory: str = ""
    language: str = ""
    media: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlaggedEntry:
    """An event that the screening flagged.

    id            the decision id that the sender was shown (UUIDv7)
    answered      REFUSED: the event does not exist at the messenger. PASSED: it does, or may; a
                  verdict that proposes to refuse then came too late (found after an outage)
    content       the event as JSON, sealed to the evidence key
    milliseconds  from the request's arrival to the verdict
    """

    id: UUID
    at: datetime
    event: EventFacts
    verdict: Verdict
    answered: Answered
    content: bytes
    market: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class CountedEntry:
    """How many events of a channel kind were screened in an hour, or why some were not.

    hour    the beginning of the hour, UTC
    reason  empty for screened; else a constant name such as `journal`, `overload`, `failure`
    """

    id: UUID
    hour: datetime
    counter: Counter
    channel_kind: ChannelKind
    reason: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ShadowEntry:
    """How often a version of a rule would have fired in an hour, while nothing follows from it."""

    id: UUID
    hour: datetime
    rule: str
    version: str
    market: str
    channel_kind: ChannelKind
    quantity: int


Entry = FlaggedEntry | CountedEntry | ShadowEntry


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """How large the journal may grow.

    segment_bytes  a new segment begins after this many bytes
    total_bytes    all segments together; beyond it the journal is full
    """

    segment_bytes: int = 16 * 2**20
    total_bytes: int = 2**30


@dataclass(frozen=True, slots=True)
class Position:
    """How far the reader got: everything before `offset` of `segment` is drained."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Drained:
    """Entries read, in order, and where to go on once they are stored.

    skipped_bytes  bytes of torn or damaged frames passed over on the way
    """

    entries: tuple[Entry, ...]
    position: Position
    skipped_bytes: int = 0


class JournalWriter:
    """Appends entries; an append returns after the disk has them."""

    def __init__(self, folder: Path, key: bytes, limits: JournalLimits | None = None) -> None:
        self._folder = folder
        self._key = key
        self._limits = limits or JournalLimits()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = _locked_alone(folder / "writer.lock")
        self._segment: _Segment | None = None
        self._closed = False
        self._number = max(_segments(folder), default=_read_cursor(folder).segment)
        self._held_bytes = _total_bytes(folder)
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def size_bytes(self) -> int:
        """Gives the size of what is not drained yet, with what of its segments is."""
        return _total_bytes(self._folder)

    def append(self, entries: Sequence[Entry]) -> None:
        """Puts entries on disk, or raises `JournalUnavailable`; blocks until they are there."""
        self.submit(entries).result()

    def submit(self, entries: Sequence[Entry]) -> "Future[None]":
        """Gives a future that is done once the entries are on disk.

        A future that is cancelled before its turn is not written.
        """
        assert not self._closed, "a closed journal takes nothing"
        future: Future[None] = Future()
        self._waiting.put(_Waiting(_framed(entries, self._key), future))
        return future

    def close(self) -> None:
        """Writes what waits and gives the folder free for another writer."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._lock_file.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, ended = self._group(first)
            self._commit(group)
            self._look_at_folder()
            if ended:
                break
        if self._segment is not None:
            self._segment.close()

    def _group(self, first: "_Waiting") -> tuple[list["_Waiting"], bool]:
        """Gives everything that waits now: one fsync answers them all."""
        group = [first]
        while True:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return group, False
            if item is None:
                return group, True
            group.append(item)

    def _commit(self, waiting_for_disk: list["_Waiting"]) -> None:
        group = [one for one in waiting_for_disk if one.future.set_running_or_notify_cancel()]
        frames = b"".join(waiting.frame for waiting in group)
        try:
            self._write(frames)
        except OSError as error:
            self._abandon_segment()
            for waiting in group:
                waiting.future.set_exception(JournalUnavailable(why=_why(error)))
        else:
            for waiting in group:
                waiting.future.set_result(None)

    def _write(self, frames: bytes) -> None:
        bytes_max = self._limits.total_bytes - len(frames)
        # Others only take away: what there was at the last look is the most that there can be.
        if self._held_bytes > bytes_max and _total_bytes(self._folder) > bytes_max:
            raise OSError(28, "journal full")
        if self._segment is None or self._segment.size_bytes >= self._limits.segment_bytes:
            self._begin_segment()
        assert self._segment is not None
        self._segment.write(frames)

    def _look_at_folder(self) -> None:
        """Sees how much is there; nobody waits meanwhile for what was written.

        Where the folder is gone, the next frame does not follow the others there.
        """
        try:
            self._held_bytes = _total_bytes(self._folder)
        except OSError:
            self._abandon_segment()

    def _begin_segment(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._number += 1
        self._segment = _Segment.begun(_path(self._folder, self._number))

    def _abandon_segment(self) -> None:
        """Leaves a segment that could not be written; what is unacknowledged is cut off."""
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None


class JournalReader:
    """Reads what the writer put on disk, in order, and remembers durably how far it got."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read(self, entries_max: int = 500) -> Drained:
        """Gives the next entries after the committed position; none if nothing waits.

        The same entries come again until `commit`; a frame is never split, so a few more than
        `entries_max` may come.
        """
        position = _read_cursor(self._folder)
        # Listed before any content is read: a segment that another follows is complete.
        numbers = [n for n in _segments(self._folder) if n >= position.segment]
        entries: list[Entry] = []
        skipped_bytes = 0
        for number in numbers:
            if number > position.segment:
                position = Position(number, 0)
            content = _content_from(_path(self._folder, number), position.offset)
            begun_at, read_bytes = position.offset, 0
            for found in _frames(content, self._key):
                entries.extend(found.entries)
                skipped_bytes += found.skipped_bytes
                read_bytes = found.end
                position = Position(number, begun_at + read_bytes)
                if len(entries) >= entries_max:
                    return Drained(tuple(entries), position, skipped_bytes)
            if number != numbers[-1]:
                skipped_bytes += len(content) - read_bytes
                position = Position(number + 1, 0)
        return Drained(tuple(entries), position, skipped_bytes)

    def commit(self, drained: Drained) -> None:
        """Remembers that these entries are stored, and deletes segments that are fully drained."""
        _write_cursor(self._folder, drained.position)
        for number in _segments(self._folder):
            if number < drained.position.segment:
                _path(self._folder, number).unlink()


def entry_bytes(entry: Entry) -> bytes:
    """Gives an entry as JSON."""
    return json.dumps(_as_json(entry), ensure_ascii=False, separators=(",", ":")).encode()


def entry_of(content: bytes) -> Entry:
    """Gives the entry that `entry_bytes` wrote."""
    return _from_json(json.loads(content))


@dataclass(frozen=True, slots=True)
class _Waiting:
    frame: bytes
    future: "Future[None]"


@dataclass(frozen=True, slots=True)
class _Found:
    entries: list[Entry]
    end: int
    skipped_bytes: int


class _Segment:
    """One open segment file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.size_bytes = 0

    @classmethod
    def begun(cls, path: Path) -> "_Segment":
        """Creates the file, and makes its name durable."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        segment = cls(path, os.open(path, flags, 0o600))
        _sync_folder(path.parent)
        return segment

    def write(self, frames: bytes) -> None:
        """Appends frames and waits for the disk."""
        rest = memoryview(frames)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fdatasync(self._descriptor)
        self.size_bytes += len(frames)

    def abandon(self) -> None:
        """Cuts off what was not acknowledged, as far as the disk lets it, and closes."""
        try:
            os.ftruncate(self._descriptor, self.size_bytes)
        except OSError:
            # The tail stays: a reader then sees entries whose events passed, which reading the
            # messenger back finds out (the effect is not in force).
            self.close()
        else:
            self.close()

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)


def _framed(entries: Sequence[Entry], key: bytes) -> bytes:
    content = b"[" + b",".join(entry_bytes(entry) for entry in entries) + b"]"
    locked = lock(content, key=key)
    return _FRAME.pack(MAGIC, len(locked), zlib.crc32(locked)) + locked


def _content_from(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read()


def _frames(content: bytes, key: bytes) -> Iterator[_Found]:
    """Gives the frames in `content`; damage is passed over to the next frame that is whole."""
    at = kept = 0
    while at >= 0:
        entries = _frame_at(content, at, key)
        if entries is None:
            at = content.find(MAGIC, at + 1)
            continue
        end = at + _FRAME.size + _FRAME.unpack_from(content, at)[1]
        yield _Found(entries, end, at - kept)
        at = kept = end


def _frame_at(content: bytes, at: int, key: bytes) -> list[Entry] | None:
    if len(content) < at + _FRAME.size:
        return None
    magic, length, checksum = _FRAME.unpack_from(content, at)
    locked = content[at + _FRAME.size : at + _FRAME.size + length]
    if magic != MAGIC or len(locked) < length or zlib.crc32(locked) != checksum:
        return None
    try:
        return [_from_json(value) for value in json.loads(unlock(locked, key=key))]
    except InputRefused:
        return None


def _as_json(entry: Entry) -> dict[str, object]:
    match entry:
        case FlaggedEntry():
            return {
                "entry": "flagged",
                "id": str(entry.id),
                "at": entry.at.isoformat(),
                "event": _facts_json(entry.event),
                "verdict": _verdict_json(entry.verdict),
                "answered": entry.answered.value,
                "content": b64encode(entry.content).decode(),
                "market": entry.market,
                "milliseconds": entry.milliseconds,
            }
        case CountedEntry():
            return {
                "entry": "counted",
                "id": str(entry.id),
                "hour": entry.hour.isoformat(),
                "counter": entry.counter.value,
                "channel_kind": entry.channel_kind.value,
                "reason": entry.reason,
                "quantity": entry.quantity,
            }
        case ShadowEntry():
            return {
                "entry": "shadow",
                "id": str(entry.id),
                "hour": entry.hour.isoformat(),
                "rule": entry.rule,
                "version": entry.version,
                "market": entry.market,
                "channel_kind": entry.channel_kind.value,
                "quantity": entry.quantity,
            }
        case _:
            assert_never(entry)


def _facts_json(facts: EventFacts) -> dict[str, object]:
    created = facts.account_created
    return {
        "event_id": facts.event_id,
        "kind": facts.kind.value,
        "time": facts.time.isoformat(),
        "channel_kind": facts.channel_kind.value,
        "account": facts.account,
        "account_created": created.isoformat() if created else None,
        "channel": facts.channel,
        "territory": facts.territory,
        "language": facts.language,
        "media": list(facts.media),
        "hashes": list(facts.hashes),
    }


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    return {
        "event_id": verdict.event_id,
        "harm": verdict.harm,
        "severity": verdict.severity,
        "score": verdict.score,
        "rules": [[hit.id, hit.version] for hit in verdict.rules],
        "action": verdict.action.value,
        "exact": verdict.exact,
        "language": verdict.language,
        "reason": verdict.reason,
        "over_budget": verdict.over_budget,
        "noticed": [[name, value] for name, value in verdict.noticed],
    }


def _from_json(value: dict[str, object]) -> Entry:
    if value["entry"] == "flagged":
        return _flagged_from(value)
    if value["entry"] == "shadow":
        return ShadowEntry(
            id=UUID(str(value["id"])),
            hour=_moment(value["hour"]),
            rule=str(value["rule"]),
            version=str(value["version"]),
            market=str(value["market"]),
            channel_kind=ChannelKind(str(value["channel_kind"])),
            quantity=int(str(value["quantity"])),
        )
    assert value["entry"] == "counted"
    return CountedEntry(
        id=UUID(str(value["id"])),
        hour=_moment(value["hour"]),
        counter=Counter(str(value["counter"])),
        channel_kind=ChannelKind(str(value["channel_kind"])),
        reason=str(value["reason"]),
        quantity=int(str(value["quantity"])),
    )


def _flagged_from(value: dict[str, object]) -> FlaggedEntry:
    event, verdict = value["event"], value["verdict"]
    assert isinstance(event, dict)
    assert isinstance(verdict, dict)
    return FlaggedEntry(
        id=UUID(str(value["id"])),
        at=_moment(value["at"]),
        event=_facts_from(event),
        verdict=_verdict_from(verdict),
        answered=Answered(str(value["answered"])),
        content=b64decode(str(value["content"])),
        market=str(value["market"]),
        milliseconds=int(str(value["milliseconds"])),
    )


def _facts_from(value: dict[str, object]) -> EventFacts:
    created, media = value["account_created"], value["media"]
    hashes = value.get("hashes", [])  # a segment of an earlier version has none
    assert isinstance(media, list)
    assert isinstance(hashes, list)
    return EventFacts(
        event_id=str(value["event_id"]),
        kind=EventKind(str(value["kind"])),
        time=_moment(value["time"]),
        channel_kind=ChannelKind(str(value["channel_kind"])),
        account=str(value["account"]),
        account_created=None if created is None else _moment(created),
        channel=str(value["channel"]),
        territory=str(value["territory"]),
        language=str(value["language"]),
        media=tuple(str(item) for item in media),
        hashes=tuple(str(item) for item in hashes),
    )


def _verdict_from(value: dict[str, object]) -> Verdict:
    rules, language = value["rules"], value["language"]
    noticed = value.get("noticed", [])  # an earlier version wrote none
    assert isinstance(rules, list)
    assert isinstance(noticed, list)
    return Verdict(
        event_id=str(value["event_id"]),
        harm=str(value["harm"]),
        severity=int(str(value["severity"])),
        score=float(str(value["score"])),
        rules=tuple(RuleHit(id=str(hit[0]), version=str(hit[1])) for hit in rules),
        action=ActionKind(str(value["action"])),
        exact=value["exact"] is True,
        language=None if language is None else str(language),
        reason=str(value["reason"]),
        over_budget=value.get("over_budget") is True,  # an earlier version wrote none
        noticed=tuple((str(name), seen) for name, seen in noticed),
    )


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def _path(folder: Path, number: int) -> Path:
    return folder / f"segment-{number:012d}.journal"


def _segments(folder: Path) -> list[int]:
    found = (_SEGMENT.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def _total_bytes(folder: Path) -> int:
    total_bytes = 0
    with os.scandir(folder) as files:
        for file in files:
            if _SEGMENT.fullmatch(file.name):
                try:
                    total_bytes += file.stat().st_size
                except FileNotFoundError:
                    continue  # the reader deleted it between the listing and the look
    return total_bytes


def _read_cursor(folder: Path) -> Position:
    try:
        value = json.loads((folder / "cursor.json").read_bytes())
    except FileNotFoundError:
        return Position(0, 0)
    return Position(segment=int(value["segment"]), offset=int(value["offset"]))


def _write_cursor(folder: Path, position: Position) -> None:
    partial = folder / "cursor.partial"
    with partial.open("wb") as file:
        content = {"segment": position.segment, "offset": position.offset}
        file.write(json.dumps(content).encode())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / "cursor.json")
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _locked_alone(path: Path) -> "_LockFile":
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Misconfigured(setting="journal", why="another door writes this folder") from error
    return _LockFile(descriptor)


@dataclass(frozen=True, slots=True)
class _LockFile:
    descriptor: int

    def close(self) -> None:
        """Gives the lock free."""
        os.close(self.descriptor)


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "not writable"
