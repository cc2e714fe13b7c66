"""The functional tests of the text model: files of the right shape, kept from training."""

import csv
import json
from pathlib import Path

import pytest

from evenhand.signals.templates import sentences
from evenhand.signals.training_rows import digest

SUITE = Path(__file__).parents[2] / "data" / "functional"
FILES = sorted(SUITE.glob("*.ndjson"))
LABELS = {"hate": {"hate"}, "spam": {"spam"}}
"""Columns of labels by set; a row of another set is clean of every head."""


def _rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_has_text_language_function_and_labels(path: Path) -> None:
    kind, _, language = path.stem.partition("_")
    rows = _rows(path)
    assert len({row["text"] for row in rows}) == len(rows) >= 80
    for number, row in enumerate(rows, start=1):
        assert str(row["text"]).strip() == row["text"], number
        assert row["lang"] == language, number
        assert row["function"], number
        labels = {name: row[name] for name in LABELS.get(kind, {"hate", "abuse", "spam"})}
        allowed = {0, 1} if kind in LABELS else {0}
        assert set(labels.values()) <= allowed, number


def test_left_out_names_exactly_these_rows() -> None:
    with (SUITE / "left_out.csv").open(encoding="utf-8", newline="") as file:
        named = [row[0] for row in csv.reader(file)][1:]
    # Nothing here may be printed by a failing assertion but digests.
    assert sorted(named) == sorted({digest(str(row["text"])) for p in FILES for row in _rows(p)})


def test_no_row_is_a_sentence_made_of_frames() -> None:
    made = {" ".join(one.text.casefold().split()) for one in sentences(seed=1)}
    met = [
        (path.stem, number)
        for path in FILES
        for number, row in enumerate(_rows(path), start=1)
        if " ".join(str(row["text"]).casefold().split()) in made
    ]
    assert met == []
