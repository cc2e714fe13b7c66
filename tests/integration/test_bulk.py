"""Bulk decisions: a sample first, the rest in portions, nothing lost when the worker dies."""

from dataclasses import replace

import pytest
from tests.integration.cases_of_tests import NOW, case_draft, reviewer

from evenhand.actions import steps as actions
from evenhand.actions.models import Action, Decision
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind
from evenhand.cases import bulk_steps, queries, steps
from evenhand.cases.checks import CaseNotClosed, Finding
from evenhand.cases.limits import (
    BULK_CASES_PER_TRANSACTION,
    BULK_SAMPLE_MAX,
    BULK_SAMPLE_MIN,
)
from evenhand.cases.lists import BulkState
from evenhand.cases.models import Bulk, Case
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db


def raid(size: int, **more: object) -> list[Case]:
    return [
        steps.open_case(replace(case_draft(event=f"$raid{number}"), **more), now=NOW)
        for number in range(size)
    ]


def senior() -> Person:
    return reviewer("Sam Example", Role.SENIOR, Role.REVIEWER)


def proposed(cases: list[Case], by: Person, kind: ActionKind = ActionKind.REDACT) -> Bulk:
    return bulk_steps.propose_bulk(
        [case.id for case in cases], kind, by=by, reason="One raid.", seed=7, now=NOW
    )


def decide_sample(bulk: Bulk, by: Person, kind: ActionKind = ActionKind.REDACT) -> None:
    for member in queries.bulk_members(bulk.id, sampled=True):
        steps.decide_case(member.case_id, kind, by=by, reason="It incites.", now=NOW)


def run_to_the_end(bulk: Bulk) -> int:
    portions = 1
    while bulk_steps.run_bulk(bulk.id, now=NOW):
        portions += 1
    return portions


def refused_for(*findings: Finding):
    return pytest.raises(CaseNotClosed, match=",".join(findings))


def test_the_rest_follows_when_all_of_the_sample_agrees() -> None:
    cases, sam = raid(130), senior()
    bulk = proposed(cases, sam)
    decide_sample(bulk, reviewer())

    bulk_steps.start_bulk(bulk.id, now=NOW)
    portions = run_to_the_end(bulk)

    assert portions == 2
    assert not Case.objects.filter(state="open").exists()
    assert Action.objects.filter(kind="redact").count() == 130
    assert Bulk.objects.get().state == BulkState.DONE
    record = Record.objects.get(kind="bulk_decided")
    assert (record.action, record.quantity) == ("redact", 130 - 7)


def test_nothing_follows_while_the_sample_is_open() -> None:
    bulk = proposed(raid(20), senior())

    with refused_for(Finding.BULK_SAMPLE_OPEN):
        bulk_steps.start_bulk(bulk.id, now=NOW)
    assert bulk_steps.run_bulk(bulk.id, now=NOW) == 0
    assert not Decision.objects.exists()


def test_one_other_answer_in_the_sample_stops_the_bulk() -> None:
    bulk, ada = proposed(raid(20), senior()), reviewer()
    first, *others = queries.bulk_members(bulk.id, sampled=True)
    steps.decide_case(first.case_id, ActionKind.NONE, by=ada, reason="Satire.", now=NOW)
    for member in others:
        steps.decide_case(member.case_id, ActionKind.REDACT, by=ada, reason="Raid.", now=NOW)

    stopped = bulk_steps.start_bulk(bulk.id, now=NOW)

    assert stopped.state == BulkState.STOPPED
    assert bulk_steps.run_bulk(bulk.id, now=NOW) == 0
    assert Case.objects.filter(state="open").count() == 20 - len(others) - 1
    with refused_for(Finding.BULK_ENDED):
        bulk_steps.start_bulk(bulk.id, now=NOW)


def test_what_happened_to_a_case_meanwhile_leaves_it_out() -> None:
    cases, sam, ada = raid(12), senior(), reviewer()
    bulk = proposed(cases, sam)
    decide_sample(bulk, ada)
    left = [m.case_id for m in queries.bulk_members(bulk.id, sampled=False)]
    steps.claim(left[0], by=ada, now=NOW)
    steps.decide_case(left[1], ActionKind.NONE, by=ada, reason="Satire.", now=NOW)
    bulk_steps.start_bulk(bulk.id, now=NOW)

    run_to_the_end(bulk)

    out = {m.case_id: m.left_out for m in queries.bulk_members(bulk.id) if m.left_out}
    assert set(out) == {left[0], left[1]}
    assert "claimed_by_another" in out[left[0]]
    assert "case_closed" in out[left[1]]
    assert Case.objects.filter(state="open").count() == 1


def test_the_sample_is_drawn_again_by_its_seed() -> None:
    ids = [new_id(now=NOW) for _ in range(400)]

    drawn = bulk_steps.sample_of(ids, seed=3)

    assert drawn == bulk_steps.sample_of(ids[::-1], seed=3)
    assert drawn != bulk_steps.sample_of(ids, seed=4)
    assert len(drawn) == 20
    assert len(bulk_steps.sample_of(ids[:3], seed=3)) == 3
    assert len(bulk_steps.sample_of(ids[:30], seed=3)) == BULK_SAMPLE_MIN
    assert len(bulk_steps.sample_of(ids * 100, seed=3)) <= BULK_SAMPLE_MAX


def test_what_is_not_alike_is_not_decided_together() -> None:
    sam = senior()
    cases = raid(3)
    other = steps.open_case(replace(case_draft(event="$spam"), harm="m.spam", severity=1), now=NOW)
    with refused_for(Finding.BULK_NOT_ALIKE):
        proposed([*cases, other], sam)
    with refused_for(Finding.BULK_SIZE):
        proposed(cases[:1], sam)
    with refused_for(Finding.NEEDS_A_SENIOR):
        proposed(cases, reviewer())
    with refused_for(Finding.TERRITORY_MISSING):
        proposed(cases, sam, ActionKind.GEO_WITHHOLD)
    with pytest.raises(NotFound):
        bulk_steps.propose_bulk(
            [cases[0].id, new_id(now=NOW)], ActionKind.NONE, by=sam, reason="x", seed=1, now=NOW
        )
    proposed(cases, sam)
    with refused_for(Finding.BULK_TAKEN):
        proposed(cases, sam)


def test_grave_measures_that_wait_for_an_opinion_are_decided_one_by_one() -> None:
    cases = raid(3, harm="m.violence.extremist", severity=4)

    with refused_for(Finding.OPINION_MISSING):
        proposed(cases, senior(), ActionKind.BLOCK_CHANNEL)


def test_a_child_is_never_decided_about_in_bulk() -> None:
    cases = raid(3, harm="m.child_safety.grooming", severity=4)

    with refused_for(Finding.BULK_NOT_ALIKE):
        proposed(cases, reviewer("Kim Example", Role.SENIOR, Role.CHILD_SAFETY))


def test_a_bulk_can_be_stopped_between_two_portions() -> None:
    cases, sam = raid(BULK_CASES_PER_TRANSACTION + 40), senior()
    bulk = proposed(cases, sam)
    decide_sample(bulk, reviewer())
    bulk_steps.start_bulk(bulk.id, now=NOW)
    left = bulk_steps.run_bulk(bulk.id, now=NOW)

    bulk_steps.stop_bulk(bulk.id, by=sam, now=NOW)

    assert left > 0
    assert bulk_steps.run_bulk(bulk.id, now=NOW) == 0
    assert Case.objects.filter(state="open").count() == left


def test_a_portion_that_dies_leaves_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    cases, sam = raid(30), senior()
    bulk = proposed(cases, sam)
    decide_sample(bulk, reviewer())
    bulk_steps.start_bulk(bulk.id, now=NOW)
    decided = Decision.objects.count()
    real, calls = bulk_steps.decide_case, []

    def dies(*arguments: object, **named: object) -> object:
        calls.append(arguments)
        if len(calls) == 10:
            raise SystemExit
        return real(*arguments, **named)

    monkeypatch.setattr(bulk_steps, "decide_case", dies)
    with pytest.raises(SystemExit):
        bulk_steps.run_bulks(now=NOW)
    assert Decision.objects.count() == decided
    assert len([m for m in queries.bulk_members(bulk.id) if m.done]) == decided

    monkeypatch.undo()
    assert bulk_steps.run_bulks(now=NOW) == 1
    assert bulk_steps.run_bulks(now=NOW) == 0
    assert Decision.objects.count() == 30
    assert Record.objects.filter(kind="bulk_decided").count() == 1


@pytest.mark.parametrize("doubt", ["escalated", "opinion wanted"])
def test_a_case_that_somebody_doubts_does_not_follow(doubt: str) -> None:
    bulk, ada = proposed(raid(8), senior()), reviewer()
    case = queries.bulk_members(bulk.id, sampled=False)[0].case
    if doubt == "escalated":
        steps.escalate(case.id, by=ada, reason="A journalist, no raid.", now=NOW)
    else:
        steps.ask_opinion(case.id, by=ada, now=NOW)
    decide_sample(bulk, ada)

    bulk_steps.start_bulk(bulk.id, now=NOW)
    run_to_the_end(bulk)

    case.refresh_from_db()
    assert case.state == "open"
    assert bulk.members.get(case=case).left_out == Finding.BULK_NOT_ALIKE


def test_a_sample_that_was_taken_back_lets_nothing_follow() -> None:
    bulk, ada = proposed(raid(8), senior()), reviewer()
    decide_sample(bulk, ada)
    action = Action.objects.first()
    assert action is not None
    actions.undo(action.id, by=ada.id, reason="It was a mistake.", now=NOW)

    assert bulk_steps.start_bulk(bulk.id, now=NOW).state == BulkState.STOPPED
