"""Threads that have time, in a process that answers somebody meanwhile."""

import os
import threading
from contextlib import suppress

BACKGROUND_NICE = 10
"""A tenth of what a thread computes that answers; at 19 a large list would take ten times as long
on a core that has hardly any time left."""


def step_back() -> None:
    """Lets every other thread of the process compute before this one, for good.

    Linux gives each thread a priority of its own; where there is no such thing nothing happens.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND_NICE)
