"""Writers of what measures: answers compared, with nothing done to anybody."""

from datetime import datetime

from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.filing_steps import close, record
from evenhand.cases.lists import CaseOutcome
from evenhand.cases.models import Case, QualityCheck
from evenhand.cases.queries import answer_of
from evenhand.people.models import Person


def compare(case: Case, kind: ActionKind, *, by: Person, reason: str, now: datetime) -> None:
    """Compares an answer with the known or the first one, and closes the locked case."""
    first = answer_of(case.sampled_of) if case.sampled_of else case.golden_answer
    QualityCheck.objects.create(
        id=new_id(now=now),
        at=now,
        case=case,
        harm=case.harm,
        golden=case.golden,
        first=first,
        first_by=case.sampled_of.closed_by if case.sampled_of else None,
        second=kind.value,
        second_by=by,
        agreed=first == kind.value,
    )
    close(case, CaseOutcome.COMPARED, by=by, reason=reason, now=now)
    record(case, RecordKind.QUALITY_CHECKED, action=kind, now=now)
