"""Where a stranger's files are read: a folder or an address; bounded in size and in time.

Nothing that a file says chooses what is read next: every path is built here from numbers and days.
A server's redirect is not followed, since it would choose too.
"""

import stat
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import httpx

from evenhand.proof.notes import NOTE_BYTES_MAX
from evenhand.verify.deadlines import Deadline, TimelyClient
from evenhand.verify.findings import FileRefused, Unreadable
from evenhand.verify.limits import (
    FILE_SECONDS_MAX,
    FILES_AHEAD,
    LOG,
    READERS,
    SILENCE_SECONDS_MAX,
    bytes_max,
)

CHECKPOINT = "checkpoint"
GZIP_WINDOW = 31
"""What makes zlib read gzip."""

LATE = f"did not come whole in {FILE_SECONDS_MAX:g} s"

Clock = Callable[[], float]


class Place(Protocol):
    """Where files are read."""

    def read(self, path: str) -> bytes | None:
        """Gives a file; None if there is none."""
        ...

    def ahead(self, paths: Sequence[str]) -> Iterator[bytes | None]:
        """Gives files in order, asked for before they are needed."""
        ...


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Gives a file; None if there is none."""
        file = self._folder / path
        try:
            found = file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unreadable(file=path, why=error.strerror) from error
        if not stat.S_ISREG(found.st_mode):
            raise FileRefused(file=path, why="is no file")
        return _read_file(file, path)

    def ahead(self, paths: Sequence[str]) -> Iterator[bytes | None]:
        """Gives files in order."""
        return map(self.read, paths)


class Address:
    """Files below an address.

    No two threads have one client at the same time: a pool of httpcore's that threads share may
    close a connection in one of them while another reads from it.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/") + "/"
        self._clock = clock
        self._deadline = Deadline()
        self._idle: deque[TimelyClient] = deque()
        self._new_client = partial(
            TimelyClient,
            self._deadline,
            clock,
            transport=transport,
            timeout=SILENCE_SECONDS_MAX,
            follow_redirects=False,
            headers={"Accept-Encoding": "gzip, identity"},
            verify=httpx.create_ssl_context(),
        )

    def read(self, path: str) -> bytes | None:
        """Gives a file; None if the server says that there is none."""
        self._deadline.until = until = self._clock() + FILE_SECONDS_MAX
        try:
            with self._client() as client, client.stream("GET", self._url + path) as answer:
                if answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
                    return None
                if answer.has_redirect_location:
                    raise Unreadable(file=path, why="the server sends elsewhere; name that address")
                if not answer.is_success:
                    raise Unreadable(file=path, why=f"the server answers {answer.status_code}")
                return self._body(answer, path, until)
        except httpx.ConnectError as error:
            raise Unreadable(address=self._url, file=path, why="nobody answers there") from error
        except httpx.HTTPError as error:
            why = LATE if self._clock() >= until else type(error).__name__
            raise Unreadable(address=self._url, file=path, why=why) from error

    def ahead(self, paths: Sequence[str]) -> Iterator[bytes | None]:
        """Gives files in order; some are on their way while others are looked at."""
        with ThreadPoolExecutor(READERS) as readers:
            for begin in range(0, len(paths), FILES_AHEAD):
                yield from readers.map(self.read, paths[begin : begin + FILES_AHEAD])

    @contextmanager
    def _client(self) -> Iterator[TimelyClient]:
        """Lends a client that nobody else has meanwhile."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = self._new_client()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _body(self, answer: httpx.Response, path: str, until: float) -> bytes:
        limit = bytes_max(path)
        encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in {"gzip", "identity", ""}:
            raise FileRefused(file=path, why="comes in an encoding that was not asked for")
        unpacked = zlib.decompressobj(GZIP_WINDOW) if encoding == "gzip" else None
        content = bytearray()
        try:
            for part in answer.iter_raw():
                room = limit + 1 - len(content)
                content += part[:room] if unpacked is None else unpacked.decompress(part, room)
                if len(content) > limit:
                    raise FileRefused(file=path, why=f"is longer than {limit} bytes")
                if self._clock() > until:
                    raise Unreadable(file=path, why=LATE)
        except zlib.error as error:
            raise FileRefused(file=path, why="is no gzip, though its server says so") from error
        return bytes(content)


def place_of(named: str) -> Place:
    """Gives the folder or the address that somebody named."""
    if "://" not in named:
        folder = Path(named)
        if not folder.is_dir():
            raise Unreadable(folder=named, why="there is no such folder")
        return Folder(folder)
    try:
        url = httpx.URL(named)
    except (httpx.InvalidURL, ValueError) as error:
        raise FileRefused(address=named, why="is no address") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise FileRefused(address=named, why="begins with http:// or https://, or is a folder")
    if url.userinfo or url.query or url.fragment:
        raise FileRefused(address=str(url.copy_with(userinfo=b"")), why="has a user, ? or # in it")
    return Address(named)


class Below:
    """The files below one folder of a place."""

    def __init__(self, place: Place, prefix: str) -> None:
        self._place = place
        self._prefix = prefix

    def read(self, path: str) -> bytes | None:
        """Gives a file; None if there is none."""
        return self._place.read(self._prefix + path)

    def ahead(self, paths: Sequence[str]) -> Iterator[bytes | None]:
        """Gives files in order, asked for before they are needed."""
        return self._place.ahead([self._prefix + path for path in paths])


def log_below(place: Place) -> Place:
    """Gives where the log lies: there itself, or in the folder `log` of a public site."""
    if place.read(CHECKPOINT) is not None:
        return place
    within = Below(place, LOG)
    if within.read(CHECKPOINT) is None:
        raise Unreadable(file=CHECKPOINT, why="is neither there nor in its folder log")
    return within


def note_in(file: Path) -> str:
    """Gives the signed note, or the receipt, that a file of this machine holds."""
    return text_in(file, NOTE_BYTES_MAX)


def text_in(file: Path, limit: int) -> str:
    """Gives what a file of this machine holds, up to so many bytes."""
    try:
        found = file.stat()
    except OSError as error:
        raise Unreadable(file=file, why=error.strerror) from error
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(file=file, why="is no file")
    with file.open("rb") as opened:
        content = opened.read(limit + 1)
    if len(content) > limit:
        raise FileRefused(file=file, why=f"is longer than {limit} bytes")
    return text_of(content, str(file))


def text_of(content: bytes, name: str) -> str:
    """Gives a file's text."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FileRefused(file=name, why="is no text in UTF-8") from error


def _read_file(file: Path, path: str) -> bytes:
    limit = bytes_max(path)
    try:
        with file.open("rb") as opened:
            content = opened.read(limit + 1)
    except OSError as error:
        raise Unreadable(file=path, why=error.strerror) from error
    if len(content) > limit:
        raise FileRefused(file=path, why=f"is longer than {limit} bytes")
    return content
