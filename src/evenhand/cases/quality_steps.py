"""Writers of what measures: golden cases and second looks, with nothing done to anybody.

Neither is told apart from a usual case by whoever decides it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction

from evenhand.actions.policies import policy_of
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.again import about_case
from evenhand.cases.checks import Finding, check_reason, refuse_if
from evenhand.cases.filing_steps import close, hold_evidence, locked, open_case, record
from evenhand.cases.limits import (
    CLAIM_MINUTES,
    GOLDEN_SHARE,
    SECOND_LOOK_HOURS,
    SECOND_LOOK_SHARE,
    SECOND_LOOK_SHARES,
)
from evenhand.cases.lists import CaseKind, CaseLane, CaseOutcome, CaseState
from evenhand.cases.models import Case, Golden, QualityCheck
from evenhand.cases.queries import answer_of, golden_for, golden_origin, judge_of
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record
from evenhand.records.outbox import Reaction

COPIED = (
    "harm", "severity", "score", "rules", "reason_opened", "source", "market", "language",
    "account", "channel", "channel_kind", "event", "evidence_id", "lane", "queue", "needs_role",
    "reach", "account_channels", "reach_counted_at", "reports_received", "reports_raising",
    "noticed",
)  # fmt: skip
"""What a case that measures has from the one that it stands for."""


def compare(case: Case, kind: ActionKind, *, by: Person, reason: str, now: datetime) -> None:
    """Compares an answer with the known or the first one, and closes the locked case.

    Where two people answered differently, a senior reviewer looks.
    """
    first = answer_of(case.sampled_of) if case.sampled_of else case.golden_answer
    check = QualityCheck.objects.create(
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
    if case.sampled_of is not None and not check.agreed:
        _ask_a_senior(case.sampled_of, check, now=now)


def make_golden(
    case_id: UUID, answer: ActionKind, *, by: Person, reason: str, now: datetime
) -> Golden:
    """Makes a closed case one whose answer is known; a senior says so who did not decide it.

    It is used for as long as its evidence is kept, and no longer.
    """
    with transaction.atomic():
        case = locked(case_id)
        refuse_if(
            [
                *([] if Role.SENIOR in judge_of(by).roles else [Finding.NEEDS_A_SENIOR]),
                *([Finding.DECIDED_BY_THE_SAME_PERSON] if case.closed_by_id == by.id else []),
                *([] if _can_be_golden(case) else [Finding.GOLDEN_UNFIT]),
                *([] if answer in policy_of(case.harm).offers else [Finding.POLICY_OFFERS_NOT]),
                *check_reason(reason),
            ]
        )
        golden, _ = Golden.objects.get_or_create(
            case=case,
            defaults={
                "id": new_id(now=now),
                "at": now,
                "by": by,
                "answer": answer.value,
                "reason": reason.strip(),
            },
        )
    return golden


def mix_golden(person: Person, *, chance: float, now: datetime) -> Case | None:
    """Gives somebody, once in a while, a case whose answer is known; None mostly."""
    if chance >= GOLDEN_SHARE:
        return None
    golden = golden_for(person)
    if golden is None:
        return None
    until = now + timedelta(minutes=CLAIM_MINUTES)
    left = _left(golden, person, until=until)
    if left is not None:
        return left
    try:
        # Its evidence is not held: it is used while it is kept anyway, and no longer.
        with transaction.atomic():
            return _copy(
                golden.case,
                origin=golden_origin(golden, person),
                golden=True,
                golden_answer=golden.answer,
                serve_by=now + (golden.case.serve_by - golden.case.opened_at),
                now=now,
                claimed_by=person,
                claimed_until=until,
            )
    except IntegrityError:
        # The same person asked twice at once: both get the same case, if it is still open.
        return _left(golden, person, until=until)


def _left(golden: Golden, person: Person, *, until: datetime) -> Case | None:
    """Gives the case by which somebody met a known answer, and let it go unanswered."""
    rows = Case.objects.select_for_update().filter(origin=golden_origin(golden, person))
    left = rows.filter(state=CaseState.OPEN.value).first()
    if left is not None:
        left.claimed_by, left.claimed_until = person, until
        left.save(update_fields=["claimed_by", "claimed_until"])
    return left


def draw_second_look(closed: Record, now: datetime) -> None:
    """Has somebody else look at a closed case again, if its record's id draws it.

    Anybody can check the draw: it needs the id and the share, and nothing else.
    """
    case = Case.objects.filter(pk=closed.subject, kind=CaseKind.REVIEW.value).first()
    if case is None or case.lane == CaseLane.SEALED or not drawn(closed.id, case.harm):
        return
    if Case.objects.filter(origin=f"second:{case.id}").exists():
        return
    with transaction.atomic():
        again = _copy(
            case,
            origin=f"second:{case.id}",
            sampled_of=case,
            barred_staff=case.closed_by_id,
            barred_names=case.barred_names,
            serve_by=now + timedelta(hours=SECOND_LOOK_HOURS),
            now=now,
        )
        hold_evidence(again, now=now)


def drawn(record_id: UUID, harm: str) -> bool:
    """Tells whether the id of a closing record draws a second look."""
    share = SECOND_LOOK_SHARES.get(harm, SECOND_LOOK_SHARE)
    return int.from_bytes(sha256(record_id.bytes).digest()[:8], "big") < share * 2**64


SECOND_LOOKS = Reaction(
    consumer="cases.second_looks",
    kinds=frozenset({RecordKind.CASE_CLOSED}),
    react=draw_second_look,
)
"""For the worker's list of reactions."""


def _copy(case: Case, *, origin: str, now: datetime, **more: object) -> Case:
    """Makes a case that stands for another; no record, since nothing new came in."""
    same = {field: getattr(case, field) for field in COPIED}
    create: Callable[..., Case] = Case.objects.create
    return create(
        id=new_id(now=now),
        opened_at=now,
        kind=CaseKind.REVIEW.value,
        origin=origin,
        **(same | {"lane": CaseLane.OPEN.value, "needs_role": Role.REVIEWER.value}),
        **more,
    )


def _can_be_golden(case: Case) -> bool:
    return (
        case.state == CaseState.CLOSED
        and case.kind == CaseKind.REVIEW
        and case.lane == CaseLane.OPEN
        and not case.golden
        and case.sampled_of_id is None
    )


def _ask_a_senior(case: Case, check: QualityCheck, *, now: datetime) -> None:
    origin = f"differs:{check.id}"
    draft = about_case(case, kind=CaseKind.DISAGREEMENT, origin=origin, now=now)
    senior = replace(draft, rules=(), barred_names=(), reach=case.reach, needs_role=Role.SENIOR)
    open_case(senior, now=now)
