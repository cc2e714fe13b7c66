"""A report as JSON and as CSV, and back from JSON: what programs read and recompute."""

import csv
import io
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.transparency.figures import (
    DIMENSION_OF_BREAKDOWN,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Dimension,
    Duration,
    Figure,
    InLog,
    Public,
    PublicBreakdown,
    Report,
    Row,
    Span,
)

SCHEMA = "urn:evenhand:schema:daily-report:3"
SCHEMA_NAME = "daily-report-3.schema.json"
READ = frozenset({SCHEMA, "urn:evenhand:schema:daily-report:2"})
"""Schemas of reports that are read: what an earlier one does not count is nothing there."""

METHOD = "withhold-and-merge-1"
CSV_COLUMNS = ("day", "revision", "part", "key", "dsa_category", "quantity", "note")


def schema_text() -> str:
    """Gives the JSON Schema of a report."""
    return files("evenhand.transparency").joinpath("schema/daily-report-3.json").read_text("utf-8")


def as_json(report: Report) -> str:
    """Gives a report as JSON."""
    public = report.public
    value = {
        "schema": SCHEMA,
        "day": report.day.isoformat(),
        "revision": report.revision,
        "generated_at": report.generated_at.isoformat(timespec="seconds"),
        "complete": report.complete,
        "log": None if report.in_log is None else _log_json(report.in_log),
        "protection": {"method": METHOD, "threshold": report.threshold},
        "figures": {figure.value: public.figures[figure] for figure in Figure},
        "breakdowns": {
            breakdown.value: _breakdown_json(breakdown, public.breakdowns[breakdown])
            for breakdown in Breakdown
        },
        "durations": {
            span.value: {
                "quantity": duration.quantity,
                "median_ms": duration.median_ms,
                "p95_ms": duration.p95_ms,
            }
            for span, duration in public.durations.items()
        },
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Report:
    """Gives the report that `as_json` wrote, or refuses what is not one."""
    try:
        value = json.loads(text)
        if value["schema"] not in READ:
            raise InputRefused(what="report", why="another schema", schema=str(value["schema"]))
        return Report(
            day=date.fromisoformat(value["day"]),
            revision=int(value["revision"]),
            generated_at=datetime.fromisoformat(value["generated_at"]),
            complete=bool(value["complete"]),
            threshold=int(value["protection"]["threshold"]),
            public=_public_from(value),
            in_log=_in_log_from(value["log"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputRefused(what="report", why="not a daily report") from error


def as_csv(report: Report) -> str:
    """Gives a report as CSV: one number a row, with a note where a number is not shown."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for part, key, category, quantity, note in csv_rows(report):
        writer.writerow(
            (report.day.isoformat(), report.revision, part, key, category, quantity, note)
        )
    return text.getvalue()


def csv_rows(report: Report) -> Iterator[tuple[str, str, str, int | str, str]]:
    """Gives every number of a report: part, key, DSA category, quantity, and a note where none."""
    public = report.public
    withheld = "withheld: not nothing, and too small to be shown"
    for figure in Figure:
        quantity = public.figures[figure]
        note = withheld if quantity is None else ""
        yield "figures", figure.value, "", "" if quantity is None else quantity, note
    for breakdown in Breakdown:
        cells = public.breakdowns[breakdown]
        for row in cells.rows:
            yield breakdown.value, row.key, _category(breakdown, row.key), row.quantity, ""
        if cells.merged:
            yield breakdown.value, "", "", cells.merged, "merged: not broken down"
        if cells.withheld:
            yield breakdown.value, "", "", "", withheld
    for span, duration in public.durations.items():
        yield "durations_ms", f"{span.value}.median", "", duration.median_ms, ""
        yield "durations_ms", f"{span.value}.p95", "", duration.p95_ms, ""


def _breakdown_json(breakdown: Breakdown, cells: PublicBreakdown) -> dict[str, object]:
    rows: list[dict[str, object]] = []
    for row in cells.rows:
        value: dict[str, object] = {"key": row.key, "quantity": row.quantity}
        if category := _category(breakdown, row.key):
            value["dsa_category"] = category
        rows.append(value)
    return {
        "figure": FIGURE_OF_BREAKDOWN[breakdown].value,
        "dimension": DIMENSION_OF_BREAKDOWN[breakdown].value,
        "rows": rows,
        "merged": cells.merged,
        "withheld": cells.withheld,
    }


def _log_json(found: InLog) -> dict[str, object]:
    """Gives the head of the log that a report stands in, as a checkpoint names it."""
    return {
        "origin": found.origin,
        "size": found.first + found.leaves,
        "root": b64encode(found.root).decode(),
        "first": found.first,
        "leaves": found.leaves,
    }


def _in_log_from(value: Mapping[str, Any] | None) -> InLog | None:
    if value is None:
        return None
    root = b64decode(value["root"], validate=True)
    return InLog(str(value["origin"]), int(value["first"]), int(value["leaves"]), root)


def _category(breakdown: Breakdown, key: str) -> str:
    """Gives the DSA category of a harm; the two are one row, so one never gives the other away."""
    if DIMENSION_OF_BREAKDOWN[breakdown] is not Dimension.HARM or key not in harms():
        return ""
    return harms()[key].dsa_category


NOT_COUNTED: Mapping[str, Any] = {"rows": (), "merged": 0, "withheld": False}


def _public_from(value: Mapping[str, Any]) -> Public:
    return Public(
        figures={figure: value["figures"].get(figure.value, 0) for figure in Figure},
        breakdowns={
            breakdown: PublicBreakdown(
                rows=tuple(Row(row["key"], row["quantity"]) for row in cells["rows"]),
                merged=cells["merged"],
                withheld=cells["withheld"],
            )
            for breakdown in Breakdown
            for cells in (value["breakdowns"].get(breakdown.value, NOT_COUNTED),)
        },
        durations={
            Span(name): Duration(span["quantity"], span["median_ms"], span["p95_ms"])
            for name, span in value["durations"].items()
        },
    )
