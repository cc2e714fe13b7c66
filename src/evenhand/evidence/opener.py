"""The opener: the one process that holds the private evidence key.

Over a Unix socket it takes one line of JSON: an item, a person and a reason. It writes the record
that the item was opened, with its own connection, and only then gives the content. Without a
record, a reason or an active person nothing is opened; and one person opens so many an hour.
"""

import json
import os
import signal
import socket
import struct
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from nacl.public import PrivateKey

from evenhand.base.clock import now as moment_now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound, Unavailable
from evenhand.base.logs import configure_logs
from evenhand.evidence.limits import (
    ANSWER_SECONDS_MAX,
    ITEM_BYTES_MAX,
    OPENINGS_PER_HOUR_MAX,
    REASON_CHARACTERS_MAX,
    REASON_CHARACTERS_MIN,
    REQUEST_BYTES_MAX,
)

log = structlog.get_logger()

SOCKET_NAME = "opener.sock"
_PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to open which item, and why."""

    item: UUID
    staff: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of one item."""

    media_type: str
    content: bytes


@dataclass(slots=True)
class Allowance:
    """How many items each person has opened within the last hour."""

    openings: dict[UUID, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, staff: UUID, *, now: datetime) -> None:
        """Counts one opening, or raises `NotAllowed` where the hour is used up."""
        recent = self.openings[staff]
        while recent and recent[0] <= now - timedelta(hours=1):
            recent.popleft()
        if len(recent) >= OPENINGS_PER_HOUR_MAX:
            raise NotAllowed(why="too many openings within the hour", most=OPENINGS_PER_HOUR_MAX)
        recent.append(now)


def request_of(line: bytes) -> Request:
    """Gives the request in a line, or refuses the line."""
    try:
        value = json.loads(line)
        request = Request(
            item=UUID(value["item"]), staff=UUID(value["staff"]), reason=value["reason"].strip()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(what="request", why="not item, staff and reason") from error
    if not REASON_CHARACTERS_MIN <= len(request.reason) <= REASON_CHARACTERS_MAX:
        raise InputRefused(what="reason", why="too short or too long")
    return request


def ask(home: Path, request: Request) -> Opened:
    """Gives the content of an item; for the desk and for compensations.

    Raises `NotAllowed` or `NotFound` as the opener says, `Unavailable` if it does not answer.
    """
    value = {"item": str(request.item), "staff": str(request.staff), "reason": request.reason}
    try:
        with closing(_connected(home)) as connection:
            connection.sendall(json.dumps(value).encode() + b"\n")
            return _answer(connection)
    except OSError as error:
        raise Unavailable(process="opener", why=type(error).__name__) from error


class Opener:
    """Answers requests at the socket, one thread each; `open_item` finds, records and unseals."""

    def __init__(self, home: Path, open_item: Callable[[Request, datetime], Opened]) -> None:
        self._open_item = open_item
        self._path = home / SOCKET_NAME
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        with _short(home) as folder:
            self._listener.bind(str(folder / SOCKET_NAME))
        self._path.chmod(0o600)
        self._listener.listen(64)

    def serve(self) -> None:
        """Answers until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed by `stop`
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """Ends `serve` and takes the socket away."""
        self._path.unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _answer(self, connection: socket.socket) -> None:
        with closing(connection):
            connection.settimeout(ANSWER_SECONDS_MAX)
            try:
                _check_peer(connection)
                request = request_of(_line(connection))
                opened = self._open_item(request, moment_now())
            except (InputRefused, NotAllowed, NotFound, Unavailable) as error:
                log.warning("evidence_not_opened", error=type(error).__name__)
                _send(connection, {"error": type(error).__name__, "why": str(error)}, b"")
            except OSError as error:
                log.warning("evidence_peer_lost", error=type(error).__name__)
            else:
                log.info("evidence_opened", item=str(request.item), staff=str(request.staff))
                _send(connection, {"media_type": opened.media_type}, opened.content)


def open_item(request: Request, now: datetime, *, key: PrivateKey, allowance: Allowance) -> Opened:
    """Finds an item, writes the record of its opening, and gives its content."""
    from django.db import DatabaseError, close_old_connections

    from evenhand.evidence.steps import open_sealed

    close_old_connections()
    allowance.take(request.staff, now=now)
    try:
        item, content = open_sealed(
            request.item, staff=request.staff, reason=request.reason, key=key, now=now
        )
    except DatabaseError as error:
        raise Unavailable(process="database", why="the opening could not be recorded") from error
    finally:
        close_old_connections()
    return Opened(media_type=item.media_type, content=content)


def main() -> int:
    """Runs the opener until SIGTERM or SIGINT."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
    django.setup()
    from django.conf import settings

    from evenhand.base.sealing import read_key

    configure_logs()
    key = PrivateKey(read_key(settings.KEYS / "opener" / "evidence.key"))
    allowance = Allowance()
    opener = Opener(
        settings.EVENHAND_HOME,
        lambda request, now: open_item(request, now, key=key, allowance=allowance),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: opener.stop())
    opener.serve()
    return 0


class _short:  # noqa: N801  a context manager, read as a word
    """Gives a short name for a folder: a socket's path may have 108 bytes and no more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> Path:
        if len(str(self._folder / SOCKET_NAME).encode()) <= 100 or sys.platform != "linux":
            return self._folder
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        return Path(f"/proc/self/fd/{self._descriptor}")

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _connected(home: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_SECONDS_MAX)
    try:
        with _short(home) as folder:
            connection.connect(str(folder / SOCKET_NAME))
    except OSError:
        connection.close()
        raise
    return connection


def _answer(connection: socket.socket) -> Opened:
    stream = connection.makefile("rb")
    head = json.loads(stream.readline(REQUEST_BYTES_MAX) or b"{}")
    match head:
        case {"error": "NotFound"}:
            raise NotFound(what="evidence")
        case {"error": "Unavailable"}:
            raise Unavailable(process="opener", why=str(head["why"]))
        case {"error": str(), "why": str(why)}:
            raise NotAllowed(what="evidence", why=why)
        case {"media_type": str(media_type), "size": int(size)} if size <= ITEM_BYTES_MAX:
            content = stream.read(size)
            if len(content) == size:
                return Opened(media_type=media_type, content=content)
    raise Unavailable(process="opener", why="no whole answer")


def _send(connection: socket.socket, head: dict[str, object], content: bytes) -> None:
    try:
        connection.sendall(json.dumps({**head, "size": len(content)}).encode() + b"\n" + content)
    except OSError as error:
        log.warning("evidence_peer_lost", error=type(error).__name__)


def _line(connection: socket.socket) -> bytes:
    line = connection.makefile("rb").readline(REQUEST_BYTES_MAX)
    if not line.endswith(b"\n"):
        raise InputRefused(what="request", why="longer than a line may be")
    return line


def _check_peer(connection: socket.socket) -> None:
    """Refuses other users of the machine where the system names the peer."""
    if sys.platform != "linux":
        return  # the socket's mode alone keeps them out there
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _pid, uid, _gid = _PEER.unpack(raw)
    if uid not in (0, os.geteuid()):
        raise NotAllowed(what="evidence", why="another user of this machine")


if __name__ == "__main__":
    sys.exit(main())
