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
NO_SUCH_WORD = -1
"""Code for a word that no row of the batch has."""


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
        for number, place in enumerate(self._results):
            bits = computed[place]
            if bits.any():
                found = np.flatnonzero(np.unpackbits(bits, count=table.rows))
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


def is_true(tree: Tree, known: Mapping[str, object]) -> bool:
    """Tells whether a condition is true for one event, given its known signals."""
    match tree:
        case All(parts):
            return all(is_true(part, known) for part in parts)
        case Any(parts):
            return any(is_true(part, known) for part in parts)
        case Compare(relation, left, right):
            first, second = _single(left, known), _single(right, known)
            if first is None or second is None:
                return False
            return bool(OPERATORS[relation](first, second))
        case OneOf(value, options, negated):
            single = _single(value, known)
            return single is not None and (single in options) is not negated
        case Known(value, negated):
            return (_single(value, known) is not None) is not negated
        case Always(value):
            return value
        case _:
            assert_never(tree)


def _single(value: Value, known: Mapping[str, object]) -> Anything:
    match value:
        case Column(name):
            return known.get(name)
        case Constant(constant):
            return constant
        case Otherwise(column, constant):
            found = known.get(column.name)
            return constant.value if found is None else found
        case Arithmetic(sign, left, right):
            first, second = _single(left, known), _single(right, known)
            if first is None or second is None:
                return None
            return SIGNS[sign](first, second)
        case _:
            assert_never(value)


class _Batch:
    """Computes parts of conditions over one batch."""

    def __init__(self, table: SignalTable) -> None:
        self._table = table

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
            codes = [column.words.index(word) for word in options if word in column.words]
            found = np.isin(column.values, codes or [NO_SUCH_WORD])
            return self._packed(found ^ negated, column.known)
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
                return _exact(column.values), column.known
            case Constant(constant):
                return constant, None
            case Otherwise(column, constant):
                found = self._column(column.name)
                values = _exact(found.values)
                if found.known is None:
                    return values, None
                return np.where(found.known, values, constant.value), None
            case Arithmetic(sign, left, right):
                first, first_known = self._values(left)
                second, second_known = self._values(right)
                wide = (_wide(first), _wide(second))
                return SIGNS[sign](*wide), _both(first_known, second_known)
            case _:
                assert_never(value)

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
        column = self._table.columns.get(name)
        if column is not None:
            return column
        nothing = np.zeros(self._table.rows, np.bool_)
        return Values(np.zeros(self._table.rows, np.int32), nothing)

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
    if first is None or second is None:
        return second if first is None else first
    return first & second


def _exact(values: npt.NDArray[Anything]) -> npt.NDArray[Anything]:
    """Gives fractions as a single event has them: 0.9 is another number in 32 bits."""
    return values.astype(np.float64) if values.dtype == np.float32 else values


def _wide(values: Anything) -> Anything:
    """Gives whole numbers room: sums of small ones must not wrap around."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iub":
        return values.astype(np.int64)
    return values
