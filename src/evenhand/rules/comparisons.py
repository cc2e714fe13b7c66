"""Comparisons of signals over a batch: for each row whether one is true; a NULL is never true."""

import operator
from collections.abc import Callable, Mapping
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


class Comparisons:
    """Computes the comparisons of conditions over one batch."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table
        self._columns: dict[str, Values] = {}
        self._widened: dict[str, npt.NDArray[Anything]] = {}
        self._calculated: dict[Arithmetic, tuple[Anything, Mask | None]] = {}
        self._sums: dict[Arithmetic, tuple[Anything, Mask | None]] = {}

    def mask(self, tree: Tree) -> Mask:
        """Tells for each row whether a comparison is true."""
        match tree:
            case Compare(relation, left, right):
                return self._compare(relation, left, right)
            case OneOf(value, options, negated):
                return self._one_of(value, options, negated=negated)
            case Known(value, negated):
                _, mask = self._values(value)
                return np.full(self._table.rows, not negated) if mask is None else mask ^ negated
            case Always(value):
                return np.full(self._table.rows, value)
            case All() | Any():
                raise AssertionError("these are made of the bits of their parts")
            case _:
                assert_never(tree)

    def _compare(self, relation: Relation, left: Value, right: Value) -> Mask:
        if self._word(left) or self._word(right):
            return self._compare_words(relation, left, right)
        first, first_known = self._values(left)
        second, second_known = self._values(right)
        return self._where_known(OPERATORS[relation](first, second), first_known, second_known)

    def _compare_words(self, relation: Relation, left: Value, right: Value) -> Mask:
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right = right, left
        if isinstance(right, Constant) and not isinstance(left, Constant):
            negated = relation is Relation.UNEQUAL
            return self._one_of(left, (right.value,), negated=negated)
        first, first_known = self._spelled(left)
        second, second_known = self._spelled(right)
        return self._where_known(OPERATORS[relation](first, second), first_known, second_known)

    def _one_of(self, value: Value, options: tuple[Anything, ...], *, negated: bool) -> Mask:
        if isinstance(value, Column) and value.type is ColumnType.WORD:
            column = self._column(value.name)
            # One more than there are words: a column that is NULL throughout has none.
            chosen = np.array([*(word in options for word in column.words), False])
            return self._where_known(chosen[column.values] ^ negated, column.known)
        if self._word(value):
            spelled, known = self._spelled(value)
            return self._where_known(np.isin(spelled, list(options)) ^ negated, known)
        values, known = self._values(value)
        found = np.zeros(self._table.rows, np.bool_)
        for option in options:
            found |= values == option
        return self._where_known(found ^ negated, known)

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
                done = self._calculated.get(value)
                if done is None:
                    first, first_known = self._number(left)
                    second, second_known = self._number(right)
                    done = SIGNS[sign](first, second), _both(first_known, second_known)
                    self._calculated[value] = done
                return done
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

    def _where_known(self, mask: Mask, *known: Mask | None) -> Mask:
        if np.ndim(mask) == 0:  # two constants were compared
            mask = np.full(self._table.rows, mask)
        for one in known:
            if one is not None:
                mask = mask & one
        return mask


def _both(first: Mask | None, second: Mask | None) -> Mask | None:
    if first is None or second is None or first is second:
        return second if first is None else first
    return first & second
