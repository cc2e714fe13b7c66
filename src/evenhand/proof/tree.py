"""The Merkle tree of RFC 6962 section 2.1: hashes, roots, and proofs of inclusion and consistency.

Verifiers need hashes alone; producers read the nodes they need through `Nodes`.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Protocol

from evenhand.base.errors import InputRefused

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves (RFC 6962 section 2.1)."""

LEAF_PREFIX, NODE_PREFIX = b"\x00", b"\x01"
"""What keeps a leaf from being read as a node (RFC 6962 section 2.1)."""


class Nodes(Protocol):
    """Where producers of proofs read the hashes of complete subtrees."""

    def node(self, level: int, index: int) -> bytes:
        """Gives the hash over the leaves from `index << level` on, `1 << level` of them."""
        ...


def leaf_hash(entry: bytes) -> bytes:
    """Gives the hash of a leaf."""
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Gives the hash of the node above two others."""
    return sha256(NODE_PREFIX + left + right).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Gives the hashes of many leaves."""
    return [sha256(LEAF_PREFIX + entry).digest() for entry in entries]


def node_hashes(hashes: Sequence[bytes]) -> list[bytes]:
    """Gives the hashes above an even number of others."""
    pairs = zip(hashes[::2], hashes[1::2], strict=True)
    return [sha256(NODE_PREFIX + left + right).digest() for left, right in pairs]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Gives the root that a leaf's hash and its path lead to (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise InputRefused(what="inclusion proof", why=f"no leaf {index} in a tree of {size}")
    place, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            raise InputRefused(what="inclusion proof", why="the path is too long")
        if place & 1 or place == last:
            found = node_hash(beside, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise InputRefused(what="inclusion proof", why="the path is too short")
    return found


def inclusion_holds(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tells whether a leaf's hash stands at its place in the tree of this root."""
    try:
        return compare_digest(root_from_inclusion(leaf, index, size, path), root)
    except InputRefused:
        return False


def consistency_holds(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tells whether the new tree begins with the whole old one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size in {0, new_size}:
        expected = EMPTY_ROOT if old_size == 0 else new_root
        return not path and compare_digest(old_root, expected)
    nodes = list(path)
    if old_size & (old_size - 1) == 0:
        nodes.insert(0, old_root)
    if not nodes:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = nodes[0]
    for beside in nodes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and compare_digest(old, old_root) and compare_digest(new, new_root)


def root(size: int, tiles: Nodes) -> bytes:
    """Gives the root of the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _over(0, size, tiles)


def inclusion_path(index: int, size: int, tiles: Nodes) -> list[bytes]:
    """Gives the path of a leaf in the tree of the first `size` (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise InputRefused(what="inclusion path", why=f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _half(high - low)
        if index < middle:
            path.append(_over(middle, high, tiles))
            high = middle
        else:
            path.append(_over(low, middle, tiles))
            low = middle
    return path[::-1]


def consistency_path(old: int, new: int, tiles: Nodes) -> list[bytes]:
    """Gives the proof that the first `new` leaves begin with the first `old` (section 2.1.2)."""
    if not 0 <= old <= new:
        raise InputRefused(what="consistency path", why=f"{old} leaves are not within {new}")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _half(high - low)
        if old <= middle:
            path.append(_over(middle, high, tiles))
            high = middle
        else:
            path.append(_over(low, middle, tiles))
            low, whole = middle, False
    if not whole:
        path.append(_over(low, high, tiles))
    return path[::-1]


def _half(count: int) -> int:
    """Gives the largest power of two that is less than a count of two or more."""
    return 1 << (count - 1).bit_length() - 1


def _over(low: int, high: int, tiles: Nodes) -> bytes:
    """Gives the hash over the leaves from `low` up to `high`."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return tiles.node(level, low >> level)
    middle = low + _half(count)
    return node_hash(_over(low, middle, tiles), _over(middle, high, tiles))
