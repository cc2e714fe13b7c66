"""What the screening judges by, read from files: rules, lists of patterns and domains, the model.

`Renewal` follows those files while the screening runs: a changed set is read beside the one in
force, whole or not at all, and takes its place between two batches.
"""

import gc
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import structlog
from yaml import YAMLError

from evenhand.base import clock
from evenhand.base.background import step_back
from evenhand.base.errors import EvenhandError, Misconfigured
from evenhand.base.sealing import read_key
from evenhand.rules.in_force import (
    expired,
    holds_rules,
    load_in_force,
    read_in_force,
    rule_files,
)
from evenhand.rules.known import KnownRules
from evenhand.rules.load import columns_used
from evenhand.rules.rule import RuleSet
from evenhand.signals.columns import DrawsOn, all_columns
from evenhand.signals.domains import read_host_table
from evenhand.signals.links import LinkFinder
from evenhand.signals.pattern_lists import PatternList, read_pattern_lists
from evenhand.signals.patterns import PatternScanner
from evenhand.signals.text_model import TextModel

log = structlog.get_logger()

RENEWAL_SECONDS = 2.0
"""How often the files are looked at; a change counts once two looks find the same."""

RENEWAL_SWITCH_SECONDS = 0.00005
"""Seconds that a renewal computes while another thread waits: a batch takes dozens of turns."""

DOMAIN_SUFFIXES = frozenset({".txt", ".json"})
"""What is a list in a folder of domain lists; the rest are editors' and copiers' files."""

Stamp = tuple[tuple[str, int, int, int], ...]


class FilesRefused(Misconfigured):
    """Rules, lists or model cannot be used as their files stand."""

    remedy = "Correct the file named, or put the earlier one back."


@dataclass(frozen=True, slots=True)
class Resources:
    """Where the screening plane takes its rules, lists and model from.

    rules, patterns  folders of YAML files
    domains          folders of domain lists; those that do not exist are left out
    hashes           folder of hash lists, `NAME.sha256` and others; None or missing is no list
    cache            folder for what was compiled; None is `base/cache.py`'s
    seed             secret that keeps strangers from choosing where they are counted
    own              the operator's folder: its `rules` and `model.npz` stand in the place of those
                     that come with Evenhand, its `patterns` beside them; each may be missing
    subjects         file of what is known of accounts and channels; None or missing is nothing
    rules_named  somebody named these rules for this run: none stand in their place
    """

    rules: Path
    patterns: Path
    domains: tuple[Path, ...]
    hashes: Path | None
    cache: Path | None
    seed: int
    own: Path | None = None
    rules_named: bool = False
    subjects: Path | None = None

    @classmethod
    def default(cls, *, rules: Path | None = None) -> Self:
        """Gives what comes with Evenhand, and the operator's lists below EVENHAND_HOME/lists."""
        if rules is not None and not rules.is_dir():
            raise Misconfigured(setting="--rules", value=str(rules), why="is not a folder")
        pack = Path(str(files("evenhand.rules"))) / "pack"
        shipped = Path(str(files("evenhand.signals"))) / "lists"
        home = os.environ.get("EVENHAND_HOME")
        if home and not Path(home).is_dir():
            why = "is no folder" if Path(home).exists() else "does not exist"
            raise Misconfigured(setting="EVENHAND_HOME", value=home, why=why)
        own = Path(home) / "lists" if home else None
        return cls(
            rules=rules or pack / "rules",
            patterns=pack / "patterns",
            domains=(shipped / "domains", *((own / "domains",) if own else ())),
            hashes=own / "hashes" if own else None,
            cache=None,
            seed=_seed(Path(home)) if home else secrets.randbits(63),
            own=own,
            rules_named=rules is not None,
            subjects=Path(home) / "door" / "subjects.arrow" if home else None,
        )

    def pattern_folders(self) -> list[Path]:
        """Gives the folders of lists of patterns, the operator's own last."""
        own = self.own / "patterns" if self.own else None
        return [self.patterns, *([own] if own is not None and own.is_dir() else [])]

    def pattern_lists(self) -> list[PatternList]:
        """Gives the lists of patterns; the operator's stands in the place of one of that name."""
        folders = self.pattern_folders()
        return list(
            {one.name: one for each in folders for one in read_pattern_lists(each)}.values()
        )


def _seed(home: Path) -> int:
    """Gives the seed of an installation, under which counts are kept; else one of chance."""
    file = home / "keys" / "screening.key"
    if not file.is_file():
        return secrets.randbits(63)
    return int.from_bytes(read_key(file)[:8]) >> 1


@dataclass(frozen=True, slots=True)
class Loaded:
    """One state of the files, whole: what events are judged by."""

    rules: RuleSet
    patterns: PatternScanner
    links: LinkFinder
    model: TextModel


class ResourceReader:
    """Reads the files of `Resources`; what has not changed since the last time is not read again.

    One thread at a time may read.
    """

    def __init__(self, resources: Resources, *, now: Callable[[], datetime] = clock.now) -> None:
        self._resources = resources
        self._now = now
        self._parts: dict[str, tuple[object, Any]] = {}
        self._known_rules = KnownRules()

    def stamp(self) -> Mapping[str, Stamp]:
        """Gives, of each part, what changes whenever one of its files does."""
        return {
            "rules": (*_stamp_of(rule_files(self._rules)), self._expired()),
            "patterns": _stamp_of(self._pattern_files()),
            "domains": _stamp_of(self._domain_files()),
            "model": _stamp_of([self._model] if self._model else []),
        }

    def read(self) -> Loaded:
        """Gives what the files hold now; a fault is named with its file, line and reason."""
        stamp = self.stamp()
        patterns = self._part("patterns", stamp["patterns"], self._read_patterns)
        columns = all_columns(patterns.names)
        loaded = Loaded(
            rules=self._part(
                "rules",
                (stamp["rules"], patterns.names),
                lambda: load_in_force(
                    self._rules, columns, now=self._now(), known=self._known_rules
                ),
            ),
            patterns=patterns,
            links=self._part("domains", stamp["domains"], self._read_domains),
            model=self._part("model", stamp["model"], lambda: TextModel.load(self._model)),
        )
        scores = {name for name, one in columns.items() if one.draws_on is DrawsOn.MODEL}
        if missing := (columns_used(loaded.rules) & scores).difference(loaded.model.heads):
            raise FilesRefused(part="model", why=f"rules ask for {', '.join(sorted(missing))}")
        return loaded

    def _part(self, name: str, stamp: object, build: Callable[[], Any]) -> Any:
        known = self._parts.get(name)
        if known is None or known[0] != stamp:
            try:
                known = self._parts[name] = (stamp, build())
            except OSError as error:
                file = Path(str(error.filename)).name
                raise FilesRefused(part=name, file=file, why=error.strerror) from error
            except (ValueError, YAMLError, RecursionError) as error:
                # Only our own errors are sure to quote nothing of what a file holds.
                raise FilesRefused(part=name, why="a file of it cannot be read") from error
        return known[1]

    @property
    def _rules(self) -> Path:
        own = None if self._resources.rules_named else self._own("rules")
        return own if own is not None and holds_rules(own) else self._resources.rules

    def _expired(self) -> tuple[str, int, int, int]:
        """Gives what changes when the end of a version comes."""
        try:
            listed = read_in_force(self._rules) or ()
        except EvenhandError:
            listed = ()  # reading the rules says what is wrong
        now = self._now()
        return "expired", sum(expired(one, now=now) for one in listed), 0, 0

    @property
    def _model(self) -> Path | None:
        own = self._own("model.npz")
        return own if own is not None and own.is_file() else None

    def _own(self, name: str) -> Path | None:
        return self._resources.own / name if self._resources.own else None

    def _pattern_files(self) -> list[Path]:
        folders = self._resources.pattern_folders()
        return [file for one in folders for file in sorted(one.glob("*.yaml"))]

    def _read_patterns(self) -> PatternScanner:
        return PatternScanner(self._resources.pattern_lists(), folder=self._resources.cache)

    def _domain_files(self) -> list[Path]:
        return [
            file
            for folder in self._resources.domains
            if folder.is_dir()
            for file in sorted(folder.iterdir())
            if file.suffix in DOMAIN_SUFFIXES
        ]

    def _read_domains(self) -> LinkFinder:
        table = read_host_table(self._domain_files(), folder=self._resources.cache)
        for name, lines in table.passed_over.items():
            log.info("domain_lines_passed_over", list=name, lines=lines)
        return LinkFinder(table)


class Renewal:
    """Follows the files of a reader; what they hold anew is handed to `take`, whole.

    A set that cannot be read leaves the one in force, and `fault` says why until one can be read.
    `rehearse` is asked before anything is read here, and gives what is wrong, or nothing.
    """

    def __init__(
        self,
        reader: ResourceReader,
        take: Callable[[Loaded], None],
        *,
        rehearse: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._reader = reader
        self._take = take
        self._rehearse = rehearse
        self._known = self._seen = reader.stamp()
        self.fault: Mapping[str, object] = {}

    def look(self) -> bool:
        """Puts what has changed in force; tells whether something has.

        Files that are still being written or copied wait: two looks must find the same.
        """
        stamp = self._reader.stamp()
        settled, self._seen = stamp == self._seen, stamp
        if stamp == self._known or not settled:
            return False
        try:
            if fault := self._rehearse():
                self._keep(fault)
                return False
            with _beside_others():
                loaded = self._reader.read()
                if self._reader.stamp() != stamp:
                    return False  # a file changed meanwhile: the next look that finds rest reads it
                self._take(loaded)
        except Exception as error:  # noqa: BLE001  whatever a file holds, the old set stays
            fields = error.fields if isinstance(error, EvenhandError) else {}
            self._keep({"error": type(error).__name__, **fields})
            return False
        finally:
            self._known = stamp
        self.fault = {}
        log.info("screening_set_renewed", rules=len(loaded.rules.rules))
        return True

    def _keep(self, fault: Mapping[str, object]) -> None:
        self.fault = fault
        log.error("screening_set_kept", **fault)

    def follow(self, *, seconds: float = RENEWAL_SECONDS) -> threading.Event:
        """Looks after the files from now on, until the event it gives is set."""
        stop = threading.Event()

        def run() -> None:
            step_back()
            while not stop.wait(seconds):
                self.look()

        threading.Thread(target=run, name="renewal", daemon=True).start()
        return stop


@contextmanager
def _beside_others() -> Iterator[None]:
    """Lets other threads hardly wait while much is read and made here.

    Whoever waits for the interpreter has it at once; nobody looks for rubbish meanwhile, nor ever
    after among what was made, for it stays.
    """
    interval, looked = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(RENEWAL_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if looked:
            gc.enable()
        sys.setswitchinterval(interval)


def _stamp_of(paths: Sequence[Path]) -> Stamp:
    """Gives what changes whenever a file does: names, inodes, sizes, times of change."""
    found = []
    for path in paths:
        try:
            facts = path.stat()
        except OSError:
            continue
        found.append((str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns))
    return tuple(found)
