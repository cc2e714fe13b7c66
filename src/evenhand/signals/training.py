"""Trains the text model from labelled rows, measures it, and writes its weights and its card.

Every figure comes from scores that a row got from a model which had not seen it: the rows are
dealt into folds by a hash of their text, so that the same text never stands on both sides. The
weights are rounded to int8 before anything is measured. The same rows and seed give the same file.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused, Misconfigured
from evenhand.events.normalise import normalise
from evenhand.events.text_column import TextColumn, arrow_text
from evenhand.events.unicode_tables import unicode_tables
from evenhand.signals.model_card import card_text
from evenhand.signals.text_model import SHIPPED, TextModel, run_slots
from evenhand.signals.training_figures import (
    HeadFigures,
    Scored,
    head_figures,
    threshold_for,
)

BITS = 18
"""Width of a hash: 2^18 rows of four int8 are 1 MB, which stays in a core's second cache.
Two bits more gained 0.004 of area under the curve and cost half the speed."""

FOLDS = 5
"""Parts into which rows are dealt; each part is scored by a model of the others."""

EPOCHS = 6
ALPHA = 1e-6
"""Passes over the rows and strength of regularisation: the best of three tried on held-out rows."""

BASE_RATE = 0.05
"""Share of wrong texts that a score assumes: half of the labelled rows are wrong, which no channel
is. An assumption, stated in the card."""

CLIP = 0.9999
"""Quantile of the weights' sizes that becomes 127; the few larger ones are cut."""

NEWS = "lingua"
"""Source of the plain news sentences in which nothing should be found."""

PERMITTED = ("MIT", "Apache-2", "CC0", "CC-BY")
"""Starts of the licences under which rows may be trained on (CC BY-SA begins like CC BY)."""


@dataclass(frozen=True, slots=True)
class HeadSource:
    """Where the labels of one head come from."""

    head: str
    file: str
    label: str


HEAD_SOURCES = (
    HeadSource("spam_score", "spam_train.parquet", "y"),
    HeadSource("abuse_score", "abuse_train.parquet", "abuse"),
    HeadSource("hate_score", "abuse_train.parquet", "hate"),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled texts of one head."""

    texts: pa.StringArray
    languages: NDArray[np.str_]
    sources: NDArray[np.str_]
    licences: NDArray[np.str_]
    labels: NDArray[np.bool_]

    def __len__(self) -> int:
        """Gives the number of rows."""
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Linear:
    """One head: int8 weights, what one unit of them is worth, and the intercept."""

    weights: NDArray[np.int8]
    scale: float
    intercept: float

    def logits(self, features: object) -> NDArray[np.float64]:
        """Gives the value of every row of a matrix of features."""
        product: NDArray[np.float64] = features @ self.weights.astype(np.float64)  # type: ignore[operator]
        return product * self.scale + self.intercept


def learner() -> SimpleNamespace:
    """Gives the parts of scikit-learn and SciPy that training needs; nothing else imports them."""
    try:
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression, SGDClassifier
    except ImportError as error:
        raise Misconfigured(missing="scikit-learn", install="requirements/develop.txt") from error
    return SimpleNamespace(
        csr_matrix=csr_matrix, LogisticRegression=LogisticRegression, SGDClassifier=SGDClassifier
    )


def read_rows(folder: Path, source: HeadSource) -> Rows:
    """Reads the rows that have a label for one head and a licence that permits training."""
    path = folder / source.file
    if not path.is_file():
        raise InputRefused(file=str(path), reason="no such file")
    table = pq.read_table(path)
    missing = {"text", "lang", "source", "lic", source.label} - set(table.column_names)
    if missing:
        raise InputRefused(file=str(path), reason="columns missing", columns=sorted(missing))
    permitted = pc.fill_null(
        pc.match_substring_regex(table["lic"], f"^(?:{'|'.join(PERMITTED)})"),
        fill_value=False,
    )
    known = pc.and_(pc.is_valid(table[source.label]), pc.is_valid(table["text"]))
    table = table.filter(pc.and_(permitted, known))
    return Rows(
        texts=table["text"].combine_chunks(),
        languages=table["lang"].to_numpy().astype(str),
        sources=table["source"].to_numpy().astype(str),
        licences=table["lic"].to_numpy().astype(str),
        labels=table[source.label].to_numpy().astype(float) > 0.5,
    )


def fold_of(column: TextColumn) -> NDArray[np.int64]:
    """Gives the fold of every text: the same text always falls in the same one."""
    digests = (blake2b(column.row_bytes(row), digest_size=8).digest() for row in range(len(column)))
    return np.array([int.from_bytes(digest, "big") % FOLDS for digest in digests], dtype=np.int64)


def normalised(texts: pa.StringArray) -> TextColumn:
    """Gives the view of the texts that the model reads."""
    return normalise(*arrow_text(texts), tables=unicode_tables())


def features_of(column: TextColumn, *, bits: int) -> object:
    """Gives a sparse matrix: how often each text selects each slot, over the root of its runs."""
    slots, ends = run_slots(column, bits=bits)
    runs = np.diff(ends)
    values = np.repeat((1 / np.sqrt(runs + 1)).astype(np.float32), runs)
    matrix = learner().csr_matrix((values, slots, ends), shape=(len(column), 1 << bits))
    matrix.sum_duplicates()
    return matrix


def fit(features: object, labels: NDArray[np.bool_], *, seed: int) -> Linear:
    """Fits one head and rounds its weights."""
    classifier = learner().SGDClassifier(
        loss="log_loss",
        alpha=ALPHA,
        average=True,
        max_iter=EPOCHS,
        tol=None,
        random_state=seed,
    )
    classifier.fit(features, labels)
    weights = classifier.coef_[0]
    used = np.abs(weights[weights != 0])
    scale = float(np.quantile(used, CLIP)) / 127
    rounded = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    return Linear(rounded, scale, float(classifier.intercept_[0]))


def unseen_logits(
    features: object,
    labels: NDArray[np.bool_],
    folds: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Gives every row's logit from a model that was fitted without the row's fold."""
    logits = np.empty(len(labels))
    for fold in range(FOLDS):
        inside = folds == fold
        if not inside.any():
            continue
        head = fit(features[~inside], labels[~inside], seed=seed)  # type: ignore[index]
        logits[inside] = head.logits(features[inside])  # type: ignore[index]
    return logits


def calibrate(logits: NDArray[np.float64], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Gives slope and shift that turn logits into log odds at the base rate (Platt's method)."""
    share = labels.mean()
    weights = np.where(labels, BASE_RATE / share, (1 - BASE_RATE) / (1 - share))
    platt = learner().LogisticRegression(C=1e6)
    platt.fit(logits.reshape(-1, 1), labels, sample_weight=weights)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def unseen_sources(
    features: object, rows: Rows, *, seed: int
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.float64]]]:
    """Gives for each source the logits of a model that never saw it; plain news aside."""
    for source in np.unique(rows.sources):
        inside = rows.sources == source
        if source == NEWS or len(np.unique(rows.labels[~inside])) < 2:
            continue
        head = fit(features[~inside], rows.labels[~inside], seed=seed)  # type: ignore[index]
        yield str(source), inside, head.logits(features[inside])  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """One head with its calibration and what was measured of it."""

    linear: Linear
    slope: float
    shift: float
    figures: HeadFigures


def train_head(
    folder: Path, source: HeadSource, *, seed: int, bits: int, say: Callable[[str], None]
) -> TrainedHead:
    """Fits, calibrates and measures one head."""
    rows = read_rows(folder, source)
    if len(rows) < FOLDS or len(np.unique(rows.labels)) < 2:
        raise InputRefused(file=source.file, label=source.label, reason="one label only")
    say(f"{source.head}: {len(rows):,} rows, {int(rows.labels.sum()):,} of them marked\n")
    column = normalised(rows.texts)
    features = features_of(column, bits=bits)
    logits = unseen_logits(features, rows.labels, fold_of(column), seed=seed)
    slope, shift = calibrate(logits, rows.labels)

    def scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gives calibrated scores."""
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * (values * slope + shift)))

    scored = Scored(
        scores=scores(logits),
        labels=rows.labels,
        languages=rows.languages,
        sources=rows.sources,
        licences=rows.licences,
        news=rows.sources == NEWS,
    )
    threshold = threshold_for(scored)
    others = [
        (name, rows.labels[inside], scores(values))
        for name, inside, values in unseen_sources(features, rows, seed=seed)
    ]
    figures = head_figures(source.head, scored, others, threshold=threshold, base_rate=BASE_RATE)
    say(f"{source.head}: {figures.summary}\n")
    return TrainedHead(fit(features, rows.labels, seed=seed), slope, shift, figures)


def train(
    folder: Path, *, seed: int, bits: int = BITS, say: Callable[[str], None]
) -> tuple[TextModel, list[HeadFigures]]:
    """Gives a model trained from the files in a folder, and the figures of each of its heads."""
    heads = [train_head(folder, source, seed=seed, bits=bits, say=say) for source in HEAD_SOURCES]
    model = TextModel.of(
        heads=tuple(source.head for source in HEAD_SOURCES),
        weights=np.stack([head.linear.weights for head in heads], axis=1),
        scales=np.array([head.linear.scale for head in heads], np.float32),
        intercepts=np.array([head.linear.intercept for head in heads], np.float32),
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
    parser.add_argument("--seed", type=int, default=1, help="seed of the order of rows")


def run(arguments: argparse.Namespace) -> int:
    """Trains, measures and writes; gives the exit code."""
    model, figures = train(arguments.data, seed=arguments.seed, say=_say)
    arguments.output.mkdir(parents=True, exist_ok=True)
    weights: Path = arguments.output / SHIPPED
    model.save(weights)
    card = weights.with_suffix(".md")
    card.write_text(
        card_text(figures, seed=arguments.seed, base_rate=BASE_RATE, folds=FOLDS, bits=model.bits),
        encoding="utf-8",
    )
    _say(f"{weights} ({weights.stat().st_size:,} bytes) and {card.name} are written.\n")
    return 0


def _say(line: str) -> None:
    """Tells the person at the terminal how far training is."""
    sys.stdout.write(line)
    sys.stdout.flush()
