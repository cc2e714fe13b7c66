"""What a rule would have done over history: how often, for whom, and beside which other rules.

Only what the rule asks for is looked at in every row; everything else is asked of its hits. Memory
is bounded: counts per name up to a limit, and a sample that is drawn evenly over all hits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.rules.gates import gates
from evenhand.rules.grammar import columns_of
from evenhand.rules.limits import BACKTEST_NAMES_MAX, BACKTEST_SAMPLE_MAX, BACKTEST_WORDS_MAX
from evenhand.rules.load import columns_used
from evenhand.rules.precision import Precision, precision
from evenhand.rules.programme import Hits, Programme
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import MATCHES
from evenhand.signals.table import SignalTable

Rows = NDArray[np.int64]

NOBODY: Mapping[str, bool] = {}

UNKNOWN = "unknown"
OTHERS = "others"

WORDS = ("language", "territory")
"""Signals whose words are counted over the hits, whatever the rule asks for."""

SHOWN = ("language", "territory", "text_length", "link_count", "media_count", "account_age_hours")
"""Signals that are told of the hits in the sample."""


class Part(Protocol):
    """Some rows of history, of which any signal can be asked."""

    @property
    def rows(self) -> int:
        """Gives how many rows there are."""

    @property
    def at(self) -> Rows | None:
        """Gives the rows that `own` is of; None if of all. No other can be a hit."""

    @property
    def own(self) -> SignalTable:
        """Gives the signals that the rule asks for."""

    @property
    def compared(self) -> bool:
        """Tells whether the hits are to be compared with other rules."""

    def table(self, names: Sequence[str], rows: Rows) -> SignalTable:
        """Gives these signals of some rows; what is not known may be left out."""

    def about(self, rows: Rows) -> pa.Table:
        """Gives `time`, `account` and `channel` of some rows; the last two by name or hash."""

    def told(self, rows: Rows) -> pa.Table:
        """Gives `event_id` and perhaps `text` of some rows."""


@dataclass(frozen=True, slots=True)
class SampledHit:
    """One hit, told without what was written; `text` is None unless it was asked for."""

    event_id: str
    day: str
    signals: dict[str, object]
    text: str | None = None


@dataclass
class Names:
    """Counts hits per name; past the limit new names are no longer told apart."""

    most: int
    counts: Counter[str | int] = field(default_factory=Counter)
    beyond: int = 0

    def add(self, names: pa.Array | pa.ChunkedArray) -> None:
        """Counts a column of names; nothing is counted where there is none."""
        for entry in pc.value_counts(names.drop_null()).to_pylist():
            name, count = entry["values"], entry["counts"]
            if name in self.counts or len(self.counts) < self.most:
                self.counts[name] += count
            else:
                self.beyond += count

    @property
    def largest(self) -> int:
        """Gives the hits of the name that has most."""
        return max(self.counts.values(), default=0)

    def as_counts(self) -> dict[str, int]:
        """Gives the counts, most first."""
        most = sorted(self.counts.items(), key=lambda one: (-one[1], str(one[0])))
        told = {str(name): count for name, count in most}
        return told | ({OTHERS: self.beyond} if self.beyond else {})


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one part of history.

    others  which other rules fire for the hits; None if they were not compared
    drawn   hits that may come into the sample, each with its lot
    answers  how often people agreed, and how often not
    """

    rows: int
    hits: int = 0
    days: pa.ChunkedArray = None
    accounts: pa.ChunkedArray = None
    channels: pa.ChunkedArray = None
    words: Mapping[str, pa.Array] = field(default_factory=dict)
    others: Hits | None = None
    drawn: Sequence[tuple[int, SampledHit]] = ()
    answers: Mapping[bool, int] = field(default_factory=dict)


class Backtest:
    """Takes history part by part and counts the hits of one rule.

    asked     columns that the rule names; `gates`: lists of patterns of which it needs one
    others    rules in force, to tell what the rule would add to them; the rule itself is left out
    compared  hits of which is known which other rules fire for them; `alone` of these is none
    judged    events that people judged, and whether they agreed that a hit is right
    """

    def __init__(
        self,
        rule: Rule,
        others: RuleSet,
        *,
        show: bool = False,
        judged: Mapping[str, bool] = NOBODY,
    ) -> None:
        self.rule = rule
        self.asked = tuple(sorted(columns_of(rule.condition)))
        self.gates = gates(rule.condition, [one for one in self.asked if one.startswith(MATCHES)])
        self._others = RuleSet(tuple(one for one in others.rules if one.id != rule.id))
        self._of_others = tuple(sorted(columns_used(self._others)))
        self._programme = Programme([rule.condition])
        self._show = show
        self._judged = judged
        self._answers: Counter[bool] = Counter()
        self.rows = self.hits = self.compared = self.alone = 0
        self.days, self.languages, self.territories = (Names(BACKTEST_WORDS_MAX) for _ in range(3))
        self.accounts, self.channels = (Names(BACKTEST_NAMES_MAX) for _ in range(2))
        self.overlap: Counter[str] = Counter()
        self.harms: Counter[str] = Counter()
        self._drawn: list[tuple[int, SampledHit]] = []

    def add(self, part: Part) -> int:
        """Counts the hits among some rows, and gives how many there are."""
        return self.count(self.look(part, first=self.rows))

    def look(self, part: Part, *, first: int) -> Looked:
        """Gives what some rows hold, which begin at row `first` of the history.

        Nothing is counted yet, so that parts may be looked at side by side; one that cannot be
        read counts nowhere.
        """
        fired = self._fired(part)
        if not len(fired):
            return Looked(part.rows)
        about, words = part.about(fired), part.table(WORDS, fired)
        days = pc.fill_null(pc.strftime(about["time"], "%Y-%m-%d"), UNKNOWN)
        beside = part.table(self._of_others, fired) if part.compared else None
        return Looked(
            rows=part.rows,
            hits=len(fired),
            days=days,
            accounts=about["account"],
            channels=about["channel"],
            words={name: _words(words, name) for name in WORDS},
            others=None if beside is None else self._others.over(beside),
            drawn=self._draw(part, fired, days, first),
            answers=self._answers_about(part, fired),
        )

    def count(self, found: Looked) -> int:
        """Counts what was found in the next part, and gives how many hits there are."""
        self.rows += found.rows
        self.hits += found.hits
        self._answers.update(found.answers)
        if found.hits:
            self.days.add(found.days)
            self.accounts.add(found.accounts)
            self.channels.add(found.channels)
            self.languages.add(found.words["language"])
            self.territories.add(found.words["territory"])
            for lot, hit in found.drawn:
                push = heappush if len(self._drawn) < BACKTEST_SAMPLE_MAX else heappushpop
                push(self._drawn, (lot, hit))
        if found.others is not None:
            self._compare(found.others, found.hits)
        return found.hits

    def _fired(self, part: Part) -> Rows:
        if not part.own.rows:
            return np.empty(0, np.int64)
        fired = self._programme.over(part.own).rows.astype(np.int64)
        return fired if part.at is None else part.at[fired]

    def sample(self) -> list[SampledHit]:
        """Gives hits drawn evenly over all, in the order of their days."""
        return sorted((hit for _, hit in self._drawn), key=lambda hit: (hit.day, hit.event_id))

    @property
    def precision(self) -> Precision:
        """Gives how often people agreed, of the hits that they judged."""
        return precision(right=self._answers[True], judged=self._answers.total())

    def _answers_about(self, part: Part, fired: Rows) -> Counter[bool]:
        if not self._judged:
            return Counter()
        events = part.told(fired)["event_id"].to_pylist()
        return Counter(self._judged[one] for one in events if one in self._judged)

    def _draw(
        self, part: Part, fired: Rows, days: pa.ChunkedArray, first: int
    ) -> list[tuple[int, SampledHit]]:
        """Gives the hits that may come into the sample; their ids are read, and no others."""
        lots = _lots(fired + first)
        best = np.argsort(lots)[::-1][:BACKTEST_SAMPLE_MAX]
        if len(self._drawn) >= BACKTEST_SAMPLE_MAX:
            # Others may be counted meanwhile, which only raises what has to be beaten.
            best = best[lots[best] > np.uint64(self._drawn[0][0])]
        if not len(best):
            return []
        told, shown = part.told(fired[best]), part.table(SHOWN, fired[best])
        texts = told["text"].to_pylist() if self._show and "text" in told.column_names else None
        return [
            (
                int(lots[place]),
                SampledHit(
                    event_id=told["event_id"][number].as_py(),
                    day=days[place].as_py(),
                    signals=shown.row(number, SHOWN),
                    text=texts[number] if texts else None,
                ),
            )
            for number, place in enumerate(best.tolist())
        ]

    def _compare(self, found: Hits, rows: int) -> None:
        """Counts the other rules that fire for the hits."""
        harms: set[tuple[int, str]] = set()
        for row, place in zip(found.rows.tolist(), found.rules.tolist(), strict=True):
            self.overlap[self._others.rules[place].id] += 1
            harms.add((row, self._others.rules[place].harm))
        self.harms.update(harm for _, harm in harms)
        self.alone += rows - len(np.unique(found.rows))
        self.compared += rows


def backtest(rule: Rule, others: RuleSet, history: Iterable[Part]) -> Backtest:
    """Gives what a rule would have done over all of a history."""
    result = Backtest(rule, others)
    for part in history:
        result.add(part)
    return result


def _lots(rows: Rows) -> NDArray[np.uint64]:
    """Gives the lots of rows (SplitMix64): the greatest are drawn, the same ones at every run."""
    lots = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    lots = (lots ^ (lots >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    lots = (lots ^ (lots >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return lots ^ (lots >> np.uint64(31))


def _words(table: SignalTable, name: str) -> pa.Array:
    """Gives a column of words with `unknown` where there is none."""
    column = table.columns.get(name)
    if column is None or not column.words:
        return pa.array([UNKNOWN] * table.rows)
    words = pa.array(column.words).take(pa.array(column.values))
    if column.known is None:
        return words
    return pc.if_else(pa.array(column.known), words, UNKNOWN)
