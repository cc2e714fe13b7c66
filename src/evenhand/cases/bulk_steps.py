"""Writers of bulk decisions: one raid or wave, a sample first, the rest in portions.

Between two portions nothing is lost: what is decided is marked in the same transaction, and the
worker goes on where it stopped, even after a kill.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import ceil
from random import Random
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.cases.checks import (
    CaseNotClosed,
    Finding,
    check_bulk,
    check_names_nobody,
    check_reason,
    refuse_if,
)
from evenhand.cases.limits import (
    BULK_CASES_PER_TRANSACTION,
    BULK_SAMPLE_MAX,
    BULK_SAMPLE_MIN,
    BULK_SAMPLE_SHARE,
)
from evenhand.cases.lists import BulkState, CaseState
from evenhand.cases.models import Bulk, BulkCase, Case
from evenhand.cases.queries import answer_of, facts_of, in_another_bulk, judge_of, stands
from evenhand.cases.steps import decide_case, locked
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append


def propose_bulk(
    case_ids: Collection[UUID],
    kind: ActionKind,
    *,
    by: Person,
    reason: str,
    seed: int,
    now: datetime,
) -> Bulk:
    """Proposes one decision for many open cases of one harm, and draws the sample by the seed."""
    with transaction.atomic():
        cases = list(Case.objects.select_for_update().filter(id__in=set(case_ids)).order_by("id"))
        if missing := set(case_ids) - {case.id for case in cases}:
            raise NotFound(what="case", id=min(missing))
        refuse_if(
            [
                *check_bulk(
                    [facts_of(case) for case in cases],
                    {case.harm for case in cases},
                    kind,
                    judge_of(by),
                ),
                *check_reason(reason),
                *([Finding.BULK_TAKEN] if in_another_bulk(case_ids) else []),
            ]
        )
        check_names_nobody(reason, own="")
        bulk = Bulk.objects.create(
            id=new_id(now=now),
            at=now,
            by=by,
            kind=kind.value,
            harm=cases[0].harm,
            reason=reason.strip(),
            seed=seed,
        )
        chosen = sample_of([case.id for case in cases], seed=seed)
        BulkCase.objects.bulk_create(
            BulkCase(bulk=bulk, case=case, sampled=case.id in chosen) for case in cases
        )
    return bulk


def start_bulk(bulk_id: UUID, *, now: datetime) -> Bulk:
    """Lets the rest follow if all of the sample got this decision; stops the bulk if one did not.

    Refuses while a case of the sample is open. What was taken back meanwhile counts as decided
    otherwise.
    """
    with transaction.atomic():
        bulk = _locked(bulk_id)
        refuse_if([] if bulk.state == BulkState.SAMPLING else [Finding.BULK_ENDED])
        sample = bulk.members.select_related("case").filter(sampled=True)
        cases = [member.case for member in sample]
        still_open = any(case.state == CaseState.OPEN for case in cases)
        refuse_if([Finding.BULK_SAMPLE_OPEN] if still_open else [])
        sample.update(done=True)
        if all(_bears_out(bulk, case) for case in cases):
            bulk.state = BulkState.RUNNING.value
            bulk.save(update_fields=["state"])
        else:
            _end(bulk, BulkState.STOPPED, now=now)
    return bulk


def stop_bulk(bulk_id: UUID, *, by: Person, now: datetime) -> Bulk:
    """Stops a bulk decision; what is decided already stays, and can be undone one by one."""
    with transaction.atomic():
        bulk = _locked(bulk_id)
        refuse_if(
            [
                *check_bulk([], set(), ActionKind(bulk.kind), judge_of(by)),
                *([] if bulk.ended_at is None else [Finding.BULK_ENDED]),
            ]
        )
        _end(bulk, BulkState.STOPPED, now=now)
    return bulk


def run_bulk(bulk_id: UUID, *, now: datetime) -> int:
    """Decides the next portion of a bulk in one transaction, and gives how many are left.

    A case that was decided, claimed or moved meanwhile is left out, with the reason; so is one
    that somebody escalated or asked an opinion on.
    """
    with transaction.atomic():
        bulk = _locked(bulk_id)
        if bulk.state != BulkState.RUNNING:
            return 0
        rows = bulk.members.filter(done=False).order_by("id")
        for member in rows[:BULK_CASES_PER_TRANSACTION]:
            member.left_out = _follow(bulk, member, now=now)
            member.done = True
            member.save(update_fields=["left_out", "done"])
        left = bulk.members.filter(done=False).count()
        if not left:
            _end(bulk, BulkState.DONE, now=now)
    return left


def run_bulks(*, now: datetime) -> int:
    """Goes on with every bulk that runs, one portion each; gives how many did."""
    running = Bulk.objects.filter(state=BulkState.RUNNING.value).order_by("at")
    ids = list(running.values_list("id", flat=True))
    for bulk_id in ids:
        run_bulk(bulk_id, now=now)
    return len(ids)


def sample_of(case_ids: Sequence[UUID], *, seed: int) -> frozenset[UUID]:
    """Gives the cases to be decided one by one first; the same seed draws the same again."""
    wanted = min(BULK_SAMPLE_MAX, max(BULK_SAMPLE_MIN, ceil(len(case_ids) * BULK_SAMPLE_SHARE)))
    random = Random(seed)  # noqa: S311  it has to be drawn again by whoever checks
    return frozenset(random.sample(sorted(case_ids), min(wanted, len(case_ids))))


def _bears_out(bulk: Bulk, case: Case) -> bool:
    return answer_of(case) == bulk.kind and case.harm == bulk.harm and stands(case)


def _follow(bulk: Bulk, member: BulkCase, *, now: datetime) -> str:
    """Decides one case as its bulk says; gives why not, or nothing."""
    case = locked(member.case_id)
    doubted = case.escalated_at is not None or case.opinion_wanted_by_id is not None
    if case.harm != bulk.harm or case.needs_role != Role.REVIEWER or doubted:
        return Finding.BULK_NOT_ALIKE.value
    try:
        decide_case(member.case_id, ActionKind(bulk.kind), by=bulk.by, reason=bulk.reason, now=now)
    except CaseNotClosed as error:
        return str(error.fields["findings"])
    return ""


def _locked(bulk_id: UUID) -> Bulk:
    bulk = Bulk.objects.select_for_update().filter(pk=bulk_id).first()
    if bulk is None:
        raise NotFound(what="bulk decision", id=bulk_id)
    return bulk


def _end(bulk: Bulk, state: BulkState, *, now: datetime) -> None:
    bulk.state, bulk.ended_at = state.value, now
    bulk.save(update_fields=["state", "ended_at"])
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=RecordKind.BULK_DECIDED,
            subject=bulk.id,
            harm=bulk.harm,
            action=ActionKind(bulk.kind),
            quantity=bulk.members.filter(done=True, left_out="", sampled=False).count(),
            # A text: a seed may be larger than what every reader of JSON takes whole.
            body={"by": str(bulk.by_id), "state": bulk.state, "seed": str(bulk.seed)},
        )
    )
