"""Conditions as instructions for the loops of `kernels.py`, each distinct part once.

Everything becomes a number: a truth 0 or 1, a word the number that stands for it. What is compared
with a constant of its column's type is left to a kernel; what is calculated first, which few rules
do, is left to numpy, in 64-bit floating point, so that whole numbers are exact up to 2**53.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any as Anything
from typing import TypeVar, assert_never, cast

import numpy as np
import numpy.typing as npt

from evenhand.rules.evaluate import OPERATORS, SIGNS
from evenhand.rules.grammar import (
    All,
    Always,
    Any,
    Arithmetic,
    Column,
    Compare,
    Constant,
    Known,
    OneOf,
    Otherwise,
    Relation,
    Tree,
    Value,
)
from evenhand.rules.kernels import (
    BLOCK,
    COLUMN,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    PLACE,
    UNEQUAL,
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

_RELATIONS = {
    Relation.EQUAL: EQUAL,
    Relation.UNEQUAL: UNEQUAL,
    Relation.LESS: LESS,
    Relation.LESS_EQUAL: LESS_EQUAL,
    Relation.GREATER: GREATER,
    Relation.GREATER_EQUAL: GREATER_EQUAL,
}
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

_EVERY, _NONE = 0, 1
"""Masks that every batch has: all rows, no row; then those of its columns."""

_FIRST = np.zeros(1, np.int64)
"""Which mask a column has that is alone: the first."""

ROWS_AT_ONCE = 1 << 15
"""Rows whose answers are held at a time: a thousand rules take eight megabytes."""

ROWS_JOINED_MAX = 256
"""Rows up to which columns are copied side by side: a call for each would take longer."""

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule is true for which row: two arrays of one length, ordered by row, then rule."""

    rows: npt.NDArray[np.int32]
    rules: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Columns of one kind, and what of them is compared with constants, column by column.

    alone   the comparisons as if each column were the only one
    begins  where the comparisons of each column begin, and where the last ones end
    """

    kind: _Kind
    columns: Sequence[Column]
    comparisons: Instructions
    alone: Instructions
    constants: npt.NDArray[Anything]
    begins: Sequence[int]


class Programme:
    """Conditions ready to be asked of batches."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        writer = _Writer()
        self._results = np.array([writer.part(tree) for tree in trees], np.int64)
        self._parts = len(writer.places)
        self._compared = tuple(writer.compared())
        self._calculated = tuple(writer.calculated)
        self._calculated_places = [place for place, _ in writer.calculated]
        self._joins = np.array(writer.joins, np.int64).reshape(-1, 4)
        self._children = np.array(writer.children, np.int64)
        self._columns = tuple(sorted(writer.columns))
        self._words = writer.words

    def over(self, table: SignalTable) -> Hits:
        """Gives every condition that is true, with its row."""
        if table.rows <= ROWS_AT_ONCE:
            return self._over(table)
        begins = range(0, table.rows, ROWS_AT_ONCE)
        hits = [self._over(_part(table, self._columns, begin)) for begin in begins]
        rows = [one.rows + begin for one, begin in zip(hits, begins, strict=True)]
        return Hits(np.concatenate(rows), np.concatenate([one.rules for one in hits]))

    def _over(self, table: SignalTable) -> Hits:
        blocks = -(-table.rows // BLOCK)
        batch = _Batch(table, self._words, self._columns, blocks)
        answers = np.empty((self._parts, blocks), np.uint64)
        for one in self._compared:
            if table.rows <= ROWS_JOINED_MAX:
                self._compare_joined(one, batch, answers)
            else:
                self._compare_each(one, batch, answers)
        if self._calculated:
            # Numbers may grow beyond all bounds: then they are infinite, or no number.
            with np.errstate(over="ignore", invalid="ignore"):
                holds = [batch.holds(tree) for _, tree in self._calculated]
            answers[self._calculated_places] = _packed(holds, blocks)
        join(self._joins, self._children, answers)
        told = answers[self._results]
        if blocks:
            told[:, -1] &= ~np.uint64(0) >> np.uint64(blocks * BLOCK - table.rows)
        hits = count(told)
        found = Hits(np.empty(hits, np.int32), np.empty(hits, np.int32))
        if hits:
            gather(told, found.rows, found.rules)
        return found

    def _compare_joined(self, one: _Compared, batch: "_Batch", answers: Words) -> None:
        values = np.array([batch.values(column) for column in one.columns], _TYPES[one.kind])
        known_of = np.array([batch.known_of[column.name] for column in one.columns], np.int64)
        compare(_kept(values), one.comparisons, one.constants, batch.known, known_of, answers)

    def _compare_each(self, one: _Compared, batch: "_Batch", answers: Words) -> None:
        type_ = _TYPES[one.kind]
        for place, column in enumerate(one.columns):
            own = slice(one.begins[place], one.begins[place + 1])
            mask = batch.known_of[column.name]
            values = np.ascontiguousarray(batch.values(column), type_).reshape(1, -1)
            known = batch.known[mask : mask + 1]
            compare(_kept(values), one.alone[own], one.constants[own], known, _FIRST, answers)


def true_rows(trees: Sequence[Tree], table: SignalTable) -> Hits:
    """Gives every condition that is true, with its row, for conditions that are asked once."""
    return Programme(trees).over(table)


class _Batch:
    """A table as conditions look at it.

    known     masks × words: where something is known
    known_of  by column: its mask
    """

    def __init__(
        self, table: SignalTable, words: Mapping[str, int], columns: Sequence[str], blocks: int
    ) -> None:
        self._table, self._words = table, words
        self._spelled: dict[str, int] = {}
        self._numbers: dict[int, tuple[Numbers, Mask]] = {}
        self._every = np.ones(table.rows, np.bool_)
        masks: dict[int, int] = {}
        shown: list[Mask] = [self._every, ~self._every]
        self.known_of: dict[str, int] = {}
        for name in columns:
            found = table.columns.get(name)
            if found is None or found.known is None:
                self.known_of[name] = _NONE if found is None else _EVERY
                continue
            place = masks.setdefault(id(found.known), len(shown))
            if place == len(shown):
                shown.append(found.known)
            self.known_of[name] = place
        self._shown = shown
        self.known = _packed(shown, blocks)

    def values(self, column: Column) -> npt.NDArray[Anything]:
        """Gives the values of a column, words as the numbers that stand for them."""
        found = self._table.columns.get(column.name)
        if found is None:
            return np.zeros(self._table.rows, np.uint8)
        if column.type is ColumnType.WORD and found.words:
            return self._coded(found)
        return found.values

    def _coded(self, found: Values) -> npt.NDArray[np.int32]:
        """Gives the numbers that stand for words.

        A word that no rule names has a number of its own within the batch, since two columns of
        words may be compared.
        """
        first = len(self._words)
        numbers = [
            self._words[word] if word in self._words
            else self._spelled.setdefault(word, first + len(self._spelled))
            for word in found.words
        ]  # fmt: skip
        of_rows: npt.NDArray[np.int32] = np.array(numbers, np.int32)[found.values]
        return of_rows

    def holds(self, tree: "Calculated") -> Mask:
        """Tells where a part holds that is calculated."""
        match tree:
            case Always(value):
                return self._every if value else ~self._every
            case Known(value, negated):
                known = self._number(value)[1]
                return ~known if negated else known
            case Compare(relation, left, right):
                first, first_known = self._number(left)
                second, second_known = self._number(right)
                stands: Mask = OPERATORS[relation](first, second)
                return stands & first_known & second_known
            case _:
                assert_never(tree)

    def _number(self, value: Value) -> tuple[Numbers, Mask]:
        """Gives a calculated number, and where it is known.

        Equal ones are one object (`_Writer`): to compare trees would take longer than to calculate.
        """
        known = self._numbers.get(id(value))
        if known is None:
            known = self._numbers[id(value)] = self._calculated(value)
        return known

    def _calculated(self, value: Value) -> tuple[Numbers, Mask]:
        match value:
            case Constant(constant):
                number = self._words[constant] if isinstance(constant, str) else constant
                return np.full(self._table.rows, number, np.float64), self._every
            case Column(name):
                known = self._shown[self.known_of[name]]
                return self.values(value).astype(np.float64), known
            case Otherwise(column, constant):
                (numbers, known), (other, _) = self._number(column), self._number(constant)
                return np.where(known, numbers, other), self._every
            case Arithmetic(sign, left, right):
                (first, first_known), (second, second_known) = map(self._number, (left, right))
                return SIGNS[sign](first, second), first_known & second_known
            case _:
                assert_never(value)


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


def _kept(values: npt.NDArray[Anything]) -> npt.NDArray[Anything]:
    """Gives an array that cannot be written to, as Arrow's cannot: kernels know it as one type."""
    kept = values.view()
    kept.flags.writeable = False
    return kept


def _packed(shown: Sequence[Mask], blocks: int) -> Words:
    """Gives masks as bits, each filled up to whole words."""
    octets = np.zeros((len(shown), 8 * blocks), np.uint8)
    packed = np.packbits(np.array(shown), axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view(np.uint64)


AnyValue = TypeVar("AnyValue", bound=Value)

Calculated = Compare | Known | Always
"""Parts that are left to numpy."""


class _Writer:
    """Writes down parts of conditions, each once and after those that it is made of."""

    def __init__(self) -> None:
        self.places: dict[Tree, int] = {}
        self.columns: set[str] = set()
        self.words: dict[str, int] = {}
        self.joins: list[tuple[int, int, int, int]] = []
        self.children: list[int] = []
        self.calculated: list[tuple[int, Calculated]] = []
        self._values: dict[Value, Value] = {}
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
            case Known() | Always():
                return self._calculation(tree, tree)
            case _:
                assert_never(tree)

    def compared(self) -> Iterator[_Compared]:
        """Gives the comparisons that were written, kind by kind."""
        for kind in _Kind:
            columns = [column for column in self._comparisons if _KINDS[column.type] is kind]
            if not columns:
                continue
            each = [self._comparisons[column] for column in columns]
            lines = np.array(
                [
                    (number, relation, place)
                    for number, of_column in enumerate(each)
                    for relation, place, _ in of_column
                ],
                np.int64,
            )
            assert lines.shape[1] == PLACE + 1
            alone = lines.copy()
            alone[:, COLUMN] = 0
            constants = [constant for of_column in each for _, _, constant in of_column]
            begins = np.cumsum([0, *map(len, each)]).tolist()
            yield _Compared(kind, columns, lines, alone, np.array(constants, _TYPES[kind]), begins)

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
                self.columns.add(column.name)
                line = (_RELATIONS[comparison.relation], place, number)
                self._comparisons.setdefault(column, []).append(line)
                return place
        return self._calculation(tree, comparison)

    def _calculation(self, tree: Tree, calculated: Calculated) -> int:
        place = self._placed(tree)
        match calculated:
            case Compare(relation, left, right):
                calculated = Compare(relation, self._noted(left), self._noted(right))
            case Known(value, negated):
                calculated = Known(self._noted(value), negated)
        self.calculated.append((place, calculated))
        return place

    def _noted(self, value: AnyValue) -> AnyValue:
        """Notes which columns and words a number is made of; gives equal ones as one object."""
        known = self._values.get(value)
        if known is None:
            known = self._values[value] = self._made_of(value)
        return cast("AnyValue", known)

    def _made_of(self, value: Value) -> Value:
        match value:
            case Constant():
                self._number(value)
                return value
            case Column(name):
                self.columns.add(name)
                return value
            case Otherwise(column, constant):
                return Otherwise(self._noted(column), self._noted(constant))
            case Arithmetic(sign, left, right):
                return Arithmetic(sign, self._noted(left), self._noted(right))
            case _:
                assert_never(value)

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
