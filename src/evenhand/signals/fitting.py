"""Fits all heads of the text model at once: logistic regression over the runs of each text.

A text's runs are read once for all heads, whose weights stand side by side, as in the model
itself. Steps shrink evenly to nothing, which does the work of averaging and of regularisation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.base.kernel import kernel
from evenhand.signals.text_model import WEIGHT_MAX

EPOCHS = 5
"""Passes over the rows."""

STEP = 2.0
"""Length of the first step: with four times as much, held-out rows fare worse."""

CLIP = 0.9999
"""Quantile of the weights' sizes that becomes `WEIGHT_MAX`; the few larger ones are cut. With a
lower one, hate and abuse fare worse."""

INTERCEPT_PART = np.float32(0.01)
"""Part of a step that an intercept takes: every row moves it, and few runs of one row."""

NEWTON_STEPS = 60
"""Steps of calibration: each goes one unit at most, and few more than ten are needed."""

RIDGE = 1e-6
"""Keeps calibration finite where a head's labels can be told apart without an error."""


@kernel
def _descend(
    slots: NDArray[np.int32],
    ends: NDArray[np.int64],
    order: NDArray[np.int64],
    labels: NDArray[np.float32],
    shares: NDArray[np.float32],
    weights: NDArray[np.float32],
    intercepts: NDArray[np.float32],
    step: np.float32,
    last: np.float32,
) -> None:
    """Passes over rows once, with steps that go evenly from one length to another.

    Stays inside: slots are below the rows of `weights`; `ends` has one place more than rows.
    """
    heads = weights.shape[1]
    slopes = np.empty(heads, np.float32)
    for turn in range(order.shape[0]):
        row = order[turn]
        begin, end = ends[row], ends[row + 1]
        length = np.float32(step + (last - step) * turn / order.shape[0])
        value = np.float32(1 / np.sqrt(np.float32(end - begin + 1)))
        slopes[:] = 0
        for k in range(begin, end):
            for head in range(heads):
                slopes[head] += weights[slots[k], head]
        for head in range(heads):
            share = shares[row, head]
            if share == 0:
                slopes[head] = 0
                continue
            odds = slopes[head] * value + intercepts[head]
            found = np.float32(1 / (1 + np.exp(-odds)))
            move = length * share * (labels[row, head] - found)
            intercepts[head] += INTERCEPT_PART * move
            slopes[head] = move * value
        for k in range(begin, end):
            for head in range(heads):
                weights[slots[k], head] += slopes[head]


@kernel
def _add_up(
    slots: NDArray[np.int32],
    ends: NDArray[np.int64],
    rows: NDArray[np.int64],
    weights: NDArray[np.float32],
    logits: NDArray[np.float64],
) -> None:
    """Adds up the weights of the runs of rows. Stays inside as `_descend` does."""
    heads = weights.shape[1]
    for turn in range(rows.shape[0]):
        begin, end = ends[rows[turn]], ends[rows[turn] + 1]
        for k in range(begin, end):
            for head in range(heads):
                logits[turn, head] += weights[slots[k], head]
        value = 1 / np.sqrt(end - begin + 1)
        for head in range(heads):
            logits[turn, head] *= value


@dataclass(frozen=True, slots=True)
class Fitted:
    """All heads: int8 weights, what one unit of each head's is worth, and the intercepts."""

    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    intercepts: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Material:
    """What heads are fitted on.

    slots, ends  the runs of all texts, and where each text's runs end
    labels       1 marked, 0 clean: rows, then heads
    shares       what a row weighs for a head; nothing where its label is unknown
    """

    slots: NDArray[np.int32]
    ends: NDArray[np.int64]
    labels: NDArray[np.float32]
    shares: NDArray[np.float32]
    bits: int

    def fit(self, inside: NDArray[np.bool_], *, seed: int) -> Fitted:
        """Gives the heads fitted on these rows, rounded to what the model stores."""
        heads = self.labels.shape[1]
        weights = np.zeros((1 << self.bits, heads), np.float32)
        intercepts = np.zeros(heads, np.float32)
        rows = np.flatnonzero(inside & (self.shares > 0).any(axis=1))
        chance = np.random.default_rng(seed)
        for epoch in range(EPOCHS):
            steps = (STEP * (1 - np.array([epoch, epoch + 1]) / EPOCHS)).astype(np.float32)
            _descend(
                self.slots,
                self.ends,
                chance.permutation(rows),
                self.labels,
                self.shares,
                weights,
                intercepts,
                steps[0],
                steps[1],
            )
        return _rounded(weights, intercepts)

    def logits(self, heads: Fitted, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Gives what fitted heads make of these rows: rows, then heads."""
        rows = np.flatnonzero(inside)
        logits = np.zeros((len(rows), len(heads.scales)))
        whole = heads.weights.astype(np.float32)
        _add_up(self.slots, self.ends, rows, whole, logits)
        return np.asarray(logits * heads.scales + heads.intercepts)


def _rounded(weights: NDArray[np.float32], intercepts: NDArray[np.float32]) -> Fitted:
    """Gives weights as small whole numbers, each head on its own scale."""
    scales = np.empty(len(intercepts), np.float32)
    rounded = np.empty(weights.shape, np.int8)
    for head in range(len(scales)):
        column = weights[:, head]
        used = np.abs(column[column != 0])
        scales[head] = (np.quantile(used, CLIP) if len(used) else 1) / WEIGHT_MAX
        rounded[:, head] = np.clip(np.round(column / scales[head]), -WEIGHT_MAX, WEIGHT_MAX)
    return Fitted(rounded, scales, intercepts)


def platt(
    logits: NDArray[np.float64], labels: NDArray[np.bool_], *, base_rate: float
) -> tuple[float, float]:
    """Gives slope and shift that turn logits into log odds at a base rate, by Newton's method."""
    share = labels.mean()
    weights = np.where(labels, base_rate / share, (1 - base_rate) / (1 - share)) / len(labels)
    center, spread = float(logits.mean()), float(logits.std()) or 1.0
    inputs = np.stack([(logits - center) / spread, np.ones(len(logits))], axis=1)
    found = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        odds = 0.5 + 0.5 * np.tanh(0.5 * inputs @ found)
        slope = inputs.T @ (weights * (labels - odds)) - RIDGE * found
        bend = (inputs.T * (weights * odds * (1 - odds))) @ inputs + RIDGE * np.eye(2)
        found += np.clip(np.linalg.solve(bend, slope), -1, 1)
    return float(found[0] / spread), float(found[1] - found[0] * center / spread)
