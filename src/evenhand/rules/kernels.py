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
Numbers = NDArray[np.float64]


class Join(IntEnum):
    """How a part is made of the parts `children[BEGIN:END]`."""

    ALL = 0
    SOME = 1


COLUMN, RELATION, PLACE = range(3)
"""Of a comparison: the column, how it must stand to the constant, and the part that tells."""

HOW, MADE, BEGIN, END = range(4)
"""Of a join: how parts are joined, the part that is made, and where those it is made of begin."""

EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = range(6)

PLUS, MINUS, TIMES, OTHERWISE, KNOWN, UNKNOWN = range(6, 12)
"""What else is done with numbers: they are calculated, taken one for another, asked if known."""

DONE, FIRST, SECOND, TO = range(4)
"""Of a step: a relation or one of those, its two numbers, and the number or part that it makes."""


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
def _stands(  # noqa: C901  as above
    first: Numbers, second: Numbers, relation: int, out: NDArray[np.uint8]
) -> None:
    """Writes 1 where numbers stand in a relation to others, else 0.

    Stays inside: each array has BLOCK places.
    """
    if relation == EQUAL:
        for row in range(BLOCK):
            out[row] = first[row] == second[row]
    elif relation == UNEQUAL:
        for row in range(BLOCK):
            out[row] = first[row] != second[row]
    elif relation == LESS:
        for row in range(BLOCK):
            out[row] = first[row] < second[row]
    elif relation == LESS_EQUAL:
        for row in range(BLOCK):
            out[row] = first[row] <= second[row]
    elif relation == GREATER:
        for row in range(BLOCK):
            out[row] = first[row] > second[row]
    else:
        for row in range(BLOCK):
            out[row] = first[row] >= second[row]


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


@inlined
def _worked_out(
    step: int, first: Numbers, second: Numbers, first_known: np.uint64, out: Numbers
) -> None:
    """Writes the numbers of one step for a block of rows.

    Stays inside: each array has BLOCK places.
    """
    if step == PLUS:
        for row in range(BLOCK):
            out[row] = first[row] + second[row]
    elif step == MINUS:
        for row in range(BLOCK):
            out[row] = first[row] - second[row]
    elif step == TIMES:
        for row in range(BLOCK):
            out[row] = first[row] * second[row]
    else:
        for row in range(BLOCK):
            out[row] = first[row] if first_known >> U(row) & U(1) else second[row]


@kernel
def calculate(
    values: Numbers,
    lines: Instructions,
    constants: Numbers,
    steps: Instructions,
    made: int,
    known: Words,
    known_of: Instructions,
    answers: Words,
) -> None:
    """Writes the answers of parts that are calculated, 64 rows at a time.

    lines     the line of `values` and of `known_of` of each column that is calculated with
    steps     numbers are named by place: columns, then constants, then those that steps make
    made      how many numbers steps make
    known     as for `compare`

    Stays inside: steps name numbers that are there and parts with a line in `answers`, which has a
    word for each block of rows; a block that is not whole is read up to its last row.
    """
    columns, rows = lines.shape[0], values.shape[1]
    first_made = columns + constants.shape[0]
    numbers = np.zeros((first_made + made, BLOCK), np.float64)
    masks = np.full(first_made + made, ~U(0), np.uint64)
    for place in range(constants.shape[0]):
        numbers[columns + place, :] = constants[place]
    holds = np.zeros(BLOCK, np.uint8)
    eights = holds.view(np.uint64)
    for block in range(answers.shape[1]):
        begin = block * BLOCK
        end = min(begin + BLOCK, rows)
        for place in range(columns):
            line = lines[place]
            numbers[place, : end - begin] = values[line, begin:end]
            masks[place] = known[known_of[line], block]
        for k in range(steps.shape[0]):
            step, to = steps[k, DONE], steps[k, TO]
            first, second = steps[k, FIRST], steps[k, SECOND]
            if step == KNOWN:
                answers[to, block] = masks[first]
            elif step == UNKNOWN:
                answers[to, block] = ~masks[first]
            elif step >= PLUS:
                _worked_out(step, numbers[first], numbers[second], masks[first], numbers[to])
                masks[to] = ~U(0) if step == OTHERWISE else masks[first] & masks[second]
            else:
                _stands(numbers[first], numbers[second], step, holds)
                answers[to, block] = _word(eights) & masks[first] & masks[second]


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
