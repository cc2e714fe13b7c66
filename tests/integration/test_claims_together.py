"""Many people at once on a real PostgreSQL: no case is claimed twice, decided twice or doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

from django.db import connection
from tests.conftest import Site
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer

from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind
from evenhand.cases import steps
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.limits import CLAIM_MINUTES
from evenhand.cases.models import Case, CaseOrigin, CaseStep
from evenhand.cases.quality_steps import make_golden
from evenhand.people.roles import Role
from evenhand.records.models import Record

PEOPLE = 24
CASES = 60


def together(work: list[Callable[[], object]]) -> list[object]:
    """Runs everything at the same moment, each with a connection of its own."""
    begin = Barrier(len(work))

    def one(todo: Callable[[], object]) -> object:
        begin.wait(60)
        try:
            return todo()
        except CaseNotClosed as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(one, work))


def test_no_case_is_claimed_twice(committed: Site) -> None:
    people = [reviewer(f"Person {number}") for number in range(PEOPLE)]
    for number in range(CASES):
        steps.open_case(case_draft(event=f"$e{number}"), now=NOW)

    def claims(person: object) -> list[object]:
        return [case.id for _ in range(4) if (case := steps.claim_next(person, now=NOW))]

    found = together([lambda person=person: claims(person) for person in people])

    claimed = [case for one in found for case in one]
    assert len(claimed) == len(set(claimed)) == CASES
    assert CaseStep.objects.filter(kind="claimed").count() == CASES
    holders = Case.objects.values_list("id", "claimed_by")
    for person, one in zip(people, found, strict=True):
        assert {case for case, holder in holders if holder == person.id} == set(one)


def test_a_claim_that_ended_is_taken_over_once(committed: Site) -> None:
    people = [reviewer(f"Person {number}") for number in range(PEOPLE)]
    case = steps.open_case(case_draft(), now=NOW)
    steps.claim(case.id, by=reviewer(), now=NOW)
    later = NOW + timedelta(minutes=CLAIM_MINUTES)

    found = together([lambda one=one: steps.claim_next(one, now=later) for one in people])

    assert [one for one in found if one is not None] == [case]


def test_a_case_is_decided_once_however_many_try(committed: Site) -> None:
    people = [reviewer(f"Person {number}") for number in range(PEOPLE)]
    case = steps.open_case(case_draft(), now=NOW)

    found = together(
        [
            lambda one=one: steps.decide_case(
                case.id, ActionKind.WARN, by=one, reason="It insults.", now=NOW
            )
            for one in people
        ]
    )

    assert len([one for one in found if not isinstance(one, CaseNotClosed)]) == 1
    assert Record.objects.filter(kind="case_closed").count() == 1


def test_reviews_of_one_thing_that_come_at_once_are_one_case(committed: Site) -> None:
    drafts = [
        replace(case_draft(event="$same"), id=new_id(now=NOW), origin=f"report:{number}", reports=1)
        for number in range(PEOPLE)
    ]

    found = together([lambda one=one: steps.open_case(one, now=NOW).id for one in drafts])

    case = Case.objects.get()
    assert set(found) == {case.id}
    assert case.reports_received == PEOPLE
    assert CaseOrigin.objects.count() == PEOPLE - 1


def test_a_known_answer_asked_for_twice_at_once_is_one_case(committed: Site) -> None:
    case = steps.open_case(case_draft(Keys.fresh()), now=NOW)
    steps.decide_case(case.id, ActionKind.REDACT, by=reviewer(), reason="It incites.", now=NOW)
    sam = reviewer("Sam Example", Role.SENIOR)
    make_golden(case.id, ActionKind.REDACT, by=sam, reason="Clear.", now=NOW)
    ben = reviewer("Ben Example")

    found = together([lambda: steps.claim_next(ben, now=NOW, chance=0.0)] * 8)

    mixed = Case.objects.get(golden=True)
    assert found == [mixed] * 8
    assert mixed.claimed_by == ben
