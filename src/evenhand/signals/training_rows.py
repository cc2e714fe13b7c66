"""The labelled rows that the text model is trained on: read from files, and made of frames."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evenhand.base.errors import InputRefused
from evenhand.signals.templates import DAILY, LICENCE, SOURCE, Sentence

NEWS = "lingua"
"""Source of the plain news sentences in which nothing should be found."""

PERMITTED = ("MIT", "Apache-2", "CC0", "CC-BY")
"""Starts of the licences under which rows may be trained on (CC BY-SA begins like CC BY)."""

PLAIN = frozenset(
    {
        NEWS,
        DAILY,
        "telegram-news",
        "sms-multi",
        "sms-th",
        "tg-ru",
        "told-br",
        "roman-urdu",
        "ro-offense",
        "ru-distorted",
        "beep-ko",
    }
)
"""Sources whose clean rows are conversation and news as they come. The other sources were
searched by words of abuse, or written to mislead a model: in them nothing is plain."""

WRITTEN = (DAILY, SOURCE)
"""Sources of the sentences that were made of frames."""

FILES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "abuse_train.parquet": MappingProxyType({"hate_score": "hate", "abuse_score": "abuse"}),
        "spam_train.parquet": MappingProxyType({"spam_score": "y"}),
    }
)
"""Files of labelled rows, and the column with the labels of each head."""

HEADS = (
    "spam_score",
    "abuse_score",
    "hate_score",
    "threat_score",
    "drugs_score",
    "weapons_score",
    "extremism_score",
    "sexual_score",
)
"""Heads of the model, in the order of its table."""

_TRADES = frozenset({"drugs_score", "weapons_score"})
_ATTACKS = frozenset({"abuse_score", "hate_score"})


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts with what is known of each for every head.

    keys    rows with the same key never stand on both sides of a measurement
    labels  1 marked, 0 clean, NaN unknown, by head
    assumed nobody labelled the row for the head; it is taken for clean, by head
    """

    texts: pa.StringArray
    languages: NDArray[np.str_]
    sources: NDArray[np.str_]
    licences: NDArray[np.str_]
    keys: tuple[str, ...]
    labels: Mapping[str, NDArray[np.float32]]
    assumed: Mapping[str, NDArray[np.bool_]]

    def __len__(self) -> int:
        """Gives the number of rows."""
        return len(self.keys)

    @property
    def written(self) -> NDArray[np.bool_]:
        """Tells which rows were made of frames."""
        return np.isin(self.sources, WRITTEN)

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Tells which rows are conversation and news as they come."""
        return np.isin(self.sources, sorted(PLAIN)) & ~(self.labels["abuse_score"] > 0)


def digest(text: str) -> str:
    """Gives the name by which a text can be left out without being shown."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def read_left_out(path: Path | None) -> frozenset[str]:
    """Reads the digests of texts that must not be trained on: the first column of a CSV file."""
    if path is None:
        return frozenset()
    if not path.is_file():
        raise InputRefused(file=str(path), reason="no such file")
    with path.open(encoding="utf-8", newline="") as file:
        return frozenset(row[0] for row in csv.reader(file) if row)


def read_rows(folder: Path, written: Sequence[Sentence], *, left_out: frozenset[str]) -> Rows:
    """Reads all rows whose licence permits training, and adds the sentences made of frames."""
    tables = [_labelled(folder / name, columns) for name, columns in FILES.items()]
    tables.append(_sentences(written))
    table = pa.concat_tables(tables)
    texts = table["text"].to_pylist()
    # News stands in both files; each text is taken once, and what is known of it is joined.
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    labels, assumed = _joined(table, [first[text] for text in texts])
    kept = np.array([row for text, row in first.items() if digest(text) not in left_out], np.int64)
    chosen = table.take(kept)
    return Rows(
        texts=chosen["text"].combine_chunks(),
        languages=chosen["lang"].to_numpy().astype(str),
        sources=chosen["source"].to_numpy().astype(str),
        licences=chosen["lic"].to_numpy().astype(str),
        keys=tuple(chosen["key"].to_pylist()),
        labels={head: values[kept] for head, values in labels.items()},
        assumed={head: values[kept] for head, values in assumed.items()},
    )


def _labelled(path: Path, columns: Mapping[str, str]) -> pa.Table:
    """Reads one file: text, where it is from, its licence, and a column of labels per head."""
    if not path.is_file():
        raise InputRefused(file=str(path), reason="no such file")
    table = pq.read_table(path)
    missing = {"text", "lang", "source", "lic", *columns.values()} - set(table.column_names)
    if missing:
        raise InputRefused(file=str(path), reason="columns missing", columns=sorted(missing))
    permitted = pc.fill_null(
        pc.match_substring_regex(table["lic"], f"^(?:{'|'.join(PERMITTED)})"), fill_value=False
    )
    table = table.filter(pc.and_(permitted, pc.is_valid(table["text"])))
    unknown = pa.nulls(table.num_rows, pa.float32())
    return pa.table(
        {
            **{name: table[name].cast(pa.string()) for name in ("text", "lang", "source", "lic")},
            "key": table["text"].cast(pa.string()),
            **{
                head: table[columns[head]].cast(pa.float32()) if head in columns else unknown
                for head in HEADS
            },
        }
    )


def _sentences(written: Sequence[Sentence]) -> pa.Table:
    """Gives sentences made of frames as rows."""
    count = len(written)
    return pa.table(
        {
            "text": pa.array([one.text for one in written], pa.string()),
            "lang": pa.array([one.language for one in written], pa.string()),
            "source": pa.array([one.source for one in written], pa.string()),
            "lic": pa.array([LICENCE] * count, pa.string()),
            "key": pa.array([one.frame for one in written], pa.string()),
            **{
                head: pa.array([one.label(head) for one in written]).cast(pa.float32())
                for head in HEADS
            },
        }
    )


def _joined(
    table: pa.Table, first: Sequence[int]
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.bool_]]]:
    """Gives labels and what was assumed, with what a text's later rows know put to its first."""
    places = np.array(first, np.int64)
    known: dict[str, NDArray[np.float32]] = {}
    for head in HEADS:
        column = table[head].to_numpy(zero_copy_only=False).astype(np.float32)
        merged = np.full(len(column), np.nan, np.float32)
        np.fmax.at(merged, places, column)
        known[head] = merged
    written = np.isin(table["source"].to_numpy().astype(str), WRITTEN)
    labels, assumed = {}, {}
    for head in HEADS:
        taken = np.isnan(known[head]) & ~written & _clean_of(head, known)
        labels[head] = np.where(taken, np.float32(0), known[head])
        assumed[head] = taken
    return labels, assumed


def _clean_of(head: str, known: Mapping[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Tells which unlabelled rows to take for clean of a head.

    Texts of everyday talk are; a spam post may ask for sex, and an insult may hold a threat.
    """
    spam, fair = known["spam_score"] > 0, ~np.any([known[a] > 0 for a in sorted(_ATTACKS)], axis=0)
    judged = ~np.isnan(known["abuse_score"]) | ~np.isnan(known["hate_score"])
    ham = known["spam_score"] == 0
    if head == "spam_score":
        return np.asarray(judged)
    if head in _ATTACKS:
        return np.asarray(ham)
    if head in _TRADES:
        return np.asarray(judged | ham)
    if head == "sexual_score":
        return np.asarray((judged | ham) & fair & ~spam)
    return np.asarray((judged | ham | spam) & fair)


def folds_of(keys: Sequence[str], *, count: int) -> NDArray[np.int64]:
    """Gives the fold of every row: the same key always falls in the same one."""

    def folds() -> Iterator[int]:
        for key in keys:
            yield int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % count

    return np.fromiter(folds(), dtype=np.int64, count=len(keys))
