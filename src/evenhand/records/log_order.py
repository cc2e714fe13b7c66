"""The order of the leaves of one batch: that of their values, which is nobody's order.

A leaf looks as if it were drawn by chance, so those with the same first byte are one in 256 of all:
millions of leaves are put apart by it, in files without a name, and each part is sorted alone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile

from evenhand.proof.tiles import WIDTH, hashes_of
from evenhand.proof.tree import HASH_BYTES

TOGETHER_MAX = 1 << 18
"""Leaves that are sorted in memory: 20 MB."""

PARTS = 256
"""Values of a leaf's first byte."""

Chance = Callable[[int], bytes]


def shuffled(leaves: Iterable[bytes], random: Chance, *, beside: Path) -> Iterator[bytes]:
    """Gives leaves filled up to whole bundles, in the order of their values.

    Where the next bundle begins is drawn anew each time, so that nobody learns how many leaves
    have a meaning by adding a known number of their own, or by counting those that are opened.
    """
    coming = iter(leaves)
    first = list(islice(coming, TOGETHER_MAX))
    if len(first) < TOGETHER_MAX:
        yield from sorted([*first, *_filling(len(first), random)])
        return
    with ExitStack() as opened:
        parts = [opened.enter_context(TemporaryFile(dir=beside)) for _ in range(PARTS)]
        count = 0
        for leaf in chain(first, coming):
            parts[leaf[0]].write(leaf)
            count += 1
        for leaf in _filling(count, random):
            parts[leaf[0]].write(leaf)
        first.clear()
        for part in parts:
            part.seek(0)
            yield from sorted(hashes_of(part.read()))


def _filling(count: int, random: Chance) -> list[bytes]:
    """Gives leaves without a meaning, as many as `count` others need."""
    beyond = random(1)[0]
    missing = ((count + beyond) // WIDTH + 1) * WIDTH - count
    return hashes_of(random(missing * HASH_BYTES))
