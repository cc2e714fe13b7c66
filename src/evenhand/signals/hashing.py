"""Hashes of bytes for the tables of the kernels.

They are not for secrets. Each kernel that lets strangers choose what is hashed takes a seed, so
that collisions cannot be prepared.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, borrowing_kernel, inlined, kernel
from evenhand.base.machine import eight_bytes, folded
from evenhand.events.text_column import Bytes, Offsets

Hashes = NDArray[np.uint64]

_START = U(0xCBF29CE484222325)
_PRIME = U(0x100000001B3)


@inlined
def mix(value: np.uint64) -> np.uint64:
    """Spreads the bits of a hash (the finaliser of MurmurHash3)."""
    value ^= value >> U(33)
    value *= U(0xFF51AFD7ED558CCD)
    value ^= value >> U(33)
    value *= U(0xC4CEB9FE1A85EC53)
    return value ^ (value >> U(33))


@inlined
def start_hash(seed: np.uint64) -> np.uint64:
    """Gives what a hash starts from."""
    return _START ^ seed


@inlined
def add_byte(value: np.uint64, byte: np.uint64) -> np.uint64:
    """Gives a hash with one more byte (FNV-1a)."""
    return (value ^ byte) * _PRIME


@kernel
def hash_rows(source: Bytes, starts: Offsets, seed: np.uint64, hashes: Hashes) -> None:
    """Hashes each row; never 0, which stands for nothing. Stays inside the rows."""
    for row in range(starts.shape[0] - 1):
        value = start_hash(seed)
        position = U(starts[row])
        end = U(starts[row + 1])
        while position < end:
            value = add_byte(value, U(source[position]))
            position += U(1)
        hashes[row] = mix(value) | U(1)


def hashes_of(source: Bytes, starts: Offsets, *, seed: int) -> Hashes:
    """Gives a hash for each row of bytes."""
    hashes = np.empty(len(starts) - 1, np.uint64)
    hash_rows(source, starts, np.uint64(seed), hashes)
    return hashes


@borrowing_kernel
def _key_rows(source: Bytes, starts: Offsets, seed: np.uint64, keys: Hashes) -> None:
    """Hashes each row by two words made of the seed, eight bytes at a time; never 0.

    The last eight bytes may overlap those before them; the length tells such rows apart. Stays
    inside the rows: what is shorter than eight bytes is read one by one.
    """
    first, key = mix(seed ^ _START), mix(seed + _PRIME) | U(1)
    for row in range(starts.shape[0] - 1):
        position, end = U(starts[row]), U(starts[row + 1])
        value = first ^ (end - position)
        last = U(0)
        if end - position >= U(8):
            while position + U(8) < end:
                value = folded(value ^ eight_bytes(source, position), key)
                position += U(8)
            last = eight_bytes(source, end - U(8))
        else:
            while position < end:
                last = last << U(8) | U(source[position])
                position += U(1)
        keys[row] = folded(folded(value ^ last, key) ^ first, key) | U(1)


def keys_of(source: Bytes, starts: Offsets, *, seed: int) -> Hashes:
    """Gives a hash for each row of bytes that nobody can foretell without the seed."""
    keys = np.empty(len(starts) - 1, np.uint64)
    _key_rows(source, starts, np.uint64(seed), keys)
    return keys


def joined(words: Sequence[bytes]) -> tuple[Bytes, Offsets]:
    """Gives words in one buffer, and where each starts."""
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=starts[1:])
    return np.frombuffer(b"".join(words), np.uint8), starts
