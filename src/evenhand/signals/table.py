"""The signals of one batch: named columns of values, each with what is not known."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Values(NamedTuple):
    """One signal column; a batch has some 150, so that making one must cost little.

    values  one per row; for words the code of the word (int32)
    known   false where the value is NULL; None if every value is known
    words   for words: the word of each code; else empty
    """

    values: npt.NDArray[np.generic]
    known: npt.NDArray[np.bool_] | None = None
    words: tuple[str, ...] = ()


class Block(NamedTuple):
    """Columns of numbers side by side, known in the same rows: of few rows they cost like one.

    values  a line per column
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.generic]
    known: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class SignalTable:
    """The signals of a batch. A column that is not in it is NULL in every row.

    single  columns, by their names; others stand in `blocks`
    """

    rows: int
    single: Mapping[str, Values]
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        rows = {len(column.values) for column in self.single.values()}
        rows |= {block.values.shape[1] for block in self.blocks}
        assert rows <= {self.rows}, f"columns of {rows} values in a table of {self.rows} rows"

    @cached_property
    def columns(self) -> Mapping[str, Values]:
        """Gives every column by its name."""
        columns = dict(self.single)
        for names, values, known in self.blocks:
            columns |= {name: Values(line, known) for name, line in zip(names, values, strict=True)}
        return columns

    def beside(self, more: Mapping[str, Values]) -> "SignalTable":
        """Gives these signals and more columns."""
        return SignalTable(self.rows, {**self.single, **more}, self.blocks)

    def row(self, number: int, names: Collection[str] | None = None) -> dict[str, object]:
        """Gives the known values of one row, of the columns named, as Python values."""
        known = {}
        for name in self.columns if names is None else names:
            column = self.columns.get(name)
            if column is None:
                continue
            if column.known is not None and not column.known[number]:
                continue
            value = column.values[number].item()
            known[name] = column.words[value] if column.words else value
        return known

    def taken(self, rows: npt.NDArray[np.int64]) -> "SignalTable":
        """Gives the signals of some rows, in their order."""
        columns = {
            name: Values(
                one.values[rows], None if one.known is None else one.known[rows], one.words
            )
            for name, one in self.columns.items()
        }
        return SignalTable(len(rows), columns)
