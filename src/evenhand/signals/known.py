"""Which values of a row are known, kept as one word of bits for each row.

Rows of one kind lack the same values, so there are few such words, and a dictionary of them costs
next to nothing. The columns themselves then hold no nulls, which Parquet reads several times
faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

KNOWN = pa.dictionary(pa.int32(), pa.binary())


@dataclass(frozen=True, slots=True)
class Known:
    """What is known in some rows: `codes` leads each to one row of `words`, with a truth a column.

    Columns are told apart by their places.
    """

    codes: NDArray[np.int32]
    words: NDArray[np.bool_]

    def of(self, place: int, rows: Rows | None = None) -> Mask | None:
        """Tells in which rows a column is known, of all or of some; None if in all of them."""
        column = self.words[:, place]
        if column.all():
            return None
        return np.asarray(column[self.codes if rows is None else self.codes[rows]])


def as_words(columns: Sequence[Mask | None], rows: int) -> pa.DictionaryArray:
    """Gives one word for each row; `columns` tells where each is known, None standing for all."""
    bits = np.ones((rows, len(columns)), np.bool_)
    for place, one in enumerate(columns):
        if one is not None:
            bits[:, place] = one
    packed = np.packbits(bits, axis=1, bitorder="little")
    ends = np.arange(rows + 1, dtype=np.int32) * packed.shape[1]
    held = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(packed))]
    return pa.Array.from_buffers(pa.binary(), rows, held).dictionary_encode()


def from_words(column: pa.DictionaryArray, columns: int) -> Known:
    """Gives what the words of some rows say about so many columns.

    Raises `ValueError` if a word is not as long as that: a file is somebody else's bytes.
    """
    words = column.dictionary.to_pylist()
    if any(word is None or len(word) != -(-columns // 8) for word in words):
        raise ValueError("a word of another length")
    packed = np.frombuffer(b"".join(words), np.uint8).reshape(len(words), -(-columns // 8))
    bits = np.unpackbits(packed, axis=1, count=columns, bitorder="little").view(np.bool_)
    return Known(column.indices.to_numpy(zero_copy_only=False), bits)
