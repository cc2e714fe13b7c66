"""All days in one Parquet file: the rows of every day's CSV, in columns."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evenhand.transparency.documents import csv_rows
from evenhand.transparency.figures import Report
from evenhand.transparency.files import swap_in

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
    """Puts a day's rows into the file of all days, in the place of its earlier edition."""
    table = _rows(report)
    path = reports / NAME
    if path.is_file():
        kept = pq.read_table(path, schema=SCHEMA)
        kept = kept.filter(pc.not_equal(kept["day"], pa.scalar(report.day, pa.date32())))
        table = pa.concat_tables([kept, table])
    # A stable sort keeps the rows of a day in the order of its CSV.
    table = table.sort_by([("day", "ascending")])
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    swap_in(path, content.getvalue())


def days_in(reports: Path) -> set[date]:
    """Gives the days that the file of all days holds."""
    path = reports / NAME
    if not path.is_file():
        return set()
    return set(pc.unique(pq.read_table(path, columns=["day"])["day"]).to_pylist())


def _rows(report: Report) -> Any:
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    for part, key, category, quantity, note in csv_rows(report):
        row = (report.day, report.revision, part, key, category, quantity, note)
        for name, value in zip(SCHEMA.names, row, strict=True):
            columns[name].append(None if value == "" and name == "quantity" else value)
    return pa.table(columns, schema=SCHEMA)
