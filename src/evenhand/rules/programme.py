"""Conditions as instructions for the loops of `kernels.py`, each distinct part once.

Everything becomes a number: a truth 0 or 1, a word the number that stands for it. What is compared
with a constant of its column's type is left to one kernel; what is calculated first, which few
rules do, to another (`calculation.py`), in 64-bit floating point, so that whole numbers are exact
up to 2**53.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any as Anything
from typing import assert_never

import numpy as np
import numpy.typing as npt

from evenhand.rules.batch import Batch, Layout, kept
from evenhand.rules.calculation import RELATIONS, CalculationWriter
from evenhand.rules.grammar import (
    All,
    Always,
    Any,
    Column,
    Compare,
    Constant,
    Known,
    OneOf,
    Relation,
    Tree,
)
from evenhand.rules.kernels import (
    BLOCK,
    PLACE,
    Instructions,
    Join,
    Words,
    compare,
    count,
    gather,
    join,
)
from evenhand.signals.columns import ColumnType
from evenhand.signals.table import SignalTable, Values

_TURNED = {
    Relation.LESS: Relation.GREATER,
    Relation.LESS_EQUAL: Relation.GREATER_EQUAL,
    Relation.GREATER: Relation.LESS,
    Relation.GREATER_EQUAL: Relation.LESS_EQUAL,
}


class _Kind(IntEnum):
    """How the values of a column are kept: words as whole numbers that stand for them."""

    TRUTH = 0
    WHOLE = 1
    SHARE = 2


_KINDS = {
    ColumnType.TRUTH: _Kind.TRUTH,
    ColumnType.WHOLE: _Kind.WHOLE,
    ColumnType.WORD: _Kind.WHOLE,
    ColumnType.SHARE: _Kind.SHARE,
}
_TYPES: Mapping[_Kind, np.dtype[Anything]] = {
    _Kind.TRUTH: np.dtype(np.uint8),
    _Kind.WHOLE: np.dtype(np.int32),
    _Kind.SHARE: np.dtype(np.float64),
}

_FIRST = np.zeros(1, np.int64)
"""Which mask a column has that is alone: the first."""

ROWS_AT_ONCE = 1 << 15
"""Rows whose answers are held at a time: a thousand rules take eight megabytes."""

ROWS_JOINED_MAX = 256
"""Rows up to which columns are copied side by side: a call for each would take longer."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule is true for which row: two arrays of one length, ordered by row, then rule."""

    rows: npt.NDArray[np.int32]
    rules: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Columns of one kind, and what of them is compared with constants, column by column.

    lines   for each column its line among all that the conditions look at
    alone   the comparisons as if each column were the only one
    begins  where the comparisons of each column begin, and where the last ones end
    """

    kind: _Kind
    lines: Sequence[int]
    alone: Instructions
    constants: npt.NDArray[Anything]
    begins: Sequence[int]


class Programme:
    """Conditions ready to be asked of batches."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        writer = _Writer()
        self._results = np.array([writer.part(tree) for tree in trees], np.int64)
        self._parts = len(writer.places)
        self._columns = [(column.name, column.type) for column in writer.columns]
        self._compared = tuple(writer.compared())
        self._together, self._constants = writer.together()
        self._calculation = writer.calculated.written()
        self._always = tuple(writer.always)
        self._joins = np.array(writer.joins, np.int64).reshape(-1, 4)
        self._children = np.array(writer.children, np.int64)
        self._words = writer.words
        self._layouts: dict[tuple[tuple[str, ...], ...], Layout] = {}

    def over(self, table: SignalTable) -> Hits:
        """Gives every condition that is true, with its row."""
        if table.rows <= ROWS_AT_ONCE:
            return self._over(table)
        begins = range(0, table.rows, ROWS_AT_ONCE)
        names = [name for name, _ in self._columns]
        hits = [self._over(_part(table, names, begin)) for begin in begins]
        rows = [one.rows + begin for one, begin in zip(hits, begins, strict=True)]
        return Hits(np.concatenate(rows), np.concatenate([one.rules for one in hits]))

    def _over(self, table: SignalTable) -> Hits:
        blocks = -(-table.rows // BLOCK)
        batch = Batch(table, self._words, self._layout(table), blocks)
        answers = np.empty((self._parts, blocks), np.uint64)
        for place, holds in self._always:
            answers[place] = ~np.uint64(0) if holds else np.uint64(0)
        if table.rows <= ROWS_JOINED_MAX:
            self._ask_few(batch, answers)
        else:
            self._ask(batch, answers)
        join(self._joins, self._children, answers)
        told = answers[self._results]
        if blocks:
            told[:, -1] &= ~np.uint64(0) >> np.uint64(blocks * BLOCK - table.rows)
        hits = count(told)
        found = Hits(np.empty(hits, np.int32), np.empty(hits, np.int32))
        if hits:
            gather(told, found.rows, found.rules)
        return found

    def _ask_few(self, batch: Batch, answers: Words) -> None:
        """Asks what is compared and calculated, with all columns side by side as one kind."""
        values = kept(batch.numbers())
        known, known_of = batch.known, batch.known_of
        compare(values, self._together, self._constants, known, known_of, answers)
        self._calculation.over(values, self._calculation.lines, known, known_of, answers)

    def _ask(self, batch: Batch, answers: Words) -> None:
        """Asks the same of many rows, with each column as it lies."""
        for one in self._compared:
            for place, line in enumerate(one.lines):
                own = slice(one.begins[place], one.begins[place + 1])
                mask = batch.known_of[line]
                values = np.ascontiguousarray(batch.values[line], _TYPES[one.kind]).reshape(1, -1)
                known = batch.known[mask : mask + 1]
                compare(kept(values), one.alone[own], one.constants[own], known, _FIRST, answers)
        lines = self._calculation.lines
        numbers = np.empty((len(lines), batch.rows))
        for place, line in enumerate(lines.tolist()):
            numbers[place] = batch.values[line]
        places = np.arange(len(lines))
        self._calculation.over(kept(numbers), places, batch.known, batch.known_of[lines], answers)

    def _layout(self, table: SignalTable) -> Layout:
        """Gives where a table has what is looked at; most tables have all of it in one way."""
        names = tuple(block.names for block in table.blocks)
        layout = self._layouts.get(names)
        if layout is None:
            layout = self._layouts[names] = Layout.of(self._columns, names)
        return layout


def true_rows(trees: Sequence[Tree], table: SignalTable) -> Hits:
    """Gives every condition that is true, with its row, for conditions that are asked once."""
    return Programme(trees).over(table)


def _part(table: SignalTable, names: Sequence[str], begin: int) -> SignalTable:
    """Gives some columns of the rows from `begin` on; columns that share a mask go on sharing."""
    rows = slice(begin, min(begin + ROWS_AT_ONCE, table.rows))
    columns, masks = {}, dict[int, Mask]()
    for name in names:
        if (one := table.columns.get(name)) is not None:
            known = one.known
            if known is not None:
                known = masks.setdefault(id(known), known[rows])
            columns[name] = Values(one.values[rows], known, one.words)
    return SignalTable(rows.stop - begin, columns)


class _Writer:
    """Writes down parts of conditions, each once and after those that it is made of."""

    def __init__(self) -> None:
        self.places: dict[Tree, int] = {}
        self.columns: dict[Column, int] = {}
        self.words: dict[str, int] = {}
        self.joins: list[tuple[int, int, int, int]] = []
        self.children: list[int] = []
        self.always: list[tuple[int, bool]] = []
        self.calculated = CalculationWriter(self._line, self._number)
        self._comparisons: dict[Column, list[tuple[int, int, float]]] = {}

    def part(self, tree: Tree) -> int:
        """Gives the place of a part of a condition."""
        known = self.places.get(tree)
        if known is not None:
            return known
        match tree:
            case All(parts):
                return self._joined(tree, Join.ALL, parts)
            case Any(parts):
                return self._joined(tree, Join.SOME, parts)
            case OneOf(value, options, negated):
                relation = Relation.UNEQUAL if negated else Relation.EQUAL
                each = [Compare(relation, value, Constant(option)) for option in options]
                return self._joined(tree, Join.ALL if negated else Join.SOME, each)
            case Compare(relation, left, right):
                if isinstance(left, Constant):
                    relation, left, right = _TURNED.get(relation, relation), right, left
                return self._comparison(tree, Compare(relation, left, right))
            case Known():
                return self._calculation(tree, tree)
            case Always(value):
                self.always.append((self._placed(tree), value))
                return self.places[tree]
            case _:
                assert_never(tree)

    def compared(self) -> Iterator[_Compared]:
        """Gives the comparisons that were written, kind by kind."""
        for kind in _Kind:
            columns = [column for column in self._comparisons if _KINDS[column.type] is kind]
            each = [self._comparisons[column] for column in columns]
            alone = [(0, relation, place) for of_one in each for relation, place, _ in of_one]
            constants = [constant for of_one in each for _, _, constant in of_one]
            begins = np.cumsum([0, *map(len, each)]).tolist()
            yield _Compared(
                kind,
                [self.columns[column] for column in columns],
                np.array(alone, np.int64).reshape(-1, PLACE + 1),
                np.array(constants, _TYPES[kind]),
                begins,
            )

    def together(self) -> tuple[Instructions, npt.NDArray[np.float64]]:
        """Gives all comparisons as if columns were of one kind, and their constants."""
        each = [
            (self.columns[column], relation, place, constant)
            for column, of_one in self._comparisons.items()
            for relation, place, constant in of_one
        ]
        lines = np.array([one[: PLACE + 1] for one in each], np.int64).reshape(-1, PLACE + 1)
        return lines, np.array([one[PLACE + 1] for one in each], np.float64)

    def _placed(self, tree: Tree) -> int:
        return self.places.setdefault(tree, len(self.places))

    def _joined(self, tree: Tree, how: Join, trees: Sequence[Tree]) -> int:
        places = [self.part(one) for one in trees]
        begin = len(self.children)
        self.children += places
        place = self._placed(tree)
        self.joins.append((how, place, begin, len(self.children)))
        return place

    def _comparison(self, tree: Tree, comparison: Compare) -> int:
        column, constant = comparison.left, comparison.right
        if isinstance(column, Column) and isinstance(constant, Constant):
            number = self._number(constant)
            if _fits(number, _TYPES[_KINDS[column.type]]):
                place = self._placed(tree)
                self._line(column)
                line = (RELATIONS[comparison.relation], place, number)
                self._comparisons.setdefault(column, []).append(line)
                return place
        return self._calculation(tree, comparison)

    def _calculation(self, tree: Tree, asked: Compare | Known) -> int:
        place = self._placed(tree)
        self.calculated.asks(asked, place)
        return place

    def _line(self, column: Column) -> int:
        return self.columns.setdefault(column, len(self.columns))

    def _number(self, constant: Constant) -> float:
        """Gives a constant as a number; a word gets the next number that is free."""
        if isinstance(constant.value, str):
            return float(self.words.setdefault(constant.value, len(self.words)))
        return float(constant.value)


def _fits(number: float, type_: np.dtype[Anything]) -> bool:
    """Tells whether a type holds a number as it is."""
    if type_.kind == "f":
        return True
    bounds = np.iinfo(type_)
    return number.is_integer() and bounds.min <= number <= bounds.max
