"""The machine that asks conditions of a batch: small instructions over blocks of 64 rows.

A block's answer to one part of a condition is one 64-bit word, a bit per row. Parts come in the
order in which they are computed, so that a part finds the words of its own parts ready.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel

BLOCK = 64
"""Rows whose answers fill one word."""

Words = NDArray[np.uint64]
Instructions = NDArray[np.int64]
Numbers = NDArray[np.float64]


class Op(IntEnum):
    """What a part does. `left` and `right` say of what; a relation below 0 turns the answer.

    ALL, SOME   of the parts `children[left:right]`
    ALWAYS      true in every row
    HAS         the column `left` of the kind `kind` is known
    HAS_NUMBER  the calculated number `left` is known
    IS          the column `left` of the kind `kind` stands in a relation to a constant
    NUMBER_IS   the calculated number `left` does
    COMPARE     the calculated numbers `left` and `right` stand in a relation
    """

    ALL = 0
    SOME = 1
    ALWAYS = 2
    HAS = 3
    HAS_NUMBER = 4
    IS = 5
    NUMBER_IS = 6
    COMPARE = 7


class Kind(IntEnum):
    """How the values of a column are kept: words as whole numbers that stand for them."""

    TRUTH = 0
    WHOLE = 1
    SHARE = 2


class Make(IntEnum):
    """How a calculated number is made.

    CONSTANT       as it is
    COLUMN         the column `left` of the kind `kind`
    OTHERWISE      the same, and a constant where it is not known
    PLUS … TIMES   of the numbers `left` and `right`
    """

    CONSTANT = 0
    COLUMN = 1
    OTHERWISE = 2
    PLUS = 3
    MINUS = 4
    TIMES = 5


OP, RELATION, KIND, LEFT, RIGHT = range(5)
"""Columns of instructions; of a calculated number the first says how it is made."""

TURNED = -1
"""A relation that turns the answer of a part."""

EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = range(6)


class Code(NamedTuple):
    """Conditions as instructions.

    parts, constants             of conditions
    children                     numbers of the parts of ALL and SOME
    made, made_constants         calculated numbers
    results                      the part that is each condition's answer
    """

    parts: Instructions
    constants: Numbers
    children: Instructions
    made: Instructions
    made_constants: Numbers
    results: Instructions


class Data(NamedTuple):
    """A batch, columns × rows for each kind of values; rows are filled up to whole blocks.

    known     masks × blocks: where something is known
    known_of  kinds × columns: which mask a column has
    """

    truths: NDArray[np.uint8]
    wholes: NDArray[np.int32]
    shares: Numbers
    known: Words
    known_of: Instructions


@inlined
def _related(  # noqa: C901  one loop per relation: no branch within
    values: NDArray[np.generic], relation: int, constant: float, out: NDArray[np.uint8]
) -> None:
    """Writes 1 for each row of a block whose value stands in a relation to a constant, else 0.

    Stays inside: `values` and `out` have BLOCK places.
    """
    if relation == EQUAL:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] == constant
    elif relation == UNEQUAL:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] != constant
    elif relation == LESS:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] < constant
    elif relation == LESS_EQUAL:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] <= constant
    elif relation == GREATER:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] > constant
    else:
        for row in range(BLOCK):
            out[U(row)] = values[U(row)] >= constant


@kernel
def _compared(left: Numbers, right: Numbers, relation: int, out: NDArray[np.uint8]) -> None:
    """Writes 1 for each row of a block whose two numbers stand in a relation, else 0.

    Stays inside: all three have BLOCK places. What is no number stands in no relation but being
    unequal.
    """
    for row in range(BLOCK):
        first, second = left[U(row)], right[U(row)]
        less, same, more = first < second, first == second, first > second
        if relation == EQUAL:
            out[U(row)] = same
        elif relation == UNEQUAL:
            out[U(row)] = not same
        elif relation == LESS:
            out[U(row)] = less
        elif relation == LESS_EQUAL:
            out[U(row)] = less | same
        elif relation == GREATER:
            out[U(row)] = more
        else:
            out[U(row)] = more | same


@inlined
def _word(eights: Words) -> np.uint64:
    """Gives 64 bytes of 0 and 1 as bits; the product puts the bytes of each eight side by side.

    Stays inside: `eights` has eight places.
    """
    word = U(0)
    for place in range(8):
        product = eights[U(place)] * U(0x0102040810204080)
        word |= (product >> U(56)) << U(8 * place)
    return word


@inlined
def _copy(values: NDArray[np.generic], out: Numbers) -> None:
    """Copies a block of a column. Stays inside: both have BLOCK places."""
    for row in range(BLOCK):
        out[U(row)] = values[U(row)]


@kernel
def _calculate(  # noqa: C901  one branch per way
    code: Code, data: Data, block: int, numbers: Numbers, known: Words
) -> None:
    """Makes every calculated number of a block, each after those that it is made of.

    Stays inside: `numbers` has a line of BLOCK places, and `known` a word, for each.
    """
    begin, stop = block * BLOCK, block * BLOCK + BLOCK
    for k in range(code.made.shape[0]):
        how, left, right = code.made[k, OP], code.made[k, LEFT], code.made[k, RIGHT]
        out = numbers[k]
        if how == Make.CONSTANT.value:
            out[:] = code.made_constants[k]
            known[k] = ~U(0)
        elif how == Make.COLUMN.value or how == Make.OTHERWISE.value:
            kind = code.made[k, KIND]
            if kind == Kind.TRUTH.value:
                _copy(data.truths[left, begin:stop], out)
            elif kind == Kind.WHOLE.value:
                _copy(data.wholes[left, begin:stop], out)
            else:
                _copy(data.shares[left, begin:stop], out)
            known[k] = data.known[data.known_of[kind, left], block]
            if how == Make.OTHERWISE.value:
                for row in range(BLOCK):
                    if known[k] >> U(row) & U(1) == U(0):
                        out[U(row)] = code.made_constants[k]
                known[k] = ~U(0)
        else:
            known[k] = known[left] & known[right]
            first, second = numbers[left], numbers[right]
            if how == Make.PLUS.value:
                for row in range(BLOCK):
                    out[U(row)] = first[U(row)] + second[U(row)]
            elif how == Make.MINUS.value:
                for row in range(BLOCK):
                    out[U(row)] = first[U(row)] - second[U(row)]
            else:
                for row in range(BLOCK):
                    out[U(row)] = first[U(row)] * second[U(row)]


@kernel
def ask(  # noqa: C901  one branch per kind of part
    code: Code, data: Data, rows: int, answers: Words
) -> None:
    """Writes the answer of every condition, conditions × blocks.

    Stays inside: instructions name parts before themselves and columns of `data`, whose rows are
    filled up to whole blocks.
    """
    words = np.empty(code.parts.shape[0], np.uint64)
    numbers = np.empty((code.made.shape[0], BLOCK), np.float64)
    made_known = np.empty(code.made.shape[0], np.uint64)
    holds = np.empty(BLOCK, np.uint8)
    eights = holds.view(np.uint64)
    for block in range(answers.shape[1]):
        begin, stop = block * BLOCK, block * BLOCK + BLOCK
        _calculate(code, data, block, numbers, made_known)
        for k in range(code.parts.shape[0]):
            op, relation, kind = code.parts[k, OP], code.parts[k, RELATION], code.parts[k, KIND]
            left, right = code.parts[k, LEFT], code.parts[k, RIGHT]
            word = U(0)
            if op == Op.IS.value:
                constant = code.constants[k]
                if kind == Kind.TRUTH.value:
                    _related(data.truths[left, begin:stop], relation, constant, holds)
                elif kind == Kind.WHOLE.value:
                    _related(data.wholes[left, begin:stop], relation, constant, holds)
                else:
                    _related(data.shares[left, begin:stop], relation, constant, holds)
                word = _word(eights) & data.known[data.known_of[kind, left], block]
            elif op == Op.NUMBER_IS.value:
                _related(numbers[left], relation, code.constants[k], holds)
                word = _word(eights) & made_known[left]
            elif op == Op.COMPARE.value:
                _compared(numbers[left], numbers[right], relation, holds)
                word = _word(eights) & made_known[left] & made_known[right]
            elif op == Op.ALL.value:
                word = ~U(0)
                for child in range(left, right):
                    word &= words[code.children[child]]
            elif op == Op.SOME.value:
                for child in range(left, right):
                    word |= words[code.children[child]]
            elif op == Op.HAS.value:
                word = data.known[data.known_of[kind, left], block]
            elif op == Op.HAS_NUMBER.value:
                word = made_known[left]
            elif op == Op.ALWAYS.value:
                word = ~U(0)
            words[k] = word if relation >= 0 else ~word
        valid = ~U(0) >> U(BLOCK - min(BLOCK, rows - begin))
        for place in range(code.results.shape[0]):
            answers[place, block] = words[code.results[place]] & valid


@kernel
def gather(answers: Words, rows: NDArray[np.int32], which: NDArray[np.int32]) -> None:
    """Lists the bits that are set, by row and then by condition.

    Stays inside: the caller counted the bits.
    """
    found = 0
    for block in range(answers.shape[1]):
        some = U(0)
        for place in range(answers.shape[0]):
            some |= answers[place, block]
        for row in range(BLOCK):
            if some >> U(row) & U(1):
                for place in range(answers.shape[0]):
                    if answers[place, block] >> U(row) & U(1):
                        rows[found] = block * BLOCK + row
                        which[found] = place
                        found += 1
