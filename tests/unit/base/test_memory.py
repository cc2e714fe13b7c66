"""Memory that was used once is used again."""

import subprocess
import sys

KEPT = "from evenhand.cli import main; main(['--version'])"
NOT_KEPT = "print('evenhand')"

AFTERWARDS = """
import resource, threading
import numpy as np
import pyarrow

def make_and_drop():
    several = [np.ones(3_000_000, np.uint8) for _ in range(8)]
    del several

def in_a_thread():
    thread = threading.Thread(target=make_and_drop)
    thread.start()
    thread.join()

def new_pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

in_a_thread()
in_a_thread()
before = new_pages()
for _ in range(20):
    in_a_thread()
print(new_pages() - before)
"""

ONCE = 8 * 3_000_000 // 4096
"""Pages of what one thread makes."""


def _new_pages(begin: str) -> int:
    """Gives how many pages twenty threads are given anew, after a process began so."""
    script = [sys.executable, "-c", f"{begin}\n{AFTERWARDS}"]
    return int(subprocess.check_output(script).split()[-1])


def test_threads_of_a_command_use_again_what_others_have_used() -> None:
    pages = _new_pages(KEPT)

    assert pages < ONCE


def test_elsewhere_each_is_given_new_pages() -> None:
    pages = _new_pages(NOT_KEPT)

    assert pages > ONCE
