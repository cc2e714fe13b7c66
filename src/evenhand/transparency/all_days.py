"""All days in one Parquet file: the rows of every day's CSV, in columns."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evenhand.transparency.documents import csv_rows
from evenhand.transparency.editions import every_report
from evenhand.transparency.figures import FIGURE_OF_BREAKDOWN, Report
from evenhand.transparency.files import swap_in
from evenhand.transparency.subjects import PastDay, Subject, breakdowns_of, history_of

NAME = "days.parquet"
SCHEMA: Any = pa.schema(
    [
        ("day", pa.date32()),
        ("revision", pa.int32()),
        ("part", pa.string()),
        ("key", pa.string()),
        ("dsa_category", pa.string()),
        ("quantity", pa.int64()),
        ("note", pa.string()),
    ]
)


def write_all_days(report: Report, reports: Path) -> None:
    """Puts a day's rows into the file of all days, in the place of its earlier edition.

    Where no such file can be read, it is made from the reports of all days.
    """
    kept = _standing(reports)
    if kept is None:
        others = (one for one in every_report(reports) if one.day != report.day)
        kept = pa.concat_tables([SCHEMA.empty_table(), *(_rows(one) for one in others)])
    kept = kept.filter(pc.not_equal(kept["day"], pa.scalar(report.day, pa.date32())))
    table = pa.concat_tables([kept, _rows(report)])
    # A stable sort keeps the rows of a day in the order of its CSV.
    table = table.sort_by([("day", "ascending")])
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    swap_in(reports / NAME, content.getvalue())


def past_days(subject: Subject, reports: Path) -> list[PastDay]:
    """Gives a subject's days from the file of all days, the latest first."""
    standing = _standing(reports)
    if standing is None:
        return []
    figures = {one.value: FIGURE_OF_BREAKDOWN[one].value for one in breakdowns_of(subject.kind)}
    rows = standing.filter(pc.equal(standing["key"], subject.key)).to_pylist()
    return history_of(
        (row["day"], row["revision"], figures[row["part"]], row["quantity"])
        for row in rows
        if row["part"] in figures
    )


def days_in(reports: Path) -> set[date]:
    """Gives the days that the file of all days holds."""
    standing = _standing(reports, columns=["day"])
    return set() if standing is None else set(pc.unique(standing["day"]).to_pylist())


def _standing(reports: Path, *, columns: list[str] | None = None) -> Any:
    """Gives what the file of all days holds; None where there is none that can be read."""
    try:
        return pq.read_table(reports / NAME, schema=SCHEMA, columns=columns)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _rows(report: Report) -> Any:
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    for part, key, category, quantity, note in csv_rows(report):
        row = (report.day, report.revision, part, key, category, quantity, note)
        for name, value in zip(SCHEMA.names, row, strict=True):
            columns[name].append(None if value == "" and name == "quantity" else value)
    return pa.table(columns, schema=SCHEMA)
