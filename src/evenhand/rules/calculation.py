"""Conditions that calculate before they compare, as steps for the loop of `kernels.calculate`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from evenhand.rules.grammar import (
    Arithmetic,
    Column,
    Compare,
    Constant,
    Known,
    Otherwise,
    Relation,
    Value,
)
from evenhand.rules.kernels import (
    DONE,
    EQUAL,
    FIRST,
    GREATER,
    GREATER_EQUAL,
    KNOWN,
    LESS,
    LESS_EQUAL,
    MINUS,
    OTHERWISE,
    PLUS,
    SECOND,
    TIMES,
    TO,
    UNEQUAL,
    UNKNOWN,
    Instructions,
    Numbers,
    Words,
    calculate,
)

RELATIONS = {
    Relation.EQUAL: EQUAL,
    Relation.UNEQUAL: UNEQUAL,
    Relation.LESS: LESS,
    Relation.LESS_EQUAL: LESS_EQUAL,
    Relation.GREATER: GREATER,
    Relation.GREATER_EQUAL: GREATER_EQUAL,
}
_SIGNS = {"+": PLUS, "-": MINUS, "*": TIMES}


@dataclass(frozen=True, slots=True)
class Calculation:
    """Steps that are ready to be done for batches.

    lines  of the columns that it is made of
    made   how many numbers the steps make
    """

    lines: Instructions
    _constants: Numbers
    _steps: Instructions
    _made: int

    def over(
        self,
        values: NDArray[np.float64],
        lines: Instructions,
        known: Words,
        known_of: Instructions,
        answers: Words,
    ) -> None:
        """Writes its answers; `lines`: where its columns are among these values."""
        if len(self._steps):
            steps, made = self._steps, self._made
            calculate(values, lines, self._constants, steps, made, known, known_of, answers)


@dataclass(slots=True)
class CalculationWriter:
    """Writes steps down, each number once and after those that it is made of.

    line_of    gives the line of a column
    number_of  gives a constant as a number
    """

    line_of: Callable[[Column], int]
    number_of: Callable[[Constant], float]
    _columns: dict[Column, int] = field(default_factory=dict)
    _constants: dict[Constant, int] = field(default_factory=dict)
    _made: dict[Value, int] = field(default_factory=dict)
    _steps: list[tuple[int, Value, Value, Value | int]] = field(default_factory=list)

    def asks(self, asked: Compare | Known, place: int) -> None:
        """Writes down what answers a part of a condition, and the part's place."""
        match asked:
            case Compare(relation, left, right):
                self._note(left)
                self._note(right)
                self._steps.append((RELATIONS[relation], left, right, place))
            case Known(value, negated):
                self._note(value)
                self._steps.append((UNKNOWN if negated else KNOWN, value, value, place))
            case _:
                assert_never(asked)

    def written(self) -> Calculation:
        """Gives all that was written: numbers are columns, then constants, then what is made."""
        lines = [self.line_of(column) for column in self._columns]
        constants = [self.number_of(constant) for constant in self._constants]
        each: Sequence[Value] = [*self._columns, *self._constants, *self._made]
        places = {value: place for place, value in enumerate(each)}
        steps = np.empty((len(self._steps), TO + 1), np.int64)
        for step, (done, first, second, to) in zip(steps, self._steps, strict=True):
            step[DONE], step[FIRST], step[SECOND] = done, places[first], places[second]
            step[TO] = to if isinstance(to, int) else places[to]
        return Calculation(
            np.array(lines, np.int64), np.array(constants, np.float64), steps, len(self._made)
        )

    def _note(self, value: Value) -> None:
        """Notes a number, and the steps that make it where it is made."""
        match value:
            case Column():
                self.line_of(value)
                self._columns.setdefault(value, len(self._columns))
            case Constant():
                self._constants.setdefault(value, len(self._constants))
            case Otherwise(column, constant):
                self._make(value, OTHERWISE, column, constant)
            case Arithmetic(sign, left, right):
                self._make(value, _SIGNS[sign], left, right)
            case _:
                assert_never(value)

    def _make(self, value: Value, done: int, first: Value, second: Value) -> None:
        if value in self._made:
            return
        self._note(first)
        self._note(second)
        self._made.setdefault(value, len(self._made))
        self._steps.append((done, first, second, value))
