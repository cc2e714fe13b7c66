"""What rules spent of their budgets today, kept in a file: a door that starts again goes on there.

Each batch in which something acted adds its lines, without waiting for the disk: what dies with the
machine is less than a second of counting, and a killed door loses nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from evenhand.verdicts.budgets import Place, Spent
from evenhand.verdicts.schema import RuleHit

log = structlog.get_logger()

FILE_BYTES_MAX = 4_000_000
"""Bytes after which the file is written anew, with one line for each version, market and hour."""


class SpentFile:
    """Reads what was spent today, and adds to it; one thread at a time.

    A file that cannot be written stops nothing: the budgets are counted in memory meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spent: Spent = Counter()
        self._bytes = 0

    def read(self, now: datetime) -> Spent:
        """Gives what was spent today, UTC, and leaves the rest behind."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        for line in lines:
            for hour, place, count in _told(line):
                if hour.date() == now.date():
                    self._spent[hour, place] += count
        self._write_anew()
        return Counter(self._spent)

    def add(self, hour: datetime, spent: Counter[Place]) -> None:
        """Adds what was spent in an hour."""
        if any(before.date() != hour.date() for before, _ in self._spent):
            self._spent = Counter()
            self._bytes = FILE_BYTES_MAX  # what is of yesterday goes
        for place, count in spent.items():
            self._spent[hour, place] += count
        if self._bytes >= FILE_BYTES_MAX:
            self._write_anew()
            return
        content = "".join(_line(hour, place, count) for place, count in spent.items())
        try:
            with self._path.open("a", encoding="utf-8") as file:
                self._bytes += file.write(content)
        except OSError as error:
            log.warning("budgets_not_kept", why=error.strerror)

    def _write_anew(self) -> None:
        content = "".join(_line(*key, count) for key, count in self._spent.items())
        partial = self._path.with_name(f".{self._path.name}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial.write_text(content, encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            log.warning("budgets_not_kept", why=error.strerror)
        # Where even this is too much, the same again passes before it is written once more.
        self._bytes = len(content) % FILE_BYTES_MAX


def _line(hour: datetime, place: Place, count: int) -> str:
    hit, market = place
    return json.dumps([hour.isoformat(), hit.id, hit.version, market, count]) + "\n"


def _told(line: str) -> Iterator[tuple[datetime, Place, int]]:
    """Gives what a line says; nothing if it is not whole: the last may be torn."""
    try:
        hour, rule, version, market, count = json.loads(line)
        at = datetime.fromisoformat(hour).astimezone(UTC)
        if count > 0:
            yield at, (RuleHit(str(rule), str(version)), str(market)), int(count)
    except (TypeError, ValueError, RecursionError):
        return
