"""Reads labelled rows for an evaluation and scores them; texts are let go once they are scored."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isnan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.base.limits import BATCH_ROWS_MAX
from evenhand.events.normalise import normalise
from evenhand.events.text_column import arrow_text
from evenhand.events.unicode_tables import unicode_tables
from evenhand.signals.evaluation import Labelled
from evenhand.signals.text_model import TextModel

LINE_BYTES_MAX = 1_048_576
"""Bytes of one line of NDJSON: sixteen times the longest text that is screened."""

TEXT = "text"

LANGUAGE = "lang"
"""Column by which rows are always grouped; files without it are taken."""

COLUMNS_NAMED_MAX = 40
"""Columns named when one that is wanted is not there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns are read: the label of each head, and those by which rows are grouped.

    named  the columns that somebody asked to group by: each must be in some row
    """

    labels: Mapping[str, str]
    named: Sequence[str]

    @property
    def groups(self) -> tuple[str, ...]:
        """Gives every column by which rows are grouped, each once."""
        return tuple(dict.fromkeys([LANGUAGE, *self.named]))


class _Columns:
    """The columns met in the rows read, as far as somebody must be told of them."""

    def __init__(self, wanted: Wanted) -> None:
        self._missing = set(wanted.named)
        self._met: dict[str, None] = {}

    def meet(self, names: Iterable[str]) -> None:
        """Takes note of the columns of a row or of a file."""
        self._missing.difference_update(names)
        if len(self._met) < COLUMNS_NAMED_MAX:
            self._met |= dict.fromkeys(islice(names, COLUMNS_NAMED_MAX))

    def check(self) -> None:
        """Refuses if a column to group by was in no row."""
        if self._missing:
            raise InputRefused(
                by=", ".join(sorted(self._missing)),
                reason="no row has such a column",
                columns=", ".join(self._met),
            )


Row = Mapping[str, object]


def labelled(paths: Sequence[Path], model: TextModel, wanted: Wanted) -> Iterator[Labelled]:
    """Gives the scored rows of each head that has any label in these files."""
    scores, labels = [], []
    groups: dict[str, list[str]] = {column: [] for column in wanted.groups}
    columns = _Columns(wanted)
    for path in paths:
        parquet = path.suffix == ".parquet"
        rows = _parquet_rows(path, wanted, columns) if parquet else _ndjson_rows(path, columns)
        # A row's number is its line in NDJSON, which has no empty lines.
        numbered = enumerate(rows, start=1)
        while batch := list(islice(numbered, BATCH_ROWS_MAX)):
            texts = [_text(row, path, number) for number, row in batch]
            column = normalise(*arrow_text(pa.array(texts, pa.string())), tables=unicode_tables())
            scores.append(model.scores(column.buffer, column.offsets))
            labels.append(
                [
                    [_label(row, name, path, number) for name in wanted.labels.values()]
                    for number, row in batch
                ]
            )
            for name, values in groups.items():
                values += [str(row.get(name) or "") for _, row in batch]
    if not scores:
        raise InputRefused(files=", ".join(map(str, paths)), reason="no rows")
    columns.check()
    yield from _by_head(np.concatenate(scores), np.concatenate(labels), groups, model, wanted)


def _by_head(
    scores: NDArray[np.float32],
    labels: NDArray[np.float64],
    groups: Mapping[str, Sequence[str]],
    model: TextModel,
    wanted: Wanted,
) -> Iterator[Labelled]:
    names = {column: np.array(values, np.str_) for column, values in groups.items()}
    for k, head in enumerate(wanted.labels):
        known = ~np.isnan(labels[:, k])
        if known.any():
            yield Labelled(
                head=head,
                scores=scores[known, model.heads.index(head)].astype(np.float64),
                labels=labels[known, k] > 0,
                groups={column: values[known] for column, values in names.items()},
            )


def _parquet_rows(path: Path, wanted: Wanted, met: _Columns) -> Iterator[Row]:
    """Gives the rows of a Parquet file, those columns alone that are wanted."""
    try:
        file = pq.ParquetFile(path)
        met.meet(file.schema_arrow.names)
        columns = {TEXT, *wanted.labels.values(), *wanted.groups} & set(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=BATCH_ROWS_MAX, columns=sorted(columns)):
            yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        reason = str(error).split("\n")[0]
        raise InputRefused(file=str(path), reason=f"no whole Parquet file: {reason}") from error


def _ndjson_rows(path: Path, met: _Columns) -> Iterator[Row]:
    """Gives the rows of a file with one JSON object per line."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(line) > LINE_BYTES_MAX:
                raise InputRefused(file=str(path), line=number, bytes_max=LINE_BYTES_MAX)
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputRefused(file=str(path), line=number, reason="no JSON") from error
            if not isinstance(row, dict):
                raise InputRefused(file=str(path), line=number, reason="no JSON object")
            met.meet(row)
            yield row


def _text(row: Row, path: Path, number: int) -> str:
    """Gives the text of a row; one without is refused, since its score would mean nothing."""
    text = row.get(TEXT)
    if not isinstance(text, str):
        raise InputRefused(file=str(path), row=number, reason=f"no {TEXT!r} that is a text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        reason = "the text holds half a character (a lone surrogate)"
        raise InputRefused(file=str(path), row=number, reason=reason) from error
    return text


def _label(row: Row, name: str, path: Path, number: int) -> float:
    """Gives 1 for a marked row, 0 for a clean one, nan where it has no label."""
    value = row.get(name)
    # nan is how pandas writes that there is none.
    if value is None or (isinstance(value, float) and isnan(value)):
        return float("nan")
    if value not in (0, 1):
        raise InputRefused(
            file=str(path), row=number, column=name, reason="a label is 1, 0, true, false or null"
        )
    return float(value == 1)
