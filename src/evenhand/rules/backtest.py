"""What a rule would have done over history: how often, for whom, and beside which other rules.

Only what the rule asks for is looked at in every row; everything else is asked of its hits. Memory
is bounded: counts per name up to a limit, and a sample that is drawn evenly over all hits.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
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
from evenhand.rules.programme import Programme
from evenhand.rules.rule import Rule, RuleSet
from evenhand.signals.columns import MATCHES
from evenhand.signals.table import SignalTable

Rows = NDArray[np.int64]

UNKNOWN = "unknown"
OTHERS = "others"

SHOWN = ("language", "territory", "text_length", "link_count", "media_count", "account_age_hours")
"""Signals that are told of the hits, whatever the rule asks for."""


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


class Backtest:
    """Takes history part by part and counts the hits of one rule.

    asked     columns that the rule names; `gates`: lists of patterns of which it needs one
    others    rules in force, to tell what the rule would add to them; the rule itself is left out
    compared  hits of which is known which other rules fire for them; `alone` of these is none
    """

    def __init__(self, rule: Rule, others: RuleSet, *, show: bool = False) -> None:
        self.rule = rule
        self.asked = tuple(sorted(columns_of(rule.condition)))
        self.gates = gates(rule.condition, [one for one in self.asked if one.startswith(MATCHES)])
        self._others = RuleSet(tuple(one for one in others.rules if one.id != rule.id))
        self._of_others = tuple(sorted(columns_used(self._others)))
        self._programme = Programme([rule.condition])
        self._show = show
        self.rows = self.hits = self.compared = self.alone = 0
        self.days, self.languages, self.territories = (Names(BACKTEST_WORDS_MAX) for _ in range(3))
        self.accounts, self.channels = (Names(BACKTEST_NAMES_MAX) for _ in range(2))
        self.overlap: Counter[str] = Counter()
        self.harms: Counter[str] = Counter()
        self._drawn: list[tuple[int, SampledHit]] = []

    def add(self, part: Part) -> int:
        """Counts the hits among some rows, and gives how many there are.

        Everything is read before anything is counted: a part that cannot be read counts nowhere.
        """
        fired = self._fired(part)
        if len(fired):
            about, shown = part.about(fired), part.table(SHOWN, fired)
            beside = part.table(self._of_others, fired) if part.compared else None
            days = pc.fill_null(pc.strftime(about["time"], "%Y-%m-%d"), UNKNOWN)
            self._draw(part, fired, shown, days)
            self._count(about, shown, days)
            if beside is not None:
                self._compare(beside)
        self.rows += part.rows
        self.hits += len(fired)
        return len(fired)

    def _fired(self, part: Part) -> Rows:
        if not part.own.rows:
            return np.empty(0, np.int64)
        fired = self._programme.over(part.own).rows.astype(np.int64)
        return fired if part.at is None else part.at[fired]

    def sample(self) -> list[SampledHit]:
        """Gives hits drawn evenly over all, in the order of their days."""
        return sorted((hit for _, hit in self._drawn), key=lambda hit: (hit.day, hit.event_id))

    def _count(self, about: pa.Table, shown: SignalTable, days: pa.ChunkedArray) -> None:
        self.days.add(days)
        self.accounts.add(about["account"])
        self.channels.add(about["channel"])
        self.languages.add(_words(shown, "language"))
        self.territories.add(_words(shown, "territory"))

    def _draw(self, part: Part, fired: Rows, shown: SignalTable, days: pa.ChunkedArray) -> None:
        """Puts hits into the sample; ids are read only where some is drawn."""
        lots = np.array([_lot(self.rows + row) for row in fired.tolist()], np.uint64)
        best = np.argsort(lots)[::-1][:BACKTEST_SAMPLE_MAX]
        if len(self._drawn) >= BACKTEST_SAMPLE_MAX:
            best = best[lots[best] > np.uint64(self._drawn[0][0])]
        if not len(best):
            return
        told = part.told(fired[best])
        texts = told["text"].to_pylist() if self._show and "text" in told.column_names else None
        for number, place in enumerate(best.tolist()):
            hit = SampledHit(
                event_id=told["event_id"][number].as_py(),
                day=days[place].as_py(),
                signals=shown.row(place, SHOWN),
                text=texts[number] if texts else None,
            )
            push = heappush if len(self._drawn) < BACKTEST_SAMPLE_MAX else heappushpop
            push(self._drawn, (int(lots[place]), hit))

    def _compare(self, table: SignalTable) -> None:
        """Counts the other rules that fire for the hits."""
        found = self._others.over(table)
        harms: set[tuple[int, str]] = set()
        for row, place in zip(found.rows.tolist(), found.rules.tolist(), strict=True):
            self.overlap[self._others.rules[place].id] += 1
            harms.add((row, self._others.rules[place].harm))
        self.harms.update(harm for _, harm in harms)
        self.alone += table.rows - len(np.unique(found.rows))
        self.compared += table.rows


def backtest(rule: Rule, others: RuleSet, history: Iterable[Part]) -> Backtest:
    """Gives what a rule would have done over all of a history."""
    result = Backtest(rule, others)
    for part in history:
        result.add(part)
    return result


def _lot(row: int) -> int:
    """Gives the lot of a row; those with the greatest are drawn, the same at every run."""
    return int.from_bytes(blake2b(row.to_bytes(8, "big"), digest_size=8).digest(), "big")


def _words(table: SignalTable, name: str) -> pa.Array:
    """Gives a column of words with `unknown` where there is none."""
    column = table.columns.get(name)
    if column is None or not column.words:
        return pa.array([UNKNOWN] * table.rows)
    words = pa.array(column.words).take(pa.array(column.values))
    if column.known is None:
        return words
    return pc.if_else(pa.array(column.known), words, UNKNOWN)
