"""What the door asks Synapse itself, where the module that asked did not say it.

Our module sends the facts of the channel and the account along. With synapse-http-antispam the
door asks the admin API within its budget; what is not known in time counts as private.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from evenhand.base.errors import EvenhandError
from evenhand.base.lists import ChannelKind
from evenhand.connectors.matrix.client import FileRead, MatrixClient
from evenhand.connectors.matrix.effects import media_parts
from evenhand.connectors.matrix.intake import Channel, FileHashes
from evenhand.connectors.matrix.limits import (
    ACCOUNTS_KEPT,
    CHANNEL_FACTS_SECONDS,
    CHANNELS_KEPT,
    LOOKUP_THREADS,
    MEDIA_AT_ONCE_MAX,
    MEDIA_JUDGED_WAITING_MAX,
    MEDIA_KEPT,
    MEDIA_LATE_SECONDS_MAX,
    MEDIA_READ_AGAIN_SECONDS,
    MEDIA_READ_BYTES_MAX,
    MEDIA_READ_SECONDS_MAX,
    MEDIA_READ_WAITING_MAX,
    MEDIA_STORED_SECONDS,
)
from evenhand.connectors.pictures import PictureReader, PictureUnreadable, Shown

log = structlog.get_logger()

Key = TypeVar("Key")
Value = TypeVar("Value")

Reading = tuple[str, bool]
"""Which file is read, and whether for a model to judge it, too."""


class Kept(Generic[Key, Value]):
    """The last values asked for, up to a number, each for some seconds."""

    def __init__(self, rows_max: int, *, seconds: float = float("inf")) -> None:
        self._rows_max = rows_max
        self._seconds = seconds
        self._rows: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key, *, at: float) -> Value | None:
        """Gives a value that is not too old."""
        row = self._rows.get(key)
        if row is None or at - row[0] > self._seconds:
            return None
        self._rows.move_to_end(key)
        return row[1]

    def put(self, key: Key, value: Value, *, at: float) -> None:
        """Keeps a value, and lets the oldest go where there are too many."""
        self._rows[key] = (at, value)
        self._rows.move_to_end(key)
        if len(self._rows) > self._rows_max:
            self._rows.popitem(last=False)

    def __contains__(self, key: Key) -> bool:
        return key in self._rows


class Lookup:
    """Facts of channels, accounts and files; `client` is None where Synapse is not to be asked.

    pictures  who hashes what pictures show; None where nobody does
    wanted    tells whether that matters at present: without a list of such hashes it does not
    judged    tells whether a model is to judge them at present: else no picture is read for that
    """

    def __init__(
        self,
        client: MatrixClient | None,
        *,
        pictures: PictureReader | None = None,
        wanted: Callable[[], bool] = lambda: True,
        judged: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._pictures = pictures
        self._wanted = wanted
        self._judged = judged
        self._pool = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")
        self._channels: Kept[str, Channel] = Kept(CHANNELS_KEPT, seconds=CHANNEL_FACTS_SECONDS)
        self._accounts: Kept[str, datetime] = Kept(ACCOUNTS_KEPT)
        self._media: Kept[str, FileHashes] = Kept(MEDIA_KEPT)
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="media")
        self._at_once = asyncio.Semaphore(MEDIA_AT_ONCE_MAX)
        self._one_judged = asyncio.Semaphore(1)
        self._being_read: dict[Reading, asyncio.Task[FileHashes | None]] = {}
        self._read_before: Kept[Reading, bool] = Kept(MEDIA_KEPT, seconds=MEDIA_READ_AGAIN_SECONDS)
        self._server = ""

    @property
    def server(self) -> str:
        """The homeserver's name, where it is known."""
        return self._server

    def learn_server(self, name: str) -> None:
        """Remembers the homeserver's name, as our module says it."""
        self._server = name

    def remember_channel(self, room: str, channel: Channel) -> None:
        """Remembers what our module said of a channel."""
        self._channels.put(room, channel, at=time.monotonic())

    def remember_account(self, account: str, created: datetime) -> None:
        """Remembers what our module said of an account."""
        self._accounts.put(account, created, at=time.monotonic())

    def remember_media(self, address: str, hashes: FileHashes) -> None:
        """Remembers the hashes of a file that was uploaded."""
        self._media.put(address, hashes, at=time.monotonic())

    async def channel(self, room: str) -> Channel:
        """Gives a channel's kind: private where it is not known in time."""
        known = self._channels.get(room, at=time.monotonic())
        if known is None:
            known = await self._ask(lambda client: channel_asked(client, room))
            if known is not None:
                self.remember_channel(room, known)
        return known or Channel()

    async def created(self, account: str) -> datetime | None:
        """Gives when an account was made, where it is known in time."""
        known = self._accounts.get(account, at=time.monotonic())
        if known is None:
            known = await self._ask(lambda client: client.account(account).created)
            if known is not None:
                self.remember_account(account, known)
        return known

    async def hashes(self, address: str, *, judge: bool = False) -> FileHashes | None:
        """Gives the hashes of a file, where they are known in time.

        Of a file whose upload nobody told the door, Synapse says the SHA-256 at once. The others
        are had by reading it: what is not done in a moment serves the next event that posts it.

        judge  a model may look at it; it does where that matters, and not at too many at once
        """
        known = self._media.get(address, at=time.monotonic())
        judge = judge and self._judges(known)
        if known is not None and self._suffices(known) and not judge:
            return known
        if known is None:
            sha256 = await self._ask(lambda client: client.sha256(*media_parts(address)))
            known = FileHashes(sha256) if sha256 is not None else None
            if known is not None:
                self.remember_media(address, known)
        return await self._read((address, judge)) or known

    async def read_soon(self, address: str) -> None:
        """Reads a picture that is just being uploaded, so that the event posting it finds it."""
        for seconds in MEDIA_STORED_SECONDS:
            await asyncio.sleep(seconds)
            known = self._media.get(address, at=time.monotonic())
            if known is not None and self._suffices(known):
                return
            reading = self._begun((address, False))
            if reading is None or await asyncio.shield(reading) is not None:
                return

    def wants_picture(self, hashes: FileHashes) -> bool:
        """Tells whether what a file shows is asked for and not known yet."""
        return self._client is not None and hashes.pdq is None and self._looks

    def is_read(self, address: str) -> bool:
        """Tells whether a file is being read at present."""
        return any(one == address for one, _ in self._being_read)

    async def read_through(self, addresses: Sequence[str]) -> None:
        """Waits until none of these files is being read any more, or for long enough."""
        going = [task for (one, _), task in self._being_read.items() if one in addresses]
        if going:
            await asyncio.wait(going, timeout=MEDIA_LATE_SECONDS_MAX)

    @property
    def _looks(self) -> bool:
        return self._pictures is not None and self._wanted()

    def _suffices(self, known: FileHashes) -> bool:
        return known.whole and (known.pdq is not None or not self._looks)

    def _judges(self, known: FileHashes | None) -> bool:
        """Tells whether a file is to be read now for a model to judge it."""
        if self._pictures is None or not self._judged():
            return False
        if known is not None and known.nudity is not None:
            return False
        if len(self._being_read) < MEDIA_JUDGED_WAITING_MAX:
            return True
        log.warning("picture_not_judged", why="too many wait")
        return False

    async def _read(self, file: Reading) -> FileHashes | None:
        """Reads a file for its hashes, beside all else; gives them if that takes but a moment."""
        reading = self._being_read.get(file)
        if reading is None and not self._read_before.get(file, at=time.monotonic()):
            self._read_before.put(file, True, at=time.monotonic())
            reading = self._begun(file)
        if reading is None:
            return None
        try:
            return await asyncio.wait_for(asyncio.shield(reading), MEDIA_READ_SECONDS_MAX)
        except TimeoutError:
            return self._media.get(file[0], at=time.monotonic())

    def _begun(self, file: Reading) -> "asyncio.Task[FileHashes | None] | None":
        """Gives the reading of a file, begun now if it was not; None where too many wait."""
        client, going = self._client, self._being_read.get(file)
        if going is not None or client is None or len(self._being_read) >= MEDIA_READ_WAITING_MAX:
            return going
        begun = asyncio.create_task(self._read_whole(client, *file))
        self._being_read[file] = begun
        begun.add_done_callback(lambda _: self._being_read.pop(file, None))
        return begun

    async def _read_whole(
        self, client: MatrixClient, address: str, judge: bool
    ) -> FileHashes | None:
        loop, pictures = asyncio.get_running_loop(), self._pictures
        # One at a time is judged, so that the others go on being read for their hashes.
        async with self._one_judged if judge else nullcontext(), self._at_once:
            read = await loop.run_in_executor(self._reading, _file_read, client, address)
            if read is None:
                return None
            known = self._learnt(address, read)
            if pictures is not None and read.picture and (judge or self._wanted()):
                shown = await loop.run_in_executor(None, _shown, pictures, read.picture, judge)
                known = self._learnt(address, read, shown, judge=judge)
        return known

    def _learnt(
        self, address: str, read: FileRead, shown: Shown | None = None, *, judge: bool = False
    ) -> FileHashes:
        """Adds what was read of a file to what is known of it, and gives all of it."""
        known = FileHashes(**read.hashes, pdq=(), nudity=())
        if read.picture:
            before = self._media.get(address, at=time.monotonic()) or FileHashes(b"")
            known = replace(known, pdq=before.pdq, nudity=before.nudity)
        if shown is not None:
            known = replace(known, pdq=tuple(one.value for one in shown.hashes) or known.pdq or ())
        if shown is not None and judge:
            known = replace(known, nudity=() if shown.nudity is None else (shown.nudity,))
        self.remember_media(address, known)
        return known

    async def room_words(self, room: str) -> str:
        """Gives a room's name and topic, where they are known in time."""
        return await self._ask(lambda client: words_of(client, room)) or ""

    async def _ask(self, question: Callable[[MatrixClient], Value]) -> Value | None:
        client = self._client
        if client is None:
            return None
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, question, client)
        except EvenhandError:
            return None  # not known in time is an answer: the caller has a safe default


def _file_read(client: MatrixClient, address: str) -> FileRead | None:
    try:
        return client.read_file(*media_parts(address), bytes_max=MEDIA_READ_BYTES_MAX)
    except EvenhandError:
        return None  # not to be read is an answer: its SHA-256 may be known


def _shown(pictures: PictureReader, content: bytes, judge: bool) -> Shown:
    """Gives what a picture shows; nothing where it cannot be read."""
    try:
        return pictures.look(content, judge=judge)
    except PictureUnreadable as refused:
        log.info("picture_unreadable", why=refused.fields["why"])
        return Shown(())


def channel_asked(client: MatrixClient, room: str) -> Channel:
    """Gives a channel's kind as the admin API tells it; `is_direct` it does not know."""
    known = client.room(room)
    if known.join_rule == "public" and not known.encrypted:
        return Channel(ChannelKind.PUBLIC)
    kind = ChannelKind.DIRECT if known.members <= 2 else ChannelKind.PRIVATE
    return Channel(kind, known.encrypted)


def words_of(client: MatrixClient, room: str) -> str:
    """Gives what a room says of itself: name, topic and address."""
    known = client.room(room)
    topic = client.state(room, "m.room.topic").get("", {}).get("topic")
    return "\n".join(one for one in (known.name, str(topic or ""), known.alias) if one)
