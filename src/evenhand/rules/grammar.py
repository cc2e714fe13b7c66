"""The SQL that a rule may be written in, parsed into a tree without NOT.

Allowed: AND, OR, NOT, comparisons, IN, BETWEEN, IS NULL, + - *, coalesce(column, literal), numbers,
words in quotes, TRUE and FALSE, and the signal columns. NOT is pushed down to the comparisons while
parsing (De Morgan's laws hold in three-valued logic), so that a tree is true exactly where its
condition is true, and NULL never fires.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from math import isfinite
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from evenhand.base.errors import InputRefused
from evenhand.rules.limits import CONDITION_CHARACTERS_MAX, CONDITION_DEPTH_MAX
from evenhand.signals.columns import ColumnType, SignalColumn


class ConditionRefused(InputRefused):
    """A rule's condition cannot be used; `line` and `column` count from 1 within it."""

    remedy = "Correct the condition at the place named."


class Relation(StrEnum):
    """How two values are compared."""

    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="


OPPOSITE = {
    Relation.EQUAL: Relation.UNEQUAL,
    Relation.UNEQUAL: Relation.EQUAL,
    Relation.LESS: Relation.GREATER_EQUAL,
    Relation.GREATER_EQUAL: Relation.LESS,
    Relation.GREATER: Relation.LESS_EQUAL,
    Relation.LESS_EQUAL: Relation.GREATER,
}


@dataclass(frozen=True, slots=True)
class Column:
    """The value of a signal column."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or a word."""

    value: float | int | str | bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers combined: `+`, `-` or `*`; NULL if either is."""

    sign: str
    left: "Value"
    right: "Value"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A column's value, or a constant where it is NULL (SQL's coalesce)."""

    column: Column
    constant: Constant


Value = Column | Constant | Arithmetic | Otherwise


@dataclass(frozen=True, slots=True)
class Compare:
    """True where both values are known and stand in this relation."""

    relation: Relation
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """True where the value is known and is one of the options, or with `negated` none of them."""

    value: Value
    options: tuple[float | int | str | bool, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Known:
    """True where the value is known, or with `negated` where it is not."""

    value: Value
    negated: bool


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True where one part is."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Always:
    """TRUE or FALSE, as written."""

    value: bool


Tree = Compare | OneOf | Known | All | Any | Always

RELATIONS: dict[type[exp.Expression], Relation] = {
    exp.EQ: Relation.EQUAL,
    exp.NEQ: Relation.UNEQUAL,
    exp.LT: Relation.LESS,
    exp.LTE: Relation.LESS_EQUAL,
    exp.GT: Relation.GREATER,
    exp.GTE: Relation.GREATER_EQUAL,
}
SIGNS: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
ORDERED = frozenset({ColumnType.WHOLE, ColumnType.SHARE})


def parse(condition: str, columns: Mapping[str, SignalColumn]) -> Tree:
    """Gives the tree of a condition, or raises `ConditionRefused` with line, column and reason."""
    if not condition.strip():
        raise ConditionRefused(line=1, column=1, why="empty")
    if len(condition) > CONDITION_CHARACTERS_MAX:
        raise ConditionRefused(
            line=1, column=1, why=f"longer than {CONDITION_CHARACTERS_MAX} characters"
        )
    try:
        statements = sqlglot.parse(condition, dialect="postgres")
    except ParseError as error:
        first = error.errors[0]
        word = str(first["highlight"] or "")
        raise ConditionRefused(
            line=first["line"],
            column=max(1, int(first["col"]) - max(0, len(word) - 1)),
            why=f"cannot be read at {word[:40]!r}: something is missing here, or too much",
        ) from error
    except TokenError as error:
        why = "a quotation mark has no other, or a sign stands here that no condition has"
        raise ConditionRefused(line=1, column=1, why=why) from error
    except RecursionError as error:
        why = f"nested deeper than {CONDITION_DEPTH_MAX}"
        raise ConditionRefused(line=1, column=1, why=why) from error
    if len(statements) != 1 or statements[0] is None:
        raise ConditionRefused(line=1, column=1, why="one expression is wanted, not several")
    return _Reader(columns).tree(cast("exp.Expression", statements[0]), negated=False, depth=0)


def columns_of(tree: Tree) -> frozenset[str]:
    """Gives the names of the columns that a tree looks at."""
    match tree:
        case All(parts) | Any(parts):
            return frozenset().union(*(columns_of(part) for part in parts))
        case Compare(_, left, right):
            return _columns_of_value(left) | _columns_of_value(right)
        case OneOf(value=value) | Known(value=value):
            return _columns_of_value(value)
        case Always():
            return frozenset()


def _columns_of_value(value: Value) -> frozenset[str]:
    match value:
        case Column(name):
            return frozenset({name})
        case Otherwise(column):
            return frozenset({column.name})
        case Arithmetic(_, left, right):
            return _columns_of_value(left) | _columns_of_value(right)
        case Constant():
            return frozenset()


class _Reader:
    """Turns sqlglot's tree into ours, refusing whatever is not in the grammar."""

    def __init__(self, columns: Mapping[str, SignalColumn]) -> None:
        self._columns = columns

    def tree(self, node: exp.Expression, *, negated: bool, depth: int) -> Tree:
        if depth > CONDITION_DEPTH_MAX:
            raise _refused(node, f"nested deeper than {CONDITION_DEPTH_MAX}")
        _refuse_extras(node)
        inner = depth + 1
        if isinstance(node, exp.Paren):
            return self.tree(node.this, negated=negated, depth=inner)
        if isinstance(node, exp.Not):
            return self.tree(node.this, negated=not negated, depth=inner)
        if isinstance(node, exp.And | exp.Or):
            # A long chain of ANDs leans to the left: it is walked, not climbed.
            chain = type(node)
            parts = tuple(
                self.tree(part, negated=negated, depth=inner) for part in _chain(node, chain)
            )
            return All(parts) if (chain is exp.And) is not negated else Any(parts)
        if isinstance(node, exp.Between):
            return self._between(node, negated=negated)
        if isinstance(node, exp.Boolean):
            return Always(bool(node.this) is not negated)
        return self._leaf(node, negated=negated)

    def _leaf(self, node: exp.Expression, *, negated: bool) -> Tree:
        if type(node) in RELATIONS:
            return self._compare(node, RELATIONS[type(node)], negated=negated)
        if isinstance(node, exp.In):
            return self._one_of(node, negated=negated)
        if isinstance(node, exp.Is):
            if not isinstance(node.expression, exp.Null):
                raise _refused(node, "only IS NULL and IS NOT NULL can be asked with IS")
            value, _ = self._value(node.this)
            is_not = bool(node.args.get("negate"))
            return Known(value, negated=negated is is_not)
        if isinstance(node, exp.Column):
            value, type_ = self._value(node)
            if type_ is not ColumnType.TRUTH:
                raise _refused(node, f"{node.name} is a {type_.value}; compare it with something")
            return Compare(Relation.EQUAL, value, Constant(value=not negated))
        raise _refused(node, f"{_named(node)} cannot be used in a rule")

    def _compare(self, node: exp.Expression, relation: Relation, *, negated: bool) -> Tree:
        left, left_type = self._value(node.this)
        right, right_type = self._value(node.expression)
        if not _alike(left_type, right_type):
            raise _refused(node, f"a {left_type.value} is compared with a {right_type.value}")
        if left_type not in ORDERED and relation not in (Relation.EQUAL, Relation.UNEQUAL):
            raise _refused(node, f"a {left_type.value} has no order; use = or <>")
        self._check_word(node.expression, left, right)
        self._check_word(node.this, right, left)
        return Compare(OPPOSITE[relation] if negated else relation, left, right)

    def _between(self, node: exp.Between, *, negated: bool) -> Tree:
        value, type_ = self._value(node.this)
        low, low_type = self._value(node.args["low"])
        high, high_type = self._value(node.args["high"])
        if not {type_, low_type, high_type} <= ORDERED:
            raise _refused(node, "BETWEEN asks for numbers")
        if negated:
            return Any((Compare(Relation.LESS, value, low), Compare(Relation.GREATER, value, high)))
        return All(
            (
                Compare(Relation.GREATER_EQUAL, value, low),
                Compare(Relation.LESS_EQUAL, value, high),
            )
        )

    def _one_of(self, node: exp.In, *, negated: bool) -> Tree:
        value, type_ = self._value(node.this)
        if node.args.get("query") is not None or not node.expressions:
            raise _refused(node, "IN asks for a list of constants")
        options = []
        for option in node.expressions:
            constant, option_type = self._value(option)
            if not isinstance(constant, Constant):
                raise _refused(option, "IN asks for a list of constants")
            if not _alike(type_, option_type):
                raise _refused(option, f"a {type_.value} cannot be a {option_type.value}")
            self._check_word(option, value, constant)
            options.append(constant.value)
        return OneOf(value, tuple(options), negated=negated)

    def _check_word(self, node: exp.Expression, value: Value, said: Value) -> None:
        """Refuses a word that a column never is: a misspelt one would exclude nothing."""
        column = value.column if isinstance(value, Otherwise) else value
        if not isinstance(column, Column) or not isinstance(said, Constant):
            return
        known, word = self._columns[column.name], str(said.value)
        if isinstance(value, Otherwise) and said == value.constant:
            return
        if known.words and word not in known.words:
            near = ", ".join(get_close_matches(word, sorted(known.words), n=3, cutoff=0.4))
            hint = (
                f" (near: {near})" if near else f"; it is one of {', '.join(sorted(known.words))}"
            )
            raise _refused(node, f"{column.name} is never {word!r}{hint}")
        if known.form and not re.fullmatch(known.form, word):
            raise _refused(node, f"{column.name} is never {word!r}: it is {known.meaning}")

    def _value(self, node: exp.Expression) -> tuple[Value, ColumnType]:
        _refuse_extras(node)
        if isinstance(node, exp.Paren):
            return self._value(node.this)
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Literal | exp.Boolean | exp.Neg):
            return _constant(node)
        if type(node) in SIGNS:
            left, left_type = self._value(node.this)
            right, right_type = self._value(node.expression)
            if not {left_type, right_type} <= ORDERED:
                raise _refused(node, "only numbers can be added or multiplied")
            whole = {left_type, right_type} == {ColumnType.WHOLE}
            result = ColumnType.WHOLE if whole else ColumnType.SHARE
            return Arithmetic(SIGNS[type(node)], left, right), result
        if isinstance(node, exp.Coalesce):
            return self._otherwise(node)
        raise _refused(node, f"{_named(node)} cannot be used in a rule")

    def _column(self, node: exp.Column) -> tuple[Column, ColumnType]:
        if node.table:
            raise _refused(node, f"{node.sql()}: a column has no dot")
        known = self._columns.get(node.name)
        if known is None:
            near = ", ".join(_near(node.name, self._columns))
            raise _refused(
                node, f"no such column: {node.name}" + (f" (near: {near})" if near else "")
            )
        return Column(known.name, known.type), known.type

    def _otherwise(self, node: exp.Coalesce) -> tuple[Otherwise, ColumnType]:
        column, type_ = self._value(node.this)
        if not isinstance(column, Column) or len(node.expressions) != 1:
            raise _refused(node, "coalesce asks for a column and one constant")
        constant, constant_type = self._value(node.expressions[0])
        if not isinstance(constant, Constant) or not _alike(type_, constant_type):
            raise _refused(node, f"coalesce asks for a column and a constant {type_.value}")
        return Otherwise(column, constant), type_


PARTS = frozenset({"this", "expression", "expressions", "low", "high", "is_string"})
"""Members of sqlglot's nodes that the reader looks at; `negate` of IS it looks at too."""


READ: frozenset[type[exp.Expression]] = frozenset(
    {exp.Paren, exp.Not, exp.And, exp.Or, exp.Between, exp.Boolean, exp.In, exp.Is, exp.Null}
    | {exp.Column, exp.Literal, exp.Neg, exp.Coalesce, *RELATIONS, *SIGNS}
)
"""Kinds of sqlglot's nodes that a condition may have, each in its place."""

CALLED: dict[type[exp.Expression], str] = {
    exp.Div: "division",
    exp.Mod: "a remainder (%)",
    exp.Select: "a query",
    exp.Subquery: "a query",
    exp.Dot: "a name with a dot",
    exp.DPipe: "||",
}
"""What people call a node that sqlglot names otherwise."""


def _refuse_extras(node: exp.Expression) -> None:
    """Refuses what no condition has, and a member that would be passed over in silence."""
    if type(node) not in READ:
        raise _refused(node, f"{_named(node)} cannot be used in a rule")
    read = PARTS | {"negate"} if isinstance(node, exp.Is) else PARTS
    for name, member in node.args.items():
        if member and name not in read:
            raise _refused(node, f"{_named(node)} with {name} cannot be used in a rule")


def _chain(node: exp.Expression, kind: type[exp.Expression]) -> list[exp.Expression]:
    parts: list[exp.Expression] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if type(current) is kind:
            waiting += [current.expression, current.this]
        else:
            parts.append(current)
    return parts


def _constant(node: exp.Expression) -> tuple[Constant, ColumnType]:
    if isinstance(node, exp.Boolean):
        return Constant(bool(node.this)), ColumnType.TRUTH
    if isinstance(node, exp.Neg):
        constant, type_ = _constant(node.this)
        if type_ not in ORDERED:
            raise _refused(node, "only a number can be negative")
        return Constant(-cast("float", constant.value)), type_
    if not isinstance(node, exp.Literal):
        raise _refused(node, f"{_named(node)} is no constant")
    if node.is_string:
        return Constant(str(node.this)), ColumnType.WORD
    text = str(node.this)
    if text.isdigit():
        return Constant(int(text)), ColumnType.WHOLE
    number = float(text)
    if not isfinite(number):
        raise _refused(node, f"{text} is no finite number")
    return Constant(number), ColumnType.SHARE


def _alike(left: ColumnType, right: ColumnType) -> bool:
    return left is right or {left, right} <= ORDERED


def _near(name: str, columns: Mapping[str, SignalColumn]) -> list[str]:
    return get_close_matches(name.lower(), list(columns), n=3)


def _named(node: exp.Expression) -> str:
    if isinstance(node, exp.Anonymous):
        return f"{node.name[:40]}()"
    if isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
        return f"{node.sql_name()}()"
    return CALLED.get(type(node), node.key.upper())


def _refused(node: exp.Expression, why: str) -> ConditionRefused:
    places = (
        (int(part.meta["line"]), _begin(part))
        for part in node.walk()
        if isinstance(part, exp.Expression) and "line" in part.meta
    )
    line, column = min(places, default=(1, 1))
    return ConditionRefused(line=line, column=column, why=why)


def _begin(node: exp.Expression) -> int:
    """Gives where a token begins: sqlglot tells the column at which it ends."""
    length = int(node.meta["end"]) - int(node.meta["start"])
    return max(1, int(node.meta["col"]) - length)
