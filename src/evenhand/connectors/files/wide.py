"""Sixty-four bytes at an address at once: masks, the lowest bit for the first byte.

All of the sixty-four must be there to be read, or written, whatever the caller asks about.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from evenhand.connectors.files.compiled import compiled

WIDTH = 64

_BYTE, _LONG = ir.IntType(8), ir.IntType(64)
_BLOCK = ir.VectorType(_BYTE, WIDTH)


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _BLOCK.as_pointer())


def _is_one_of(builder: Any, block: Any, letters: bytes) -> Any:
    answers = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), None)
    for letter in letters:
        same = builder.icmp_unsigned("==", block, ir.Constant(_BLOCK, [letter] * WIDTH))
        answers = builder.or_(answers, same)
    return answers


def _asked(test: Callable[[Any, Any], Any]) -> Any:
    """Gives signature and code of a question about each byte of a block."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        block = builder.load(_at(builder, given[0]), align=1)
        return builder.bitcast(test(builder, block), _LONG)

    return types.int64(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def string_signs(_typing: Any, _address: Any) -> Any:
    """Tells which bytes mean something in a JSON string: quotes, backslashes, controls."""

    def test(builder: Any, block: Any) -> Any:
        controls = builder.icmp_unsigned("<", block, ir.Constant(_BLOCK, [32] * WIDTH))
        return builder.or_(_is_one_of(builder, block, b'"\\'), controls)

    return _asked(test)


@intrinsic  # type: ignore[untyped-decorator]
def blanks(_typing: Any, _address: Any) -> Any:
    """Tells which bytes are what JSON allows between its signs."""
    return _asked(lambda builder, block: _is_one_of(builder, block, b" \n\r\t"))


@intrinsic  # type: ignore[untyped-decorator]
def backslashes(_typing: Any, _address: Any) -> Any:
    """Tells which bytes are backslashes."""
    return _asked(lambda builder, block: _is_one_of(builder, block, b"\\"))


@intrinsic  # type: ignore[untyped-decorator]
def unlike(_typing: Any, _one: Any, _other: Any) -> Any:
    """Tells which bytes of two blocks differ."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        one, other = (builder.load(_at(builder, address), align=1) for address in given)
        return builder.bitcast(builder.icmp_unsigned("!=", one, other), _LONG)

    return types.int64(types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def copy_block(_typing: Any, _address: Any, _out: Any) -> Any:
    """Copies a block."""

    def code(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        block = builder.load(_at(builder, given[0]), align=1)
        builder.store(block, _at(builder, given[1]), align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@compiled
def first_bits(count: int) -> int:
    """Gives a mask of the first bytes of a block: all of them for 64 or more."""
    return -1 if count >= WIDTH else (1 << count) - 1
