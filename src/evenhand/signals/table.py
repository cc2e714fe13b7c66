"""The signals of one batch: named columns of values, each with what is not known."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class SignalTable:
    """The signals of a batch. A column that is not in it is NULL in every row."""

    rows: int
    columns: Mapping[str, Values]

    def __post_init__(self) -> None:
        rows = {len(column.values) for column in self.columns.values()}
        assert rows <= {self.rows}, f"columns of {rows} values in a table of {self.rows} rows"

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
