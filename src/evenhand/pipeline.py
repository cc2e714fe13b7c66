"""The whole screening flow in one place: events → signals → rules → verdicts."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

from evenhand.base.errors import Misconfigured
from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.batch import check_batch, one_event
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.rules.check import FixtureFault, check_rules
from evenhand.rules.grammar import columns_of
from evenhand.rules.load import columns_used, load_rules
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import all_columns
from evenhand.signals.domains import host_table, read_domain_list
from evenhand.signals.engine import Seen, SignalEngine, see
from evenhand.signals.language import spoken_language
from evenhand.signals.links import LinkFinder
from evenhand.signals.media_watch import WatchedHashLists
from evenhand.signals.pattern_lists import read_pattern_lists
from evenhand.signals.patterns import PatternScanner
from evenhand.signals.registration import Registrations
from evenhand.signals.scope import Scope
from evenhand.signals.text_model import TextModel
from evenhand.signals.velocity import Velocity
from evenhand.verdicts.fold import fold, fold_one
from evenhand.verdicts.schema import VERDICT_SCHEMA, Verdict

__all__ = ["Explanation", "Resources", "RuleInputs", "Scope", "ScreeningPlane"]

LANGUAGE = "language"
"""The column that also decides in which language people are told why."""

FIXTURE_DEFAULTS: Mapping[str, object] = {
    "kind": EventKind.MESSAGE.value,
    "channel_kind": ChannelKind.PUBLIC.value,
}
"""What an event of a fixture is unless it says otherwise."""

FIXTURES_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIXTURES_APART = timedelta(hours=2)
"""Fixtures lie so far apart that none is counted together with another."""


WARMING: Sequence[Mapping[str, object]] = (
    {
        "event_id": "warm-1",
        "kind": EventKind.MESSAGE.value,
        "time": FIXTURES_BEGIN,
        "account": "@warm:example.test",
        "channel_kind": ChannelKind.PUBLIC.value,
        # A letter to compose, a look-alike, a disguised link, a shared host with a path.
        "text": "Cafe\u0301 pаypal hxxps://warm[.]example t.me/evenhand_demo_scam +7 701 123 45 67",
        "urls": ["https://warm.example"],
        "media_sha256": [bytes(32)],
        "media_sha1": [bytes(20)],
        "media_md5": [bytes(16)],
    },
    {
        "event_id": "warm-2",
        "kind": EventKind.REGISTRATION.value,
        "time": FIXTURES_BEGIN,
        "account": "@warm2:example.test",
        "channel_kind": ChannelKind.PRIVATE.value,
        "network": bytes(16),
    },
)
"""Invented events that between them take every path through the signals."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Where the screening plane takes its rules, lists and model from.

    rules, patterns  folders of YAML files
    domains          folders of domain lists; those that do not exist are left out
    hashes           folder of hash lists, `NAME.sha256` and others; None or missing is no list
    cache            folder for compiled patterns; None is `base/cache.py`'s
    seed             secret that keeps strangers from choosing where they are counted
    """

    rules: Path
    patterns: Path
    domains: tuple[Path, ...]
    hashes: Path | None
    cache: Path | None
    seed: int

    @classmethod
    def default(cls, *, rules: Path | None = None) -> Self:
        """Gives what comes with Evenhand, and the operator's lists below EVENHAND_HOME/lists."""
        if rules is not None and not rules.is_dir():
            raise Misconfigured(setting="--rules", value=str(rules), why="is not a folder")
        pack = Path(str(files("evenhand.rules"))) / "pack"
        shipped = Path(str(files("evenhand.signals"))) / "lists"
        home = os.environ.get("EVENHAND_HOME")
        own = Path(home) / "lists" if home else None
        return cls(
            rules=rules or pack / "rules",
            patterns=pack / "patterns",
            domains=(shipped / "domains", *((own / "domains",) if own else ())),
            hashes=own / "hashes" if own else None,
            cache=None,
            seed=secrets.randbits(63),
        )


@dataclass(frozen=True, slots=True)
class RuleInputs:
    """One rule, whether it fired for an event, and the signals it asked for."""

    id: str
    version: str
    fired: bool
    signals: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an event was judged as it was.

    signals  every signal that is known of it, by column
    matches  every pattern found: its list, its line in the list's file, and itself
    rules    every rule with what it asked for, those that fired first
    """

    verdict: Verdict | None
    signals: Mapping[str, object]
    matches: tuple[tuple[str, int, str], ...]
    rules: tuple[RuleInputs, ...]


class ScreeningPlane:
    """Turns batches of events into verdicts. It counts what it sees, so it has one owner."""

    def __init__(self, rules: RuleSet, signals: SignalEngine) -> None:
        self.rules = rules
        self.signals = signals
        self._asked = columns_used(rules) | {LANGUAGE}

    @classmethod
    def load(cls, resources: Resources) -> Self:
        """Reads and compiles everything: a minute at first, seconds from the cache on disk."""
        lists = read_pattern_lists(resources.patterns)
        domains = [read_domain_list(file) for file in _in(resources.domains)]
        plane = cls(
            load_rules(resources.rules, all_columns(one.name for one in lists)),
            SignalEngine(
                patterns=PatternScanner(lists, folder=resources.cache),
                links=LinkFinder(host_table(domains)),
                hashes=WatchedHashLists(resources.hashes),
                model=TextModel.load(),
                velocity=Velocity(),
                registrations=Registrations(),
                seed=resources.seed,
            ),
        )
        plane.warm_up()
        return plane

    def warm_up(self) -> None:
        """Runs every kernel once on invented events, in tables of their own.

        Machine code is made or read from disk at the first call of each; no event waits for that.
        """
        apart = replace(self.signals, velocity=Velocity(), registrations=Registrations())
        spare = ScreeningPlane(self.rules, apart)
        spare.screen(pa.RecordBatch.from_pylist(list(WARMING), schema=EVENT_SCHEMA), Scope.FILES)
        spare.explain(WARMING[0], Scope.FILES)
        spoken_language(str(WARMING[0]["text"]))

    def watch_lists(self) -> None:
        """Follows the folder of hash lists from now on: what the worker writes counts at once."""
        if isinstance(self.signals.hashes, WatchedHashLists):
            self.signals.hashes.watch()

    def screen(self, batch: pa.RecordBatch, scope: Scope = Scope.LIVE) -> pa.Table:
        """Gives a verdict for each event that a rule fired for; `row` counts within `batch`."""
        events = check_batch(batch)
        tables = [
            self._screened(events.slice(start, BATCH_ROWS_MAX), start, scope)
            for start in range(0, events.num_rows, BATCH_ROWS_MAX)
        ]
        return pa.concat_tables(tables) if tables else VERDICT_SCHEMA.empty_table()

    def screen_one(self, event: Mapping[str, object], scope: Scope = Scope.LIVE) -> Verdict | None:
        """Gives the verdict on one event, or None; raises `InputRefused` if it is no event."""
        seen = see(one_event(event), scope)
        if seen.batch.num_rows == 0:
            return None
        return self._judged(seen, self.signals.over(seen).row(0, self._asked))

    def explain(self, event: Mapping[str, object], scope: Scope = Scope.LIVE) -> Explanation:
        """Gives every signal and rule that mattered for one event, and counts it like any other."""
        seen = see(one_event(event), scope)
        if seen.batch.num_rows == 0:
            return Explanation(verdict=None, signals={}, matches=(), rules=())
        known = self.signals.over(seen).row(0)
        fired = set(self.rules.for_one(known))
        places = sorted(range(len(self.rules.rules)), key=lambda place: place not in fired)
        patterns = self.signals.patterns.patterns
        found = [patterns[number] for number in self.signals.found(seen.views).patterns]
        return Explanation(
            verdict=self._judged(seen, known),
            signals=known,
            matches=tuple((one.list_name, one.line, one.text or one.regex or "") for one in found),
            rules=tuple(
                _inputs(self.rules.rules[place], fired=place in fired, known=known)
                for place in places
            ),
        )

    def check(self) -> tuple[FixtureFault, ...]:
        """Runs the fixtures of all rules, each event on its own; gives those that do not hold."""
        return check_rules(self.rules, self._signals_of_each)

    def _screened(self, events: pa.RecordBatch, start: int, scope: Scope) -> pa.Table:
        seen = see(events, scope)
        if seen.batch.num_rows == 0:
            return VERDICT_SCHEMA.empty_table()
        table = self.signals.over(seen)
        hits = self.rules.over(table)
        languages: list[str | None] = [None] * table.rows
        for row in np.unique(hits.rows).tolist():
            languages[row] = _language(seen, row, table.row(row, {LANGUAGE}))
        verdicts = fold(seen.batch, hits, self.rules, languages)
        placed = seen.rows[np.asarray(verdicts["row"])] + start
        return verdicts.set_column(0, VERDICT_SCHEMA.field("row"), pa.array(placed, pa.int32()))

    def _judged(self, seen: Seen, known: Mapping[str, object]) -> Verdict | None:
        fired = self.rules.for_one(known)
        if not fired:
            return None
        event_id = seen.batch["event_id"][0].as_py()
        return fold_one(event_id, fired, self.rules, _language(seen, 0, known))

    def _signals_of_each(
        self, events: Sequence[Mapping[str, object]]
    ) -> Sequence[Mapping[str, object]]:
        """Gives the signals of events that have nothing to do with each other."""
        known = []
        for number, event in enumerate(events):
            name, time = f"fixture-{number}", FIXTURES_BEGIN + number * FIXTURES_APART
            apart = {"event_id": name, "account": name, "time": time}
            seen = see(one_event({**FIXTURE_DEFAULTS, **apart, **event}), Scope.LIVE)
            known.append(self.signals.over(seen).row(0) if seen.batch.num_rows else {})
        return known


def _inputs(rule: Rule, *, fired: bool, known: Mapping[str, object]) -> RuleInputs:
    asked = {name: known.get(name) for name in sorted(columns_of(rule.condition))}
    return RuleInputs(rule.id, rule.version, fired, asked)


def _language(seen: Seen, row: int, known: Mapping[str, object]) -> str | None:
    """Gives the language for the sentence that tells people why: as stated, else as detected.

    The better detector is slow; flagged events alone can afford it.
    """
    stated = seen.batch["language"][row].as_py()
    if stated is not None:
        return str(stated)
    told = spoken_language(seen.views.normalised.text(row)) if seen.look.read[row] else None
    quick = known.get(LANGUAGE)
    return told or (None if quick is None else str(quick))


def _in(folders: Sequence[Path]) -> list[Path]:
    """Gives the files of those folders that exist, in order of their names."""
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]
