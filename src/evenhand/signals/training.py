"""Trains the text model from labelled rows, measures it, and writes its weights and its card.

Every figure comes from scores that a row got from a model which had not seen it: the rows are
dealt into folds by a hash of their text, or of the frame that they were made of, so that neither
stands on both sides. The weights are rounded to int8 before anything is measured. The same rows
and seed give the same file.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.events.normalise import normalise
from evenhand.events.text_column import TextColumn, arrow_text
from evenhand.events.unicode_tables import unicode_tables
from evenhand.signals.fitting import Material, platt
from evenhand.signals.model_card import card_text
from evenhand.signals.templates import sentences
from evenhand.signals.text_model import SHIPPED, TextModel, run_slots
from evenhand.signals.training_figures import (
    HeadFigures,
    Scored,
    head_figures,
    source_shares,
    threshold_for,
)
from evenhand.signals.training_rows import (
    HEADS,
    NEWS,
    WRITTEN,
    Rows,
    folds_of,
    read_left_out,
    read_rows,
)

Item = TypeVar("Item")

BITS = 17
"""Width of a hash: 2^17 rows of eight weights are 1 MB, half of a core's second cache. One bit
more gains 0.004 of area under the curve for hate and 0.003 for abuse and takes half as long again;
one bit less loses 0.007 of both and saves an eighth."""

THREADS = 2
"""Fits at a time: each takes a core."""

PARTS = 5
"""Parts into which rows are dealt; one of them is scored by a model of the others."""

BASE_RATE = 0.05
"""Share of wrong texts that a score assumes: half of the labelled rows are wrong, which no channel
is. An assumption, stated in the card."""

ASSUMED_PART = 3
"""Of rows that nobody labelled for a head and that are not plain, one in so many is taken."""

SOURCE_GROUPS = 4
"""Sources are left out together with every fourth other one, which saves most of the work."""

UNSEEN_PART = 4
"""Models for unseen sources are fitted on one in so many of the other rows."""


def normalised(texts: pa.StringArray) -> TextColumn:
    """Gives the view of the texts that the model reads."""
    return normalise(*arrow_text(texts), tables=unicode_tables())


def material_of(rows: Rows, *, bits: int) -> Material:
    """Gives the runs of all texts, and which rows each head is fitted on."""
    slots, ends = run_slots(normalised(rows.texts), bits=bits)
    labels = np.stack([rows.labels[head] for head in HEADS], axis=1)
    assumed = np.stack([rows.assumed[head] for head in HEADS], axis=1)
    turn = np.arange(len(rows)) % ASSUMED_PART == 0
    chosen = ~np.isnan(labels) & (~assumed | (rows.plain | turn)[:, None])
    return Material(
        slots=slots,
        ends=ends,
        labels=np.nan_to_num(labels),
        shares=chosen.astype(np.float32),
        bits=bits,
    )


def unseen_sources(material: Material, rows: Rows, *, seed: int) -> dict[str, NDArray[np.float64]]:
    """Gives for each source the logits of heads that never saw it; news and frames aside."""
    turn = np.arange(len(rows)) % UNSEEN_PART == 0
    names = sorted(set(rows.sources.tolist()) - {NEWS, *WRITTEN})
    found: dict[str, NDArray[np.float64]] = {}

    def measure(group: int) -> None:
        left = names[group::SOURCE_GROUPS]
        seen = ~np.isin(rows.sources, left) & (turn | rows.written)
        heads = material.fit(seen, seed=seed)
        for name in left:
            found[name] = material.logits(heads, rows.sources == name)

    at_once(measure, range(SOURCE_GROUPS))
    return {name: found[name] for name in names}


def at_once(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Does the same work for each item, some at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, items))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The calibration of one head, and what was measured of it."""

    slope: float
    shift: float
    figures: HeadFigures


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows with the logits that they got from heads that had not seen them.

    inside, logits  the part of the rows that is measured, and what heads of the others made of it
    unseen          what heads made of each source's rows that had seen none of them
    """

    rows: Rows
    material: Material
    inside: NDArray[np.bool_]
    logits: NDArray[np.float64]
    unseen: Mapping[str, NDArray[np.float64]]

    def head(self, column: int) -> Calibrated:
        """Calibrates one head, sets its threshold and measures it."""
        rows, name = self.rows, HEADS[column]
        used = self.material.shares[:, column] > 0
        labels = self.material.labels[:, column] > 0
        measured = used & self.inside
        if measured.sum() < PARTS or len(np.unique(labels[measured])) < 2:
            raise InputRefused(head=name, reason="one label only")
        plain = rows.plain & ~labels
        usual = measured & (labels | plain) if (measured & plain).any() else measured
        logits = np.full(len(rows), np.nan)
        logits[self.inside] = self.logits[:, column]
        slope, shift = platt(logits[usual], labels[usual], base_rate=BASE_RATE)

        def scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
            """Gives calibrated scores."""
            return np.asarray(0.5 + 0.5 * np.tanh(0.5 * (values * slope + shift)))

        scored = Scored(
            scores=scores(logits[measured]),
            labels=labels[measured],
            languages=rows.languages[measured],
            sources=rows.sources[measured],
            licences=rows.licences[measured],
            news=rows.sources[measured] == NEWS,
            plain=(usual & ~labels)[measured],
            written=rows.written[measured],
        )
        others = []
        for source, values in self.unseen.items():
            inside = rows.sources == source
            chosen = used[inside]
            if (chosen & ~rows.assumed[name][inside]).any():
                others.append((source, labels[inside][chosen], scores(values[chosen, column])))
        shares = source_shares(
            rows.sources[used], rows.licences[used], rows.languages[used], labels[used]
        )
        threshold = threshold_for(scored)
        return Calibrated(
            slope,
            shift,
            head_figures(name, scored, others, shares, threshold=threshold, base_rate=BASE_RATE),
        )


def train(
    rows: Rows, *, seed: int, bits: int = BITS, say: Callable[[str], None]
) -> tuple[TextModel, list[HeadFigures]]:
    """Gives a model trained on these rows, and the figures of each of its heads."""
    material = material_of(rows, bits=bits)
    say(f"{len(rows):,} rows, {len(material.slots):,} runs of characters\n")
    whole = material.fit(np.ones(len(rows), bool), seed=seed)
    say("fitted on all rows; now without a part of them, and without each source\n")
    inside = folds_of(rows.keys, count=PARTS) == 0
    logits = material.logits(material.fit(~inside, seed=seed), inside)
    measured = Measured(rows, material, inside, logits, unseen_sources(material, rows, seed=seed))
    heads = [measured.head(column) for column in range(len(HEADS))]
    for head in heads:
        say(f"{head.figures.head}: {head.figures.summary}\n")
    model = TextModel.of(
        heads=HEADS,
        weights=whole.weights,
        scales=whole.scales,
        intercepts=whole.intercepts,
        slopes=np.array([head.slope for head in heads], np.float32),
        shifts=np.array([head.shift for head in heads], np.float32),
        thresholds=np.array([head.figures.threshold for head in heads], np.float32),
    )
    return model, [head.figures for head in heads]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `evenhand models train`."""
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled rows")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).parent / "models",
        help="folder for weights and card (default: where Evenhand loads them from)",
    )
    parser.add_argument(
        "--leave-out",
        type=Path,
        help="CSV file whose first column holds digests of texts that are not trained on",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the order of rows")


def run(arguments: argparse.Namespace) -> int:
    """Trains, measures and writes; gives the exit code."""
    rows = read_rows(
        arguments.data,
        sentences(seed=arguments.seed),
        left_out=read_left_out(arguments.leave_out),
    )
    model, figures = train(rows, seed=arguments.seed, say=_say)
    arguments.output.mkdir(parents=True, exist_ok=True)
    weights: Path = arguments.output / SHIPPED
    model.save(weights)
    card = weights.with_suffix(".md")
    card.write_text(
        card_text(figures, seed=arguments.seed, base_rate=BASE_RATE, parts=PARTS, bits=model.bits),
        encoding="utf-8",
    )
    _say(f"{weights} ({weights.stat().st_size:,} bytes) and {card.name} are written.\n")
    return 0


def _say(line: str) -> None:
    """Tells the person at the terminal how far training is."""
    sys.stdout.write(line)
    sys.stdout.flush()
