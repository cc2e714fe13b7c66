"""`evenhand models evaluate FILE…`: what the text model does on labelled rows of one's own."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import isnan
from pathlib import Path

from evenhand.base.errors import InputRefused
from evenhand.signals.evaluation import ALL, Bounds, Figures, broken, figures_of
from evenhand.signals.evaluation_rows import LANGUAGE, Wanted, labelled
from evenhand.signals.text_model import TextModel
from evenhand.signals.training_figures import Share

BASE_RATE = 0.05
"""Share of marked texts for which calibration is measured: the one that training assumes."""

ROWS_MIN = 50
"""Rows below which a group is not printed: its intervals would be wider than its figures."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand models evaluate`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=".ndjson or .parquet")
    parser.add_argument("--weights", type=Path, help="weights of another model (.npz)")
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="HEAD=COLUMN",
        help="column with the labels of a head (default for spam_score: spam, and so on)",
    )
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help=f"a further column by whose values rows are grouped ({LANGUAGE} is always one)",
    )
    parser.add_argument(
        "--rows-min", type=_count, default=ROWS_MIN, metavar="ROWS", help="rows of a group printed"
    )
    parser.add_argument("--alarms-max", type=_share, metavar="SHARE", help="of all clean rows")
    parser.add_argument(
        "--alarms-upper-max",
        type=_share,
        metavar="SHARE",
        help="upper 95 %% bound in every language with 2,000 clean rows",
    )
    parser.add_argument("--macro-f1-min", type=_share, metavar="SHARE", help="over all rows")
    parser.add_argument("--recall-min", type=_share, metavar="SHARE", help="over all rows")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Prints the figures; exits 1 if a bound that was asked for does not hold."""
    model = TextModel.load(options.weights)
    wanted = Wanted(_labels(options.label, model.heads), options.by)
    figures = [
        figure
        for rows in labelled(options.files, model, wanted)
        for figure in figures_of(
            rows,
            threshold=float(model.thresholds[model.heads.index(rows.head)]),
            base_rate=BASE_RATE,
            rows_min=options.rows_min,
        )
    ]
    if not figures:
        columns = ", ".join(wanted.labels.values())
        raise InputRefused(reason="no row has a label", columns=columns)
    bounds = Bounds(
        alarms_max=options.alarms_max,
        alarms_upper_max=options.alarms_upper_max,
        macro_f1_min=options.macro_f1_min,
        recall_min=options.recall_min,
    )
    faults = list(broken(figures, bounds, language=LANGUAGE))
    if options.json:
        told = {"figures": [_without_nan(asdict(one)) for one in figures], "broken": faults}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in [*_table(figures, model), *faults])
    return 1 if faults else 0


def _share(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no share from 0 to 1")
    return value


def _count(word: str) -> int:
    # isdigit alone would let "²" through, which is no int.
    if not (word.isascii() and word.isdigit() and int(word) > 0):
        raise argparse.ArgumentTypeError(f"{word!r} is no number of rows from 1")
    return int(word)


def _labels(given: Sequence[str], heads: Sequence[str]) -> dict[str, str]:
    """Gives the label column of each head: those named, or else all by their own names."""
    if not given:
        return {head: head.removesuffix("_score") for head in heads}
    labels = dict(_pair(word) for word in given)
    unknown = sorted(set(labels) - set(heads))
    if unknown:
        raise InputRefused(heads_unknown=", ".join(unknown), heads=", ".join(heads))
    return labels


def _pair(word: str) -> tuple[str, str]:
    head, _, column = word.partition("=")
    if not head or not column:
        raise InputRefused(label=word, reason="it is not HEAD=COLUMN")
    return head, column


def _table(figures: Sequence[Figures], model: TextModel) -> Iterator[str]:
    """Gives the table that is printed, a part for each head."""
    thresholds = dict(zip(model.heads, model.thresholds.tolist(), strict=True))
    for one in figures:
        if one.column == ALL:
            yield f"{one.head} at its threshold {thresholds[one.head]:.2f}; shares with 95 % bounds"
            yield (
                f"  {'group':24} {'marked':>8} {'recall':>22} {'clean':>8} {'alarms':>22} "
                f"{'macro-F1':>8} {'area':>6} {'calibration':>11}"
            )
        group = f"{one.column} {one.group}".rstrip()
        group = "".join(c if c.isprintable() else "?" for c in group)
        yield (
            f"  {group:24} {one.recall.of:8,} {_interval(one.recall):>22} {one.alarms.of:8,} "
            f"{_interval(one.alarms):>22} {_number(one.macro_f1):>8} {_number(one.area):>6} "
            f"{_number(one.calibration_error):>11}"
        )


def _interval(share: Share) -> str:
    if share.of == 0:
        return "–"
    return f"{share.share:.2%} ({share.low:.1%}–{share.high:.1%})"


def _number(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3f}"


def _without_nan(value: object) -> object:
    """Gives the same with null for every nan, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    return None if isinstance(value, float) and isnan(value) else value
