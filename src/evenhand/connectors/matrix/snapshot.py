"""What the worker tells the door: which channels are blocked, and what is withheld where.

The worker writes the file atomically; the door reads it again when it changed.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of actions that the door must answer by.

    blocked_channels   rooms that nobody may join or publish
    blocked_aliases    addresses of those rooms, which nobody may take again
    withheld           room to countries whose accounts may not join
    deindexed          room to countries where it is not to be found, though one may join; empty is
                       everywhere
    account_countries  account to country
    """

    blocked_channels: frozenset[str] = frozenset()
    blocked_aliases: frozenset[str] = frozenset()
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)
    deindexed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    account_countries: Mapping[str, str] = field(default_factory=dict)

    def bars(self, account: str, channel: str) -> bool:
        """Tells whether an account must be kept out of a channel."""
        if channel in self.blocked_channels:
            return True
        country = self.account_countries.get(account)
        return country is not None and country in self.withheld.get(channel, frozenset())

    def hides(self, channel: str, *, country: str | None) -> bool:
        """Tells whether a channel is not to be found from a country; None: from nobody knows where.

        Who cannot be placed at all is shown nothing that is withheld anywhere.
        """
        if channel in self.blocked_channels:
            return True
        where = self.withheld.get(channel, frozenset())
        return bool(where) if country is None else country in where

    def deindexes(self, channel: str, *, country: str | None) -> bool:
        """Tells whether a channel is kept out of the directory of a country, not of its address."""
        where = self.deindexed.get(channel)
        return where is not None and (not where or country is None or country in where)

    @property
    def hides_nothing(self) -> bool:
        """Tells whether every channel may be found by everybody."""
        return not self.blocked_channels and not self.withheld and not self.deindexed


class SnapshotFile:
    """The file, read again when it changed; the last good state stands while it cannot be read.

    seconds  how long what it held is taken for true without a look
    """

    def __init__(self, path: Path, *, seconds: float = 0.0) -> None:
        self._path, self._seconds = path, seconds
        self._next_look = 0.0
        self._read_at: tuple[int, int] | None = None
        self._snapshot = Snapshot()
        self._known = False

    @property
    def known(self) -> bool:
        """Tells whether the file was ever read whole."""
        return self._known

    def current(self) -> Snapshot:
        """Gives the state as the worker wrote it last."""
        if (moment := time.monotonic()) < self._next_look:
            return self._snapshot
        self._next_look = moment + self._seconds
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._snapshot
        mark = (status.st_mtime_ns, status.st_ino)
        if mark != self._read_at:
            self._read_at = mark
            self._read()
        return self._snapshot

    def _read(self) -> None:
        try:
            self._snapshot = snapshot_of(json.loads(self._path.read_bytes()))
            self._known = True
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.error("door_snapshot_unreadable", why=type(error).__name__)  # noqa: TRY400


def snapshot_of(value: Mapping[str, object]) -> Snapshot:
    """Gives the state that a file's JSON describes."""
    withheld, countries = value.get("withheld", {}), value.get("account_countries", {})
    deindexed = value.get("deindexed", {})
    if not isinstance(deindexed, dict):
        raise TypeError
    if not isinstance(withheld, dict) or not isinstance(countries, dict):
        raise TypeError
    return Snapshot(
        blocked_channels=_names(value.get("blocked_channels", [])),
        blocked_aliases=_names(value.get("blocked_aliases", [])),
        withheld={str(channel): _names(codes) for channel, codes in withheld.items()},
        deindexed={str(channel): _names(codes) for channel, codes in deindexed.items()},
        account_countries={str(account): str(code) for account, code in countries.items()},
    )


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError
    return frozenset(str(one) for one in value)
