"""The only readers of reports."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import Count, F, Q

from evenhand.appeals.models import Complaint
from evenhand.base.ids import first_id
from evenhand.reports.brigading import Record
from evenhand.reports.limits import ROWS_PER_PAGE
from evenhand.reports.lists import ReportOutcome, ReportState
from evenhand.reports.models import Report, Reporter, TrustedFlagger
from evenhand.reports.receipts import hash_of, typed


@dataclass(frozen=True, slots=True)
class ReporterRecord:
    """What came of somebody's reports so far; what was reversed counts as neither."""

    upheld: int
    unfounded: int
    open: int


@dataclass(frozen=True, slots=True)
class FlaggerYear:
    """A trusted flagger's own figures of one year (DSA Art. 22(3) lists what it has to publish).

    by_harm  notices sent, by harm
    median_milliseconds  between notice and answer; None where nothing was answered
    """

    year: int
    notices: int
    acted: int
    not_acted: int
    open: int
    by_harm: tuple[tuple[str, int], ...]
    median_milliseconds: int | None


def reports_of(case_id: UUID) -> list[Report]:
    """Gives the reports that a case unites, the oldest first."""
    rows = Report.objects.filter(case_id=case_id).select_related("reporter", "text", "proof_text")
    return list(rows.defer("text__sealed", "proof_text__sealed").order_by("at", "id"))


def report_by_code(code: str, *, key: bytes) -> Report | None:
    """Gives the report that a receipt code was given for."""
    digits = typed(code)
    if not digits:
        return None
    found = Report.objects.select_related("case").filter(receipt_hash=hash_of(digits, key=key))
    return found.first()


def reports_by_channel(*, since: datetime) -> dict[str, int]:
    """Gives how many reports since a moment were about each channel; of a mass none counts."""
    rows = Report.objects.filter(id__gte=first_id(since=since), at__gte=since, masses=[])
    counted = rows.exclude(channel="").values("channel").annotate(reports=Count("id"))
    return {row["channel"]: row["reports"] for row in counted.order_by("channel")}


def reporter_record(reporter: Reporter) -> ReporterRecord:
    """Gives what came of somebody's reports."""
    counts = Report.objects.filter(reporter=reporter).aggregate(
        upheld=Count("id", filter=Q(outcome=ReportOutcome.ACTED.value)),
        unfounded=Count("id", filter=Q(outcome=ReportOutcome.NOT_ACTED.value)),
        open=Count("id", filter=~Q(state=ReportState.ANSWERED.value)),
    )
    return ReporterRecord(**counts)


def reporter_records(
    reporters: Collection[UUID], *, before: datetime | None = None
) -> dict[UUID, ReporterRecord]:
    """Gives what came of the reports of each, at once; only of what was answered before."""
    rows = Report.objects.filter(reporter__in=reporters)
    if before is not None:
        rows = rows.filter(at__lt=before).exclude(answered_at__gte=before)
    counted = rows.values("reporter").annotate(
        upheld=Count("id", filter=Q(outcome=ReportOutcome.ACTED.value)),
        unfounded=Count("id", filter=Q(outcome=ReportOutcome.NOT_ACTED.value)),
        open=Count("id", filter=~Q(state=ReportState.ANSWERED.value)),
    )
    found = {
        row["reporter"]: ReporterRecord(row["upheld"], row["unfounded"], row["open"])
        for row in counted.order_by()
    }
    return {one: found.get(one, ReporterRecord(0, 0, 0)) for one in reporters}


def judged_reports(reporter: Reporter, *, since: datetime) -> int:
    """Gives how many of somebody's reports were decided since."""
    decided = [ReportOutcome.ACTED.value, ReportOutcome.NOT_ACTED.value]
    rows = Report.objects.filter(reporter=reporter, outcome__in=decided)
    return rows.filter(answered_at__gt=since).count()


def judged_complaints(reporter: Reporter, *, since: datetime) -> int:
    """Gives how many of somebody's complaints were decided since."""
    made = Report.objects.filter(reporter=reporter).values("id")
    return Complaint.objects.filter(report__in=made, case__closed_at__gt=since).count()


def record_for_masses(reporter: Reporter) -> Record:
    """Gives a reporter's record as the look for mass reporting needs it."""
    found = reporter_record(reporter)
    return Record(upheld=found.upheld, unfounded=found.unfounded)


def flagger_by_token_hash(token_hash: bytes, *, on: date) -> TrustedFlagger | None:
    """Gives the trusted flagger whose living token this is."""
    return TrustedFlagger.objects.filter(
        token_hash=token_hash, ended_at=None, confirmed_by__isnull=False, valid_until__gte=on
    ).first()


def flaggers() -> list[TrustedFlagger]:
    """Gives every trusted flagger that was entered, by name."""
    return list(
        TrustedFlagger.objects.select_related("entered_by", "confirmed_by").order_by("name")
    )


def reports_of_flagger(flagger_id: UUID, *, page: int = 1) -> list[Report]:
    """Gives one page of a trusted flagger's notices, the newest first."""
    begin = (page - 1) * ROWS_PER_PAGE
    rows = Report.objects.filter(reporter__flagger_id=flagger_id).order_by("-at", "-id")
    return list(rows[begin : begin + ROWS_PER_PAGE])


def flagger_year(flagger_id: UUID, year: int) -> FlaggerYear:
    """Gives a trusted flagger's figures of one year, by when its notices came."""
    rows = Report.objects.filter(
        reporter__flagger_id=flagger_id,
        at__gte=datetime(year, 1, 1, tzinfo=UTC),
        at__lt=datetime(year + 1, 1, 1, tzinfo=UTC),
    )
    counts = rows.aggregate(
        notices=Count("id"),
        acted=Count("id", filter=Q(outcome=ReportOutcome.ACTED.value)),
        not_acted=Count("id", filter=~Q(outcome__in=["", ReportOutcome.ACTED.value])),
        open=Count("id", filter=~Q(state=ReportState.ANSWERED.value)),
    )
    by_harm = rows.values_list("harm").annotate(count=Count("id")).order_by("harm")
    times = sorted(
        round(taken.total_seconds() * 1000)
        for taken in rows.filter(answered_at__isnull=False)
        .annotate(taken=F("answered_at") - F("at"))
        .values_list("taken", flat=True)
    )
    median = times[len(times) // 2] if times else None
    return FlaggerYear(year=year, by_harm=tuple(by_harm), median_milliseconds=median, **counts)
