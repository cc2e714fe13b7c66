"""The whole screening flow in one place: events → signals → rules → verdicts."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.base.lists import ChannelKind, EventKind
from evenhand.events.batch import check_batch, one_event
from evenhand.events.normalise import normalise
from evenhand.events.text_column import TextColumn, arrow_text
from evenhand.events.unicode_tables import unicode_tables
from evenhand.rules.check import FixtureFault, check_rules
from evenhand.rules.grammar import columns_of
from evenhand.rules.load import load_rules
from evenhand.rules.rule import RuleSet
from evenhand.signals.columns import MATCHES, all_columns
from evenhand.signals.contacts import contacts
from evenhand.signals.domains import host_table, read_domain_list
from evenhand.signals.facts import facts, milliseconds_of, shape_of_text
from evenhand.signals.hashing import hashes_of
from evenhand.signals.language import language, spoken_language
from evenhand.signals.links import LinkFinder
from evenhand.signals.media import HashLists
from evenhand.signals.pattern_lists import read_pattern_lists
from evenhand.signals.patterns import PatternScanner
from evenhand.signals.registration import Registrations
from evenhand.signals.scope import Allowed, Scope, allowed
from evenhand.signals.table import SignalTable, Values
from evenhand.signals.text_model import TextModel
from evenhand.signals.velocity import Velocity
from evenhand.signals.views import Views, views_of
from evenhand.verdicts.fold import fold, fold_one
from evenhand.verdicts.schema import VERDICT_SCHEMA, Verdict

__all__ = ["Explanation", "Resources", "RuleInputs", "Scope", "ScreeningPlane"]

FIXTURE_DEFAULTS: Mapping[str, object] = {
    "kind": EventKind.MESSAGE.value,
    "channel_kind": ChannelKind.PUBLIC.value,
}
"""What an event of a fixture is unless it says otherwise."""

FIXTURES_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIXTURES_APART = timedelta(hours=2)
"""Fixtures lie so far apart that none is counted together with another."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Where the screening plane takes its rules, lists and model from.

    rules, patterns  folders of YAML files
    domains          folders of domain lists; those that do not exist are left out
    hashes           folder of hash lists, `NAME.sha256`; None or missing is no list
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

    def __init__(
        self,
        *,
        rules: RuleSet,
        patterns: PatternScanner,
        links: LinkFinder,
        hashes: HashLists,
        model: TextModel,
        seed: int,
    ) -> None:
        self.rules = rules
        self._patterns = patterns
        self._links = links
        self._hashes = hashes
        self._model = model
        self._seed = seed
        self._velocity = Velocity()
        self._registrations = Registrations()

    @classmethod
    def load(cls, resources: Resources) -> Self:
        """Reads and compiles everything: seconds at first, less from the cache on disk."""
        lists = read_pattern_lists(resources.patterns)
        return cls(
            rules=load_rules(resources.rules, all_columns(one.name for one in lists)),
            patterns=PatternScanner(lists, folder=resources.cache),
            links=LinkFinder(host_table([read_domain_list(one) for one in _in(resources.domains)])),
            hashes=_hash_lists(resources.hashes),
            model=TextModel.load(),
            seed=resources.seed,
        )

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
        batch = one_event(event)
        look = allowed(batch, scope)
        if not look.anything.all():
            return None
        return self._verdict(batch, self._signals(batch, look, views_of(batch, look.read)), look)

    def explain(self, event: Mapping[str, object], scope: Scope = Scope.LIVE) -> Explanation:
        """Gives every signal and rule that mattered for one event, and counts it like any other."""
        batch = one_event(event)
        look = allowed(batch, scope)
        if not look.anything.all():
            return Explanation(verdict=None, signals={}, matches=(), rules=())
        views = views_of(batch, look.read)
        table = self._signals(batch, look, views)
        known = table.row(0)
        fired = set(self.rules.for_one(known))
        order = sorted(range(len(self.rules.rules)), key=lambda place: place not in fired)
        found = self._patterns.find(views.normalised, views.undisguised, self._raw(views))
        patterns = [self._patterns.patterns[number] for number in found.patterns.tolist()]
        return Explanation(
            verdict=self._verdict(batch, table, look),
            signals=known,
            matches=tuple(
                (one.list_name, one.line, one.text or one.regex or "") for one in patterns
            ),
            rules=tuple(self._inputs(place, fired=place in fired, known=known) for place in order),
        )

    def check(self) -> tuple[FixtureFault, ...]:
        """Runs the fixtures of all rules, each event on its own; gives those that do not hold."""
        return check_rules(self.rules, self._signals_of_each)

    def _screened(self, events: pa.RecordBatch, start: int, scope: Scope) -> pa.Table:
        look = allowed(events, scope)
        rows = np.flatnonzero(look.anything)
        if len(rows) < events.num_rows:
            events = events.take(pa.array(rows))
            look = Allowed(look.read[rows], look.count[rows], look.hash[rows])
        views = views_of(events, look.read)
        table = self._signals(events, look, views)
        hits = self.rules.over(table)
        flagged = np.unique(hits.rows).astype(np.int64)
        languages: list[str | None] = [None] * events.num_rows
        spoken = _languages(events, table, flagged, look)
        for row, code in zip(flagged.tolist(), spoken, strict=True):
            languages[row] = code
        verdicts = fold(events, hits, self.rules, languages)
        placed = rows[np.asarray(verdicts["row"])] + start
        return verdicts.set_column(0, VERDICT_SCHEMA.field("row"), pa.array(placed, pa.int32()))

    def _verdict(self, batch: pa.RecordBatch, table: SignalTable, look: Allowed) -> Verdict | None:
        fired = self.rules.for_one(table.row(0))
        if not fired:
            return None
        (spoken,) = _languages(batch, table, np.zeros(1, np.int64), look)
        return fold_one(batch["event_id"][0].as_py(), fired, self.rules, spoken)

    def _signals(self, batch: pa.RecordBatch, look: Allowed, views: Views) -> SignalTable:
        links = self._links.columns(batch, views)
        reached = contacts(views)
        columns = {
            **facts(batch),
            **shape_of_text(views),
            **language(batch, views),
            **links,
            **reached,
            "has_contact": _any_of(links["has_invite"], *reached.values()),
            **self._matches(views),
            **self._scores(views),
            **self._habits(batch, look, views, has_link=links["has_link"]),
            **self._hashes.look_up(batch["media_sha256"], look.hash),
        }
        return SignalTable(batch.num_rows, columns)

    def _raw(self, views: Views) -> TextColumn | None:
        return views.raw if self._patterns.needs_raw else None

    def _matches(self, views: Views) -> Mapping[str, Values]:
        found = self._patterns.find(views.normalised, views.undisguised, self._raw(views))
        counts = self._patterns.counts(found, len(views.normalised))
        return {
            MATCHES + name: Values(counts[k], views.may_read)
            for k, name in enumerate(self._patterns.names)
        }

    def _scores(self, views: Views) -> Mapping[str, Values]:
        column = views.normalised
        scores = self._model.score(column.buffer, column.offsets)
        return {
            name: Values(values.astype(np.float64), views.has_text)
            for name, values in scores.items()
        }

    def _habits(
        self, batch: pa.RecordBatch, look: Allowed, views: Views, *, has_link: Values
    ) -> Mapping[str, Values]:
        times = milliseconds_of(batch["time"])
        accounts = self._keys(batch["account"])
        both = look.read & look.count
        linked = has_link.values.astype(np.bool_)
        columns = {
            **self._velocity.events(accounts, times, look.count),
            **self._velocity.links(accounts, times, linked, both),
            **self._velocity.floods(views.normalised, accounts, times, both),
        }
        registered = np.asarray(pc.equal(batch["kind"], EventKind.REGISTRATION.value)) & look.count
        if registered.any():
            names = normalise(*arrow_text(_chosen_names(batch)), tables=unicode_tables())
            networks = self._keys(batch["network"].cast(pa.binary()))
            columns |= self._registrations.bursts(names, networks, times, registered)
        return columns

    def _keys(self, column: pa.Array) -> NDArray[np.uint64]:
        """Gives a hash per row under the plane's seed; 0 where there is nothing."""
        filled = pc.fill_null(column, "" if pa.types.is_string(column.type) else b"")
        keys = hashes_of(*arrow_text(filled), seed=self._seed)
        keys[~np.asarray(pc.is_valid(column))] = 0
        return keys

    def _inputs(self, place: int, *, fired: bool, known: Mapping[str, object]) -> RuleInputs:
        rule = self.rules.rules[place]
        asked = {name: known.get(name) for name in sorted(columns_of(rule.condition))}
        return RuleInputs(rule.id, rule.version, fired, asked)

    def _signals_of_each(
        self, events: Sequence[Mapping[str, object]]
    ) -> Sequence[Mapping[str, object]]:
        """Gives the signals of events that have nothing to do with each other."""
        known = []
        for number, event in enumerate(events):
            name, time = f"fixture-{number}", FIXTURES_BEGIN + number * FIXTURES_APART
            apart = {"event_id": name, "account": name, "time": time}
            batch = one_event({**FIXTURE_DEFAULTS, **apart, **event})
            look = allowed(batch, Scope.LIVE)
            plain = self._signals(batch, look, views_of(batch, look.read))
            known.append(plain.row(0) if look.anything.all() else {})
        return known


def _any_of(*columns: Values) -> Values:
    return Values(np.logical_or.reduce([one.values for one in columns]), columns[0].known)


def _languages(
    batch: pa.RecordBatch, table: SignalTable, flagged: NDArray[np.int64], look: Allowed
) -> list[str | None]:
    """Gives the language of each flagged row, for the sentence that tells people why.

    It is the signal's; where that is not known, as stated; else the slow detector is asked.
    """
    column = table.columns["language"]
    assert column.known is not None
    known = column.known[flagged].tolist()
    codes = column.values[flagged].tolist()
    rows = batch.select(["language", "text"]).take(pa.array(flagged)).to_pylist()
    return [
        column.words[code] if is_known else _asked(row["language"], row["text"] if read else None)
        for is_known, code, row, read in zip(
            known, codes, rows, look.read[flagged].tolist(), strict=True
        )
    ]


def _asked(stated: str | None, text: str | None) -> str | None:
    return stated or (spoken_language(text) if text else None)


def _chosen_names(batch: pa.RecordBatch) -> pa.Array:
    """Gives the name that somebody chose: the account's own, without its server, else as shown."""
    local = pc.replace_substring_regex(batch["account"], r"^@?([^:]*)(:.*)?$", r"\1")
    return pc.fill_null(pc.coalesce(local, batch["display_name"]), "")


def _in(folders: Sequence[Path]) -> list[Path]:
    """Gives the files of those folders that exist, in order of their names."""
    return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]


def _hash_lists(folder: Path | None) -> HashLists:
    return HashLists.read(folder) if folder and folder.is_dir() else HashLists.of({})
