"""How this process keeps memory that it has used, where the C library lets it say so (glibc)."""

import ctypes

KEPT_BYTES = 512 * 1024 * 1024
"""Freed memory that is kept at most: twice what the batches take that are under way at once."""

MAPPED_BYTES = 32 * 1024 * 1024
"""What is larger is had from the system and given back; glibc takes no higher bound."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Numbers of what glibc's `mallopt` sets, as `malloc.h` gives them."""


def keep_memory() -> None:
    """Keeps freed memory for what is made next, in one place for all threads.

    Each batch makes arrays of megabytes and drops them. Given back to the system, they come as
    new pages each time, which it must clear, while the other threads wait for it. To be called
    before engines are imported: a thread that one of them began has a place of its own, which
    others would be given, too, and which is given back. A C library that has no `mallopt` (macOS)
    or heeds none (musl) goes on as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for parameter, value in (
        (_TRIM_THRESHOLD, KEPT_BYTES),
        (_MMAP_THRESHOLD, MAPPED_BYTES),
        (_ARENA_MAX, 1),
    ):
        mallopt(parameter, value)
