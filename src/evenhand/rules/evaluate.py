"""Conditions over signals, twice from one tree: as bits over a batch, and for a single event.

Over a batch every distinct part of every rule is computed once, as one bit per row; rows are
combined 8 at a time. For a single event the tree is walked and stops at the first part that
decides. Both give the rules that are true; a NULL is never true.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any as Anything
from typing import assert_never

import numpy as np
import numpy.typing as npt

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
from evenhand.signals.columns import ColumnType
from evenhand.signals.table import SignalTable, Values

Bits = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

OPERATORS: Mapping[Relation, Callable[[Anything, Anything], Anything]] = {
    Relation.EQUAL: operator.eq,
    Relation.UNEQUAL: operator.ne,
    Relation.LESS: operator.lt,
    Relation.LESS_EQUAL: operator.le,
    Relation.GREATER: operator.gt,
    Relation.GREATER_EQUAL: operator.ge,
}
SIGNS: Mapping[str, Callable[[Anything, Anything], Anything]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule is true for which row: two arrays of one length, ordered by row, then rule."""

    rows: npt.NDArray[np.int32]
    rules: npt.NDArray[np.int32]


class Programme:
    """Conditions in the order in which their parts are computed, each distinct part once."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._places: dict[Tree, int] = {}
        self._parts: list[tuple[Tree, tuple[int, ...]]] = []
        self._results = tuple(self._placed(tree) for tree in trees)

    def over(self, table: SignalTable) -> Hits:
        """Gives every condition that is true, with its row."""
        batch = _Batch(table)
        computed: list[Bits] = []
        for tree, inner in self._parts:
            computed.append(batch.computed(tree, [computed[place] for place in inner]))
        rules, rows = [], []
        results = np.array([computed[place] for place in self._results], np.uint8)
        for number in np.flatnonzero(results.any(axis=-1)):
            found = np.flatnonzero(np.unpackbits(results[number], count=table.rows))
            rows.append(found.astype(np.int32))
            rules.append(np.full(len(found), number, np.int32))
        if not rows:
            return Hits(np.empty(0, np.int32), np.empty(0, np.int32))
        all_rows, all_rules = np.concatenate(rows), np.concatenate(rules)
        order = np.argsort(all_rows, kind="stable")
        return Hits(all_rows[order], all_rules[order])

    def _placed(self, tree: Tree) -> int:
        """Gives the place of a part, after those of its own parts."""
        known = self._places.get(tree)
        if known is not None:
            return known
        inner = tree.parts if isinstance(tree, All | Any) else ()
        places = tuple(self._placed(part) for part in inner)
        self._parts.append((tree, places))
        self._places[tree] = len(self._parts) - 1
        return self._places[tree]


def true_rows(trees: Sequence[Tree], table: SignalTable) -> Hits:
    """Gives every condition that is true, with its row, for conditions that are asked once."""
    return Programme(trees).over(table)


OneEvent = Mapping[str, object]
Question = Callable[[OneEvent], bool]
Reading = Callable[[OneEvent], Anything]


def is_true(tree: Tree, known: OneEvent) -> bool:
    """Tells whether a condition is true for one event, given its known signals."""
    return question(tree)(known)


def question(tree: Tree) -> Question:
    """Gives a condition as a function of one event's known signals; a NULL is never true."""
    match tree:
        case All(parts):
            return _every([question(part) for part in parts])
        case Any(parts):
            return _some([question(part) for part in parts])
        case Compare(relation, left, right):
            return _comparison(OPERATORS[relation], _reading(left), _reading(right))
        case OneOf(value, options, negated):
            return _membership(_reading(value), frozenset(options), negated=negated)
        case Known(value, negated):
            read = _reading(value)
            return lambda known: (read(known) is not None) is not negated
        case Always(value):
            return lambda _known: value
        case _:
            assert_never(tree)


def _every(questions: list[Question]) -> Question:
    def ask(known: OneEvent) -> bool:
        for one in questions:  # noqa: SIM110  a generator would cost more than the questions
            if not one(known):
                return False
        return True

    return ask


def _some(questions: list[Question]) -> Question:
    def ask(known: OneEvent) -> bool:
        for one in questions:  # noqa: SIM110  the same
            if one(known):
                return True
        return False

    return ask


def _comparison(
    holds: Callable[[Anything, Anything], Anything], left: Reading, right: Reading
) -> Question:
    def ask(known: OneEvent) -> bool:
        first, second = left(known), right(known)
        return first is not None and second is not None and bool(holds(first, second))

    return ask


def _membership(read: Reading, options: frozenset[Anything], *, negated: bool) -> Question:
    def ask(known: OneEvent) -> bool:
        value = read(known)
        return value is not None and (value in options) is not negated

    return ask


def _reading(value: Value) -> Reading:
    match value:
        case Column(name):
            return lambda known: known.get(name)
        case Constant(constant):
            return lambda _known: constant
        case Otherwise(column, constant):
            return lambda known: _or_else(known.get(column.name), constant.value)
        case Arithmetic(sign, left, right):
            return _calculation(SIGNS[sign], _reading(left), _reading(right))
        case _:
            assert_never(value)


def _or_else(found: object, constant: object) -> object:
    return constant if found is None else found


def _calculation(
    sign: Callable[[Anything, Anything], Anything], left: Reading, right: Reading
) -> Reading:
    def read(known: OneEvent) -> Anything:
        first, second = left(known), right(known)
        return None if first is None or second is None else sign(first, second)

    return read


class _Batch:
    """Computes parts of conditions over one batch."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table
        self._columns: dict[str, Values] = {}
        self._widened: dict[str, npt.NDArray[Anything]] = {}

    def computed(self, tree: Tree, inner: list[Bits]) -> Bits:
        """Gives one part as a bit per row, from those of its own parts."""
        match tree:
            case All():
                return _combined(np.bitwise_and, inner)
            case Any():
                return _combined(np.bitwise_or, inner)
            case Compare(relation, left, right):
                return self._compare(relation, left, right)
            case OneOf(value, options, negated):
                return self._one_of(value, options, negated=negated)
            case Known(value, negated):
                _, mask = self._values(value)
                return self._packed(np.full(self._table.rows, not negated) if mask is None
                                    else mask ^ negated)  # fmt: skip
            case Always(value):
                return self._packed(np.full(self._table.rows, value))
            case _:
                assert_never(tree)

    def _compare(self, relation: Relation, left: Value, right: Value) -> Bits:
        if self._word(left) or self._word(right):
            return self._compare_words(relation, left, right)
        first, first_known = self._values(left)
        second, second_known = self._values(right)
        return self._packed(OPERATORS[relation](first, second), first_known, second_known)

    def _compare_words(self, relation: Relation, left: Value, right: Value) -> Bits:
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right = right, left
        if isinstance(right, Constant) and not isinstance(left, Constant):
            negated = relation is Relation.UNEQUAL
            return self._one_of(left, (right.value,), negated=negated)
        first, first_known = self._spelled(left)
        second, second_known = self._spelled(right)
        return self._packed(OPERATORS[relation](first, second), first_known, second_known)

    def _one_of(self, value: Value, options: tuple[Anything, ...], *, negated: bool) -> Bits:
        if isinstance(value, Column) and value.type is ColumnType.WORD:
            column = self._column(value.name)
            # One more than there are words: a column that is NULL throughout has none.
            chosen = np.array([*(word in options for word in column.words), False])
            return self._packed(chosen[column.values] ^ negated, column.known)
        if self._word(value):
            spelled, known = self._spelled(value)
            return self._packed(np.isin(spelled, list(options)) ^ negated, known)
        values, known = self._values(value)
        found = np.zeros(self._table.rows, np.bool_)
        for option in options:
            found |= values == option
        return self._packed(found ^ negated, known)

    def _values(self, value: Value) -> tuple[Anything, Mask | None]:
        """Gives a value per row, or one constant for all, and where it is known."""
        match value:
            case Column(name):
                column = self._column(name)
                return column.values, column.known
            case Constant(constant):
                return constant, None
            case Otherwise(column, constant):
                found = self._column(column.name)
                if found.known is None:
                    return found.values, None
                return np.where(found.known, self._number(column)[0], constant.value), None
            case Arithmetic(sign, left, right):
                first, first_known = self._number(left)
                second, second_known = self._number(right)
                return SIGNS[sign](first, second), _both(first_known, second_known)
            case _:
                assert_never(value)

    def _number(self, value: Value) -> tuple[Anything, Mask | None]:
        """Gives values to calculate with: sums of small whole numbers must not wrap around."""
        if not isinstance(value, Column):
            return self._values(value)
        column = self._column(value.name)
        widened = self._widened.get(value.name)
        if widened is None:
            values = column.values
            widened = values.astype(np.int64) if values.dtype.kind in "iu" else values
            self._widened[value.name] = widened
        return widened, column.known

    def _spelled(self, value: Value) -> tuple[npt.NDArray[Anything], Mask | None]:
        """Gives words as words: slow, and only where two columns of words are compared."""
        match value:
            case Column(name):
                column = self._column(name)
                words = np.array([*column.words, ""], dtype=object)
                return words[np.minimum(column.values, len(column.words))], column.known
            case Otherwise(column, constant):
                spelled, known = self._spelled(column)
                return (
                    spelled if known is None else np.where(known, spelled, constant.value)
                ), None
            case Constant(constant):
                return np.full(self._table.rows, constant, dtype=object), None
            case Arithmetic():
                raise AssertionError("words are not added")
            case _:
                assert_never(value)

    def _word(self, value: Value) -> bool:
        match value:
            case Column(type=type_):
                return type_ is ColumnType.WORD
            case Otherwise(column=Column(type=type_)):
                return type_ is ColumnType.WORD
            case Constant(constant):
                return isinstance(constant, str)
            case Arithmetic():
                return False
            case _:
                assert_never(value)

    def _column(self, name: str) -> Values:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = self._prepared(name)
        return column

    def _prepared(self, name: str) -> Values:
        """Gives a column as it is calculated with; that every value is known is noticed here."""
        column = self._table.columns.get(name)
        if column is None:
            nothing = np.zeros(self._table.rows, np.bool_)
            return Values(np.zeros(self._table.rows, np.int64), nothing)
        known = None if column.known is None or column.known.all() else column.known
        values = column.values
        if values.dtype == np.float32:  # 0.9 is another number in 32 bits
            values = values.astype(np.float64)
        return Values(values, known, column.words)

    def _packed(self, mask: Mask, *known: Mask | None) -> Bits:
        if np.ndim(mask) == 0:  # two constants were compared
            mask = np.full(self._table.rows, mask)
        for one in known:
            if one is not None:
                mask = mask & one
        return np.packbits(mask)


def _combined(combine: "np.ufunc", parts: list[Bits]) -> Bits:
    result = parts[0]
    for part in parts[1:]:
        result = combine(result, part)
    return result


def _both(first: Mask | None, second: Mask | None) -> Mask | None:
    if first is None or second is None or first is second:
        return second if first is None else first
    return first & second
