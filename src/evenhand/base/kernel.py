"""How kernels are compiled: functions over arrays that numba turns into machine code.

No bounds are checked at run time, so each kernel says in its docstring why it stays inside what
it is given. The compiled form is kept on disk beside the source, or in the user's cache.

Positions are unsigned (`U`): numba tests every signed index for being negative, which costs a
third of the speed. Signed and unsigned must not meet in one sum, for that becomes a float.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])

U = np.uint64

_OPTIONS = {"nogil": True, "cache": True, "boundscheck": False, "error_model": "numpy"}


def kernel(function: Function) -> Function:
    """Compiles a function over arrays; it runs without the interpreter's lock."""
    return cast("Function", njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Compiles a small function into each kernel that calls it."""
    return cast("Function", njit(inline="always", **_OPTIONS)(function))


def borrowing_kernel(function: Function) -> Function:
    """Compiles a kernel that makes no array and no view: it does not count who uses those given.

    A plain kernel counts, one core at a time, wherever an inlined function that branches is given
    an array, also in inner loops: that was a third of what some of them took.
    """
    return cast("Function", njit(_nrt=False, **_OPTIONS)(function))
