"""Compiles functions over memory addresses to machine code, once; the result is cached on disk.

The functions take addresses instead of arrays: handing an array from one compiled function to
another counts references each time, which made the JSON reader five times slower. What is read
through an address is always below an `end` that the caller gives, or a table of known size.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., object])

_OURS = (
    "compiled.py",
    "cells.py",
    "items.py",
    "outline.py",
    "seen.py",
    "texts.py",
    "times.py",
    "tokens.py",
    "wide.py",
    "faults.py",
    "limits.py",
    "../../base/blocks.py",
)
SOURCE_STAMP = (
    sha256(b"".join((Path(__file__).parent / name).read_bytes() for name in _OURS)).hexdigest(),
    len(_OURS),
)
"""Stands for the text of every compiled module, since they call each other across files."""


def compiled(function: AnyFunction) -> AnyFunction:
    """Gives `function` as machine code that lets other threads run meanwhile."""
    dispatcher = njit(cache=True, nogil=True, error_model="numpy")(function)
    # Numba renews its cache when the function's own file changes, not when a callee's does.
    dispatcher._cache._cache_file._source_stamp = SOURCE_STAMP  # noqa: SLF001
    return cast("AnyFunction", dispatcher)


def _pointer(builder: Any, address: Any, bits: int) -> Any:
    return builder.inttoptr(address, ir.IntType(bits).as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def byte_at(_typing: Any, _address: Any) -> Any:
    """Gives the byte at an address."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.zext(builder.load(_pointer(builder, values[0], 8)), ir.IntType(64))

    return types.int64(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def put_byte(_typing: Any, _address: Any, _value: Any) -> Any:
    """Writes the byte at an address."""

    def code(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        narrow = builder.trunc(values[1], ir.IntType(8))
        builder.store(narrow, _pointer(builder, values[0], 8))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def number_at(_typing: Any, _address: Any) -> Any:
    """Gives the 32-bit number at an address."""

    def code(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        value = builder.load(_pointer(builder, values[0], 32), align=4)
        return builder.sext(value, ir.IntType(64))

    return types.int64(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def put_number(_typing: Any, _address: Any, _value: Any) -> Any:
    """Writes the 32-bit number at an address."""

    def code(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        narrow = builder.trunc(values[1], ir.IntType(32))
        builder.store(narrow, _pointer(builder, values[0], 32), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code
