"""Writers of second opinions: asked for by one, given by another, who then does not decide."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.checks import Finding, check_judge, check_reason, choices, refuse_if
from evenhand.cases.claim_steps import renew
from evenhand.cases.filing_steps import held_by_another, locked, note_step, record
from evenhand.cases.lists import StepKind
from evenhand.cases.models import Case, Opinion
from evenhand.cases.queries import facts_of, judge_of
from evenhand.people.models import Person


def ask_opinion(case_id: UUID, *, by: Person, now: datetime) -> Case:
    """Asks colleagues for a second opinion; the case stays with whoever has it in hand."""
    with transaction.atomic():
        case = locked(case_id)
        refuse_if(
            [
                *check_judge(facts_of(case), judge_of(by)),
                *([Finding.CLAIMED_BY_ANOTHER] if held_by_another(case, by, now=now) else []),
            ]
        )
        case.opinion_wanted_by = by
        case.save(update_fields=["opinion_wanted_by"])
        renew(case, by=by, now=now)
        note_step(case, StepKind.OPINION_ASKED, by=by, now=now)
    return case


def give_opinion(
    case_id: UUID, kind: ActionKind, *, by: Person, reason: str, now: datetime
) -> Opinion:
    """Says what a second person would decide, and why; the decision stays with the other."""
    with transaction.atomic():
        case = locked(case_id)
        facts = facts_of(case)
        asked_by = case.opinion_wanted_by
        refuse_if(
            [
                *check_judge(facts, judge_of(by)),
                *check_reason(reason),
                *([Finding.KIND_NOT_OFFERED] if kind not in choices(facts, case.harm) else []),
                *([Finding.OPINION_NOT_ASKED] if asked_by is None else []),
                *([Finding.OPINION_ASKED_BY_THE_SAME] if asked_by == by else []),
            ]
        )
        assert asked_by is not None, "the check above saw who asked"
        opinion = Opinion.objects.create(
            id=new_id(now=now),
            at=now,
            case=case,
            asked_by=asked_by,
            by=by,
            kind=kind.value,
            reason=reason.strip(),
        )
        case.opinion_by = [*case.opinion_by, by.id]
        case.opinion_wanted_by = None
        if case.claimed_by_id == by.id:
            case.claimed_by = case.claimed_until = None
        case.save(update_fields=["opinion_by", "opinion_wanted_by", "claimed_by", "claimed_until"])
        note_step(case, StepKind.OPINION_GIVEN, by=by, now=now)
        record(case, RecordKind.OPINION_GIVEN, by=by.id, action=kind, now=now)
    return opinion
