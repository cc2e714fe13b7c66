"""Explaining a score: pieces add up to it, and lead back to what was written."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.limits import TEXT_BYTES_MAX
from evenhand.cli import main
from evenhand.events.normalise import normalise_text
from evenhand.events.text_column import TextColumn
from evenhand.signals.explanation import PIECE_CHARACTERS_MAX, explain, traced
from evenhand.signals.text_model import TextModel, run_slots

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Letters with marks, Hangul in parts, ligatures, white space and what nobody sees.
TRICKY = st.text(
    st.sampled_from("eE\u0301\u0327\u1100\u1161\u11a8\ufb01\ufdfa \t\u200b\u3000ＷKå\u093c"),
)


def made_model() -> TextModel:
    """Gives a model with random weights."""
    return TextModel.of(
        heads=("first_score", "second_score"),
        weights=np.random.default_rng(3).integers(-31, 32, (1 << 12, 2)).astype(np.int8),
        scales=np.array([0.01, 0.02], np.float32),
        intercepts=np.array([-1.0, 0.5], np.float32),
        slopes=np.array([1.5, 0.5], np.float32),
        shifts=np.array([0.2, -1.0], np.float32),
        thresholds=np.array([0.5, 0.6], np.float32),
    )


MODEL = made_model()


@given(st.one_of(TEXT, TRICKY))
@settings(max_examples=300, deadline=None)
def test_what_is_traced_is_what_the_model_reads(text: str) -> None:
    trace = traced(text)

    assert trace.normalised == normalise_text(text)
    assert len(trace.starts) == len(trace.ends) == len(trace.normalised)
    assert list(trace.starts) == sorted(trace.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(trace.starts, trace.ends, strict=True))


@given(st.one_of(TEXT, TRICKY))
@settings(max_examples=200, deadline=None)
def test_base_and_pieces_add_up_to_the_log_odds(text: str) -> None:
    column = TextColumn.of([normalise_text(text)])
    odds = MODEL.log_odds(column.characters)[:, 0]

    explained = explain(MODEL, text)

    sums = [one.base + sum(piece.weight for piece in one.pieces) for one in explained]
    assert np.allclose(sums, odds, atol=1e-3)
    assert np.allclose([one.score for one in explained], 1 / (1 + np.exp(-odds)), atol=1e-3)


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("see \u200b ＷＩＮ now", "win", "ＷＩＮ"),
        ("cafe\u0301 au lait", "café", "cafe\u0301"),
        ("a f\u200br\u200bee gift", "free", "f\u200br\u200bee"),
        ("\u1112\u1161\u11ab hello", "한", "\u1112\u1161\u11ab"),
        ("ofﬁce hours", "office", "ofﬁce"),
    ],
)
def test_a_piece_leads_back_to_what_was_written(text: str, word: str, written: str) -> None:
    pieces = {piece.normalised: piece for piece in explain(MODEL, text)[0].pieces}

    assert text[pieces[word].start : pieces[word].end] == written


def test_the_strongest_piece_comes_first_and_long_words_are_cut() -> None:
    pieces = explain(MODEL, "one two three " + "漢" * 30)[0].pieces

    weights = [abs(piece.weight) for piece in pieces]
    assert weights == sorted(weights, reverse=True)
    assert max(len(piece.normalised) for piece in pieces) == PIECE_CHARACTERS_MAX


def test_the_word_that_carries_the_weight_is_the_strongest_piece() -> None:
    weights = np.zeros((1 << 16, 1), np.int8)
    slots, _ = run_slots(TextColumn.of(["prize"]), bits=16)
    weights[slots] = 30
    one = np.ones(1, np.float32)
    model = TextModel.of(
        heads=("first_score",),
        weights=weights,
        scales=one,
        intercepts=0 * one,
        slopes=one,
        shifts=0 * one,
        thresholds=one,
    )

    pieces = explain(model, "the choir meets at seven, claim your prize")[0].pieces

    assert pieces[0].normalised == "prize"
    assert pieces[0].weight > 10 * abs(pieces[1].weight)


def test_the_command_prints_pieces_and_where_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["models", "explain", "claim your ＰＲＩＺＥ\x1b[31m"])

    printed = capsys.readouterr().out
    assert code == 0
    assert "spam_score 0." in printed
    assert "(characters 11 to 2" in printed
    assert "\x1b" not in printed


def test_the_command_gives_json_of_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("привет".encode())))

    code = main(["models", "explain", "-", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [one["head"] for one in told["scores"]] == list(TextModel.load().heads)
    assert told["scores"][0]["pieces"][0]["normalised"] == "привет"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * (TEXT_BYTES_MAX + 1)])
def test_what_is_no_text_or_too_long_is_refused(
    content: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    assert main(["models", "explain", "-"]) == 2
    assert "what to do" in capsys.readouterr().err


def test_the_card_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["models", "card"]) == 0
    assert "## spam_score" in capsys.readouterr().out

    assert main(["models", "card", "--weights", str(tmp_path / "none.npz")]) == 2
    assert "none.md" in capsys.readouterr().err
