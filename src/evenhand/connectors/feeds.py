"""Reads hash feeds: the operator's files, NCMEC, Tech Against Terrorism (`threatexchange`).

Of `threatexchange` only the clients are used: its own exchanges import `pdqhash`, which has no
wheel. What comes is hashes alone; no exchange is sent anything but the wish to read.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import requests
import yaml
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECEnvironment, NCMECHashAPI
from threatexchange.exchanges.clients.techagainstterrorism.api import TATHashListAPI

from evenhand.base.errors import InputRefused, Misconfigured, Unavailable
from evenhand.childsafety.checks import EXTREMISM, HASH_BYTES, MATERIAL, FileHash, entry_holds
from evenhand.childsafety.limits import ENTRY_CHARACTERS_MAX, FILE_BYTES_MAX
from evenhand.childsafety.lists import Algorithm, FeedKind
from evenhand.childsafety.ports import FeedEntry, FeedPage, FeedSource
from evenhand.childsafety.queries import listed

COLUMNS = ["algorithm", "value", "entry"]
"""First line of a file of hashes; values are in hexadecimal."""

NAMES: Mapping[str, Algorithm] = {
    "md5": Algorithm.MD5,
    "sha1": Algorithm.SHA1,
    "sha256": Algorithm.SHA256,
    "sha-256": Algorithm.SHA256,
    "pdq": Algorithm.PDQ,
}
"""What exchanges call the algorithms that can be matched here; others are passed over."""


FILES_OF = {"child_safety": MATERIAL, "extremism": EXTREMISM}
"""Names of the door's lists, as the rules ask for them, and the harm that each stands for."""

AT_THE_DOOR = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)
"""Hashes that the door knows of a file; a picture's PDQ it does not."""


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
            answer = _asked(
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
            answer = _asked(partial(self.client.fetch_hashes, after=cursor))
            cursor = answer.checkpoint or cursor
            yield FeedPage(
                entries=tuple(
                    FeedEntry(
                        entry=str(one.id),
                        hashes=()
                        if one.deleted
                        else tuple(_values({one.algorithm: one.hash_digest})),
                    )
                    for one in answer.results
                ),
                cursor=cursor,
            )
            if not answer.next:
                return


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
    hashes = tuple(_values({algorithm: value}))
    if not hashes:
        raise FeedUnreadable(line=number, why="no hash of an algorithm that is known")
    if not entry_holds(entry):
        raise FeedUnreadable(line=number, why="no entry, or one that cannot be kept")
    return FeedEntry(entry, hashes)


def _ncmec_entry(update: Any) -> FeedEntry:
    entry = f"{update.member_id}-{update.id}"[:ENTRY_CHARACTERS_MAX]
    return FeedEntry(entry, () if update.deleted else tuple(_values(update.fingerprints)))


def _values(named: Mapping[object, object]) -> Iterator[FileHash]:
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


def _span(cursor: str) -> tuple[int, int, str]:
    begin, _, rest = cursor.partition("|")
    end, _, following = rest.partition("|")
    return int(begin or 0), int(end or 0), following


def _asked(ask: Callable[[], Any]) -> Any:
    """Gives an exchange's answer; its clients raise whatever their parts raise."""
    try:
        return ask()
    except requests.RequestException as error:
        raise Unavailable(what="feed", why="the exchange does not answer") from error
    except Exception as error:
        raise Unavailable(what="feed", why="the exchange's answer cannot be read") from error


@dataclass
class HashListFiles:
    """What the door reads of active feeds: a file for each harm and each kind of hash.

    The door looks at its lists every few seconds; a list that changed is in force then.
    """

    folder: Path
    _written: dict[str, str] = field(default_factory=dict)

    def write(self) -> int:
        """Writes the files anew if what they should hold has changed; gives how many it wrote."""
        return sum(
            self._write(f"{name}.{algorithm}", listed(harm, algorithm))
            for name, harm in FILES_OF.items()
            for algorithm in AT_THE_DOOR
        )

    def _write(self, name: str, values: Sequence[bytes]) -> bool:
        content = "".join(f"{value.hex()}\n" for value in values)
        path = self.folder / name
        if content == self._written.get(name) or (not content and not path.exists()):
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f"{name}.partial")
        partial.touch(mode=0o600)
        partial.write_text(content, encoding="ascii")
        partial.replace(path)
        self._written[name] = content
        return True
