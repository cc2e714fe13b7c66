"""Writers of who has a case in hand: claim, let go, hand over, escalate, note."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.cases.checks import (
    CaseNoteRefused,
    Finding,
    check_judge,
    check_reason,
    check_role,
    refuse_if,
    works_for,
)
from evenhand.cases.exposure import budget_spent
from evenhand.cases.filing_steps import held_by_another, locked, note_step, record, seal_lane
from evenhand.cases.limits import (
    CASES_CLAIMED_MAX,
    CLAIM_MINUTES,
    GRAVE_SEVERITY,
    HANDED_OVER_HOURS,
    NOTE_CHARACTERS_MAX,
)
from evenhand.cases.lists import CaseLane, CaseState, StepKind
from evenhand.cases.models import Case, CaseNote
from evenhand.cases.quality_steps import mix_golden
from evenhand.cases.queries import count_claimed, exposure_of, facts_of, judge_of
from evenhand.people.models import Person
from evenhand.people.roles import Role


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What somebody wants to work on; an empty field lets everything through."""

    queue: str = ""
    harm: str = ""
    language: str = ""
    market: str = ""
    kind: str = ""


ANYTHING = ClaimFilter()


def claim_next(
    person: Person, wanted: ClaimFilter = ANYTHING, *, now: datetime, chance: float = 1.0
) -> Case | None:
    """Gives somebody the most urgent case that nobody has in hand; None if there is none.

    Two who ask at the same moment get two cases: each passes over what the other has locked.
    `chance`, a number from 0 to 1, decides whether it is a golden case this time.
    """
    with transaction.atomic():
        _check_free_hand(person, now=now)
        measuring = mix_golden(person, chance=chance, now=now)
        if measuring is not None:
            note_step(measuring, StepKind.CLAIMED, by=person, now=now)
            return measuring
        rows = _claimable(person, wanted, now=now)
        found = rows.select_for_update(skip_locked=True, of=("self",)).order_by("serve_by", "id")
        case = found.first()
        if case is not None:
            _take(case, person, now=now)
    return case


def claim(case_id: UUID, *, by: Person, now: datetime) -> Case:
    """Takes one case in hand, or renews the claim on it."""
    with transaction.atomic():
        case = locked(case_id)
        refuse_if(
            [
                *check_judge(facts_of(case), judge_of(by)),
                *([Finding.CLAIMED_BY_ANOTHER] if held_by_another(case, by, now=now) else []),
                *([Finding.NOT_CLAIMED] if case.golden and case.claimed_by_id != by.id else []),
            ]
        )
        if not _holds(case, by, now=now):
            _check_free_hand(by, now=now)
            _take(case, by, now=now)
        else:
            renew(case, by=by, now=now)
    return case


def let_go(case_id: UUID, *, by: Person, now: datetime) -> Case:
    """Gives a case back to its queue."""
    with transaction.atomic():
        case = locked(case_id)
        refuse_if([] if _holds(case, by, now=now) else [Finding.NOT_CLAIMED])
        _release(case)
        note_step(case, StepKind.LET_GO, by=by, now=now)
    return case


def hand_over(case_id: UUID, *, to: Person, by: Person, reason: str, now: datetime) -> Case:
    """Gives a case to a colleague, who has it in hand for some hours."""
    with transaction.atomic():
        case = locked(case_id)
        facts = facts_of(case)
        unable = check_judge(facts, judge_of(to)) or to.id == by.id
        refuse_if(
            [
                *_check_in_hand(case, by, now=now),
                *check_reason(reason),
                *([Finding.CANNOT_TAKE_IT] if unable else []),
            ]
        )
        case.claimed_by = case.handed_to = to
        case.claimed_until = now + timedelta(hours=HANDED_OVER_HOURS)
        case.save(update_fields=["claimed_by", "claimed_until", "handed_to"])
        note_step(case, StepKind.HANDED_OVER, by=by, to=to, said=reason.strip(), now=now)
        record(case, RecordKind.CASE_HANDED_OVER, by=by.id, now=now)
    return case


def escalate(case_id: UUID, *, by: Person, reason: str, now: datetime) -> Case:
    """Gives a case to the senior reviewers; in the sealed lane it stays with that lane's people."""
    with transaction.atomic():
        case = locked(case_id)
        refuse_if(
            [
                *_check_in_hand(case, by, now=now),
                *check_reason(reason),
                *([Finding.ESCALATED_ALREADY] if case.escalated_at is not None else []),
            ]
        )
        if case.lane != CaseLane.SEALED:
            case.needs_role = Role.SENIOR.value
        case.escalated_at, case.escalated_by, case.escalated_reason = now, by, reason.strip()
        case.save(update_fields=["needs_role", "escalated_at", "escalated_by", "escalated_reason"])
        _release(case)
        note_step(case, StepKind.ESCALATED, by=by, said=reason.strip(), now=now)
        record(case, RecordKind.CASE_ESCALATED, by=by.id, now=now)
    return case


def move_to_sealed_lane(
    case_id: UUID, *, by: Person, reason: str, now: datetime, harm: str = "m.child_safety"
) -> Case:
    """Moves a case that turns out to be about a child's safety to where few may see it.

    A second look becomes a case of its own there: what is decided on it is done.
    """
    with transaction.atomic():
        case = locked(case_id)
        refuse_if([*_check_in_hand(case, by, now=now), *check_reason(reason)])
        seal_lane(case, harm, severity=harms()[harm].severity)
        if case.sampled_of_id is not None:
            case.sampled_of = None
            record(case, RecordKind.CASE_OPENED, by=by.id, now=now)
        case.escalated_at, case.escalated_by, case.escalated_reason = now, by, reason.strip()
        case.save()
        note_step(case, StepKind.ESCALATED, by=by, said=reason.strip(), now=now)
        record(case, RecordKind.CASE_ESCALATED, by=by.id, now=now)
    return case


def note(case_id: UUID, text: str, *, by: Person, now: datetime) -> CaseNote:
    """Writes a note for colleagues on a case; whoever has it in hand keeps it longer."""
    kept = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not kept or len(kept) > NOTE_CHARACTERS_MAX:
        raise CaseNoteRefused(
            why="too long" if kept else "empty", characters_max=NOTE_CHARACTERS_MAX
        )
    with transaction.atomic():
        case = locked(case_id)
        refuse_if(check_role(facts_of(case), judge_of(by).roles))
        written = CaseNote.objects.create(id=new_id(now=now), at=now, case=case, by=by, text=kept)
        note_step(case, StepKind.NOTED, by=by, now=now)
        if _holds(case, by, now=now):
            renew(case, by=by, now=now)
    return written


def renew(case: Case, *, by: Person, now: datetime) -> None:
    """Lets a claim run from now again: somebody works on the case; never shortens it."""
    until = now + timedelta(minutes=CLAIM_MINUTES)
    if case.claimed_by_id == by.id and case.claimed_until and case.claimed_until < until:
        case.claimed_until = until
        case.save(update_fields=["claimed_until"])


def _claimable(person: Person, wanted: ClaimFilter, *, now: datetime) -> QuerySet[Case]:
    rows = Case.objects.filter(
        Q(claimed_by=None) | Q(claimed_until__lte=now),
        Q(barred_staff=None) | ~Q(barred_staff=person.id),
        state=CaseState.OPEN.value,
        needs_role__in=works_for(judge_of(person).roles),
        golden=False,
    ).exclude(barred_names__contains=[person.name])
    rows = rows.exclude(opinion_by__contains=[person.id])
    if budget_spent(exposure_of(person, now.date())):
        rows = rows.filter(lane=CaseLane.OPEN.value, severity__lt=GRAVE_SEVERITY)
    for field in ("queue", "harm", "language", "market", "kind"):
        if value := getattr(wanted, field):
            rows = rows.filter(**{field: value})
    return rows


def _check_free_hand(person: Person, *, now: datetime) -> None:
    full = count_claimed(person, now=now) >= CASES_CLAIMED_MAX
    refuse_if([Finding.TOO_MANY_CLAIMED] if full else [])


def _check_in_hand(case: Case, by: Person, *, now: datetime) -> list[Finding]:
    """Finds why somebody may not pass a case on: others have it, or it is not theirs to judge."""
    found = check_judge(facts_of(case), judge_of(by))
    return [
        *(one for one in found if one is not Finding.GAVE_AN_OPINION),
        *([Finding.CLAIMED_BY_ANOTHER] if held_by_another(case, by, now=now) else []),
        *([Finding.NOT_CLAIMED] if case.golden else []),
    ]


def _take(case: Case, person: Person, *, now: datetime) -> None:
    case.claimed_by, case.claimed_until = person, now + timedelta(minutes=CLAIM_MINUTES)
    case.save(update_fields=["claimed_by", "claimed_until"])
    note_step(case, StepKind.CLAIMED, by=person, now=now)


def _holds(case: Case, person: Person, *, now: datetime) -> bool:
    return (
        case.state == CaseState.OPEN
        and case.claimed_by_id == person.id
        and case.claimed_until is not None
        and case.claimed_until > now
    )


def _release(case: Case) -> None:
    case.claimed_by = case.claimed_until = case.handed_to = None
    case.save(update_fields=["claimed_by", "claimed_until", "handed_to"])
