"""Which pieces of a text moved each score of the model, and where they stand in what was written.

A score's log odds are a sum: a base, and a weight for every run of two to five characters. Each
run's weight is shared among its characters that are no spaces, and the characters of a word make
a piece, so that base and pieces add up to what the model says, with nothing left over.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.events.normalise import normalise_text
from evenhand.events.text_column import TextColumn
from evenhand.events.unicode_tables import fold_character
from evenhand.signals.text_model import GRAM_LENGTHS, TextModel, run_slots

PIECE_CHARACTERS_MAX = 8
"""Longer words are cut, since some scripts put no spaces between words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: as the model reads it, where it was written, and what it adds to the odds.

    start, end  characters of the text as written, counted from nought
    """

    normalised: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explained:
    """How one score came about; base and the weights of all pieces add up to its log odds."""

    head: str
    score: float
    threshold: float
    base: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """A normalised text, and for each of its characters where it stands in the text as written."""

    normalised: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def traced(text: str) -> Traced:
    """Gives what `normalise_text` gives, with the way back."""
    characters: list[tuple[str, int, int]] = []
    for folded, start, end in _clusters(text):
        for character in unicodedata.normalize("NFC", folded):
            if character == " " and characters and characters[-1][0] == " ":
                continue
            characters.append((character, start, end))
    normalised = "".join(character for character, _, _ in characters)
    assert normalised == normalise_text(text)
    return Traced(
        normalised,
        tuple(start for _, start, _ in characters),
        tuple(end for _, _, end in characters),
    )


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """Gives folded characters that may compose with one another together, and where they stood."""
    cluster, begin, end = "", 0, 0
    for position, character in enumerate(text):
        folded = fold_character(character)
        if not folded:
            continue
        if cluster and _apart(cluster, folded):
            yield cluster, begin, end
            cluster = ""
        if not cluster:
            begin = position
        cluster += folded
        end = position + 1
    if cluster:
        yield cluster, begin, end


def _apart(before: str, after: str) -> bool:
    """Tells whether composition does nothing across the border of two strings."""
    if unicodedata.combining(after[0]):
        return False
    alone = unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", after)
    return unicodedata.normalize("NFC", before + after) == alone


def explain(model: TextModel, text: str) -> list[Explained]:
    """Gives how each score of a text came about, its strongest pieces first."""
    trace = traced(text)
    column = TextColumn.of([trace.normalised])
    slots, _ = run_slots(column, bits=model.bits)
    scores = model.scores(column.buffer, column.offsets)[0]
    per_unit = model.scales * model.slopes / np.sqrt(len(slots) + 1)
    weights, base = _shared(model.weights[slots].astype(np.float64) * per_unit, trace.normalised)
    base += model.intercepts * model.slopes + model.shifts
    return [
        Explained(
            head=head,
            score=float(scores[k]),
            threshold=float(model.thresholds[k]),
            base=float(base[k]),
            pieces=tuple(sorted(_pieces(trace, weights[:, k]), key=lambda p: -abs(p.weight))),
        )
        for k, head in enumerate(model.heads)
    ]


def _shared(
    runs: NDArray[np.float64], text: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gives what each character adds to each head, and what runs of spaces alone add.

    `runs` holds the weights of the runs that end at each character, by length, and then of those
    that end at the end of the text, which the model reads as a space.
    """
    weights = np.zeros((len(text), runs.shape[1]))
    base = np.zeros(runs.shape[1])
    ends = np.repeat(np.arange(len(text) + 1), len(GRAM_LENGTHS))
    lengths = np.tile(GRAM_LENGTHS, len(text) + 1)
    for weight, end, length in zip(runs, ends.tolist(), lengths.tolist(), strict=True):
        inside = range(max(end - length + 1, 0), min(end + 1, len(text)))
        bearers = [position for position in inside if text[position] != " "]
        for position in bearers:
            weights[position] += weight / len(bearers)
        if not bearers:
            base += weight
    return weights, base


def _pieces(trace: Traced, weights: NDArray[np.float64]) -> Iterator[Piece]:
    """Gives the words of a text with their weights, long ones cut."""
    begin = 0
    for word in trace.normalised.split(" "):
        for start in range(begin, begin + len(word), PIECE_CHARACTERS_MAX):
            stop = min(start + PIECE_CHARACTERS_MAX, begin + len(word))
            yield Piece(
                normalised=trace.normalised[start:stop],
                start=trace.starts[start],
                end=trace.ends[stop - 1],
                weight=float(weights[start:stop].sum()),
            )
        begin += len(word) + 1
