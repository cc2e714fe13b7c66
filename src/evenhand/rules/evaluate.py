"""Conditions asked of a single event: the tree is walked and stops at the first part that decides.

This is the slow and obvious reading of a condition, which `programme.py` is tested against. Both
give the rules that are true; a NULL is never true.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any as Anything
from typing import assert_never

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
        return None if first is None or second is None else sign(float(first), float(second))

    return read
