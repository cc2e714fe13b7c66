"""A linear model over hashed character n-grams: how much a text resembles each of eight harms.

A text is framed by spaces and cut into runs of two to five characters; each run selects one row
of a table of small weights, one column per head. The sum, divided by the root of the number of
runs, becomes a score between 0 and 1 by Platt's method. The table holds eight heads in one 64-bit
word, so that one load serves them all.

Scores alone never remove anything (DESIGN decision 5): a rule that reads nothing else may only
open a case.
"""

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from evenhand.base.errors import Misconfigured
from evenhand.base.kernel import inlined, kernel
from evenhand.events.text_column import Bytes, Characters, Offsets, TextColumn, characters_of

HEADS_MAX = 8
"""Heads in one model: eight int8 weights make one 64-bit word of the table."""

GRAM_LENGTHS = (2, 3, 4, 5)
"""Lengths of the runs of characters that are features."""

FORMAT = 2
"""Version of the file of weights; another version is refused."""

WEIGHT_MAX = 31
"""Largest size of a weight. With two bits more, areas under the curve differ by 0.0005 at most,
and the sum of a character's four runs no longer fits the eight bits of its head."""

SHIPPED = "spam_abuse_hate.npz"

NO_WEIGHTS = "no whole file of weights that `evenhand models train` wrote"

_NUMBERS = frozenset({"scales", "intercepts", "slopes", "shifts", "thresholds"})
"""Parts of a file of weights that hold one number for each head."""

_PARTS = frozenset({"format", "heads", "weights"}) | _NUMBERS

_UNREADABLE = (
    *(ValueError, TypeError, AttributeError, EOFError, OSError, RuntimeError),
    *(BadZipFile, zlib.error),
)
"""What numpy raises over bytes that are no file of its own, or half of one."""

_WEIGHT_BIAS = WEIGHT_MAX
_CHARACTERS_PER_FLUSH = np.uint64(264)
"""A 16-bit lane takes 1,057 biased weights before it overflows; a character ends four runs."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_TURN, _TURN_BACK = np.uint64(13), np.uint64(51)
_SPACE = np.uint64(32)
_ONE = np.uint64(1)
_EIGHT = np.uint64(8)
_LANE = np.uint64(0xFFFF)
_LANES = np.uint64(0x00FF00FF00FF00FF)


@inlined
def _turned(run: np.uint64) -> np.uint64:
    """Gives the hash of a run ready for one more character: adding to it then keeps their order."""
    turned: np.uint64 = run << _TURN | run >> _TURN_BACK
    return turned


@kernel
def _log_odds(
    characters: Characters,
    table: NDArray[np.uint64],
    shift: np.uint64,
    gains: NDArray[np.float32],
    bases: NDArray[np.float32],
    odds: NDArray[np.float32],
) -> None:
    """Adds up the weights of every run of every text, eight heads at a time.

    The four runs that end at a character are summed before lanes are parted, which is what a
    head's eight bits have room for; the memory that the table takes costs as much as all the rest.
    Stays inside: a hash shifted by `shift` is below the rows of `table`; `odds` has one row per
    head and one column per text, and the space that ends a text is one of its characters.
    """
    codes, starts = characters
    sums = np.empty(HEADS_MAX, np.int64)
    for row in range(starts.shape[0] - 1):
        position = np.uint64(starts[row])
        end = np.uint64(starts[row + 1])
        runs = len(GRAM_LENGTHS) * np.int64(end - position)
        sums[:] = -_WEIGHT_BIAS * runs
        run1 = _turned(_SPACE * _SPREAD)
        run2 = run3 = run4 = np.uint64(0)
        while position < end:
            stop = min(end, position + _CHARACTERS_PER_FLUSH)
            even = odd = np.uint64(0)
            while position < stop:
                added = np.uint64(codes[position]) * _SPREAD
                run5 = run4 + added
                run4 = run3 + added
                run3 = run2 + added
                run2 = run1 + added
                weights = (
                    table[run2 >> shift]
                    + table[run3 >> shift]
                    + table[run4 >> shift]
                    + table[run5 >> shift]
                )
                even += weights & _LANES
                odd += (weights >> _EIGHT) & _LANES
                run4, run3, run2 = _turned(run4), _turned(run3), _turned(run2)
                run1 = _turned(added)
                position += _ONE
            for pair in range(HEADS_MAX // 2):
                lane = np.uint64(16 * pair)
                sums[2 * pair] += np.int64((even >> lane) & _LANE)
                sums[2 * pair + 1] += np.int64((odd >> lane) & _LANE)
        length = np.sqrt(np.float32(runs + 1))
        for head in range(odds.shape[0]):
            odds[head, row] = np.float32(sums[head]) * gains[head] / length + bases[head]


@kernel
def _list_runs(characters: Characters, shift: np.uint64, slots: NDArray[np.int32]) -> None:
    """Writes out the row of the table that every run selects: the features, for training.

    Stays inside: `slots` has four places for each character.
    """
    codes, starts = characters
    k = 0
    for row in range(starts.shape[0] - 1):
        run1 = _turned(_SPACE * _SPREAD)
        run2 = run3 = run4 = np.uint64(0)
        for position in range(starts[row], starts[row + 1]):
            added = np.uint64(codes[position]) * _SPREAD
            run5 = run4 + added
            run4 = run3 + added
            run3 = run2 + added
            run2 = run1 + added
            slots[k] = run2 >> shift
            slots[k + 1] = run3 >> shift
            slots[k + 2] = run4 >> shift
            slots[k + 3] = run5 >> shift
            k += len(GRAM_LENGTHS)
            run4, run3, run2 = _turned(run4), _turned(run3), _turned(run2)
            run1 = _turned(added)


def run_slots(column: TextColumn, *, bits: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Gives the table rows selected by each text, one after the other, and where each text ends."""
    characters = column.characters
    ends = len(GRAM_LENGTHS) * characters.starts
    slots = np.empty(ends[-1], dtype=np.int32)
    _list_runs(characters, np.uint64(64 - bits), slots)
    return slots, ends


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights and calibration of one model, ready to score columns of text.

    weights     up to `WEIGHT_MAX` in size, one row per slot, one column per head
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
        assert -WEIGHT_MAX <= weights.min() <= weights.max() <= WEIGHT_MAX
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

    def log_odds(self, characters: Characters) -> NDArray[np.float32]:
        """Gives the calibrated log odds of every head for every text: heads, then rows."""
        odds = np.empty((len(self.heads), len(characters.starts) - 1), np.float32)
        gains = self.scales * self.slopes
        bases = self.intercepts * self.slopes + self.shifts
        _log_odds(characters, self.table, np.uint64(64 - self.bits), gains, bases, odds)
        return odds

    def scores(self, buffer: Bytes, offsets: Offsets) -> NDArray[np.float32]:
        """Gives a score from 0 to 1 for every text and head: rows, then heads.

        `buffer` holds the normalised view as UTF-8, `offsets` where each text starts and ends.
        """
        return self.lines(characters_of(buffer, offsets)).T

    def score(self, text: TextColumn) -> dict[str, NDArray[np.float32]]:
        """Gives the signal columns of a normalised column by their names.

        A text of no characters gets the score of nothing known; the caller gives it no value.
        """
        return dict(zip(self.heads, self.lines(text.characters), strict=True))

    def lines(self, characters: Characters) -> NDArray[np.float32]:
        """Gives the scores of texts: heads, then rows."""
        half = np.float32(0.5)
        scores = self.log_odds(characters)
        scores *= half
        np.tanh(scores, out=scores)
        scores *= half
        scores += half
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
                parts = {part: stored[part] for part in stored.files}
        # A lone array of numpy is a file that opens too, but as nothing with parts.
        except _UNREADABLE as error:
            raise Misconfigured(model=name, reason=NO_WEIGHTS) from error
        if not parts.keys() >= _PARTS:
            raise Misconfigured(model=name, reason=NO_WEIGHTS)
        if not np.array_equal(parts["format"], FORMAT):
            raise Misconfigured(model=name, format=parts["format"].tolist(), format_known=FORMAT)
        weights = parts["weights"]
        if weights.dtype != np.int8 or not _fit_together(parts):
            raise Misconfigured(model=name, reason="its parts do not fit together")
        if weights.min() < -WEIGHT_MAX or weights.max() > WEIGHT_MAX:
            raise Misconfigured(model=name, weight_max=WEIGHT_MAX)
        return cls.of(
            heads=tuple(str(head) for head in parts["heads"]),
            weights=weights,
            scales=parts["scales"],
            intercepts=parts["intercepts"],
            slopes=parts["slopes"],
            shifts=parts["shifts"],
            thresholds=parts["thresholds"],
        )


def _fit_together(parts: Mapping[str, NDArray[np.generic]]) -> bool:
    """Tells whether there is a number of each kind for every head, and a whole table."""
    shape = parts["weights"].shape
    if len(shape) != 2 or not 0 < shape[1] <= HEADS_MAX:
        return False
    slots, heads = shape
    return (
        slots >= 2
        and slots & (slots - 1) == 0
        and all(parts[part].shape == (heads,) for part in _PARTS - {"format", "weights"})
        and all(parts[part].dtype == np.float32 for part in _NUMBERS)
    )
