"""The only writers: a report is received, its case opened or joined, its outcome told."""

from dataclasses import dataclass
from datetime import datetime

from evenhand.reports.drafts import ReportDraft
from evenhand.reports.models import Report


@dataclass(frozen=True, slots=True)
class Received:
    """A report as it was taken.

    receipt_code  16 digits, shown once; empty where the same report came again
    """

    report: Report
    receipt_code: str


def receive(draft: ReportDraft, *, now: datetime) -> Received:
    """Takes a report: the same origin again gives the report that exists."""
    raise NotImplementedError
