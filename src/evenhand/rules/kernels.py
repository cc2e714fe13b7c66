"""The loops by which conditions are asked of a batch: bits of 64 rows at once.

The answer to one part of a condition is a line of 64-bit words, a bit per row. Comparisons fill
theirs column by column, so that a column is read once, as it lies; what joins parts takes words.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined, kernel
from evenhand.base.machine import bits_set

BLOCK = 64
"""Rows whose answers fill one word."""

Words = NDArray[np.uint64]
Instructions = NDArray[np.int64]


class Join(IntEnum):
    """How a part is made of the parts `children[BEGIN:END]`."""

    ALL = 0
    SOME = 1


COLUMN, RELATION, PLACE = range(3)
"""Of a comparison: the column, how it must stand to the constant, and the part that tells."""

HOW, MADE, BEGIN, END = range(4)
"""Of a join: how parts are joined, the part that is made, and where those it is made of begin."""

EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = range(6)


@inlined
def _related(  # noqa: C901  one loop per relation: no branch within
    values: NDArray[np.generic],
    begin: np.uint64,
    rows: np.uint64,
    relation: int,
    constant: np.generic,
    out: NDArray[np.uint8],
) -> None:
    """Writes 1 for each of some rows whose value stands in a relation to a constant, else 0.

    Stays inside: the rows are there, and are at most BLOCK, as many as `out` has places.
    """
    if relation == EQUAL:
        for row in range(rows):
            out[row] = values[begin + row] == constant
    elif relation == UNEQUAL:
        for row in range(rows):
            out[row] = values[begin + row] != constant
    elif relation == LESS:
        for row in range(rows):
            out[row] = values[begin + row] < constant
    elif relation == LESS_EQUAL:
        for row in range(rows):
            out[row] = values[begin + row] <= constant
    elif relation == GREATER:
        for row in range(rows):
            out[row] = values[begin + row] > constant
    else:
        for row in range(rows):
            out[row] = values[begin + row] >= constant


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


@kernel
def compare(
    values: NDArray[np.generic],
    comparisons: Instructions,
    constants: NDArray[np.generic],
    known: Words,
    known_of: Instructions,
    answers: Words,
) -> None:
    """Writes the answers of comparisons of columns with constants of their type.

    values    columns × rows
    known     masks × words: where something is known; `known_of`: which mask a column has

    Stays inside: comparisons name columns of `values` and lines of `answers`, which has a word for
    each block of rows.
    """
    holds = np.zeros(BLOCK, np.uint8)
    eights = holds.view(np.uint64)
    rows = U(values.shape[1])
    whole = rows // U(BLOCK)
    for k in range(comparisons.shape[0]):
        column, relation = comparisons[k, COLUMN], comparisons[k, RELATION]
        line, constant = values[column], constants[k]
        mask, out = known[known_of[column]], answers[comparisons[k, PLACE]]
        for block in range(whole):
            _related(line, block * U(BLOCK), U(BLOCK), relation, constant, holds)
            out[block] = _word(eights) & mask[block]
        if whole * U(BLOCK) < rows:
            holds[:] = 0
            rest = rows - whole * U(BLOCK)
            _related(line, whole * U(BLOCK), rest, relation, constant, holds)
            out[whole] = _word(eights) & mask[whole]


@kernel
def join(joins: Instructions, children: Instructions, answers: Words) -> None:
    """Writes the answers of parts that are made of others, each after those.

    Stays inside: joins and children name lines of `answers`.
    """
    for k in range(joins.shape[0]):
        every = joins[k, HOW] == Join.ALL.value
        out = answers[joins[k, MADE]]
        out[:] = ~U(0) if every else U(0)
        for place in range(joins[k, BEGIN], joins[k, END]):
            child = answers[children[place]]
            if every:
                for block in range(out.shape[0]):
                    out[U(block)] &= child[U(block)]
            else:
                for block in range(out.shape[0]):
                    out[U(block)] |= child[U(block)]


@kernel
def count(answers: Words) -> int:
    """Gives how many bits are set. Stays inside: it walks the whole array."""
    found = 0
    for place in range(answers.shape[0]):
        for block in range(answers.shape[1]):
            found += bits_set(answers[place, block])
    return found


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
