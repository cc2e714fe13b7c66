"""A table of signals as conditions look at it: columns by number, what is known as bits.

A batch may hold one event, so that a hundred and more columns must cost little: what stands in
blocks is taken block by block, by places that are looked up once for all batches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any as Anything

import numpy as np
import numpy.typing as npt

from evenhand.rules.kernels import Instructions, Words
from evenhand.signals.columns import ColumnType
from evenhand.signals.table import SignalTable, Values

Mask = npt.NDArray[np.bool_]

_EVERY, _NONE = 0, 1
"""Masks that every batch has: all rows, no row; then those of its columns."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns that conditions look at stand in a table.

    lines   of all columns: how many
    single  columns that stand alone: whether it is one of words, and its line in `places`
    blocks  for each block: lines of columns, and their places within the block
    """

    lines: int
    single: Sequence[tuple[str, bool]]
    places: Instructions
    blocks: Sequence[tuple[Instructions, Instructions]]

    @classmethod
    def of(
        cls, columns: Sequence[tuple[str, ColumnType]], blocks: Sequence[Sequence[str]]
    ) -> "Layout":
        """Gives where these columns stand in tables with blocks of these names."""
        lines = {name: line for line, (name, _) in enumerate(columns)}
        within = []
        for names in blocks:
            pairs = [(lines.pop(name), at) for at, name in enumerate(names) if name in lines]
            within.append(np.array(pairs, np.int64).reshape(-1, 2).T)
        single = [(name, columns[line][1] is ColumnType.WORD) for name, line in lines.items()]
        places = np.array([*lines.values()], np.int64)
        return cls(len(columns), single, places, [(each[0], each[1]) for each in within])


class Batch:
    """A table as conditions look at it, its columns by their lines.

    known     masks × words: where something is known
    known_of  of each column: its mask
    """

    def __init__(
        self, table: SignalTable, words: Mapping[str, int], layout: Layout, blocks: int
    ) -> None:
        self.rows, self._words, self._layout = table.rows, words, layout
        self._blocks = table.blocks
        self._spelled: dict[str, int] = {}
        every = np.ones(table.rows, np.bool_)
        masks: list[Mask] = [every, ~every]
        missing, places = Values(~every, masks[_NONE]), {id(masks[_NONE]): _NONE}

        def place_of(known: Mask | None) -> int:
            if known is None:
                return _EVERY
            place = places.setdefault(id(known), len(masks))
            if place == len(masks):
                masks.append(known)
            return place

        self._single: list[npt.NDArray[Anything]] = []
        known_of = []
        for name, is_word in layout.single:
            values, known, spelled = found = table.single.get(name, missing)
            self._single.append(self._coded(found) if spelled and is_word else values)
            known_of.append(place_of(known))
        self.known_of = np.empty(layout.lines, np.int64)
        self.known_of[layout.places] = known_of
        for block, (lines, _) in zip(table.blocks, layout.blocks, strict=True):
            self.known_of[lines] = place_of(block.known)
        self.known = _packed(masks, blocks)

    @cached_property
    def values(self) -> Mapping[int, npt.NDArray[Anything]]:
        """Gives each column as it lies, words as the numbers that stand for them."""
        values = dict(zip(self._layout.places.tolist(), self._single, strict=True))
        for block, (lines, places) in zip(self._blocks, self._layout.blocks, strict=True):
            each = [block.values[place] for place in places.tolist()]
            values |= zip(lines.tolist(), each, strict=True)
        return values

    def numbers(self) -> npt.NDArray[np.float64]:
        """Gives the values of all columns side by side, a line each."""
        numbers = np.empty((self._layout.lines, self.rows))
        if self._single:
            single = np.concatenate(self._single, dtype=np.float64)
            numbers[self._layout.places] = single.reshape(len(self._single), self.rows)
        for block, (lines, places) in zip(self._blocks, self._layout.blocks, strict=True):
            numbers[lines] = block.values[places]
        return numbers

    def _coded(self, found: Values) -> npt.NDArray[np.int32]:
        """Gives the numbers that stand for words.

        A word that no rule names has a number of its own within the batch, since two columns of
        words may be compared.
        """
        first = len(self._words)
        numbers = [
            self._words[word] if word in self._words
            else self._spelled.setdefault(word, first + len(self._spelled))
            for word in found.words
        ]  # fmt: skip
        of_rows: npt.NDArray[np.int32] = np.array(numbers, np.int32)[found.values]
        return of_rows


def kept(values: npt.NDArray[Anything]) -> npt.NDArray[Anything]:
    """Gives an array that cannot be written to, as Arrow's cannot: kernels know it as one type."""
    kept = values.view()
    kept.flags.writeable = False
    return kept


def _packed(shown: Sequence[Mask], blocks: int) -> Words:
    """Gives masks as bits, each filled up to whole words."""
    octets = np.zeros((len(shown), 8 * blocks), np.uint8)
    packed = np.packbits(np.array(shown), axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view(np.uint64)
