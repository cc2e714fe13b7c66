"""Bursts of registrations: many from one network, under names cut from one cloth.

People share networks, so numbers alone say little: what counts is how many of a network's new
accounts have a name that is similar to this one. Two names are similar when they are equal but for
digits and separators, or begin with the same five letters, or end in the same six.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import U, kernel
from evenhand.events.text_column import Bytes, Offsets, TextColumn, decode
from evenhand.signals.counting import Mask, Milliseconds, WindowCounter
from evenhand.signals.hashing import Hashes, add_byte, mix, start_hash
from evenhand.signals.table import Values

BURST_MS = 600_000
HEAD_LETTERS = 5
TAIL_LETTERS = 6
LIKENESSES = 3


@kernel
def _likenesses(
    buffer: Bytes, offsets: Offsets, networks: Hashes, keys: NDArray[np.uint64]
) -> None:
    """Gives each name's three keys within its network: whole, head, tail; 0 for none.

    Stays inside each row. A letter is whatever is no ASCII digit, sign or space.
    """
    for row in range(offsets.shape[0] - 1):
        for likeness in range(LIKENESSES):
            keys[row, likeness] = U(0)
        if networks[row] == U(0):
            continue
        letters = 0
        position = U(offsets[row])
        end = U(offsets[row + 1] - 1)
        while position < end:
            code, length = decode(buffer, position)
            if code >= U(128) or (code | U(32)) - U(97) < U(26):
                letters += 1
            position += length
        if letters == 0:
            continue
        whole = start_hash(networks[row])
        head = start_hash(networks[row] ^ U(1))
        tail = start_hash(networks[row] ^ U(2))
        number = 0
        after_digit = False
        position = U(offsets[row])
        while position < end:
            code, length = decode(buffer, position)
            position += length
            if code - U(48) < U(10):
                if not after_digit:
                    whole = add_byte(whole, U(48))
                after_digit = True
                continue
            if code < U(128) and (code | U(32)) - U(97) >= U(26):
                continue
            after_digit = False
            whole = add_byte(whole, code)
            if number < HEAD_LETTERS:
                head = add_byte(head, code)
            if number >= letters - TAIL_LETTERS:
                tail = add_byte(tail, code)
            number += 1
        keys[row, 0] = mix(whole) | U(1)
        if letters >= HEAD_LETTERS:
            keys[row, 1] = mix(head) | U(1)
        if letters >= TAIL_LETTERS:
            keys[row, 2] = mix(tail) | U(1)


def likenesses(names: TextColumn, networks: Hashes) -> NDArray[np.uint64]:
    """Gives three keys per name; names that share one within a network are similar."""
    keys = np.empty((len(names), LIKENESSES), np.uint64)
    _likenesses(names.buffer, names.offsets, networks, keys)
    return keys


@dataclass(slots=True)
class Registrations:
    """Counts registrations per network and likeness of name; one per door."""

    _networks: WindowCounter = field(default_factory=lambda: WindowCounter((BURST_MS,), 1 << 14))
    _names: tuple[WindowCounter, ...] = field(
        default_factory=lambda: tuple(
            WindowCounter((BURST_MS,), 1 << 15) for _ in range(LIKENESSES)
        )
    )

    def bursts(
        self, names: TextColumn, networks: Hashes, times: Milliseconds, is_registration: Mask
    ) -> Mapping[str, Values]:
        """Gives how many registrations came from the same network in ten minutes, this included.

        names     normalised name that is asked for
        networks  a hash per row; 0 where the network is not known, which is NULL in both columns
        """
        keys = np.where(is_registration, networks, np.uint64(0))
        total, _ = self._networks.count(keys, times)
        similar = np.zeros(len(names), np.int32)
        alike = likenesses(names, keys)
        for place, counter in enumerate(self._names):
            counts, _ = counter.count(np.ascontiguousarray(alike[:, place]), times)
            similar = np.maximum(similar, counts[:, 0])
        known = keys != 0
        return {
            "network_registrations_10m": Values(total[:, 0].copy(), known),
            "similar_names_10m": Values(similar, known),
        }
