"""The text model: what it sums, what it refuses, and what the shipped one can and cannot do."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evenhand.base.errors import Misconfigured
from evenhand.events.text_column import SEPARATOR, TextColumn
from evenhand.signals.columns import FIXED, DrawsOn
from evenhand.signals.text_model import (
    GRAM_LENGTHS,
    NO_WEIGHTS,
    SHIPPED,
    WEIGHT_MAX,
    TextModel,
    run_slots,
)

HEADS = tuple(f"{place}_score" for place in ("a", "b", "c", "d", "e", "f", "g", "h"))
BITS = 10


def made_model(*, weight: int | None = None, bits: int = BITS) -> TextModel:
    """Gives a model with random weights, or with one weight everywhere."""
    random = np.random.default_rng(7)
    slots = 1 << bits
    weights = (
        random.integers(-WEIGHT_MAX, WEIGHT_MAX + 1, (slots, len(HEADS))).astype(np.int8)
        if weight is None
        else np.full((slots, len(HEADS)), weight, np.int8)
    )
    return TextModel.of(
        heads=HEADS,
        weights=weights,
        scales=np.linspace(0.01, 0.08, len(HEADS), dtype=np.float32),
        intercepts=np.linspace(-1, 1, len(HEADS), dtype=np.float32),
        slopes=np.linspace(0.5, 2, len(HEADS), dtype=np.float32),
        shifts=np.linspace(-1, 0.3, len(HEADS), dtype=np.float32),
        thresholds=np.linspace(0.5, 0.7, len(HEADS), dtype=np.float32),
    )


def slow_log_odds(model: TextModel, column: TextColumn) -> NDArray[np.float64]:
    """Gives what `log_odds` gives, by adding up one text after the other in plain numpy."""
    slots, ends = run_slots(column, bits=model.bits)
    rows = []
    for row in range(len(column)):
        chosen = model.weights[slots[ends[row] : ends[row + 1]]].astype(np.float64)
        runs = ends[row + 1] - ends[row]
        logits = chosen.sum(axis=0) * model.scales / np.sqrt(runs + 1) + model.intercepts
        rows.append(logits * model.slopes + model.shifts)
    return np.array(rows).T


TEXTS = st.lists(
    st.text(st.characters(exclude_characters=chr(SEPARATOR), exclude_categories=["Cs"])),
    min_size=1,
    max_size=8,
)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_the_packed_sum_equals_the_plain_one(texts: list[str]) -> None:
    model = made_model()
    column = TextColumn.of(texts)

    odds = model.log_odds(column.characters)

    assert np.allclose(odds, slow_log_odds(model, column), atol=1e-3)


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_a_text_scores_the_same_alone_and_among_others(texts: list[str]) -> None:
    model = made_model()
    together = TextColumn.of(texts)

    scores = model.scores(together.buffer, together.offsets)

    alone = [model.scores(c.buffer, c.offsets)[0] for c in map(TextColumn.of, ([t] for t in texts))]
    assert np.array_equal(scores, np.array(alone))


@pytest.mark.parametrize("weight", [-WEIGHT_MAX, WEIGHT_MAX])
def test_the_longest_text_does_not_overflow(weight: int) -> None:
    model = made_model(weight=weight)
    column = TextColumn.of(["a" * 65_536])

    odds = model.log_odds(column.characters)

    assert np.allclose(odds, slow_log_odds(model, column), rtol=1e-5)


def test_every_character_adds_one_run_of_each_length() -> None:
    column = TextColumn.of(["aж漢😀"])

    slots, ends = run_slots(column, bits=BITS)

    # Four characters and the end of the text, which reads as a space.
    assert len(slots) == ends[1] == 5 * len(GRAM_LENGTHS)


def test_the_order_of_characters_matters() -> None:
    model = made_model()
    column = TextColumn.of(["abcdef", "fedcba"])

    scores = model.scores(column.buffer, column.offsets)

    assert not np.allclose(scores[0], scores[1])


def test_scores_lie_between_nought_and_one() -> None:
    model = made_model()
    column = TextColumn.of(["", "x", "long " * 500])

    scores = model.scores(column.buffer, column.offsets)

    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_saved_model_scores_as_before(tmp_path: Path) -> None:
    model = made_model()
    model.save(tmp_path / "model.npz")
    column = TextColumn.of(["some text", "другой текст"])

    read = TextModel.load(tmp_path / "model.npz")

    assert read.heads == HEADS
    assert np.array_equal(
        read.scores(column.buffer, column.offsets), model.scores(column.buffer, column.offsets)
    )


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"no model")

    with pytest.raises(Misconfigured) as refused:
        TextModel.load(tmp_path / "model.npz")

    assert refused.value.fields["model"] == str(tmp_path / "model.npz")
    assert refused.value.fields["reason"] == NO_WEIGHTS


def test_arrays_that_are_no_model_are_refused() -> None:
    alone, others = io.BytesIO(), io.BytesIO()
    np.save(alone, np.arange(3))
    np.savez(others, pictures=np.arange(3))

    for content in (alone, others):
        with pytest.raises(Misconfigured) as refused:
            TextModel.read(content.getvalue(), name="arrays")
        assert refused.value.fields["reason"] == NO_WEIGHTS


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("heads", np.array(["spam_score"])),
        ("scales", np.ones(2, np.float32)),
        ("thresholds", np.array(["a"] * len(HEADS))),
        ("weights", np.zeros((100, len(HEADS)), np.int8)),
        ("weights", np.zeros((128, len(HEADS)), np.float32)),
        ("weights", np.zeros(128, np.int8)),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(
    part: str, value: NDArray[np.generic], tmp_path: Path
) -> None:
    made_model().save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as stored:
        parts = dict(stored)
    np.savez(tmp_path / "wrong.npz", **{**parts, part: value})

    with pytest.raises(Misconfigured) as refused:
        TextModel.load(tmp_path / "wrong.npz")

    assert "fit together" in str(refused.value.fields["reason"])


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    made_model().save(tmp_path / "model.npz")
    content = (tmp_path / "model.npz").read_bytes()

    with pytest.raises(Misconfigured):
        TextModel.read(content[: len(content) // 2], name="half")


def test_a_model_of_another_format_is_refused(tmp_path: Path) -> None:
    made_model().save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as stored:
        parts = dict(stored)
    np.savez(tmp_path / "newer.npz", **{**parts, "format": np.int64(99)})

    with pytest.raises(Misconfigured) as refused:
        TextModel.load(tmp_path / "newer.npz")

    assert refused.value.fields["format"] == 99


def test_a_model_whose_weights_are_too_large_is_refused(tmp_path: Path) -> None:
    made_model().save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as stored:
        parts = dict(stored)
    parts["weights"][3, 1] = -WEIGHT_MAX - 1
    np.savez(tmp_path / "larger.npz", **parts)

    with pytest.raises(Misconfigured) as refused:
        TextModel.load(tmp_path / "larger.npz")

    assert refused.value.fields["weight_max"] == WEIGHT_MAX


class TestShipped:
    """The weights that come with Evenhand."""

    def test_its_heads_are_the_model_columns(self) -> None:
        columns = {column.name for column in FIXED if column.draws_on is DrawsOn.MODEL}

        assert set(TextModel.load().heads) == columns

    def test_its_file_is_small(self) -> None:
        import evenhand.signals.text_model as module

        file = Path(module.__file__).parent / "models" / SHIPPED

        assert file.stat().st_size < 3_000_000

    def test_its_card_names_every_head_and_source(self) -> None:
        import evenhand.signals.text_model as module

        card = (Path(module.__file__).parent / "models" / SHIPPED).with_suffix(".md").read_text()

        assert all(f"## {head}" in card for head in TextModel.load().heads)
        assert "CC BY 4.0" in card
        assert "must never be the only reason" in card

    def test_it_tells_bulk_spam_from_daily_talk(self) -> None:
        model = TextModel.load()
        column = TextColumn.of(
            [
                "winner! you have been selected to receive a £900 prize, to claim call 09061701461",
                "are you coming to the choir tonight? i saved you a seat next to the window",
                "kommst du heute zum abendessen? es gibt linsensuppe und frisches brot",
                "во сколько ты сегодня придёшь? я сварила борщ и испекла пирог",
            ]
        )

        spam = model.score(column)["spam_score"]

        threshold = model.thresholds[model.heads.index("spam_score")]
        assert spam[0] > threshold
        assert (spam[1:] < 0.2).all()

    def test_it_tells_abuse_from_praise(self) -> None:
        model = TextModel.load()
        column = TextColumn.of(
            [
                "shut up you stupid fucking bitch, you dumb whore",
                "you played well today, thank you for the match",
            ]
        )

        abuse = model.score(column)["abuse_score"]

        assert abuse[0] > 0.65 > 0.2 > abuse[1]

    def test_it_leaves_short_daily_talk_alone(self) -> None:
        model = TextModel.load()
        column = TextColumn.of(
            [
                "thanks, got it",
                "bis morgen am bahnhof",
                "увидимся завтра в школе",
                "ертең мектепте кездесейік",
            ]
        )

        scores = model.score(column)

        thresholds = dict(zip(model.heads, model.thresholds.tolist(), strict=True))
        assert [head for head, values in scores.items() if (values >= thresholds[head]).any()] == []
