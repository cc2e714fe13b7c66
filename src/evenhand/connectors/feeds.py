"""Reads hash feeds, the operator's files among them, and writes what the door reads of them."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path

import yaml
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECEnvironment, NCMECHashAPI
from threatexchange.exchanges.clients.stopncii.api import StopNCIIAPI
from threatexchange.exchanges.clients.techagainstterrorism.api import TATHashListAPI

from evenhand.base import clock
from evenhand.base.errors import InputRefused, Misconfigured, Unavailable
from evenhand.childsafety.checks import EXTREMISM, INTIMATE, MATERIAL, entry_holds
from evenhand.childsafety.limits import FILE_BYTES_MAX
from evenhand.childsafety.lists import Algorithm, FeedKind
from evenhand.childsafety.ports import FeedEntry, FeedPage, FeedSource
from evenhand.childsafety.queries import doubted, held, lifted, listed
from evenhand.connectors.exchanges import (
    Exchange,
    GifctFeed,
    IntimateImagesFeed,
    NcmecFeed,
    TerrorismFeed,
    hashes_in,
)

COLUMNS = ["algorithm", "value", "entry"]
"""First line of a file of hashes; values are in hexadecimal."""

FILES_OF = {"child_safety": MATERIAL, "extremism": EXTREMISM, "intimate_images": INTIMATE}
"""Names of the door's lists, as the rules ask for them, and the harm that each stands for."""


FALSE_MATCHES = "false_matches.allow"
"""The door's list of files that two people found to be no match."""


IN_DOUBT = "in_doubt"
"""The door's list of files whose match one person called false: a person looks, nothing acts."""


class FeedUnreadable(InputRefused):
    """A feed holds what cannot be read."""

    remedy = "Correct the line named; the columns are algorithm, value, entry."


@dataclass(frozen=True, slots=True)
class FileFeed:
    """A CSV file below the state folder, read whole whenever it changed."""

    path: Path

    def pages(self, cursor: str) -> Iterator[FeedPage]:
        """Gives everything the file holds, or nothing if it is as it was."""
        try:
            if self.path.stat().st_size > FILE_BYTES_MAX:
                raise FeedUnreadable(why="too long", bytes_max=FILE_BYTES_MAX)
            content = self.path.read_bytes()
        except OSError as error:
            raise Unavailable(what="feed", why="the file cannot be read") from error
        digest = hashlib.sha256(content).hexdigest()
        if digest != cursor:
            yield FeedPage(entries=tuple(_file_entries(content)), cursor=digest, whole=True)


@dataclass(frozen=True, slots=True)
class Connections:
    """Gives who reads a feed: files below one folder, exchanges with the operator's credentials.

    credentials  YAML file: a feed's name, below it `username` and `password`
    """

    folder: Path
    credentials: Path | None
    now: Callable[[], datetime]

    def __call__(self, kind: FeedKind, name: str, place: str) -> FeedSource:
        """Gives who reads the feed of this kind, name and place."""
        match kind:
            case FeedKind.FILE:
                path = (self.folder / place).resolve()
                if not path.is_relative_to(self.folder.resolve()):
                    raise FeedUnreadable(why="the file lies outside the state folder")
                return FileFeed(path)
            case FeedKind.NCMEC:
                user, password = self._credentials(name)
                environment = NCMECEnvironment[place]
                return NcmecFeed(NCMECHashAPI(user, password, environment), self.now)
            case FeedKind.TECH_AGAINST_TERRORISM:
                return TerrorismFeed(TATHashListAPI(*self._credentials(name)))
            case FeedKind.STOPNCII:
                return IntimateImagesFeed(StopNCIIAPI(*self._credentials(name)))
            case FeedKind.GIFCT:
                application, secret = self._credentials(name)
                return GifctFeed(Exchange(f"{application}|{secret}"), int(place))

    def _credentials(self, name: str) -> tuple[str, str]:
        setting = "EVENHAND_FEED_CREDENTIALS"
        if self.credentials is None:
            raise Misconfigured(setting=setting, why="is not set")
        try:
            held = yaml.safe_load(self.credentials.read_text(encoding="utf-8"))
            one = held[name]
            return str(one["username"]), str(one["password"])
        except OSError as error:
            raise Misconfigured(setting=setting, why="cannot be read") from error
        except (yaml.YAMLError, KeyError, TypeError) as error:
            raise Misconfigured(setting=setting, why=f"names no credentials for {name}") from error


def _file_entries(content: bytes) -> Iterator[FeedEntry]:
    try:
        rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if next(rows, None) != COLUMNS:
            raise FeedUnreadable(line=1, why="the first line is not algorithm,value,entry")
        for number, row in enumerate(rows, 2):
            yield _file_entry(number, row)
    except UnicodeDecodeError as error:
        raise FeedUnreadable(why="not UTF-8") from error
    except csv.Error as error:
        raise FeedUnreadable(why="not CSV") from error


def _file_entry(number: int, row: list[str]) -> FeedEntry:
    if len(row) != len(COLUMNS):
        raise FeedUnreadable(line=number, why="not three columns")
    algorithm, value, entry = row
    hashes = tuple(hashes_in({algorithm: value}))
    if not hashes:
        raise FeedUnreadable(line=number, why="no hash of an algorithm that is known")
    if not entry_holds(entry):
        raise FeedUnreadable(line=number, why="no entry, or one that cannot be kept")
    return FeedEntry(entry, hashes)


@dataclass
class HashListFiles:
    """What the door reads of feeds in force: a file for each harm and each kind of hash.

    The door looks at its lists every few seconds; a list that changed is in force then.
    """

    folder: Path
    now: Callable[[], datetime] = clock.now
    _held: object = None
    _written: dict[str, bytes] = field(default_factory=dict)

    def write(self) -> int:
        """Writes the files anew if what they should hold has changed; gives how many it wrote."""
        now = self.now()
        freed = {one: lifted(one, now) for one in Algorithm}
        doubts = {one: doubted(one, now) for one in Algorithm}
        state = (held(now), freed, doubts)
        if state == self._held:
            return 0
        wrote = sum(self._write(f"{FALSE_MATCHES}.{one}", freed[one]) for one in Algorithm)
        wrote += sum(self._write(f"{IN_DOUBT}.{one}", doubts[one]) for one in Algorithm)
        for name, harm in FILES_OF.items():
            for one in Algorithm:
                hashes = listed(harm, one, now=now)
                if harm != MATERIAL:
                    left_out = frozenset(doubts[one])
                    hashes = [value for value in hashes if value not in left_out]
                wrote += self._write(f"{name}.{one}", hashes)
        self._held = state
        return wrote

    def _write(self, name: str, values: Sequence[bytes]) -> bool:
        content = "".join(f"{value.hex()}\n" for value in values)
        path = self.folder / name
        digest = hashlib.sha256(content.encode()).digest()
        if digest == self._written.get(name) or (not content and not path.exists()):
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f"{name}.partial")
        partial.touch(mode=0o600)
        partial.write_text(content, encoding="ascii")
        partial.replace(path)
        self._written[name] = digest
        return True
