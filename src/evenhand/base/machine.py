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
def eight_near(_typing: Any, words: Any, _place: Any, _value: Any, _bits_max: Any) -> Any:
    """Gives which of eight words from a place on differ from a value in at most so many bits.

    A bit of the answer for each, the lowest for the first. All eight must be there to be read.
    """
    eight = ir.VectorType(_LONG, 8)

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def spread(value: Any) -> Any:
            first = builder.insert_element(ir.Constant(eight, ir.Undefined), value, _FIRST)
            zeros = ir.Constant(ir.VectorType(_SHORT, 8), [0] * 8)
            return builder.shuffle_vector(first, ir.Constant(eight, ir.Undefined), zeros)

        data = make_array(signature.args[0])(context, builder, values[0]).data
        begin = builder.gep(data, [values[1]], inbounds=False)
        read = builder.load(builder.bitcast(begin, eight.as_pointer()), align=8)
        differ = builder.xor(read, spread(values[2]))
        shape = ir.FunctionType(eight, [eight])
        count = cgutils.get_or_insert_function(builder.module, shape, "llvm.ctpop.v8i64")
        near = builder.icmp_unsigned("<=", builder.call(count, [differ]), spread(values[3]))
        return builder.zext(builder.bitcast(near, _BYTE), _LONG)

    return types.uint64(words, types.uint64, types.uint64, types.uint64), code


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
