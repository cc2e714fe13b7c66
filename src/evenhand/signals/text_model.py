"""A linear model over hashed character n-grams: how much a text resembles spam, abuse or hate.

A text is framed by spaces and cut into runs of two to five characters; each run selects one row
of a table of int8 weights, one column per head. The sum, divided by the root of the number of
runs, becomes a score between 0 and 1 by Platt's method. The table holds eight heads in one 64-bit
word, so that one load serves them all.

Scores alone never remove anything (DESIGN decision 5): a rule that reads nothing else may only
open a case.
"""

import io
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from evenhand.base.errors import Misconfigured
from evenhand.base.kernel import inlined, kernel
from evenhand.events.text_column import (
    SEPARATOR,
    Bytes,
    Characters,
    Offsets,
    TextColumn,
    characters_of,
    decode,
)

HEADS_MAX = 8
"""Heads in one model: eight int8 weights make one 64-bit word of the table."""

GRAM_LENGTHS = (2, 3, 4, 5)
"""Lengths of the runs of characters that are features."""

FORMAT = 1
"""Version of the file of weights; another version is refused."""

SHIPPED = "spam_abuse_hate.npz"

_WEIGHT_BIAS = 128
_CHARACTERS_PER_FLUSH = np.uint64(62)
"""A 16-bit lane takes 257 biased weights before it overflows; a character ends four runs."""

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xC2B2AE3D27D4EB4F)
_C = np.uint64(0x165667B19E3779F9)
_D = np.uint64(0xFF51AFD7ED558CCD)
_E = np.uint64(0xC4CEB9FE1A85EC53)
_SPACE = np.uint64(32)
_ONE = np.uint64(1)
_EIGHT = np.uint64(8)
_LANE = np.uint64(0xFFFF)
_LANES = np.uint64(0x00FF00FF00FF00FF)


@inlined
def _character(buffer: Bytes, position: np.uint64, end: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Gives the character at a position and where the next one starts; the end reads as a space."""
    if position >= end:
        return _SPACE, position + _ONE
    code, length = decode(buffer, position)
    return code, position + length


@inlined
def _text_end(buffer: Bytes, start: np.uint64, end: np.uint64) -> np.uint64:
    """Gives where a text ends, without the separator that views put after it."""
    if end > start and buffer[end - _ONE] == SEPARATOR:
        return end - _ONE
    return end


@kernel
def _sum_runs(
    characters: Characters,
    table: NDArray[np.uint64],
    shift: np.uint64,
    sums: NDArray[np.int64],
    runs: NDArray[np.int64],
) -> None:
    """Adds up the weights of every run of every text, eight heads at a time.

    Stays inside: a hash shifted by `shift` is below the rows of `table`; `sums` and `runs` have
    one row per text, and the space that ends a text is one of its characters.
    """
    codes, starts = characters
    sums[:] = 0
    for row in range(starts.shape[0] - 1):
        position = np.uint64(starts[row])
        end = np.uint64(starts[row + 1])
        runs[row] = len(GRAM_LENGTHS) * (end - position)
        # Each older character keeps its product, so that a run costs one addition.
        b1 = _SPACE * _B
        b2 = b3 = b4 = np.uint64(0)
        c1 = _SPACE
        c2 = c3 = np.uint64(0)
        while position < end:
            stop = min(end, position + _CHARACTERS_PER_FLUSH)
            unbias = _WEIGHT_BIAS * len(GRAM_LENGTHS) * np.int64(stop - position)
            even = odd = np.uint64(0)
            while position < stop:
                code = np.uint64(codes[position])
                s2 = code * _A + b1
                s3 = s2 + b2
                s4 = s3 + b3
                s5 = s4 + b4
                w2 = table[s2 >> shift]
                w3 = table[s3 >> shift]
                w4 = table[s4 >> shift]
                w5 = table[s5 >> shift]
                even += (w2 & _LANES) + (w3 & _LANES) + (w4 & _LANES) + (w5 & _LANES)
                odd += (
                    ((w2 >> _EIGHT) & _LANES)
                    + ((w3 >> _EIGHT) & _LANES)
                    + ((w4 >> _EIGHT) & _LANES)
                    + ((w5 >> _EIGHT) & _LANES)
                )
                b4 = c3 * _E
                b3 = c2 * _D
                b2 = c1 * _C
                b1 = code * _B
                c3 = c2
                c2 = c1
                c1 = code
                position += _ONE
            for pair in range(HEADS_MAX // 2):
                lane = np.uint64(16 * pair)
                sums[row, 2 * pair] += np.int64((even >> lane) & _LANE) - unbias
                sums[row, 2 * pair + 1] += np.int64((odd >> lane) & _LANE) - unbias


@kernel
def _list_runs(
    buffer: Bytes,
    offsets: Offsets,
    shift: np.uint64,
    slots: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Writes out the row of the table that every run selects: the features, for training.

    Stays inside: `slots` has four places for each byte and for the end of each text.
    """
    k = 0
    for row in range(offsets.shape[0] - 1):
        start = k
        position = np.uint64(offsets[row])
        end = _text_end(buffer, position, np.uint64(offsets[row + 1]))
        b1 = _SPACE * _B
        b2 = b3 = b4 = np.uint64(0)
        c1 = _SPACE
        c2 = c3 = np.uint64(0)
        while position <= end:
            code, position = _character(buffer, position, end)
            s2 = code * _A + b1
            s3 = s2 + b2
            s4 = s3 + b3
            s5 = s4 + b4
            slots[k] = s2 >> shift
            slots[k + 1] = s3 >> shift
            slots[k + 2] = s4 >> shift
            slots[k + 3] = s5 >> shift
            k += 4
            b4 = c3 * _E
            b3 = c2 * _D
            b2 = c1 * _C
            b1 = code * _B
            c3 = c2
            c2 = c1
            c1 = code
        counts[row] = k - start


def run_slots(column: TextColumn, *, bits: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Gives the table rows selected by each text, one after the other, and where each text ends."""
    buffer, offsets = column.buffer, column.offsets
    rows = len(offsets) - 1
    slots = np.empty(len(GRAM_LENGTHS) * (len(buffer) + rows), dtype=np.int32)
    counts = np.empty(rows, dtype=np.int64)
    _list_runs(buffer, offsets, np.uint64(64 - bits), slots, counts)
    ends = np.zeros(rows + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return slots[: ends[-1]], ends


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights and calibration of one model, ready to score columns of text.

    weights     int8, one row per slot, one column per head
    scales      what one unit of a head's weights is worth; intercepts are added
    slopes      with shifts, turn logits into log odds (Platt)
    thresholds  the lowest score of each head at which few clean texts raised an alarm
    table       the weights packed for the kernel
    """

    heads: tuple[str, ...]
    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    slopes: NDArray[np.float32]
    shifts: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    table: NDArray[np.uint64]

    @classmethod
    def of(
        cls,
        *,
        heads: tuple[str, ...],
        weights: NDArray[np.int8],
        scales: NDArray[np.float32],
        intercepts: NDArray[np.float32],
        slopes: NDArray[np.float32],
        shifts: NDArray[np.float32],
        thresholds: NDArray[np.float32],
    ) -> Self:
        """Gives a model made of its parts; `weights` has one row per slot, one column per head."""
        slots, columns = weights.shape
        assert 0 < columns == len(heads) <= HEADS_MAX
        assert slots >= 2
        assert slots & (slots - 1) == 0
        biased = np.full((slots, HEADS_MAX), _WEIGHT_BIAS, dtype=np.uint8)
        biased[:, :columns] = weights.astype(np.int16) + _WEIGHT_BIAS
        return cls(
            heads=heads,
            weights=weights,
            scales=scales,
            intercepts=intercepts,
            slopes=slopes,
            shifts=shifts,
            thresholds=thresholds,
            table=biased.view("<u8").ravel(),
        )

    @property
    def bits(self) -> int:
        """Gives the width of a hash: the table has two to this power rows."""
        return int(self.table.shape[0]).bit_length() - 1

    def logits(self, buffer: Bytes, offsets: Offsets) -> NDArray[np.float32]:
        """Gives the uncalibrated value of every head for every text: rows, then heads."""
        return self._logits(characters_of(buffer, offsets))

    def scores(self, buffer: Bytes, offsets: Offsets) -> NDArray[np.float32]:
        """Gives a score from 0 to 1 for every text and head: rows, then heads.

        `buffer` holds the normalised view as UTF-8, `offsets` where each text starts and ends.
        """
        return self._scores(characters_of(buffer, offsets))

    def score(self, text: TextColumn) -> dict[str, NDArray[np.float32]]:
        """Gives the signal columns of a normalised column by their names.

        A text of no characters gets the score of nothing known; the caller gives it no value.
        """
        scores = self._scores(text.characters)
        return {head: np.ascontiguousarray(scores[:, k]) for k, head in enumerate(self.heads)}

    def _logits(self, characters: Characters) -> NDArray[np.float32]:
        rows = len(characters.starts) - 1
        sums = np.empty((rows, HEADS_MAX), dtype=np.int64)
        runs = np.empty(rows, dtype=np.int64)
        _sum_runs(characters, self.table, np.uint64(64 - self.bits), sums, runs)
        heads = len(self.heads)
        length = np.sqrt((runs + 1).astype(np.float32))
        values = sums[:, :heads].astype(np.float32) * self.scales / length[:, None]
        return (values + self.intercepts).astype(np.float32)

    def _scores(self, characters: Characters) -> NDArray[np.float32]:
        calibrated = self._logits(characters) * self.slopes + self.shifts
        scores: NDArray[np.float32] = (0.5 + 0.5 * np.tanh(0.5 * calibrated)).astype(np.float32)
        return scores

    def save(self, path: Path) -> None:
        """Writes the model as one compressed file that `load` reads."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                format=np.int64(FORMAT),
                heads=np.array(self.heads),
                weights=self.weights,
                scales=self.scales,
                intercepts=self.intercepts,
                slopes=self.slopes,
                shifts=self.shifts,
                thresholds=self.thresholds,
            )

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Reads a model that `save` wrote; without a path, the one that comes with Evenhand."""
        if path is None:
            file = files("evenhand.signals").joinpath("models", SHIPPED)
            return cls.read(file.read_bytes(), name=SHIPPED)
        return cls.read(path.read_bytes(), name=str(path))

    @classmethod
    def read(cls, content: bytes, *, name: str) -> Self:
        """Gives the model that these bytes hold; `name` tells people which file was wrong."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                if int(stored["format"]) != FORMAT:
                    raise Misconfigured(
                        model=name, format=int(stored["format"]), format_known=FORMAT
                    )
                return cls.of(
                    heads=tuple(str(head) for head in stored["heads"]),
                    weights=stored["weights"],
                    scales=stored["scales"],
                    intercepts=stored["intercepts"],
                    slopes=stored["slopes"],
                    shifts=stored["shifts"],
                    thresholds=stored["thresholds"],
                )
        except (ValueError, KeyError, EOFError, BadZipFile) as error:
            raise Misconfigured(model=name, reason=str(error)) from error
