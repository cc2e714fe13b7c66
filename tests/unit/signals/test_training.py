"""Training on a little data of our own: the same rows give the same file, and figures are right."""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.base.errors import InputRefused
from evenhand.events.text_column import TextColumn
from evenhand.signals.fitting import platt
from evenhand.signals.templates import HEADINGS, Sentence
from evenhand.signals.text_model import SHIPPED, TextModel
from evenhand.signals.training import add_arguments, run, train
from evenhand.signals.training_figures import (
    Scored,
    area_under_curve,
    calibration_error,
    threshold_for,
)
from evenhand.signals.training_rows import (
    HEADS,
    Rows,
    digest,
    folds_of,
    read_left_out,
    read_rows,
)

THINGS = ("soup", "train", "garden", "book", "music", "window", "coffee", "river", "letter", "lamp")


def clean_texts(count: int, start: int) -> list[str]:
    """Gives harmless sentences, all different."""
    return [
        f"we talked about the {THINGS[k % 10]} and the {THINGS[k // 10 % 10]} on day {k}"
        for k in range(start, start + count)
    ]


def marked_texts(count: int, word: str) -> list[str]:
    """Gives sentences that hold one word which no other sentence has."""
    return [f"{word} {word} for the {THINGS[k % 10]} now, {word} number {k}" for k in range(count)]


def labelled(word: str, label: str, *, licence: str = "MIT", rows: int = 60) -> dict[str, object]:
    """Gives the columns of a file of labelled rows: half marked, half clean, from two sources."""
    marked, clean = marked_texts(rows, word), clean_texts(rows, len(word))
    return {
        "text": marked + clean,
        "lang": ["en"] * (2 * rows),
        "source": [("one", "two")[k % 2] for k in range(2 * rows)],
        label: [1.0] * rows + [0.0] * rows,
        "lic": [licence] * (2 * rows),
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Gives a folder with both files."""
    spam = labelled("freebonus", "y")
    abuse = labelled("dimwit", "abuse")
    abuse["hate"] = abuse["abuse"]
    pq.write_table(pa.table(spam), tmp_path / "spam_train.parquet")
    pq.write_table(pa.table(abuse), tmp_path / "abuse_train.parquet")
    return tmp_path


WORDS = {"threat": "knuckle", "drugs": "powder", "weapons": "barrel"}
WORDS |= {"extremism": "banner", "sexual": "pillow"}


def written() -> list[Sentence]:
    """Gives sentences for the heads that no file labels: each harm by a word of its own."""
    return [
        Sentence(text, "en", text, HEADINGS[heading])
        for heading, word in WORDS.items()
        for text in marked_texts(30, word)
    ]


def rows_of(folder: Path) -> Rows:
    """Gives everything to train on."""
    return read_rows(folder, written(), left_out=frozenset())


def quiet(_line: str) -> None:
    """Says nothing."""


def test_a_trained_model_finds_what_it_was_shown(data: Path) -> None:
    model, figures = train(rows_of(data), seed=1, bits=14, say=quiet)

    column = TextColumn.of(["freebonus freebonus for the lamp", "we talked about the river"])
    spam = model.score(column)["spam_score"]
    assert spam[0] > spam[1]
    assert [figure.head for figure in figures] == list(HEADS)
    assert [figure.head for figure in figures if not figure.area > 0.95] == []


def test_the_same_rows_and_seed_give_the_same_file(data: Path, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        model, _ = train(rows_of(data), seed=3, bits=12, say=quiet)
        model.save(tmp_path / f"{name}.npz")
        with np.load(tmp_path / f"{name}.npz") as stored:
            written.append({part: stored[part].tobytes() for part in stored.files})

    assert written[0] == written[1]


def test_the_command_writes_weights_and_card(data: Path, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    output = tmp_path / "out"

    code = run(parser.parse_args(["--data", str(data), "--output", str(output)]))

    assert code == 0
    assert TextModel.load(output / SHIPPED).heads == HEADS
    card = (output / SHIPPED).with_suffix(".md").read_text()
    assert "## spam_score" in card
    assert "| one | MIT | en |" in card


def test_rows_of_another_licence_are_left_out(data: Path) -> None:
    allowed = labelled("freebonus", "y")
    barred = labelled("freebonus", "y", licence="CC-NC")
    both = {name: [*allowed[name], *barred[name]] for name in allowed}  # type: ignore[misc]
    pq.write_table(pa.table(both), data / "spam_train.parquet")

    rows = read_rows(data, [], left_out=frozenset())

    assert set(rows.licences) == {"MIT"}


def test_a_text_that_is_left_out_is_not_read(data: Path, tmp_path: Path) -> None:
    whole = read_rows(data, [], left_out=frozenset())
    text = whole.texts[0].as_py()
    (tmp_path / "out.csv").write_text(f"digest,label\n{digest(text)},none\n")

    rows = read_rows(data, [], left_out=read_left_out(tmp_path / "out.csv"))

    assert len(rows) == len(whole) - 1
    assert text not in rows.texts.to_pylist()


def test_a_text_of_two_files_is_read_once_with_both_labels(data: Path) -> None:
    abuse = labelled("dimwit", "abuse")
    abuse["hate"] = abuse["abuse"]
    spam = {**abuse, "y": [0.0] * 120}
    pq.write_table(pa.table(spam), data / "spam_train.parquet")

    rows = read_rows(data, [], left_out=frozenset())

    assert len(rows) == 120
    assert int(rows.labels["abuse_score"].sum()) == 60
    assert not rows.labels["spam_score"].any()


def test_what_nobody_labelled_is_clean_only_where_it_is_fair(data: Path) -> None:
    rows = rows_of(data)

    insults = np.array([text.startswith("dimwit") for text in rows.texts.to_pylist()])
    assert np.isnan(rows.labels["threat_score"][insults]).all()
    assert rows.assumed["drugs_score"][insults].all()
    assert not rows.assumed["abuse_score"][insults].any()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        read_rows(tmp_path, [], left_out=frozenset())

    assert refused.value.fields["file"] == str(tmp_path / "abuse_train.parquet")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "hate": [1]}), tmp_path / "abuse_train.parquet")

    with pytest.raises(InputRefused) as refused:
        read_rows(tmp_path, [], left_out=frozenset())

    assert refused.value.fields["columns"] == ["abuse", "lang", "lic", "source"]


def test_rows_of_one_label_cannot_train(data: Path) -> None:
    clean = labelled("freebonus", "y")
    clean["y"] = [0.0] * 120
    pq.write_table(pa.table(clean), data / "spam_train.parquet")

    with pytest.raises(InputRefused) as refused:
        train(rows_of(data), seed=1, bits=12, say=quiet)

    assert refused.value.fields["reason"] == "one label only"


def test_the_same_key_falls_in_the_same_fold() -> None:
    folds = folds_of(["a text", "another", "a text", *map(str, range(200))], count=5)

    assert folds[0] == folds[2]
    assert set(folds) == {0, 1, 2, 3, 4}


def test_calibration_gives_the_odds_at_the_base_rate() -> None:
    chance = np.random.default_rng(4)
    labels = chance.random(4000) < 0.5
    logits = chance.normal(labels * 2.0, 1.0)

    slope, shift = platt(logits, labels, base_rate=0.5)

    # Two normal distributions one apart on either side: the odds grow by two, and are even at one.
    assert slope == pytest.approx(2, abs=0.2)
    assert shift == pytest.approx(-2, abs=0.2)


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [False, False, True, True], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [False, True, False, True], 0.5),
        ([0.1, 0.4, 0.4, 0.9], [False, False, True, True], 0.875),
    ],
)
def test_the_area_counts_pairs_in_the_right_order(
    scores: list[float], labels: list[bool], area: float
) -> None:
    assert area_under_curve(np.array(scores), np.array(labels)) == pytest.approx(area)


def scored(scores: list[float], labels: list[bool], news: list[bool]) -> Scored:
    """Gives scored rows of one language and source."""
    names = np.array(["en"] * len(scores))
    clean = ~np.array(labels)
    none = np.zeros(len(scores), bool)
    return Scored(np.array(scores), ~clean, names, names, names, np.array(news), clean, none)


def test_the_threshold_lies_above_the_clean_texts() -> None:
    clean = [0.1] * 996 + [0.72] * 4
    rows = scored([*clean, 0.9, 0.8], [False] * 1000 + [True] * 2, [False] * 1002)

    # 4 of 1,000 are 0.4 %, as many as allowed; a fifth and sixth would be too many.
    assert threshold_for(rows) == 0.2
    more = scored([*clean, 0.72, 0.72, 0.9], [False] * 1002 + [True], [False] * 1003)
    assert threshold_for(more) == 0.73


def test_alarms_on_plain_news_move_the_threshold() -> None:
    # 5 of 1,000 sentences of news are too many, though they are few among all 2,000 plain texts.
    news = [False] * 1000 + [True] * 1000
    rows = scored([0.1] * 1995 + [0.61] * 5, [False] * 2000, news)

    assert threshold_for(rows) == 0.62


def test_a_language_with_many_alarms_moves_the_threshold() -> None:
    # 40 of 2,000 are 2 %, and may be 2.7 %; among all 12,000 clean rows they are 0.33 %.
    scores = [0.1] * 1960 + [0.66] * 40 + [0.1] * 10_000

    def of(languages: list[str]) -> float:
        news = np.zeros(12_000, bool)
        names = np.array(languages)
        return threshold_for(Scored(np.array(scores), news, names, names, names, news, ~news, news))

    assert of(["th"] * 2000 + ["en"] * 10_000) == 0.67
    # Too few rows of a language tell too little to be held against it.
    assert of(["th"] * 1999 + ["en"] * 10_001) == 0.2


def test_sources_of_one_label_are_left_out_in_turn_too(data: Path) -> None:
    columns = labelled("freebonus", "y")
    columns["source"] = ["spam"] * 60 + ["talk"] * 60
    extra = labelled("freebonus", "y")
    for prefix, rows in (("first", columns), ("second", extra)):
        rows["text"] = [f"{prefix} {text}" for text in rows["text"]]  # type: ignore[attr-defined]
    pq.write_table(
        pa.table({name: [*columns[name], *extra[name]] for name in columns}),  # type: ignore[misc]
        data / "spam_train.parquet",
    )

    _, figures = train(rows_of(data), seed=1, bits=12, say=quiet)

    unseen = {group.name: group for group in figures[0].unseen_sources}
    assert set(unseen) == {"one", "two", "spam", "talk"}
    assert (unseen["talk"].recall.of, unseen["talk"].alarms.of) == (0, 60)


def test_a_score_that_means_what_it_says_has_no_calibration_error() -> None:
    labels = np.array([True] * 3 + [False] * 7)

    assert calibration_error(np.full(10, 0.3), labels) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 0.8), labels) == pytest.approx(0.5)
