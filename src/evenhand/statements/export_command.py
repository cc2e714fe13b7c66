"""`evenhand report statements`: all entries of a period as CSV, in the database's own columns.

What names somebody is not in an entry: it is made of facts that name nobody, and was scanned.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from evenhand.base.clock import now  # noqa: E402
from evenhand.statements.models import Submission  # noqa: E402
from evenhand.statements.queries import entries_between  # noqa: E402
from evenhand.transparency.eu_command import add_period, check_period  # noqa: E402

FIELDS = (
    "decision_visibility", "decision_visibility_other", "end_date_visibility_restriction",
    "decision_monetary", "decision_monetary_other", "end_date_monetary_restriction",
    "decision_provision", "end_date_service_restriction",
    "decision_account", "end_date_account_restriction", "account_type",
    "decision_ground", "decision_ground_reference_url",
    "illegal_content_legal_ground", "illegal_content_explanation",
    "incompatible_content_ground", "incompatible_content_explanation",
    "incompatible_content_illegal",
    "category", "category_addition", "category_specification", "category_specification_other",
    "content_type", "content_type_other", "content_language", "content_date",
    "territorial_scope", "application_date", "decision_facts",
    "source_type", "source_identity", "automated_detection", "automated_decision",
)  # fmt: skip
"""In the order of the database's own daily dumps."""
OURS = ("puid", "uuid", "state", "decided_at", "reversed_at", "reversal")
NEVER = frozenset({"source_identity"})
"""A trusted flagger's name is a person's in the worst case: it stays out of the export."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `evenhand report statements`."""
    add_period(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("statements.csv"), help="the file to write"
    )


def run(options: argparse.Namespace) -> int:
    """Writes the entries of a period and says how many."""
    check_period(options.first, options.last, today=now().date())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial = options.out.with_name(f".{options.out.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*OURS, *FIELDS))
        written = 0
        for row in rows(options.first, options.last):
            writer.writerow(row)
            written += 1
    partial.replace(options.out)
    sys.stdout.write(f"Wrote {written} statements: {options.out}\n")
    return 0


def rows(first: date, last: date) -> Iterator[tuple[str, ...]]:
    """Gives the entries of decisions from one day to another, in the order of the decisions."""
    for submission in entries_between(first, last):
        yield (
            submission.puid,
            submission.uuid,
            submission.state,
            _moment(submission.decision.at),
            _moment(submission.reversed_at),
            submission.reversal,
            *(_cell(submission, field) for field in FIELDS),
        )


def _cell(submission: Submission, field: str) -> str:
    """Gives a field as the dumps write it: lists as JSON, what is left out as nothing."""
    value = None if field in NEVER else submission.entry.get(field)
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, list) else str(value)


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S")
