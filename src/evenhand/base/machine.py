"""What the processor can do and arrays cannot say: counting bits, fetching memory ahead of use."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

_BYTE, _SHORT, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_FIRST = ir.Constant(_SHORT, 0)
_TO_READ, _NEAREST_CACHE, _IS_DATA = (ir.Constant(_SHORT, number) for number in (0, 3, 1))


@intrinsic  # type: ignore[untyped-decorator]
def bits_set(_typing: Any, _value: Any) -> Any:
    """Gives how many of 64 bits are set."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def sixteen_near(_typing: Any, words: Any, _place: Any, _value: Any, _bits_max: Any) -> Any:
    """Gives which of sixteen words from a place on differ from a value in at most so many bits.

    A bit of the answer for each, the lowest for the first. All must be there to be read.
    """
    sixteen = ir.VectorType(_SHORT, 16)

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def spread(value: Any) -> Any:
            nothing = ir.Constant(sixteen, ir.Undefined)
            first = builder.insert_element(nothing, value, _FIRST)
            return builder.shuffle_vector(first, nothing, ir.Constant(sixteen, [0] * 16))

        data = make_array(signature.args[0])(context, builder, values[0]).data
        begin = builder.gep(data, [values[1]], inbounds=False)
        read = builder.load(builder.bitcast(begin, sixteen.as_pointer()), align=4)
        differ = builder.xor(read, spread(values[2]))
        shape = ir.FunctionType(sixteen, [sixteen])
        count = cgutils.get_or_insert_function(builder.module, shape, "llvm.ctpop.v16i32")
        near = builder.icmp_unsigned("<=", builder.call(count, [differ]), spread(values[3]))
        return builder.zext(builder.bitcast(near, ir.IntType(16)), _LONG)

    return types.uint64(words, types.uint64, types.uint32, types.uint32), code


@intrinsic  # type: ignore[untyped-decorator]
def folded(_typing: Any, _one: Any, _other: Any) -> Any:
    """Gives the upper half of the product of two words laid over the lower one."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(values[0], wide), builder.zext(values[1], wide))
        upper = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), _LONG)
        return builder.xor(builder.trunc(product, _LONG), upper)

    return types.uint64(types.uint64, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def eight_bytes(_typing: Any, octets: Any, _place: Any) -> Any:
    """Gives the eight bytes of an array of bytes from a place on as a word; all must be there."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, values[0]).data
        begin = builder.gep(data, [values[1]], inbounds=False)
        return builder.load(builder.bitcast(begin, _LONG.as_pointer()), align=1)

    return types.uint64(octets, types.uint64), code


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, _place: Any) -> Any:
    """Has the line fetched in which an element of a flat array stands; reads nothing itself."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, values[0]).data
        element = builder.gep(data, [values[1]], inbounds=False)
        address = builder.bitcast(element, _BYTE.as_pointer())
        shape = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), _SHORT, _SHORT, _SHORT])
        fetch = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0i8")
        builder.call(fetch, [address, _TO_READ, _NEAREST_CACHE, _IS_DATA])
        return context.get_dummy_value()

    return types.void(array, types.uint64), code
