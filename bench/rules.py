"""How fast rules are tried on stored signal columns, and how that grows with the number of rules.

The columns are drawn at random, seeded, as rare as they are in chats: a pattern list is met by one
message in two hundred. They are written as `evenhand rules backtest --keep` writes them. Then one
rule of the pack is tried over the file with all that the command counts, overlap with the other
rules included. Beside it, in the same run: polars, which filters the same signals, in a file with
one plain column for each, by the same SQL and counts, nothing more. Growth is measured over one
batch after another in memory, where polars has the same columns as a frame, and answers with one
column of bits per rule.

EVENHAND_BENCH_ROWS    rows of the file; 4194304 unless set
EVENHAND_BENCH_FOLDER  where to work; a temporary folder unless set
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from evenhand.connectors.files.formats import find_sources
from evenhand.connectors.files.history import History
from evenhand.pipeline import ScreeningPlane
from evenhand.rules.backtest import Backtest
from evenhand.rules.grammar import parse
from evenhand.rules.load import load_rules
from evenhand.rules.programme import Programme
from evenhand.signals.columns import MATCHES, ColumnType, SignalColumn, all_columns
from evenhand.signals.pattern_lists import read_pattern_lists
from evenhand.signals.stored import ABOUT, editions
from evenhand.signals.storing import SignalsWriter
from evenhand.signals.table import SignalTable, Values

ROWS = 4_194_304
WRITTEN_AT_ONCE = 131_072
GROWTH = (20, 200, 2_000)
GROWTH_ROWS = 65_536
RULE = "drugs_sale_offer"
ROUNDS = 5
WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("message", "edit", "media", "registration"),
    "channel_kind": ("public", "private"),
    "language": ("de", "en", "fr", "ru", "kk", "ar", "hi", "zh"),
    "territory": ("DE", "FR", "KZ", "RU", "IN"),
}
RARE = 0.005


def run(sizes: Sequence[int] = GROWTH) -> dict[str, object]:
    """Gives rows per second from the file, and over memory for so many rules; leaves nothing."""
    pack = Path(str(files("evenhand.rules"))) / "pack"
    lists = read_pattern_lists(pack / "patterns")
    columns = all_columns(one.name for one in lists)
    rules = load_rules(pack / "rules", columns)
    rule = next(one for one in rules.rules if one.id == RULE)
    chance = np.random.default_rng(19)
    with tempfile.TemporaryDirectory(
        prefix="evenhand-bench-", dir=os.environ.get("EVENHAND_BENCH_FOLDER")
    ) as folder:
        path = Path(folder) / "signals.parquet"
        rows = int(os.environ.get("EVENHAND_BENCH_ROWS", str(ROWS)))
        plain = Path(folder) / "plain.parquet"
        made_with = editions(lists)
        _write(path, plain, rows, columns, made_with, chance)
        sources, _ = find_sources([str(path)])
        said: list[str] = []

        def ours() -> int:
            work = Backtest(rule, rules)
            history = History(
                load=_plane, asked=work.asked, gates=work.gates, lists=made_with, say=said.append
            )
            for _ in history.tried(work, history.parts(sources)):
                pass
            assert not said, said
            return work.hits

        def theirs() -> int:
            found = pl.scan_parquet(plain).filter(pl.sql_expr(rule.when))
            return int(found.select(pl.len()).collect().item())

        pace, bare = _paces(rows, ours, theirs)
        figures = [
            _figure("rules_backtest_rows_per_s", pace, bare, "polars: filter of the file, counted")
        ]
    table = _table(GROWTH_ROWS, columns, chance)
    frame = _frame(table)
    figures += [_growth(size, table, frame, columns, chance) for size in sizes]
    return {"figures": figures}


def _plane() -> ScreeningPlane:
    raise AssertionError("a file of signals needs no plane")


def _growth(
    size: int,
    table: SignalTable,
    frame: pl.DataFrame,
    columns: Mapping[str, SignalColumn],
    chance: np.random.Generator,
) -> dict[str, object]:
    conditions = _conditions(size, columns, chance)
    programme = Programme([parse(one, columns) for one in conditions])
    asked = [pl.sql_expr(one).alias(str(number)) for number, one in enumerate(conditions)]

    def ours() -> int:
        return len(programme.over(table).rows)

    def theirs() -> int:
        return int(frame.select(asked).select(pl.all().sum()).sum_horizontal().item())

    pace, bare = _paces(table.rows, ours, theirs)
    return _figure(f"rules_rows_per_s_{size}", pace, bare, "polars: the same conditions in memory")


def _paces(rows: int, ours: Callable[[], int], theirs: Callable[[], int]) -> tuple[float, float]:
    """Gives the median paces of interleaved runs; both must find the same hits."""
    assert ours() == theirs()
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for work, times in zip((ours, theirs), taken, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return rows / statistics.median(taken[0]), rows / statistics.median(taken[1])


def _write(
    path: Path,
    plain: Path,
    rows: int,
    columns: Mapping[str, SignalColumn],
    lists: Mapping[str, str],
    chance: np.random.Generator,
) -> None:
    """Writes the same signals twice: as they are kept here, and with one column for each."""
    writer = SignalsWriter(path, columns, lists)
    beside: pq.ParquetWriter | None = None
    for first in range(0, rows, WRITTEN_AT_ONCE):
        count = min(WRITTEN_AT_ONCE, rows - first)
        accounts = chance.integers(0, 300_000, count)
        about = pa.table(
            [
                pa.array([f"${number:012x}" for number in range(first, first + count)]),
                pa.array(1_767_225_600_000 + np.arange(first, first + count) * 1_000).cast(
                    ABOUT.field("time").type
                ),
                pa.array([f"@account{number}:example.test" for number in accounts.tolist()]),
                pa.array([f"!channel{number % 5_000}:example.test" for number in accounts]),
            ],
            names=ABOUT.names,
        )
        table = _table(count, columns, chance)
        writer.write(about, table)
        part = _plain(table)
        beside = beside or pq.ParquetWriter(plain, part.schema, compression="lz4")
        beside.write_table(part, row_group_size=count)
    writer.close()
    assert beside is not None
    beside.close()


def _plain(table: SignalTable) -> pa.Table:
    arrays = {}
    for name, one in table.columns.items():
        lacking = None if one.known is None else ~one.known
        values = pa.array(one.values, mask=lacking)
        words = pa.array(one.words)
        arrays[name] = pa.DictionaryArray.from_arrays(values, words) if one.words else values
    return pa.table(arrays)


def _table(
    rows: int, columns: Mapping[str, SignalColumn], chance: np.random.Generator
) -> SignalTable:
    known = chance.random(rows) < 0.98
    return SignalTable(
        rows, {name: _drawn(name, one, rows, known, chance) for name, one in columns.items()}
    )


def _drawn(
    name: str,
    column: SignalColumn,
    rows: int,
    known: np.ndarray,
    chance: np.random.Generator,
) -> Values:
    match column.type:
        case ColumnType.WORD:
            words = WORDS.get(name, ("listed",))
            return Values(chance.integers(0, len(words), rows).astype(np.int32), known, words)
        case ColumnType.SHARE:
            return Values(chance.random(rows), known)
        case ColumnType.TRUTH:
            return Values(chance.random(rows) < 0.05, known)
        case _:
            values = np.zeros(rows, np.int32)
            if name.startswith(MATCHES):
                hits = chance.integers(0, rows, int(rows * RARE))
                values[hits] = chance.integers(1, 4, len(hits))
            else:
                values[:] = chance.integers(0, 200, rows)
            return Values(values, known)


def _frame(table: SignalTable) -> pl.DataFrame:
    series = {}
    for name, one in table.columns.items():
        values = np.array(one.words, dtype=object)[one.values] if one.words else one.values
        kind = pl.Categorical if one.words else None
        held = pl.Series(name, list(values) if one.words else values, dtype=kind)
        series[name] = held.set(pl.Series(~one.known), None)
    return pl.DataFrame(series)


def _conditions(
    size: int, columns: Mapping[str, SignalColumn], chance: np.random.Generator
) -> list[str]:
    """Gives conditions as people write them: a pattern, what excuses it, and circumstances."""
    lists = [name for name in columns if name.startswith(MATCHES)]
    truths = [name for name, one in columns.items() if one.type is ColumnType.TRUTH]
    made = []
    for _ in range(size):
        first, second, excuse, other = chance.choice(lists, 4, replace=False)
        truth, way = chance.choice(truths, 2, replace=False)
        made.append(
            f"({first} >= {chance.integers(1, 3)} OR {second} >= 1 AND {truth}) "
            f"AND {excuse} + {other} = 0 AND (NOT {way} OR word_count <= {chance.integers(5, 150)})"
            f" AND spam_score > 0.{chance.integers(1, 9)} AND language IN ('de', 'ru', 'kk')"
        )
    return made


def _figure(name: str, value: float, against_value: float, against: str) -> dict[str, object]:
    return {
        "figure": name,
        "value": round(value),
        "unit": "rows/s",
        "cores": os.cpu_count(),
        "against": against,
        "against_value": round(against_value),
        "ratio": value / against_value,
    }
