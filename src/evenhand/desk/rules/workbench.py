"""Tries rules while they are written: on fixtures, on the samples of all rules, and on history.

One screening plane of this process's own, made when somebody first works on a rule. It counts for
itself and judges nobody.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import monotonic

import pyarrow as pa
from django.conf import settings
from yaml import YAMLError

from evenhand.base.errors import EvenhandError, InputRefused, Unavailable
from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.connectors.files.backtest_lines import as_json
from evenhand.connectors.files.formats import Source, find_sources
from evenhand.connectors.files.history import EventsPart, History
from evenhand.connectors.files.problems import FileRefused
from evenhand.desk.rules.limits import GLANCE_SECONDS
from evenhand.events.batch import event_batch
from evenhand.pipeline import Resources, Scope, ScreeningPlane, apart
from evenhand.rulebook.limits import RULE_ID_CHARACTERS_MAX
from evenhand.rulebook.models import RuleVersion
from evenhand.rules.backtest import NOBODY, Backtest, Part, SampledHit
from evenhand.rules.check import FixtureFault, check_rules
from evenhand.rules.load import RuleRefused, read_rule
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import SignalColumn, all_columns
from evenhand.signals.engine import see
from evenhand.signals.registration import Registrations
from evenhand.signals.stored import editions
from evenhand.signals.velocity import Velocity

ID = re.compile(r"""^id:[ \t]*["']?([a-z][a-z0-9_]*)["']?[ \t]*$""", re.MULTILINE)
"""The line that names a rule. An id names a file, so it holds nothing that a path could."""

HISTORY = "history"
"""The folder below EVENHAND_HOME with the operator's own archive, or signals kept of it."""

Event = Mapping[str, object]


class WorkbenchClosed(Unavailable):
    """The rules, lists or model in force cannot be read, so nothing can be tried among them."""

    remedy = "Run `evenhand rules check`: it names the file that is wrong."


@dataclass(frozen=True, slots=True)
class Sampled:
    """An event of another rule's fixtures that the rule fires for."""

    text: str
    language: str
    rule: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """What a text is as a rule: the rule and what it does among the others, or what is wrong.

    unmet    fixtures that do not hold with this rule among the others
    sampled  sample events of other rules that it fires for, of so many
    """

    rule: Rule | None
    refused: RuleRefused | None
    unmet: tuple[FixtureFault, ...] = ()
    sampled: tuple[Sampled, ...] = ()
    samples: int = 0

    @property
    def holds(self) -> bool:
        """Tells whether the text is a rule and every fixture holds."""
        return self.rule is not None and not self.unmet

    @property
    def fixtures(self) -> int:
        """Gives how many fixtures the rule has of its own."""
        return len(self.rule.hits) + len(self.rule.passes) if self.rule else 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule does over history: figures as a version keeps them, and hits to look at.

    said   what was passed over, in the words of the readers of files
    """

    figures: Mapping[str, object]
    hits: Sequence[SampledHit]
    said: Sequence[str]


class Workbench:
    """A screening plane to try rules on; one thread at a time works at it."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._lock = threading.RLock()
        self._plane = ScreeningPlane.load(resources)
        self._renewal = self._plane.renewal(before=self._forget)
        self._known: dict[str, Mapping[str, object]] = {}
        self._before: frozenset[tuple[str, int]] | None = None

    def rules(self) -> tuple[Rule, ...]:
        """Gives the rules in force, as the files say now."""
        with self._lock:
            self._renewal.look()
            self._renewal.look()  # files are taken once two looks find the same
            return self._plane.rules.rules

    def columns(self) -> Mapping[str, SignalColumn]:
        """Gives every signal that a rule may name."""
        with self._lock:
            return all_columns(self._plane.signals.patterns.names)

    def read(self, text: str, *, rule_id: str = "") -> Rule:
        """Gives the rule that a text holds; with an id, it has to be the rule of that id."""
        named = ID.search(text)
        name = rule_id or (named[1] if named else "")
        if not name or len(name) > RULE_ID_CHARACTERS_MAX:
            raise RuleRefused(line=1, why="the id is missing: small letters, digits and _")
        try:
            return read_rule(text, Path(f"{name}.yaml"), self.columns())
        except (YAMLError, ValueError, RecursionError) as error:
            raise RuleRefused(line=1, why="it cannot be read as YAML") from error

    def examine(self, text: str, *, rule_id: str = "") -> Examined:
        """Looks at a text as a rule among those in force."""
        with self._lock:
            in_force = self.rules()
            try:
                rule = self.read(text, rule_id=rule_id)
                unmet = self._unmet(rule, in_force)
            except RuleRefused as refused:
                return Examined(rule=None, refused=refused)
            except InputRefused as refused:  # a fixture that is no event
                why = ", ".join(f"{name} {value}" for name, value in refused.fields.items())
                told = RuleRefused(line=1, why=f"a fixture is no event: {why}")
                return Examined(rule=None, refused=told)
            others = [one for one in in_force if one.id != rule.id]
            return Examined(
                rule=rule,
                refused=None,
                unmet=unmet,
                sampled=tuple(self._sampled(rule, others)),
                samples=sum(len(one.hits) + len(one.passes) for one in others),
            )

    def fixtures_hold(self, row: RuleVersion) -> bool:
        """Tells whether every fixture holds with a version among the rules in force."""
        found = self.examine(row.text, rule_id=row.rule)
        return found.holds and found.rule is not None and found.rule.version == row.version

    def glance(self, rule: Rule) -> Tried | None:
        """Tries a rule on the newest of the history; None where there is none."""
        return self.backtest(rule, seconds_max=GLANCE_SECONDS) if history() else None

    def backtest(
        self, rule: Rule, *, seconds_max: float, judged: Mapping[str, bool] = NOBODY
    ) -> Tried:
        """Tries a rule on history, the newest files first, until the time is up.

        Without a history, the fixtures of all rules are one.

        judged  events that people judged, and whether they agreed
        """
        said: list[str] = []
        with self._lock:
            until = monotonic() + seconds_max
            work = Backtest(rule, RuleSet(self.rules()), show=True, judged=judged)
            reader = History(
                load=self._spare,
                asked=work.asked,
                gates=work.gates,
                lists=editions(self._resources.pattern_lists()),
                say=said.append,
            )
            whole, sources = True, history()
            parts = reader.parts(sources) if sources else ((part, 0) for part in self._samples())
            for _ in reader.tried(work, parts):
                if monotonic() > until:
                    whole = False
                    break
        files = [one.path.name for one in sources if one.path is not None]
        figures = {**as_json(work), "files": files, "whole": whole}
        if not sources:
            figures["days"] = {}  # fixtures have no day
        return Tried(figures, work.sample(), [_without_folder(one) for one in said])

    def _samples(self) -> Iterator[Part]:
        """Gives the fixtures of all rules in force as a history, for want of another."""
        fixtures = [one for rule in self._plane.rules.rules for one in (*rule.hits, *rule.passes)]
        events = event_batch(apart([one.event for one in fixtures])).batch
        signals = self._spare().signals
        for start in range(0, events.num_rows, BATCH_ROWS_MAX):
            seen = see(events.slice(start, BATCH_ROWS_MAX), Scope.LIVE)
            if seen.batch.num_rows:
                yield EventsPart(signals.over(seen), pa.Table.from_batches([seen.batch]))

    def _forget(self, _rules: RuleSet) -> None:
        self._known.clear()
        self._before = None

    def _unmet(self, rule: Rule, in_force: Sequence[Rule]) -> tuple[FixtureFault, ...]:
        if self._before is None:
            self._before = frozenset(map(_name_of, check_rules(self._plane.rules, self._signals)))
        others = [one for one in in_force if one.id != rule.id]
        found = check_rules(RuleSet((rule, *others)), self._signals)
        return tuple(
            one for one in found if one.rule == rule.id or _name_of(one) not in self._before
        )

    def _sampled(self, rule: Rule, others: Sequence[Rule]) -> Iterator[Sampled]:
        alone = RuleSet((rule,))
        for other in others:
            for fixtures, wanted in ((other.hits, True), (other.passes, False)):
                known = self._signals([one.event for one in fixtures])
                for fixture, signals in zip(fixtures, known, strict=True):
                    if alone.for_one({**signals, **fixture.signals}):
                        yield Sampled(*_told(fixture.event), other.id, wanted)

    def _signals(self, events: Sequence[Event]) -> Sequence[Mapping[str, object]]:
        """Gives the signals of events on their own; each is computed once."""
        keys = [json.dumps(event, sort_keys=True, default=str) for event in events]
        wanted = dict(zip(keys, events, strict=True))
        new = {key: event for key, event in wanted.items() if key not in self._known}
        if new:
            found = self._spare().signals_of_each(list(new.values()))
            self._known.update(zip(new, found, strict=True))
        return [self._known[key] for key in keys]

    def _spare(self) -> ScreeningPlane:
        """Gives a plane with the same lists that has counted nothing yet."""
        signals = replace(self._plane.signals, velocity=Velocity(), registrations=Registrations())
        return ScreeningPlane(self._plane.rules, signals)


_MAKING = threading.Lock()


def workbench() -> Workbench:
    """Gives the workbench of this process; whoever comes first waits for it."""
    with _MAKING:
        return _made()


def prepare() -> None:
    """Has the workbench made beside what else is done: somebody will want it soon."""
    if not _made.cache_info().currsize:
        threading.Thread(target=workbench, name="workbench", daemon=True).start()


@cache
def _made() -> Workbench:
    try:
        return Workbench(Resources.default())
    except (EvenhandError, OSError) as error:
        raise WorkbenchClosed(error=type(error).__name__) from error


def history() -> list[Source]:
    """Gives the files of the history, the newest first."""
    folder = Path(settings.EVENHAND_HOME) / HISTORY
    if not folder.is_dir():
        return []
    try:
        sources, _ = find_sources([str(folder)])
    except FileRefused:
        return []  # the folder is empty
    return sorted(sources, key=_changed_at, reverse=True)


def history_names() -> list[str]:
    """Gives the names of the files of the history, the newest first."""
    return [source.path.name for source in history() if source.path is not None]


def _changed_at(source: Source) -> float:
    try:
        return source.path.stat().st_mtime if source.path else 0.0
    except OSError:
        return 0.0


def _without_folder(said: str) -> str:
    """Gives what was said without the folder that it was said of."""
    return said.replace(f"{Path(settings.EVENHAND_HOME) / HISTORY}/", "")


def _name_of(fault: FixtureFault) -> tuple[str, int]:
    return fault.rule, fault.line


def _told(event: Event) -> tuple[str, str]:
    """Gives what a fixture's event says, and in which language."""
    names = ("text", "channel_name", "display_name")
    text = next((str(event[name]) for name in names if event.get(name)), "")
    return text, str(event.get("language", ""))
