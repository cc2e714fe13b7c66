"""Labels: what people decided, for training rules and models; without whom it concerned.

A row has no account, channel or event. Its text comes only from evidence that is still kept, one
item at a time through the opener, which records who read it and why. The sealed lane is left out.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from evenhand.base.errors import InputRefused
from evenhand.cases.limits import LABEL_ROWS_PER_GROUP
from evenhand.cases.models import Case
from evenhand.cases.queries import answer_of, closed_reviews, stands

FORMATS = (".ndjson", ".parquet")

Reading = Callable[[UUID], str | None]
"""Gives the text of one item of evidence; None where there is none."""


@dataclass(frozen=True, slots=True)
class Label:
    """One answer of a person.

    harm     under which it was decided; `none` where nothing was done
    stands   nobody took it back: no undo, no objection upheld
    agreed   a second person answered the same; None where nobody was asked
    rules    the rules that fired, as `id@version`
    """

    day: str
    harm: str
    answer: str
    stands: bool
    agreed: bool | None
    language: str
    market: str
    channel_kind: str
    source: str
    score: float
    rules: tuple[str, ...]
    text: str | None


@dataclass(slots=True)
class Told:
    """How many labels were written, and how many with their text."""

    labels: int = 0
    texts: int = 0


def export(path: Path, *, read: Reading) -> Told:
    """Writes every label into a new file, NDJSON or Parquet by its suffix."""
    if path.suffix not in FORMATS:
        raise InputRefused(what="file", why=f"its name ends in none of {', '.join(FORMATS)}")
    if path.exists():
        raise InputRefused(what="file", why="it exists already")
    told = Told()
    rows = _counted(labels(read), told)
    if path.suffix == ".parquet":
        _write_parquet(path, rows)
    else:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            for label in rows:
                file.write(json.dumps(asdict(label), ensure_ascii=False) + "\n")
    return told


def labels(read: Reading) -> Iterator[Label]:
    """Gives a label for each review that a person closed, the oldest first."""
    for case in closed_reviews():
        answer = answer_of(case)
        yield Label(
            day=f"{case.closed_at:%Y-%m-%d}",
            harm=case.harm if answer != "none" else "none",
            answer=answer,
            stands=stands(case),
            agreed=_agreed(case),
            language=case.language,
            market=case.market,
            channel_kind=case.channel_kind,
            source=case.source,
            score=case.score,
            rules=tuple(f"{rule}@{version}" for rule, version in case.rules),
            text=_text(case, read),
        )


def _agreed(case: Case) -> bool | None:
    again = case.looked_at_again.filter(quality_check__isnull=False).first()
    return None if again is None else bool(again.quality_check.agreed)


def _text(case: Case, read: Reading) -> str | None:
    kept = case.evidence
    return read(kept.id) if kept is not None and kept.expired_at is None else None


def _counted(rows: Iterator[Label], told: Told) -> Iterator[Label]:
    for label in rows:
        told.labels += 1
        told.texts += label.text is not None
        yield label


def _write_parquet(path: Path, rows: Iterator[Label]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("day", "harm", "answer")),
            ("stands", pa.bool_()),
            ("agreed", pa.bool_()),
            *((name, pa.string()) for name in ("language", "market", "channel_kind", "source")),
            ("score", pa.float64()),
            ("rules", pa.list_(pa.string())),
            ("text", pa.string()),
        ]
    )
    with path.open("xb") as file, pq.ParquetWriter(file, schema) as writer:
        path.chmod(0o600)
        group: list[dict[str, object]] = []
        for label in rows:
            group.append(asdict(label) | {"rules": list(label.rules)})
            if len(group) == LABEL_ROWS_PER_GROUP:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
