"""Which places of a text may begin one of many grams: short runs of bytes that are looked for.

A few grams are told by their bytes alone, sixty-four places at a time: each gram belongs to one of
eight families, and for each of its bytes a table tells which families have such a byte there. Many
are told by a table of bits at their hashes, sixteen places at a time.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

from evenhand.base.blocks import BLOCK, address, spread
from evenhand.base.kernel import U, inlined

GRAM_BYTES_MAX = 5
VALUES = 256
SIXTEEN = 16

_LOW, _HIGH = 0x9E3779B1, 0x85EBCA77
"""What the first four bytes of a gram, and the fifth, are multiplied by in its hash."""

_BIT, _BYTE, _FOUR, _LONG = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BLOCK, _SIXTEEN = ir.VectorType(_BYTE, BLOCK), ir.VectorType(_FOUR, SIXTEEN)
_BITS, _WIDE = ir.VectorType(_BIT, SIXTEEN), ir.VectorType(_LONG, SIXTEEN)

Words = NDArray[np.uint64]
Bits = NDArray[np.uint32]


def hashes_of_grams(grams: Words) -> Words:
    """Gives the hash of each gram, of 32 bits."""
    first, fifth = grams & U(0xFFFFFFFF), grams >> U(32)
    hashes: Words = (first * U(_LOW) + fifth * U(_HIGH)) & U(0xFFFFFFFF)
    return hashes


def bits_of(hashes: Words, shift: int) -> Bits:
    """Gives a table with a bit for each hash, at what a shift to the right leaves of it."""
    places = hashes >> U(shift)
    bits = np.zeros((1 << (32 - shift)) // 32, np.uint32)
    np.bitwise_or.at(bits, places >> U(5), np.uint32(1) << (places & U(31)).astype(np.uint32))
    return bits


def families(grams: Words, gram_bytes: int) -> NDArray[np.uint8]:
    """Gives for each byte of a gram, and each value of it, which of eight families have it there.

    Neighbours in the order of their bytes are of one family; bytes beyond the gram may be any.
    """
    tables = np.zeros((GRAM_BYTES_MAX, VALUES), np.uint8)
    tables[gram_bytes:] = 0xFF
    ordered = np.sort(grams.astype("<u8").byteswap()).byteswap().view(np.uint8).reshape(-1, 8)
    family = (1 << np.arange(len(ordered)) * 8 // len(ordered)).astype(np.uint8)
    for place in range(gram_bytes):
        np.bitwise_or.at(tables[place], ordered[:, place], family)
    return tables.ravel()


@inlined
def bit_of(gram: np.uint64, shift: np.uint64, bits: Bits) -> np.uint64:
    """Gives the bit of a gram in a table that `bits_of` made with this shift."""
    first, fifth = gram & U(0xFFFFFFFF), gram >> U(32)
    place = ((first * U(_LOW) + fifth * U(_HIGH)) & U(0xFFFFFFFF)) >> shift
    return (U(bits[place >> U(5)]) >> (place & U(31))) & U(1)


def _every(number: int) -> Any:
    return ir.Constant(_SIXTEEN, [number] * SIXTEEN)


def _function(builder: Any, name: str, gives: Any, *takes: Any) -> Any:
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(gives, takes), name)


def _block(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    return builder.load(address(context, builder, kind, array, place, _BLOCK), align=1)


def _looked_up(context: Any, builder: Any, values: Any, quarters: list[Any]) -> Any:
    """Gives what a table of 256 bytes, in four blocks, has for each byte of a block."""
    if "+avx512vbmi" in context.codegen().magic_tuple()[2]:
        name = "llvm.x86.avx512.vpermi2var.qi.512"
        chosen = _function(builder, name, _BLOCK, _BLOCK, _BLOCK, _BLOCK)
        low = builder.call(chosen, [quarters[0], values, quarters[1]])
        high = builder.call(chosen, [quarters[2], values, quarters[3]])
        return builder.select(
            builder.icmp_signed("<", values, ir.Constant(_BLOCK, None)), high, low
        )
    whole = cgutils.alloca_once(builder, ir.ArrayType(_BLOCK, len(quarters)))
    for number, quarter in enumerate(quarters):
        place = [ir.Constant(_FOUR, 0), ir.Constant(_FOUR, number)]
        builder.store(quarter, builder.gep(whole, place))
    first = builder.bitcast(whole, _BYTE.as_pointer())
    found = ir.Constant(_BLOCK, None)
    for number in range(BLOCK):
        at = ir.Constant(_FOUR, number)
        value = builder.zext(builder.extract_element(values, at), _LONG)
        found = builder.insert_element(found, builder.load(builder.gep(first, [value])), at)
    return found


@intrinsic  # type: ignore[untyped-decorator]
def where_family(_typing: Any, source: Any, _place: Any, tables: Any) -> Any:
    """Tells which bytes of the block at a place begin what some family has a byte for, each.

    A block and four bytes more are read.
    """

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        left = ir.Constant(_BLOCK, [0xFF] * BLOCK)
        for number in range(GRAM_BYTES_MAX):
            place = builder.add(given[1], ir.Constant(_LONG, number))
            values = _block(context, builder, signature.args[0], given[0], place)
            quarters = [
                _block(
                    context, builder, signature.args[2], given[2],
                    ir.Constant(_LONG, number * VALUES + quarter),
                )
                for quarter in range(0, VALUES, BLOCK)
            ]  # fmt: skip
            left = builder.and_(left, _looked_up(context, builder, values, quarters))
        some = builder.icmp_unsigned("!=", left, ir.Constant(_BLOCK, None))
        return builder.bitcast(some, _LONG)

    return types.uint64(source, types.uint64, tables), code


def _grams(builder: Any, block: Any, stride: int, first: int, count: int) -> Any:
    """Gives sixteen times so many bytes of a block, from the first on, a stride apart."""
    places = [
        stride * number + first + byte if byte < count else BLOCK
        for number in range(SIXTEEN)
        for byte in range(4)
    ]
    chosen = ir.Constant(ir.VectorType(_FOUR, BLOCK), places)
    return builder.bitcast(
        builder.shuffle_vector(block, ir.Constant(_BLOCK, None), chosen), _SIXTEEN
    )


def _read(context: Any, builder: Any, kind: Any, bits: Any, which: Any) -> Any:
    """Gives sixteen words of a table."""
    data = make_array(kind)(context, builder, bits).data
    begin = spread(builder, builder.ptrtoint(data, _LONG), _WIDE)
    far = builder.shl(builder.zext(which, _WIDE), ir.Constant(_WIDE, [2] * SIXTEEN))
    places = builder.inttoptr(builder.add(begin, far), ir.VectorType(_FOUR.as_pointer(), SIXTEEN))
    name = f"llvm.masked.gather.v{SIXTEEN}i32.v{SIXTEEN}p0i32"
    read = _function(builder, name, _SIXTEEN, places.type, _FOUR, _BITS, _SIXTEEN)
    every = ir.Constant(_BITS, [1] * SIXTEEN)
    return builder.call(read, [places, ir.Constant(_FOUR, 4), every, _every(0)])


def _sixteen_asked(source: Any, bits: Any, stride: int) -> Any:
    """Gives signature and code of a question about sixteen grams, a stride apart."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        text, place, used, shift, table = given
        block = _block(context, builder, signature.args[0], text, place)
        upper = builder.lshr(used, ir.Constant(_LONG, 32))
        first = builder.and_(_grams(builder, block, stride, 0, 4), spread(builder, used, _SIXTEEN))
        fifth = builder.and_(_grams(builder, block, stride, 4, 1), spread(builder, upper, _SIXTEEN))
        low, high = builder.mul(first, _every(_LOW)), builder.mul(fifth, _every(_HIGH))
        hashed = builder.lshr(builder.add(low, high), spread(builder, shift, _SIXTEEN))
        words = _read(context, builder, signature.args[4], table, builder.lshr(hashed, _every(5)))
        bit = builder.and_(builder.lshr(words, builder.and_(hashed, _every(31))), _every(1))
        there = builder.icmp_unsigned("!=", bit, _every(0))
        return builder.zext(builder.bitcast(there, ir.IntType(SIXTEEN)), _LONG)

    return types.uint64(source, types.uint64, types.uint64, types.uint64, bits), code


@intrinsic  # type: ignore[untyped-decorator]
def sixteen_there(
    _typing: Any, source: Any, _place: Any, _used: Any, _shift: Any, bits: Any
) -> Any:
    """Tells which of the sixteen grams from a place on have their bit in a table (`bits_of`).

    used  which bytes of a word from a place on are its gram. A block is read.
    """
    return _sixteen_asked(source, bits, 1)


@intrinsic  # type: ignore[untyped-decorator]
def sixteen_others_there(
    _typing: Any, source: Any, _place: Any, _used: Any, _shift: Any, bits: Any
) -> Any:
    """Tells the same of the grams at every other byte."""
    return _sixteen_asked(source, bits, 2)


@intrinsic  # type: ignore[untyped-decorator]
def put_places(_typing: Any, places: Any, _at: Any, _begin: Any, _stride: Any, _mask: Any) -> Any:
    """Writes those of sixteen places, a stride apart, that a mask names; behind them anything."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        target, at, begin, stride, mask = given
        steps = ir.Constant(_SIXTEEN, list(range(SIXTEEN)))
        numbers = builder.add(
            builder.mul(steps, spread(builder, stride, _SIXTEEN)), spread(builder, begin, _SIXTEEN)
        )
        name = f"llvm.experimental.vector.compress.v{SIXTEEN}i32"
        compress = _function(builder, name, _SIXTEEN, _SIXTEEN, _BITS, _SIXTEEN)
        chosen = builder.bitcast(builder.trunc(mask, ir.IntType(SIXTEEN)), _BITS)
        close = builder.call(compress, [numbers, chosen, ir.Constant(_SIXTEEN, ir.Undefined)])
        end = address(context, builder, signature.args[0], target, at, _SIXTEEN)
        builder.store(close, end, align=4)
        return context.get_dummy_value()

    return types.void(places, types.uint64, types.uint64, types.uint64, types.uint64), code
