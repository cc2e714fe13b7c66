"""Conditions as instructions for the machine of `kernels.py`, each distinct part once.

Everything becomes a number: a truth 0 or 1, a word the number that stands for it. Numbers are
64-bit floating point, so that whole ones are exact up to 2**53.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any as Anything
from typing import assert_never

import numpy as np
import numpy.typing as npt

from evenhand.base.kernel import kernel
from evenhand.base.machine import bits_set
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
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    TURNED,
    UNEQUAL,
    Code,
    Data,
    Kind,
    Make,
    Op,
    Words,
    ask,
    gather,
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
_KINDS = {
    ColumnType.TRUTH: Kind.TRUTH,
    ColumnType.WHOLE: Kind.WHOLE,
    ColumnType.WORD: Kind.WHOLE,
    ColumnType.SHARE: Kind.SHARE,
}
_SIGNS = {"+": Make.PLUS, "-": Make.MINUS, "*": Make.TIMES}
_TYPES = {Kind.TRUTH: np.uint8, Kind.WHOLE: np.int32, Kind.SHARE: np.float64}

_EVERY, _NONE, _FIRST_MASK = 0, 1, 2
"""Masks that every batch has: all rows, no row; then those of its columns."""

Line = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rule is true for which row: two arrays of one length, ordered by row, then rule."""

    rows: npt.NDArray[np.int32]
    rules: npt.NDArray[np.int32]


class Programme:
    """Conditions ready to be asked of batches."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        writer = _Writer()
        results = [writer.part(tree) for tree in trees]
        self._code = writer.code(results)
        self._columns = tuple(tuple(writer.columns[kind]) for kind in Kind)
        self._words = writer.words

    def over(self, table: SignalTable) -> Hits:
        """Gives every condition that is true, with its row."""
        blocks = -(-table.rows // BLOCK)
        answers = np.empty((len(self._code.results), blocks), np.uint64)
        ask(self._code, self._data(table, blocks), table.rows, answers)
        found = _bits(answers)
        hits = Hits(np.empty(found, np.int32), np.empty(found, np.int32))
        if found:
            gather(answers, hits.rows, hits.rules)
        return hits

    def _data(self, table: SignalTable, blocks: int) -> Data:
        """Gives the columns that are asked for, by their kinds, each mask of theirs once."""
        masks: dict[int, int] = {}
        shown: list[npt.NDArray[np.bool_]] = []
        nothing = np.zeros(table.rows, np.uint8)
        spelled: dict[str, int] = {}
        kept, known_of = [], np.zeros((len(Kind), max(map(len, self._columns))), np.int64)
        for kind, columns in zip(Kind, self._columns, strict=True):
            values: list[npt.NDArray[Anything]] = []
            known: list[int] = []
            for column in columns:
                found = table.columns.get(column.name)
                if found is None:
                    values.append(nothing)
                    known.append(_NONE)
                    continue
                is_word = column.type is ColumnType.WORD and found.words
                values.append(self._numbers(found, spelled) if is_word else found.values)
                if found.known is None:
                    known.append(_EVERY)
                    continue
                mask = masks.setdefault(id(found.known), _FIRST_MASK + len(shown))
                if mask == _FIRST_MASK + len(shown):
                    shown.append(found.known)
                known.append(mask)
            kept.append(_filled(values, table.rows, blocks, _TYPES[kind]))
            known_of[kind, : len(known)] = known
        truths, wholes, shares = kept
        return Data(truths, wholes, shares, _packed(shown, blocks), known_of)

    def _numbers(self, found: Values, spelled: dict[str, int]) -> npt.NDArray[np.int32]:
        """Gives the numbers that stand for words.

        A word that no rule names has a number of its own within the batch, since two columns of
        words may be compared.
        """
        first = len(self._words)
        numbers = [
            self._words[word] if word in self._words
            else spelled.setdefault(word, first + len(spelled))
            for word in found.words
        ]  # fmt: skip
        of_rows: npt.NDArray[np.int32] = np.array(numbers, np.int32)[found.values]
        return of_rows


def true_rows(trees: Sequence[Tree], table: SignalTable) -> Hits:
    """Gives every condition that is true, with its row, for conditions that are asked once."""
    return Programme(trees).over(table)


@kernel
def _bits(answers: Words) -> int:
    """Gives how many bits are set. Stays inside: it walks the whole array."""
    found = 0
    for place in range(answers.shape[0]):
        for block in range(answers.shape[1]):
            found += bits_set(answers[place, block])
    return found


def _filled(
    values: Sequence[npt.NDArray[np.generic]], rows: int, blocks: int, type_: npt.DTypeLike
) -> npt.NDArray[Anything]:
    """Gives columns as one array, each filled up to whole blocks."""
    whole = np.zeros((len(values), blocks * BLOCK), type_)
    if not values:
        return whole
    exact = rows == whole.shape[1]
    joined = whole.reshape(-1) if exact else np.empty(len(values) * rows, type_)
    np.concatenate(values, out=joined, casting="unsafe")
    if not exact:
        whole[:, :rows] = joined.reshape(len(values), rows)
    return whole


def _packed(shown: Sequence[npt.NDArray[np.bool_]], blocks: int) -> Words:
    octets = np.zeros((_FIRST_MASK + len(shown), 8 * blocks), np.uint8)
    octets[_EVERY] = 255
    if shown:
        packed = np.packbits(np.array(shown), axis=1, bitorder="little")
        octets[_FIRST_MASK:, : packed.shape[1]] = packed
    return octets.view(np.uint64)


class _Writer:
    """Writes instructions, each part after those that it is made of."""

    def __init__(self) -> None:
        self.columns: dict[Kind, list[Column]] = {kind: [] for kind in Kind}
        self.words: dict[str, int] = {}
        self._column_places: dict[str, int] = {}
        self._parts: list[tuple[Line, float]] = []
        self._part_places: dict[Tree, int] = {}
        self._children: list[int] = []
        self._made: list[tuple[Line, float]] = []
        self._made_places: dict[Value, int] = {}

    def code(self, results: Sequence[int]) -> Code:
        """Gives what was written."""
        return Code(
            *_lines(self._parts),
            np.array(self._children, np.int64),
            *_lines(self._made),
            np.array(results, np.int64),
        )

    def part(self, tree: Tree) -> int:
        """Gives the place of a part of a condition."""
        known = self._part_places.get(tree)
        if known is not None:
            return known
        line, constant = self._part(tree)
        self._parts.append((line, constant))
        self._part_places[tree] = len(self._parts) - 1
        return len(self._parts) - 1

    def _part(self, tree: Tree) -> tuple[Line, float]:
        match tree:
            case All(parts):
                return self._joined(Op.ALL, parts)
            case Any(parts):
                return self._joined(Op.SOME, parts)
            case Always(value):
                return (Op.ALWAYS, 0 if value else TURNED, 0, 0, 0), 0.0
            case OneOf(value, options, negated):
                relation = Relation.UNEQUAL if negated else Relation.EQUAL
                each = [Compare(relation, value, Constant(option)) for option in options]
                return self._joined(Op.ALL if negated else Op.SOME, each)
            case Compare(relation, left, right):
                return self._comparison(relation, left, right)
            case Known(value, negated):
                turned = TURNED if negated else 0
                if isinstance(value, Column):
                    return (Op.HAS, turned, _KINDS[value.type], self._column(value), 0), 0.0
                return (Op.HAS_NUMBER, turned, 0, self._number(value), 0), 0.0
            case _:
                assert_never(tree)

    def _joined(self, op: Op, trees: Sequence[Tree]) -> tuple[Line, float]:
        places = [self.part(tree) for tree in trees]
        begin = len(self._children)
        self._children += places
        return (op, 0, 0, begin, len(self._children)), 0.0

    def _comparison(self, relation: Relation, left: Value, right: Value) -> tuple[Line, float]:
        if isinstance(left, Constant):
            relation, left, right = _TURNED.get(relation, relation), right, left
        if isinstance(left, Column) and isinstance(right, Constant):
            kind, place = _KINDS[left.type], self._column(left)
            return (Op.IS, _RELATIONS[relation], kind, place, 0), self._constant(right)
        if isinstance(right, Constant):
            line = (Op.NUMBER_IS, _RELATIONS[relation], 0, self._number(left), 0)
            return line, self._constant(right)
        numbers = self._number(left), self._number(right)
        return (Op.COMPARE, _RELATIONS[relation], 0, *numbers), 0.0

    def _number(self, value: Value) -> int:
        """Gives the place of a calculated number."""
        known = self._made_places.get(value)
        if known is not None:
            return known
        made = self._making(value)
        self._made.append(made)
        self._made_places[value] = len(self._made) - 1
        return len(self._made) - 1

    def _making(self, value: Value) -> tuple[Line, float]:
        match value:
            case Constant():
                return (Make.CONSTANT, 0, 0, 0, 0), self._constant(value)
            case Column():
                return (Make.COLUMN, 0, _KINDS[value.type], self._column(value), 0), 0.0
            case Otherwise(column, constant):
                line = (Make.OTHERWISE, 0, _KINDS[column.type], self._column(column), 0)
                return line, self._constant(constant)
            case Arithmetic(sign, left, right):
                return (_SIGNS[sign], 0, 0, self._number(left), self._number(right)), 0.0
            case _:
                assert_never(value)

    def _column(self, column: Column) -> int:
        """Gives the place of a column among those of its kind."""
        known = self._column_places.get(column.name)
        if known is None:
            of_kind = self.columns[_KINDS[column.type]]
            known = self._column_places[column.name] = len(of_kind)
            of_kind.append(column)
        return known

    def _constant(self, constant: Constant) -> float:
        """Gives a constant as a number; a word gets the next number that is free."""
        if isinstance(constant.value, str):
            return float(self.words.setdefault(constant.value, len(self.words)))
        return float(constant.value)


def _lines(
    written: Sequence[tuple[Line, float]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    lines = np.array([line for line, _ in written], np.int64).reshape(-1, 5)
    return lines, np.array([constant for _, constant in written], np.float64)
