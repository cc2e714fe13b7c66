"""Reports of rooms on their way from the directory proxy to the worker: sealed, one file each.

A file is whole and on the disk before its client is answered, and it is deleted after its report
is in the database; a kill in between leaves either nothing, or a file that is read again and known.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog
from nacl.public import PrivateKey, PublicKey

from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused
from evenhand.base.sealing import read_key, seal, unseal

log = structlog.get_logger()

FOLDER = Path("door") / "room_reports"
FILES_MAX = 50_000
"""Files that wait at most: a flood that nobody empties must not fill the disk."""


@dataclass(frozen=True, slots=True)
class SpooledReport:
    """A report of a room as a client sent it."""

    id: str
    at: datetime
    account: str
    room: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spool:
    """Where the proxy puts reports; it can open none of them."""

    folder: Path
    key: PublicKey

    def put(self, account: str, room: str, reason: str) -> None:
        """Keeps a report for the worker; on the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(1 for _ in self.folder.glob("*.sealed")) >= FILES_MAX:
            raise OSError("too many reports wait")
        values = {"at": now().isoformat(), "account": account, "room": room, "reason": reason}
        path = self.folder / f"{uuid4()}.sealed"
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(seal(json.dumps(values).encode(), to=self.key))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync(self.folder)


def spool_for(home: Path) -> Spool | None:
    """Gives the spool of an installation; None where its key was not made yet."""
    try:
        key = PublicKey(read_key(home / "keys" / "spool.pub"))
    except EvenhandError:
        log.warning("room_reports_not_kept", why="no key: start the desk once")
        return None
    return Spool(home / FOLDER, key)


def waiting(home: Path) -> Iterator[tuple[Path, SpooledReport]]:
    """Gives what waits, with its file; what cannot be read is put aside under `.refused`."""
    paths = sorted((home / FOLDER).glob("*.sealed"))
    if not paths:
        return
    key = PrivateKey(read_key(home / "keys" / "spool.key"))
    for path in paths:
        try:
            yield path, _read(path, key)
        except (InputRefused, ValueError, KeyError, TypeError):
            log.error("room_report_unreadable", file=path.stem)  # noqa: TRY400
            path.replace(path.with_suffix(".refused"))


def _read(path: Path, key: PrivateKey) -> SpooledReport:
    values = json.loads(unseal(path.read_bytes(), key=key))
    return SpooledReport(
        id=path.stem,
        at=datetime.fromisoformat(values["at"]).astimezone(UTC),
        account=str(values["account"]),
        room=str(values["room"]),
        reason=str(values["reason"]),
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
