"""Counts reports and complaints that a person found manifestly unfounded (DSA Art. 23(2))."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from evenhand.appeals.queries import complaints_of
from evenhand.base.lists import Language
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.reports.lists import Mass, ReporterKind, ReportKind
from evenhand.reports.models import Report
from evenhand.reports.queries import judged_complaints, judged_reports
from evenhand.standing.lists import MisuseKind
from evenhand.standing.misuse_steps import days_counted, note_unfounded

COUNTED = (ReportKind.USER_REPORT.value, ReportKind.NOTICE.value)
"""Of a trusted flagger the Coordinator is told (Art. 22(6)); an authority's referral is its own."""


def note_unfounded_of(case: Case, *, now: datetime) -> None:
    """Counts the reports, or the complaints, of a case that was closed as manifestly unfounded.

    Each person once per case. Who named nobody is not known again, and nothing is counted.
    """
    if not case.manifestly_unfounded:
        return
    if case.kind == CaseKind.COMPLAINT:
        made = [one.report for one in complaints_of(case.id)]
        rows = Report.objects.filter(id__in=made, reporter__kind=ReporterKind.USER.value)
        kind = MisuseKind.APPEAL
    else:
        rows = Report.objects.filter(
            case=case, kind__in=COUNTED, reporter__kind=ReporterKind.USER.value
        )
        kind = MisuseKind.REPORT
    by_reporter: dict[object, list[Report]] = {}
    for report in rows.select_related("reporter").order_by("at"):
        by_reporter.setdefault(report.reporter_id, []).append(report)
    for reports in by_reporter.values():
        _note(case, reports, kind, now=now)


def _note(case: Case, reports: Sequence[Report], kind: MisuseKind, *, now: datetime) -> None:
    reporter, since = reports[0].reporter, now - timedelta(days=days_counted(kind))
    count = judged_reports if kind is MisuseKind.REPORT else judged_complaints
    note_unfounded(
        bytes(reporter.key),
        kind,
        case.id,
        now,
        filed_at=reports[0].at if kind is MisuseKind.REPORT else case.opened_at,
        judged=count(reporter, since=since),
        intended=kind is MisuseKind.REPORT and any(_in_a_mass(report) for report in reports),
        language=Language(reports[-1].language),
    )


def _in_a_mass(report: Report) -> bool:
    """Tells whether the look for mass reporting saw others of its hand; a record is no intent."""
    return bool(set(report.masses) - {Mass.POOR_RECORD.value})
