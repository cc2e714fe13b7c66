"""Sixty-four bytes at a time: masks that say which of them are what, the lowest bit for the first.

One comparison of the processor's vector unit stands for sixty-four looks, and nothing branches on
what people write, which no processor can foretell. Who asks for a block sees to it that all of it
is there to be read: `padded` gives a copy with room behind.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

from evenhand.base.kernel import U, inlined

BLOCK = 64

_BYTE, _FOUR, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BLOCK = ir.VectorType(_BYTE, BLOCK)
_SIXTEEN, _QUAD = ir.VectorType(_FOUR, 16), ir.VectorType(_LONG, 4)


def padded(source: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gives a copy with a block of zeros behind it."""
    copy = np.empty(len(source) + BLOCK, np.uint8)
    copy[: len(source)] = source
    copy[len(source) :] = 0
    return copy


def address(context: Any, builder: Any, kind: Any, array: Any, place: Any, shape: Any) -> Any:
    """Gives the address of an element of an array as that of a vector."""
    data = make_array(kind)(context, builder, array).data
    first = builder.gep(data, [place], inbounds=False)
    return builder.bitcast(first, shape.as_pointer())


def spread(builder: Any, value: Any, shape: Any = _BLOCK) -> Any:
    """Gives a vector of which each element has the lowest bits of `value`."""
    nothing = ir.Constant(shape, ir.Undefined)
    element = value if shape.element == _LONG else builder.trunc(value, shape.element)
    first = builder.insert_element(nothing, element, ir.Constant(_FOUR, 0))
    zeros = ir.Constant(ir.VectorType(_FOUR, shape.count), [0] * shape.count)
    return builder.shuffle_vector(first, nothing, zeros)


def _asked(array: Any, test: Callable[[Any, Any, list[Any]], Any], values: int) -> Any:
    """Gives signature and code of a question about each byte of a block: a mask of the answers."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        source, place, *numbers = given
        begin = address(context, builder, signature.args[0], source, place, _BLOCK)
        block = builder.load(begin, align=1)
        answers = test(builder, block, [spread(builder, number) for number in numbers])
        return builder.bitcast(answers, _LONG)

    return types.uint64(array, types.uint64, *[types.uint64] * values), code


@intrinsic  # type: ignore[untyped-decorator]
def where_equal(_typing: Any, source: Any, _place: Any, _value: Any) -> Any:
    """Tells which bytes of the block at a place have a value."""
    return _asked(source, lambda builder, block, x: builder.icmp_unsigned("==", block, x[0]), 1)


@intrinsic  # type: ignore[untyped-decorator]
def where_under(_typing: Any, source: Any, _place: Any, _mask: Any, _value: Any) -> Any:
    """Tells which bytes of the block at a place have a value in the bits of a mask."""

    def test(builder: Any, block: Any, x: list[Any]) -> Any:
        return builder.icmp_unsigned("==", builder.and_(block, x[0]), x[1])

    return _asked(source, test, 2)


@intrinsic  # type: ignore[untyped-decorator]
def where_any(_typing: Any, source: Any, _place: Any, _bits: Any) -> Any:
    """Tells which bytes of the block at a place have any of some bits."""

    def test(builder: Any, block: Any, x: list[Any]) -> Any:
        return builder.icmp_unsigned("!=", builder.and_(block, x[0]), ir.Constant(_BLOCK, None))

    return _asked(source, test, 1)


@intrinsic  # type: ignore[untyped-decorator]
def where_between(_typing: Any, source: Any, _place: Any, _low: Any, _high: Any) -> Any:
    """Tells which bytes of the block at a place are neither below one value nor above another."""

    def test(builder: Any, block: Any, x: list[Any]) -> Any:
        above = builder.sub(block, x[0])
        return builder.icmp_unsigned("<=", above, builder.sub(x[1], x[0]))

    return _asked(source, test, 2)


@intrinsic  # type: ignore[untyped-decorator]
def four_at(_typing: Any, source: Any, _place: Any) -> Any:
    """Gives four bytes from a place on as one number, the first one lowest."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        begin = address(context, builder, signature.args[0], given[0], given[1], _FOUR)
        return builder.zext(builder.load(begin, align=1), _LONG)

    return types.uint64(source, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def paint(_typing: Any, target: Any, _at: Any, _mask: Any, _value: Any) -> Any:
    """Writes a value into the bytes of a block that a mask names; the others stay as they are."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        begin = address(context, builder, signature.args[0], given[0], given[1], _BLOCK)
        chosen = builder.bitcast(given[2], ir.VectorType(ir.IntType(1), BLOCK))
        block = builder.load(begin, align=1)
        builder.store(builder.select(chosen, spread(builder, given[3]), block), begin, align=1)
        return context.get_dummy_value()

    return types.void(target, types.uint64, types.uint64, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def gather(_typing: Any, source: Any, _place: Any, _mask: Any, target: Any, _at: Any) -> Any:
    """Writes the bytes of a block that a mask names side by side; behind them anything."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        begin = address(context, builder, signature.args[0], given[0], given[1], _BLOCK)
        chosen = ir.VectorType(ir.IntType(1), BLOCK)
        shape = ir.FunctionType(_BLOCK, [_BLOCK, chosen, _BLOCK])
        name = f"llvm.experimental.vector.compress.v{BLOCK}i8"
        compress = cgutils.get_or_insert_function(builder.module, shape, name)
        block, mask = builder.load(begin, align=1), builder.bitcast(given[2], chosen)
        close = builder.call(compress, [block, mask, ir.Constant(_BLOCK, ir.Undefined)])
        end = address(context, builder, signature.args[3], given[3], given[4], _BLOCK)
        builder.store(close, end, align=1)
        return context.get_dummy_value()

    return types.void(source, types.uint64, types.uint64, target, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def copy_small(_typing: Any, source: Any, _place: Any, target: Any, _at: Any) -> Any:
    """Copies a block of text; A to Z become small letters."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        def every(number: int) -> Any:
            return ir.Constant(_BLOCK, [number] * BLOCK)

        begin = address(context, builder, signature.args[0], given[0], given[1], _BLOCK)
        block = builder.load(begin, align=1)
        capital = builder.icmp_unsigned("<", builder.sub(block, every(ord("A"))), every(26))
        small = builder.select(capital, builder.or_(block, every(32)), block)
        end = address(context, builder, signature.args[2], given[2], given[3], _BLOCK)
        builder.store(small, end, align=1)
        return context.get_dummy_value()

    return types.void(source, types.uint64, target, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def weighed(_typing: Any, codes: Any, _place: Any, _count: Any, weights: Any) -> Any:
    """Adds up the first few of sixteen 32-bit numbers, each times its weight, modulo 2**32."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        nowhere = ir.Constant(_LONG, 0)
        begin = address(context, builder, signature.args[0], given[0], given[1], _SIXTEEN)
        factor = address(context, builder, signature.args[3], given[3], nowhere, _SIXTEEN)
        places = ir.Constant(_SIXTEEN, list(range(16)))
        wanted = builder.icmp_unsigned("<", places, spread(builder, given[2], _SIXTEEN))
        product = builder.mul(builder.load(begin, align=4), builder.load(factor, align=4))
        chosen = builder.select(wanted, product, ir.Constant(_SIXTEEN, None))
        shape = ir.FunctionType(_FOUR, [_SIXTEEN])
        name = "llvm.vector.reduce.add.v16i32"
        add = cgutils.get_or_insert_function(builder.module, shape, name)
        return builder.zext(builder.call(add, [chosen]), _LONG)

    return types.uint64(codes, types.uint64, types.uint64, weights), code


@intrinsic  # type: ignore[untyped-decorator]
def which_of_four(_typing: Any, words: Any, _place: Any, _value: Any) -> Any:
    """Tells which of four 64-bit words from a place on have a value, a bit for each."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        begin = address(context, builder, signature.args[0], given[0], given[1], _QUAD)
        four = builder.load(begin, align=8)
        same = builder.icmp_unsigned("==", four, spread(builder, given[2], _QUAD))
        return builder.zext(builder.bitcast(same, ir.IntType(4)), _LONG)

    return types.uint64(words, types.uint64, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def lowest(_typing: Any, mask: Any) -> Any:
    """Gives the place of the lowest bit that is set; 64 where none is. Signed if the mask is."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 0))

    return mask(mask), code


@inlined
def first_bits(count: np.uint64) -> np.uint64:
    """Gives a mask of the first bits of a block: all of them for 64 or more."""
    return U(0xFFFFFFFFFFFFFFFF) if count >= U(BLOCK) else (U(1) << count) - U(1)


@inlined
def reached(begin: np.uint64, across: np.uint64) -> np.uint64:
    """Gives the bits of `across` that stand in runs which begin at the bits of `begin`.

    Adding one to a run of ones clears it; `begin` has no more than one bit of each run.
    """
    begins = begin & across
    return ((across + begins) ^ across) & across
