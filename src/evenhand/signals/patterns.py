"""Finds lists of patterns in whole columns of text, with one scan per view.

Literals are bytes with bounds that are checked afterwards, for all matches at once. Regular
expressions are looked for by Hyperscan. A regular
expression that could run on from row to row is looked for again in the row alone: what two people
wrote one after the other must not convict them together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Self

import hyperscan
import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, kernel
from evenhand.events.text_column import Bytes, Offsets, TextColumn, decode, put
from evenhand.events.undisguise import Undisguised
from evenhand.events.unicode_tables import CharacterClass, UnicodeTables, entry_of, unicode_tables
from evenhand.signals.columns import MATCHES
from evenhand.signals.expressions import Literal, expression_of
from evenhand.signals.factors import close_text
from evenhand.signals.limits import PATTERNS_MAX
from evenhand.signals.literals import LiteralFinder
from evenhand.signals.pattern_lists import Pattern, PatternList, PatternRefused, View, refused
from evenhand.signals.prepared import Regex, prepared
from evenhand.signals.regex_database import RegexDatabase, compile_alone

# Scripts written without spaces between words: a letter beside a literal bounds it as well.
_UNSPACED = (CharacterClass.HAN, CharacterClass.KANA, CharacterClass.THAI)
_JOINS_WORDS = U(
    sum(
        1 << kind
        for kind in CharacterClass
        if (kind <= CharacterClass.OTHER_LETTER and kind not in _UNSPACED)
        or kind == CharacterClass.MARK
    )
)

Ints = NDArray[np.int64]

DAY_MS = 24 * 60 * 60 * 1000
NEVER = int(np.iinfo(np.int64).max)


@kernel
def _joins_before(source: Bytes, at: np.uint64, tables: UnicodeTables) -> bool:
    """Tells whether the character before `at` is a letter of a spaced script.

    Stays inside: it goes back at most to the start of the buffer.
    """
    if at == U(0):
        return False
    at -= U(1)
    while at > U(0) and source[at] & 0xC0 == 0x80:
        at -= U(1)
    code, _ = decode(source, at)
    kind = entry_of(code, tables.pages, tables.entries) & U(0xFF)
    return bool((_JOINS_WORDS >> kind) & U(1))


@kernel
def _keep_bounded(
    source: Bytes,
    ends: Ints,
    which: Ints,
    lengths: Ints,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    tables: UnicodeTables,
    keep: NDArray[np.bool_],
) -> None:
    """Marks the matches of literals that have no letter beside them where none may be.

    Stays inside: a literal lies within its row, and every row ends with a separator.
    """
    for k in range(ends.shape[0]):
        end = U(ends[k])
        start = U(ends[k] - lengths[which[k]])
        keep[k] = True
        if after[which[k]]:
            code, _ = decode(source, end)
            kind = entry_of(code, tables.pages, tables.entries) & U(0xFF)
            keep[k] = (_JOINS_WORDS >> kind) & U(1) == U(0)
        if keep[k] and before[which[k]]:
            keep[k] = not _joins_before(source, start, tables)


@dataclass(frozen=True, slots=True)
class Found:
    """Which pattern is in which row: two arrays of one length, possibly with repeats."""

    rows: Ints
    patterns: Ints


_EMPTY = np.empty(0, np.uint8)
_NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.int64))


@kernel
def _copy_rows(source: Bytes, offsets: Offsets, rows: Ints, buffer: Bytes, starts: Offsets) -> None:
    """Copies some rows side by side. Stays inside: `buffer` is as long as they are together."""
    at = U(0)
    for k in range(rows.shape[0]):
        starts[k] = at
        at = put(buffer, at, source, U(offsets[rows[k]]), U(offsets[rows[k] + 1]))
    starts[rows.shape[0]] = at


def _some(column: TextColumn, rows: Ints) -> TextColumn:
    """Gives some rows of a column."""
    size = int((column.offsets[rows + 1] - column.offsets[rows]).sum())
    buffer, starts = np.empty(size, np.uint8), np.empty(len(rows) + 1, np.int64)
    _copy_rows(column.buffer, column.offsets, rows, buffer, starts)
    return TextColumn(buffer, starts)


@kernel
def _count(rows: Ints, lists: Ints, counts: NDArray[np.int32]) -> None:
    """Counts what was found. Stays inside: `counts` has a line per list, and a place per row."""
    for k in range(rows.shape[0]):
        counts[lists[k], rows[k]] += 1


@borrowing_kernel
def _rows_in_turn(ends: Ints, offsets: Offsets, rows: Ints) -> None:
    """Gives the row of each match, from that of the match before on: most are the next ones.

    Stays inside: a match ends after a byte of the text, and every byte is of a row.
    """
    row = U(0)
    for k in range(ends.shape[0]):
        while offsets[row + U(1)] < ends[k]:
            row += U(1)
        while offsets[row] >= ends[k]:
            row -= U(1)
        rows[k] = row


@dataclass(frozen=True, slots=True)
class _Literals:
    """The literals of one view, and after them the factors of its regexes."""

    finder: LiteralFinder
    numbers: Ints
    lengths: Ints
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]

    @classmethod
    def of(cls, literals: Sequence[tuple[int, Literal]], factors: Iterable[str]) -> Self:
        return cls(
            LiteralFinder([one.content for _, one in literals] + [one.encode() for one in factors]),
            np.array([number for number, _ in literals], np.int64),
            np.array([len(one.content) for _, one in literals], np.int64),
            np.array([one.bound_before for _, one in literals], np.bool_),
            np.array([one.bound_after for _, one in literals], np.bool_),
        )

    def find(self, column: TextColumn) -> tuple[Found, Ints]:
        """Gives which literal is in which row, and the rows that hold a factor."""
        which, ends = self.finder.find(column)
        if not len(which):
            return _NOTHING, _NOTHING.rows
        is_factor = which >= len(self.numbers)
        assert column.offsets[0] == 0
        assert column.offsets[-1] == len(column.buffer)
        rows = np.empty(len(ends), np.int64)
        _rows_in_turn(ends, column.offsets, rows)
        telling = _each_once(rows[is_factor])
        which, ends, rows = which[~is_factor], ends[~is_factor], rows[~is_factor]
        keep = np.empty(len(which), np.bool_)
        _keep_bounded(
            column.buffer,
            ends,
            which,
            self.lengths,
            self.before,
            self.after,
            unicode_tables(),
            keep,
        )
        return Found(rows[keep], self.numbers[which[keep]]), telling


@dataclass(frozen=True, slots=True)
class _Regexes:
    """Regular expressions of one view; `within` tells which never run on from row to row."""

    database: RegexDatabase
    numbers: Ints
    within: NDArray[np.bool_]

    @classmethod
    def of(cls, regexes: Sequence[tuple[int, Regex]], *, folder: Path | None) -> Self | None:
        if not regexes:
            return None
        return cls(
            RegexDatabase([one.expression for _, one in regexes], folder=folder),
            np.array([number for number, _ in regexes], np.int64),
            np.array([one.within for _, one in regexes], np.bool_),
        )

    def find(self, column: TextColumn) -> Found:
        which, ends = self.database.scan(column.buffer)
        if not len(ends):
            return _NOTHING
        reached, within = _rows_of(ends, column.offsets), self.within[which]
        rows, patterns = [reached[within]], [self.numbers[which[within]]]
        # A loop over rows that such a regex has hit, not over messages: each is looked at alone.
        for row in np.unique(reached[~within]):
            start, end = column.offsets[row], column.offsets[row + 1] - 1
            alone, _ = self.database.scan(column.buffer[start:end])
            patterns.append(self.numbers[alone])
            rows.append(np.full(len(alone), row, np.int64))
        return Found(np.concatenate(rows), np.concatenate(patterns))


def _rows_of(ends: Ints, offsets: Offsets) -> Ints:
    """Gives the row of each match; a match ends after its last byte, so that byte tells."""
    return np.searchsorted(offsets, ends - 1, side="right").astype(np.int64) - 1


def _each_once(values: Ints) -> Ints:
    """Gives the different values in order, none below 0; a sixth of the time of `np.unique`."""
    ordered = np.sort(values)
    different: Ints = ordered[np.diff(ordered, prepend=-1) != 0]
    return different


@dataclass(frozen=True, slots=True)
class _View:
    """What is looked for in one view.

    close       factors that are looked for in the close text
    everywhere  regexes that any row may hold
    telling     regexes that only a row with one of their factors can hold: few rows have any
    """

    literals: _Literals
    close: LiteralFinder | None
    everywhere: _Regexes | None
    telling: _Regexes | None

    def find(self, column: TextColumn) -> list[Found]:
        """Gives which pattern is in which row, possibly with repeats."""
        if not len(column):
            return []
        literals, rows = self.literals.find(column)
        found = [literals]
        if self.close is not None:
            text = close_text(column)
            _, ends = self.close.find(text)
            rows = _each_once(np.concatenate([rows, _rows_of(ends, text.offsets)]))
        if self.everywhere is not None:
            found.append(self.everywhere.find(column))
        if self.telling is not None and len(rows):
            one = self.telling.find(_some(column, rows))
            found.append(Found(rows[one.rows], one.patterns))
        return found


def _ends_of(patterns: Sequence[Pattern]) -> Ints | None:
    """Gives when the last day of each pattern is over, in milliseconds; None if none has one."""
    if not any(pattern.expires for pattern in patterns):
        return None
    since = date(1970, 1, 1).toordinal() - 1
    days = [one.expires.toordinal() - since if one.expires else None for one in patterns]
    return np.array([NEVER if day is None else day * DAY_MS for day in days], np.int64)


class PatternScanner:
    """All lists of patterns, compiled, ready to look through columns of text.

    lists      by name, in the order of the counts
    names      of the lists, and columns of their counts
    needs_raw  whether any list is looked for in the raw view
    patterns   of all lists; a pattern is named by its place
    """

    def __init__(self, lists: Iterable[PatternList], *, folder: Path | None = None) -> None:
        self.lists = tuple(sorted(lists, key=lambda one: one.name))
        self.names = tuple(one.name for one in self.lists)
        self.columns = tuple(MATCHES + name for name in self.names)
        self.needs_raw = any(View.RAW in one.views for one in self.lists)
        self.patterns = tuple(pattern for one in self.lists for pattern in one.patterns)
        if len(self.patterns) > PATTERNS_MAX:
            raise PatternRefused(list="*", line=1, why=f"over {PATTERNS_MAX} patterns")
        # Few texts hold what this kernel is for; no event waits for its machine code.
        _some(TextColumn(np.zeros(1, np.uint8), np.array([0, 1])), np.zeros(1, np.int64))
        sizes = [len(one.patterns) for one in self.lists]
        self._list_of = np.repeat(np.arange(len(sizes)), sizes)
        self._ends = _ends_of(self.patterns)
        try:
            self._views = {view: self._compiled(view, folder) for view in View}
        except hyperscan.error as error:
            raise self._culprit() from error
        for view in self._views.values():
            for regexes in (view.everywhere, view.telling):
                self._refuse_what_needs_no_text(regexes)

    def find(
        self, normalised: TextColumn, undisguised: Undisguised, raw: TextColumn | None
    ) -> Found:
        """Gives which pattern is in which row, each pair once, ordered by row."""
        found = self._views[View.NORMALISED].find(normalised)
        again = self._views[View.NORMALISED].find(undisguised.column)
        found += [Found(undisguised.rows[one.rows].astype(np.int64), one.patterns) for one in again]
        if raw is not None:
            found += self._views[View.RAW].find(raw)
        pairs = _each_once(
            np.concatenate(
                [one.rows * max(1, len(self.patterns)) + one.patterns for one in (*found, _NOTHING)]
            )
        )
        size = max(1, len(self.patterns))
        return Found(pairs // size, pairs % size)

    def in_force(self, found: Found, times: Callable[[], Ints]) -> Found:
        """Leaves out patterns whose last day was over when the event was posted.

        times  gives when each row was posted, in milliseconds since 1970; asked only if need be
        """
        if self._ends is None or not len(found.rows):
            return found
        keep = times()[found.rows] < self._ends[found.patterns]
        return Found(found.rows[keep], found.patterns[keep])

    def counts(self, found: Found, rows: int) -> NDArray[np.int32]:
        """Gives how many different patterns of each list each row has: lists × rows."""
        counts = np.zeros((len(self.lists), rows), np.int32)
        _count(found.rows, self._list_of[found.patterns], counts)
        return counts

    def _chosen(self, view: View) -> list[tuple[int, Pattern]]:
        views = [one.views for one in self.lists]
        return [
            (number, pattern)
            for number, pattern in enumerate(self.patterns)
            if view in views[self._list_of[number]]
        ]

    def _compiled(self, view: View, folder: Path | None) -> "_View":
        chosen = self._chosen(view)
        made = prepared(
            [one for _, one in chosen], normalised=view is View.NORMALISED, folder=folder
        )
        literals = [number for number, pattern in chosen if pattern.text is not None]
        numbers = [number for number, pattern in chosen if pattern.regex is not None]
        regexes = list(zip(numbers, made.regexes, strict=True))
        factors = dict.fromkeys(chain.from_iterable(one.factors for one in made.regexes))
        close = dict.fromkeys(chain.from_iterable(one.close for one in made.regexes))
        return _View(
            _Literals.of(list(zip(literals, made.literals, strict=True)), factors),
            LiteralFinder([one.encode() for one in close]) if close else None,
            _Regexes.of([one for one in regexes if not one[1].tells], folder=folder),
            _Regexes.of([one for one in regexes if one[1].tells], folder=folder),
        )

    def _refuse_what_needs_no_text(self, regexes: _Regexes | None) -> None:
        """Raises `PatternRefused` for a regex that would be found in every text, and between."""
        which = () if regexes is None else regexes.numbers[regexes.database.scan(_EMPTY)[0]]
        for number in which:
            raise refused(self.patterns[number], "it is found where nothing is written")

    def _culprit(self) -> PatternRefused:
        """Gives the error of the first regex that does not compile on its own."""
        for pattern in self.patterns:
            if pattern.regex is None:
                continue
            try:
                compile_alone(expression_of(pattern, normalised=True))
            except hyperscan.error as error:
                return refused(pattern, str(error))
        return PatternRefused(list="*", line=1, why="together the patterns are too large")
