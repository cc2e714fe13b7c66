"""Looks until something is so: what the desk does takes its time, and nobody is told when."""

import asyncio
import time
from collections.abc import Awaitable, Callable

WAIT_SECONDS_MAX = 120.0
"""Far more than anything takes: the demo may share a slow core with much else."""


async def until(look: Callable[[], Awaitable[bool]], *, pause: float = 0.3) -> bool:
    """Looks until it is so; False if it never was."""
    give_up = time.monotonic() + WAIT_SECONDS_MAX
    while not await look():
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(pause)
    return True
