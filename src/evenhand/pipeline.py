"""The whole screening flow in one place: events → signals → rules → verdicts."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.errors import EvenhandError
from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.base.logs import configure_logs
from evenhand.events.batch import check_batch, few_events, one_event
from evenhand.events.schema import EVENT_SCHEMA
from evenhand.resources import Loaded, Renewal, ResourceReader, Resources
from evenhand.rules.check import FixtureFault, check_rules
from evenhand.rules.grammar import columns_of
from evenhand.rules.load import columns_used
from evenhand.rules.noticed import noticed_columns, noticed_of
from evenhand.rules.programme import Hits
from evenhand.rules.rule import Rule, RuleSet
from evenhand.rules.shadow import ShadowHits
from evenhand.signals import nudity
from evenhand.signals.account_habits import AccountHabits
from evenhand.signals.arrow import Mask
from evenhand.signals.channel_habits import FED_BY_VERDICTS, ChannelHabits
from evenhand.signals.engine import Seen, SignalEngine, see
from evenhand.signals.habits_file import HabitsFile
from evenhand.signals.language import doubtful, spoken_language
from evenhand.signals.media_watch import WatchedHashLists
from evenhand.signals.registration import Registrations
from evenhand.signals.scope import Scope
from evenhand.signals.subjects_watch import WatchedSubjects
from evenhand.signals.table import SignalTable, Values
from evenhand.signals.velocity import Velocity
from evenhand.verdicts.fold import Folder, fold_one
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
"""Time between two fixtures: no window of a count is as long."""


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


@dataclass(frozen=True, slots=True)
class _Judging:
    """What a batch is judged by, from its begin to its end.

    asked   columns that the rules look at
    fed     per rule, whether it looks at how much of a channel was flagged
    acts    per rule, whether it does something to people at once, of which they are told
    keeps   per rule, the columns whose values the case keeps that it opens
    folder  what folds hits into verdicts
    shadow  where hits are counted that nothing follows from
    """

    rules: RuleSet
    signals: SignalEngine
    asked: frozenset[str]
    fed: Mask
    acts: Mask
    keeps: Sequence[Sequence[str]]
    folder: Folder
    shadow: ShadowHits

    @classmethod
    def of(cls, rules: RuleSet, signals: SignalEngine, shadow: ShadowHits) -> Self:
        fed = [bool(columns_of(rule.condition) & FED_BY_VERDICTS) for rule in rules.rules]
        asked = columns_used(rules) | {LANGUAGE}
        acts = [rule.proposes is not ActionKind.NONE for rule in rules.rules]
        masks = np.array(fed, np.bool_), np.array(acts, np.bool_)
        keeps = [noticed_columns(columns_of(rule.condition)) for rule in rules.rules]
        return cls(rules, signals, asked, *masks, keeps, Folder.of(rules), shadow)

    def acting(self, hits: Hits, seen: Seen) -> Hits:
        """Gives the hits from which something follows, and counts the others."""
        acting, shadow = self.rules.sorted(hits, lambda row: _key(seen.batch, row))
        for row, place in zip(shadow.rows.tolist(), shadow.rules.tolist(), strict=True):
            self.shadow.add(self.rules.rules[place], seen.batch, row)
        # A rule about a channel's flagged share would raise that share by firing.
        counted = acting.rows[~self.fed[acting.rules]]
        if len(counted):
            self.signals.flagged(seen, _different(counted))
        return acting


@dataclass(frozen=True, slots=True)
class Prepared:
    """Events that have been checked and whose files have been looked up."""

    _judging: _Judging
    _seen: Seen
    _files: Mapping[str, Values]

    def verdicts(self, turn: AbstractContextManager[None] | None = None) -> pa.Table:
        """Gives the verdicts; in its turn it counts the events in, the rest in any thread."""
        return _screened(self._judging, self._seen, self._files, turn)


class ScreeningPlane:
    """Turns batches of events into verdicts. It counts what it sees, so it has one owner.

    Another thread may put other rules and lists in force: a batch that has begun ends by those
    with which it began.
    """

    def __init__(self, rules: RuleSet, signals: SignalEngine) -> None:
        self.shadow = ShadowHits()
        self._judging = _Judging.of(rules, signals, self.shadow)
        self._reader: ResourceReader | None = None

    @property
    def rules(self) -> RuleSet:
        """Gives the rules in force."""
        return self._judging.rules

    @property
    def signals(self) -> SignalEngine:
        """Gives what signals are computed with at present."""
        return self._judging.signals

    @classmethod
    def load(cls, resources: Resources) -> Self:
        """Reads and compiles everything: a minute at first, seconds from the cache on disk."""
        reader = ResourceReader(resources)
        loaded = reader.read()
        plane = cls(
            loaded.rules,
            SignalEngine(
                patterns=loaded.patterns,
                links=loaded.links,
                hashes=WatchedHashLists(resources.hashes),
                model=loaded.model,
                velocity=Velocity(),
                registrations=Registrations(),
                seed=resources.seed,
                subjects=WatchedSubjects(resources.subjects, seed=resources.seed),
            ),
        )
        plane._reader = reader
        plane.warm_up()
        return plane

    def warm_up(self) -> None:
        """Runs every kernel once on invented events, in tables of their own.

        Machine code is made or read from disk at the first call of each; no event waits for that.
        """
        _try_out(self.rules, self.signals)

    def renew(self, loaded: Loaded, *, before: Callable[[RuleSet], None]) -> None:
        """Judges by these from the next batch on; what was counted goes on being counted.

        `before` is told of the rules before the first event is judged by them.
        """
        signals = replace(
            self.signals, patterns=loaded.patterns, links=loaded.links, model=loaded.model
        )
        _try_out(loaded.rules, signals)
        before(loaded.rules)
        self._judging = _Judging.of(loaded.rules, signals, self.shadow)

    def renewal(
        self, *, before: Callable[[RuleSet], None], rehearsed: Resources | None = None
    ) -> Renewal:
        """Gives what renews this plane when the files change that it was loaded from.

        Where `rehearsed` names those files, another process reads and compiles them first and runs
        the rules' fixtures: what takes long holds up nothing here, and what does not hold is not
        put in force.
        """
        assert self._reader is not None, "only a plane that was loaded has files to follow"
        rehearse = dict if rehearsed is None else partial(_rehearse_apart, rehearsed)
        return Renewal(
            self._reader, lambda loaded: self.renew(loaded, before=before), rehearse=rehearse
        )

    def looks_at_pictures(self) -> bool:
        """Tells whether a list holds hashes of what pictures show: else nobody need make any."""
        return self.signals.hashes.pictures > 0

    def judges_pictures(self) -> bool:
        """Tells whether a rule asks what a model thinks of pictures, and the model is installed."""
        return nudity.INSTALLED and nudity.SCORE in self._judging.asked

    def watch_lists(self) -> None:
        """Follows the folder of hash lists from now on: what the worker writes counts at once."""
        if isinstance(self.signals.hashes, WatchedHashLists):
            self.signals.hashes.watch()
        self.signals.subjects.watch()

    def remember(self, path: Path) -> HabitsFile:
        """Goes on with what a file kept of accounts and channels, and keeps it there from now."""
        kept = HabitsFile(path, self.signals.tables(), seed=self.signals.seed)
        kept.restore()
        kept.follow()
        return kept

    def screen(self, batch: pa.RecordBatch, scope: Scope = Scope.LIVE) -> pa.Table:
        """Gives a verdict for each event that a rule fired for; `row` counts within `batch`."""
        starts = range(0, batch.num_rows, BATCH_ROWS_MAX)
        parts = [batch.slice(start, BATCH_ROWS_MAX) for start in starts]
        tables = [
            _moved(prepared.verdicts(), start)
            for start, prepared in zip(starts, self.prepare(parts, scope), strict=True)
        ]
        return pa.concat_tables(tables) if tables else VERDICT_SCHEMA.empty_table()

    def prepare(
        self, batches: Sequence[pa.RecordBatch], scope: Scope = Scope.LIVE
    ) -> list[Prepared]:
        """Checks batches and looks up the files of all at once; raises `InputRefused`."""
        judging = self._judging
        several = [see(check_batch(batch), scope) for batch in batches]
        files = judging.signals.files_of(several)
        return [Prepared(judging, seen, one) for seen, one in zip(several, files, strict=True)]

    def screen_few(
        self, events: Sequence[Mapping[str, object]], scope: Scope = Scope.LIVE
    ) -> list[Verdict | None]:
        """Gives the verdict on each of a few events, or None, at the least cost for each.

        Raises `InputRefused` if one is no event, before any is counted.
        """
        assert len(events) <= BATCH_ROWS_MAX
        return _few(self._judging, few_events(events), scope)

    def screen_one(self, event: Mapping[str, object], scope: Scope = Scope.LIVE) -> Verdict | None:
        """Gives the verdict on one event, or None; raises `InputRefused` if it is no event."""
        return self.screen_few([event], scope)[0]

    def explain(self, event: Mapping[str, object], scope: Scope = Scope.LIVE) -> Explanation:
        """Gives every signal and rule that mattered for one event, and counts it like any other."""
        return _explained(self._judging, event, scope)

    def check(self) -> tuple[FixtureFault, ...]:
        """Runs the fixtures of all rules, each event on its own; gives those that do not hold."""
        return check_rules(self.rules, self.signals_of_each)

    def signals_of_each(
        self, events: Sequence[Mapping[str, object]]
    ) -> Sequence[Mapping[str, object]]:
        """Gives the signals of events that have nothing to do with each other."""
        known = []
        for event in apart(events):
            seen = see(one_event(event), Scope.LIVE)
            known.append(self.signals.over(seen).row(0) if seen.batch.num_rows else {})
        return known


def rehearse(resources: Resources) -> Mapping[str, object]:
    """Gives what is wrong with rules, lists and model as their files stand, or nothing.

    Whoever reads them next finds in the cache on disk what takes long to make. Lists of hashes are
    left out: they are followed by themselves.
    """
    try:
        faults = ScreeningPlane.load(replace(resources, hashes=None)).check()
    except EvenhandError as error:
        told = {
            name: "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            for name, value in error.fields.items()
        }
        return {**told, "error": type(error).__name__}
    if not faults:
        return {}
    first = faults[0]
    return {
        "error": "FixtureFault",
        "rule": first.rule,
        "line": first.line,
        "why": f"{first.wanted}, but {first.found}",
        "faults": len(faults),
    }


def _rehearse_apart(resources: Resources) -> Mapping[str, object]:
    """Rehearses in a process of its own that yields to every other."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_begin_apart) as one:
        return one.submit(rehearse, resources).result()


def _begin_apart() -> None:
    os.nice(19)
    configure_logs()


def apart(events: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Gives the events of fixtures whole, so far apart that none is counted with another."""
    whole = []
    for number, event in enumerate(events):
        name, time = f"fixture-{number}", FIXTURES_BEGIN + number * FIXTURES_APART
        own = {"event_id": name, "account": name, "time": time}
        whole.append({**FIXTURE_DEFAULTS, **own, **event})
    return whole


def _screened(
    judging: _Judging,
    seen: Seen,
    files: Mapping[str, Values],
    turn: AbstractContextManager[None] | None,
) -> pa.Table:
    if seen.batch.num_rows == 0:
        return VERDICT_SCHEMA.empty_table()
    steady = judging.signals.steady(seen, files)
    # What was flagged is counted, too, and may make the next event of a channel be flagged.
    with turn or nullcontext():
        table = judging.signals.counted(seen, steady)
        hits = judging.acting(judging.rules.over(table), seen)
    rows = _different(hits.rows)
    told = np.zeros(seen.batch.num_rows, np.bool_)
    told[hits.rows[judging.acts[hits.rules]]] = True
    languages = _languages(seen, rows, table, told=told[rows])
    verdicts = judging.folder.fold(seen.batch, hits, languages)
    return _placed(verdicts, seen.rows[np.asarray(verdicts["row"])])


def _different(rows: NDArray[np.int32]) -> NDArray[np.int64]:
    """Gives rows that are in order, each once."""
    return rows[np.flatnonzero(np.diff(rows, prepend=-1))].astype(np.int64)


def _moved(verdicts: pa.Table, by: int) -> pa.Table:
    return _placed(verdicts, np.asarray(verdicts["row"]) + by) if by else verdicts


def _placed(verdicts: pa.Table, rows: NDArray[np.integer]) -> pa.Table:
    return verdicts.set_column(0, VERDICT_SCHEMA.field("row"), pa.array(rows, pa.int32()))


def _key(batch: pa.RecordBatch, row: int) -> str:
    """Gives by what a share of accounts is drawn: the account, or else the channel."""
    for name in ("account", "channel", "event_id"):
        value = batch[name][row].as_py()
        if value:
            return str(value)
    return ""


def _few(judging: _Judging, events: pa.RecordBatch, scope: Scope) -> list[Verdict | None]:
    verdicts: list[Verdict | None] = [None] * events.num_rows
    seen = see(events, scope)
    if seen.batch.num_rows == 0:
        return verdicts
    table = judging.signals.over(seen)
    hits = judging.acting(judging.rules.over(table), seen)
    if not len(rows := np.unique(hits.rows)):
        return verdicts
    # Also where a rule only asks people: at a door a case follows, and they tell somebody later.
    languages = _languages(seen, rows, table, told=np.full(len(rows), True))
    for row, language in zip(rows.tolist(), languages, strict=True):
        fired = hits.rules[hits.rows == row].tolist()
        event_id = seen.batch["event_id"][row].as_py()
        kept = dict.fromkeys(name for place in fired for name in judging.keeps[place])
        noticed = noticed_of(table.row(row, kept).items()) if kept else ()
        verdicts[seen.rows[row]] = fold_one(event_id, fired, judging.rules, language, noticed)
    return verdicts


def _judged(
    judging: _Judging, seen: Seen, table: SignalTable, known: Mapping[str, object]
) -> Verdict | None:
    fired = judging.rules.for_one(known)
    if fired:
        places = np.array(fired, np.int32)
        fired = judging.acting(Hits(np.zeros_like(places), places), seen).rules.tolist()
    if not fired:
        return None
    event_id = seen.batch["event_id"][0].as_py()
    (language,) = _languages(seen, np.zeros(1, np.int64), table, told=np.full(1, True))
    return fold_one(event_id, fired, judging.rules, language)


def _explained(judging: _Judging, event: Mapping[str, object], scope: Scope) -> Explanation:
    seen = see(one_event(event), scope)
    if seen.batch.num_rows == 0:
        return Explanation(verdict=None, signals={}, matches=(), rules=())
    rules, signals = judging.rules, judging.signals
    table = signals.over(seen)
    known = table.row(0)
    fired = set(rules.for_one(known))
    places = sorted(range(len(rules.rules)), key=lambda place: place not in fired)
    patterns = signals.patterns.patterns
    found = [patterns[number] for number in signals.found(seen).patterns]
    return Explanation(
        verdict=_judged(judging, seen, table, known),
        signals=known,
        matches=tuple((one.list_name, one.line, one.text or one.regex or "") for one in found),
        rules=tuple(
            _inputs(rules.rules[place], fired=place in fired, known=known) for place in places
        ),
    )


def _try_out(rules: RuleSet, signals: SignalEngine) -> None:
    """Judges invented events once in every way, in tables of their own."""
    spare = ScreeningPlane(
        rules,
        replace(
            signals,
            velocity=Velocity(),
            registrations=Registrations(),
            accounts=AccountHabits(),
            channels=ChannelHabits(),
        ),
    )
    spare.signals.warm_up()
    spare.screen(pa.RecordBatch.from_pylist(list(WARMING), schema=EVENT_SCHEMA), Scope.FILES)
    spare.explain(WARMING[0], Scope.FILES)
    spoken_language(str(WARMING[0]["text"]))


def _inputs(rule: Rule, *, fired: bool, known: Mapping[str, object]) -> RuleInputs:
    asked = {name: known.get(name) for name in sorted(columns_of(rule.condition))}
    return RuleInputs(rule.id, rule.version, fired, asked)


def _languages(
    seen: Seen, rows: NDArray[np.integer], table: SignalTable, *, told: Mask
) -> list[str | None]:
    """Gives the languages of rows for the sentence that tells people why: as stated, else detected.

    One detector is quick and has seen every row. The slow one is asked where that is in doubt, of
    rows of which somebody is told (`told`).
    """
    stated = seen.batch["language"].take(pa.array(rows)).to_pylist()
    quick = table.single[LANGUAGE]
    known = np.full(len(rows), True) if quick.known is None else quick.known[rows]
    languages = [
        of_row or (quick.words[code] if is_known else None)
        for of_row, code, is_known in zip(
            stated, quick.values[rows].tolist(), known.tolist(), strict=True
        )
    ]
    asked = told & seen.look.read[rows] & np.array([one is None for one in stated], np.bool_)
    asked[asked] = doubtful(seen.views, rows[asked])
    for place in np.flatnonzero(asked).tolist():
        text = seen.views.normalised.text(int(rows[place]))
        languages[place] = spoken_language(text) or languages[place]
    return languages
