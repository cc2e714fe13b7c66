"""Conditions over signals, twice from one tree: as bits over a batch, and for a single event.

Over a batch every distinct part of every rule is computed once, as one bit per row; rows are
combined 64 at a time. For a single event the tree is walked and stops at the first part that
decides. Both give the rules that are true; a NULL is never true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any as Anything
from typing import assert_never

import numpy as np
import numpy.typing as npt

from evenhand.base.kernel import U, kernel
from evenhand.rules.comparisons import OPERATORS, SIGNS, Comparisons
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
from evenhand.signals.table import SignalTable

Bits = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32]

WORD_ROWS = 64
"""Rows whose bits make one word."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule is true for which row: two arrays of one length, ordered by row, then rule."""

    rows: npt.NDArray[np.int32]
    rules: npt.NDArray[np.int32]


@kernel
def _combine(joints: Places, begins: Places, inner: Places, bits: Bits) -> None:
    """Computes every All and Any from their parts, in their order.

    joints  place of the result, then 1 for All and 0 for Any
    Stays inside: `begins` parts `inner`, whose places are rows of `bits`.
    """
    for joint in range(joints.shape[0]):
        place = joints[joint, 0]
        first, stop = begins[joint], begins[joint + 1]
        for word in range(bits.shape[1]):
            joined = bits[inner[first], word]
            for part in range(first + 1, stop):
                if joints[joint, 1]:
                    joined &= bits[inner[part], word]
                else:
                    joined |= bits[inner[part], word]
            bits[place, word] = joined


@kernel
def _collect(results: Places, bits: Bits, rows: Places, rules: Places) -> int:
    """Writes down each result that is true with its row, by row and then by rule; gives how many.

    Stays inside: it stops writing, but not counting, where `rows` is full.
    """
    found = 0
    for word in range(bits.shape[1]):
        some = U(0)
        for rule in range(results.shape[0]):
            some |= bits[results[rule], word]
        bit = 0
        while some != U(0):
            if some & U(1):
                for rule in range(results.shape[0]):
                    if bits[results[rule], word] >> U(bit) & U(1):
                        if found < rows.shape[0]:
                            rows[found] = word * WORD_ROWS + bit
                            rules[found] = rule
                        found += 1
            some >>= U(1)
            bit += 1
    return found


class Programme:
    """Conditions in the order in which their parts are computed, each distinct part once."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._places: dict[Tree, int] = {}
        self._leaves: list[tuple[int, Tree]] = []
        self._joints: list[tuple[int, bool]] = []
        self._begins, self._inner = [0], list[int]()
        self._results = np.array([self._placed(_plainer(tree)) for tree in trees], np.int32)
        self._arrays = (
            np.array(self._joints, np.int32).reshape(-1, 2),
            np.array(self._begins, np.int32),
            np.array(self._inner, np.int32),
        )

    def over(self, table: SignalTable) -> Hits:
        """Gives every condition that is true, with its row."""
        batch = Comparisons(table)
        words = -(-table.rows // WORD_ROWS)
        bits = np.zeros((max(1, len(self._places)), words), np.uint64)
        octets = bits.view(np.uint8)
        for place, tree in self._leaves:
            packed = np.packbits(batch.mask(tree), bitorder="little")
            octets[place, : len(packed)] = packed
        _combine(*self._arrays, bits)
        rows = rules = np.empty(table.rows, np.int32)
        found = 0
        for _ in range(2):  # again where more fired than there are rows
            rows, rules = (np.empty(max(found, len(rows)), np.int32) for _ in range(2))
            found = _collect(self._results, bits, rows, rules)
            if found <= len(rows):
                break
        return Hits(rows[:found], rules[:found])

    def _placed(self, tree: Tree) -> int:
        """Gives the place of a part, after those of its own parts."""
        known = self._places.get(tree)
        if known is not None:
            return known
        if isinstance(tree, All | Any):
            inner = [self._placed(part) for part in tree.parts]
            self._inner += inner
            self._begins.append(len(self._inner))
            self._joints.append((len(self._places), isinstance(tree, All)))
        else:
            self._leaves.append((len(self._places), tree))
        self._places[tree] = len(self._places)
        return self._places[tree]


_NONE_OF = {(Relation.EQUAL, 0), (Relation.LESS_EQUAL, 0), (Relation.LESS, 1)}
_SOME_OF = {(Relation.UNEQUAL, 0), (Relation.GREATER, 0), (Relation.GREATER_EQUAL, 1)}


def _plainer(tree: Tree) -> Tree:
    """Gives an equal condition whose parts are more often the same from rule to rule.

    Whole numbers count something: a sum of them is 0 where each is, and NULL where one is.
    """
    match tree:
        case All(parts):
            return All(tuple(map(_plainer, parts)))
        case Any(parts):
            return Any(tuple(map(_plainer, parts)))
        case Compare(relation, left, Constant(value)) if type(value) is int:
            columns = _counted(left)
            if columns and (relation, value) in _NONE_OF:
                return _all([Compare(Relation.EQUAL, one, Constant(0)) for one in columns])
            if columns and (relation, value) in _SOME_OF:
                some = [Compare(Relation.GREATER_EQUAL, one, Constant(1)) for one in columns]
                if len(some) == 1:
                    return some[0]
                return All((Any(tuple(some)), *(Known(one, negated=False) for one in columns)))
            return tree
        case _:
            return tree


def _all(parts: list[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _counted(value: Value) -> tuple[Column, ...]:
    """Gives the columns that a sum of counts adds up; none if it is anything else."""
    match value:
        case Column(type=ColumnType.WHOLE):
            return (value,)
        case Arithmetic("+", left, right):
            first, second = _counted(left), _counted(right)
            return tuple(dict.fromkeys(first + second)) if first and second else ()
        case _:
            return ()


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
