"""The only readers of reports."""

from dataclasses import dataclass
from uuid import UUID

from evenhand.reports.models import Report, Reporter


@dataclass(frozen=True, slots=True)
class ReporterRecord:
    """What came of somebody's reports so far."""

    upheld: int
    unfounded: int
    open: int


def reports_of(case_id: UUID) -> list[Report]:
    """Gives the reports that a case unites, the oldest first."""
    return list(Report.objects.filter(case_id=case_id).select_related("reporter").order_by("at"))


def reporter_record(reporter: Reporter) -> ReporterRecord:
    """Gives what came of somebody's reports."""
    raise NotImplementedError
