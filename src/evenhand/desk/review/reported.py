"""What was reported about a case: who says it, in which words, and what of it is proved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, gettext_noop

from evenhand.base.lists import ChannelKind, Source
from evenhand.cases.models import Case
from evenhand.desk.evidence import ShownEvidence
from evenhand.desk.proof_words import ProofWords, proof_words
from evenhand.desk.words import channel_kind_name
from evenhand.evidence.models import SealedItem
from evenhand.reports.lists import ProofLevel, ReporterKind, Way
from evenhand.reports.models import Report
from evenhand.reports.queries import ReporterRecord, reporter_records

WAYS: Mapping[Way, str] = {
    Way.MATRIX: gettext_noop("in the messenger"),
    Way.FORM: gettext_noop("by the form"),
    Way.API: gettext_noop("by a program"),
    Way.MAIL: gettext_noop("by mail"),
    Way.LEGAL: gettext_noop("by an authority"),
}
"""The doors of reports, in words."""

REPORTS_SHOWN_MAX = 50
"""Reports shown on the page of a case: of a wave, nobody reads more, and the page stays quick."""

BY: Mapping[ReporterKind, str] = {
    ReporterKind.USER: gettext_noop("by somebody who is known again"),
    ReporterKind.ANONYMOUS: gettext_noop("by an unknown person"),
    ReporterKind.TRUSTED_FLAGGER: gettext_noop("by a trusted flagger"),
    ReporterKind.AUTHORITY: gettext_noop("by an authority"),
}
"""Who reports; a message disclosed by an unknown person may come from anybody who could read it."""


@dataclass(frozen=True, slots=True)
class SealedPart:
    """One sealed item of a report: its name on the page, and its content where it was opened."""

    which: str
    item: SealedItem
    content: ShownEvidence | None


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report as the page of its case shows it.

    way        by which door it came, in words
    by         who reports, as far as it is known; never a name
    record     how the reporter's earlier reports ended
    proof      what is said of a disclosed message; None where none was disclosed
    text       the reporter's words
    disclosed  what the disclosed message says; None where something speaks against it
    sender     who is proved to have sent it; empty where nobody is
    """

    report: Report
    way: str
    by: str
    record: ReporterRecord
    proof: ProofWords | None
    text: SealedPart | None
    disclosed: SealedPart | None
    sender: str


def report_items(reports: Sequence[Report]) -> dict[str, SealedItem]:
    """Gives what is sealed of a case's reports, by the name that the page uses."""
    return {which: item for report in reports for which, item in _sealed(report)}


def report_rows(
    reports: Sequence[Report],
    opened: Mapping[str, ShownEvidence],
    *,
    before: datetime | None = None,
) -> list[ReportRow]:
    """Gives the reports of a case, with what was opened of them; disclosed messages stand first.

    before  the moment whose knowledge of the reporters is shown; None is now
    """
    first = sorted(reports, key=lambda one: one.proof == ProofLevel.NONE)[:REPORTS_SHOWN_MAX]
    if not first:
        return []
    records = reporter_records({one.reporter_id for one in first}, before=before)
    return [_row(one, opened, records[one.reporter_id]) for one in first]


def _row(report: Report, opened: Mapping[str, ShownEvidence], record: ReporterRecord) -> ReportRow:
    parts = {which: SealedPart(which, item, opened.get(which)) for which, item in _sealed(report)}
    return ReportRow(
        report,
        gettext(WAYS[Way(report.way)]),
        gettext(BY[ReporterKind(report.reporter.kind)]),
        record,
        proof_words(report.proof, report.proof_findings),
        parts.get(f"report-{report.id}"),
        parts.get(f"disclosed-{report.id}"),
        report.proved_sender,
    )


def _sealed(report: Report) -> Iterator[tuple[str, SealedItem]]:
    if report.text is not None:
        yield f"report-{report.id}", report.text
    if report.proof_text is not None:
        yield f"disclosed-{report.id}", report.proof_text


def channel_kind_of(case: Case, reports: Sequence[Report]) -> str:
    """Gives what kind of channel it is, in words; not known where no messenger was asked.

    What comes by form, mail or program counts as private until somebody knows better.
    """
    reported = case.source != Source.OWN and bool(reports)
    asked = any(report.way == Way.MATRIX for report in reports)
    if reported and not asked and case.channel_kind == ChannelKind.PRIVATE:
        return gettext("not known")
    return channel_kind_name(case.channel_kind)
