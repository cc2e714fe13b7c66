"""Measuring the model on labelled rows: figures with bounds, groups, and what is refused."""

import json
from math import isnan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.cli import main
from evenhand.signals.evaluation import Bounds, Labelled, broken, figures_of, macro_f1
from evenhand.signals.training_figures import Share

SPAM = "winner! you have been selected to receive a £900 prize, to claim call 09061701461"
TALK = "are you coming to the choir tonight? i saved you a seat next to the window"


def rows_of(scores: list[float], labels: list[bool], languages: list[str]) -> Labelled:
    """Gives scored rows of one head."""
    groups = {"lang": np.array(languages)}
    return Labelled("spam_score", np.array(scores), np.array(labels), groups)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(count: int, of: int, low: float, high: float) -> None:
    share = Share.counted(count, of)

    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-4)


def test_macro_f1_is_the_mean_of_both_labels() -> None:
    # Of four marked rows two are found; of six clean ones one raises an alarm.
    value = macro_f1(Share.counted(2, 4), Share.counted(1, 6))

    assert value == pytest.approx((2 / 3.5 + 5 / 6.5) / 2)
    assert macro_f1(Share.counted(0, 4), Share.counted(6, 6)) == 0
    assert isnan(macro_f1(Share.counted(0, 0), Share.counted(1, 6)))


def test_groups_have_figures_of_their_own_and_small_ones_none() -> None:
    rows = rows_of(
        [0.9, 0.2, 0.1, 0.8, 0.9], [True, True, False, False, True], ["en", "en", "en", "de", ""]
    )

    figures = list(figures_of(rows, threshold=0.5, base_rate=0.05, rows_min=2))

    assert [(one.column, one.group) for one in figures] == [("all", ""), ("lang", "en")]
    assert (figures[0].recall.count, figures[0].recall.of) == (2, 3)
    assert (figures[0].alarms.count, figures[0].alarms.of) == (1, 2)
    assert (figures[1].recall.share, figures[1].alarms.share) == (0.5, 0.0)


def test_a_bound_that_does_not_hold_is_named() -> None:
    rows = rows_of([0.9] + [0.1] * 2999, [False] * 3000, ["th"] * 3000)
    figures = list(figures_of(rows, threshold=0.5, base_rate=0.05))

    def faults(**bounds: float) -> list[str]:
        return list(broken(figures, Bounds(**bounds), language="lang"))

    assert faults(alarms_max=0.001, alarms_upper_max=0.002) == []
    assert faults(alarms_max=0.0003) == ["spam_score, all: alarms 0.0003, at most 0.0003 was asked"]
    # One alarm in 3,000 may be one in 500.
    assert faults(alarms_upper_max=0.001)[0].startswith("spam_score, lang th: upper 95 % bound")
    # What no row shows does not hold.
    assert len(faults(recall_min=0.1, macro_f1_min=0.1)) == 2


def test_a_language_with_few_clean_rows_is_not_held_against_a_bound() -> None:
    rows = rows_of([0.1] * 1999, [False] * 1999, ["kk"] * 1999)
    figures = list(figures_of(rows, threshold=0.5, base_rate=0.05))

    assert list(broken(figures, Bounds(alarms_upper_max=0.0), language="lang")) == []


def test_the_command_measures_ndjson_and_parquet_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"text": SPAM, "lang": "en", "spam": True, "abuse": None},
        {"text": TALK, "lang": "en", "spam": 0},
        {"text": TALK, "lang": "en"},
    ]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, lines)))
    table = pa.table({"text": [SPAM, TALK], "spam": [1.0, 0.0], "place": ["here", "there"]})
    pq.write_table(table, tmp_path / "b.parquet")
    files = [str(tmp_path / "a.ndjson"), str(tmp_path / "b.parquet")]

    options = ["--json", "--by", "place", "--rows-min", "1", "--recall-min", "1"]
    code = main(["models", "evaluate", *files, *options])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    groups = {(one["head"], one["column"], one["group"]): one for one in told["figures"]}
    assert set(groups) == {
        ("spam_score", "all", ""),
        ("spam_score", "lang", "en"),
        ("spam_score", "place", "here"),
        ("spam_score", "place", "there"),
    }
    assert groups["spam_score", "all", ""]["macro_f1"] == 1
    assert groups["spam_score", "place", "there"]["area"] is None


def test_the_command_exits_1_if_a_bound_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps({"text": SPAM, "y": 0}))

    code = main(["models", "evaluate", str(file), "--label", "spam_score=y", "--alarms-max", "0.1"])

    printed = capsys.readouterr().out
    assert code == 1
    assert "spam_score, all: alarms 1.0000, at most 0.1 was asked" in printed
    assert "winner" not in printed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "no rows"),
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"[" * 100_000, "no JSON"),
        (b'{"spam": 1}', "no 'text'"),
        (b'{"text": 3, "spam": 1}', "no 'text'"),
        (b'{"text": "a\\ud800", "spam": 1}', "surrogate"),
        (b'{"text": "a", "spam": 2}', "a label is"),
        (b'{"text": "a", "spam": "yes"}', "a label is"),
        (b'{"text": "a"}', "no row has a label"),
        (b'{"text": "' + b"a" * 1_100_000 + b'"}', "bytes_max"),
    ],
)
def test_bad_rows_are_refused_with_their_place(
    line: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.ndjson").write_bytes(line)

    assert main(["models", "evaluate", str(tmp_path / "a.ndjson")]) == 2
    assert said in capsys.readouterr().err


def test_a_broken_file_and_an_unknown_head_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")

    assert main(["models", "evaluate", str(tmp_path / "a.parquet")]) == 2
    assert "no whole Parquet file" in capsys.readouterr().err
    for label, said in (("joy_score=y", "joy_score"), ("spam_score", "HEAD=COLUMN")):
        assert main(["models", "evaluate", str(tmp_path / "a.parquet"), "--label", label]) == 2
        assert said in capsys.readouterr().err


def test_a_column_that_no_row_has_is_refused_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": "a", "spam": 1, "place": None}, {"text": "b", "spam": 0, "place": "x"}]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")

    for name in ("a.ndjson", "a.parquet"):
        command = ["models", "evaluate", str(tmp_path / name), "--by"]
        assert main([*command, "place"]) == 0
        capsys.readouterr()
        assert main([*command, "nosuch"]) == 2
        said = capsys.readouterr().err
        assert "nosuch" in said
        assert "text, spam" in said


@pytest.mark.parametrize("rows", ["-5", "0", "many", "²"])
def test_a_number_of_rows_below_one_is_refused(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["models", "evaluate", str(tmp_path / "a.ndjson"), "--rows-min", rows])

    assert ended.value.code == 2
    assert "is no number of rows" in capsys.readouterr().err
