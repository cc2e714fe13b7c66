"""What an authority owes before its first removal order, and what another one finds of it later."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.integration.matters_of_tests import (
    ALL_NO,
    NOW,
    Desk,
    desk,
    plan_of,
    refusal,
    signed,
    withhold,
)

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import SubstanceAnswers, Validation
from evenhand.legal.lists import (
    Authenticity,
    Finding,
    ScrutinyAsker,
    ScrutinyOutcome,
)
from evenhand.legal.models import Clock, Matter, Scrutiny
from evenhand.markets.lists import AuthorityKind
from evenhand.people.models import Person

pytestmark = pytest.mark.django_db

TCO, CROSSBORDER, INDIA = "eu-tco-removal", "eu-tco-crossborder", "in-3-1-d"
HOUR = timedelta(hours=1)


def validated(one: Desk, entry: str, **said: Any) -> Matter:
    """A request validated with what was said of the authority's first word."""
    matter = one.received(entry)
    call = one.call_back(matter)
    proof = Validation(Authenticity.CALL_BACK, "The duty officer knew it.", call.id, **said)
    steps.validate(matter.id, proof, by=one.lawyer, now=NOW)
    steps.assess(matter.id, SubstanceAnswers(ALL_NO, "Nothing of it."), by=one.lawyer, now=NOW)
    matter.refresh_from_db()
    return matter


def prepare(one: Desk, matter: Matter, country: str = "DE") -> None:
    steps.prepare(matter.id, withhold(country), by=one.lawyer, violations=None, now=NOW)


def begun(one: Desk, matter: Matter, *, at: datetime = NOW) -> Scrutiny:
    return steps.begin_scrutiny(
        matter.id,
        ScrutinyAsker.HOME_AUTHORITY,
        asked_at=at,
        by=one.lawyer,
        note="Their letter of today.",
        now=at,
    )


def ended(one: Desk, matter: Matter, outcome: ScrutinyOutcome, *, kept: str = "") -> Scrutiny:
    return steps.end_scrutiny(
        matter.id, outcome, by=one.lawyer, note="Their decision.", kept=kept, now=NOW
    )


def findings(error: pytest.ExceptionInfo[StepRefused]) -> set[Any]:
    found = error.value.fields["findings"]
    assert isinstance(found, tuple)
    return set(found)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ({}, False),
        ({"informed_at": NOW - 12 * HOUR}, True),
        ({"informed_at": NOW - 12 * HOUR + timedelta(minutes=1)}, False),
        ({"urgent": True}, True),
    ],
)
def test_a_first_order_waits_for_the_word_before_it(said: dict[str, Any], passes: bool) -> None:
    one = desk()
    matter = validated(one, TCO, **said)

    if passes:
        prepare(one, matter)
        return
    with pytest.raises(StepRefused) as error:
        prepare(one, matter)
    assert findings(error) == {Finding.NOT_INFORMED_BEFORE}
    steps.prepare(matter.id, refusal(), by=one.lawyer, violations=None, now=NOW)


def test_who_has_ordered_before_need_not_say_so_again() -> None:
    one = desk()
    validated(one, TCO, urgent=True)
    later = one.received(TCO, NOW + HOUR)
    call = one.call_back(later, now=NOW + HOUR)
    proof = Validation(Authenticity.CALL_BACK, "The duty officer knew it.", call.id)
    steps.validate(later.id, proof, by=one.lawyer, now=NOW + HOUR)
    steps.assess(later.id, SubstanceAnswers(ALL_NO, "Nothing."), by=one.lawyer, now=NOW + HOUR)

    steps.prepare(later.id, withhold("DE"), by=one.lawyer, violations=None, now=NOW + HOUR)


def test_a_law_that_asks_for_no_word_before_waits_for_none() -> None:
    one = desk()
    matter = validated(one, "eu-dsa-art9")
    prepare(one, matter)


def test_a_scrutiny_has_seventy_two_hours() -> None:
    one = desk()
    matter = one.released(CROSSBORDER, withhold("DE"))
    begun(one, matter, at=NOW + HOUR)

    clock = Clock.objects.get(matter=matter, name="scrutiny")
    assert (clock.due_at, clock.statutory) == (NOW + 72 * HOUR, True)
    begun(one, matter, at=NOW + 2 * HOUR)
    assert Scrutiny.objects.get().asked_at == NOW + HOUR


@pytest.mark.parametrize(
    ("asker", "after", "passes"),
    [
        (ScrutinyAsker.PROVIDER, 48 * HOUR, True),
        (ScrutinyAsker.PROVIDER, 49 * HOUR, False),
        (ScrutinyAsker.HOME_AUTHORITY, 72 * HOUR, True),
        (ScrutinyAsker.HOME_AUTHORITY, 73 * HOUR, False),
        (ScrutinyAsker.PERSON_CONCERNED, HOUR, False),  # nobody was told yet
    ],
)
def test_a_scrutiny_is_asked_for_in_time(
    asker: ScrutinyAsker, after: timedelta, passes: bool
) -> None:
    one = desk()
    matter = one.released(CROSSBORDER, withhold("DE"))

    def ask() -> None:
        at = NOW + after
        steps.begin_scrutiny(
            matter.id, asker, asked_at=at, by=one.lawyer, note="By letter of today.", now=at
        )

    if passes:
        ask()
        return
    with pytest.raises(StepRefused) as error:
        ask()
    assert findings(error) == {Finding.SCRUTINY_TOO_LATE}


def test_an_order_that_infringes_the_law_is_taken_back() -> None:
    one = desk()
    matter = one.released(CROSSBORDER, withhold("DE"))
    Action.objects.update(state=ActionState.IN_FORCE.value, in_force_at=NOW)
    begun(one, matter)

    assert ended(one, matter, ScrutinyOutcome.INFRINGES).reinstated == 1

    assert Action.objects.get().state == ActionState.UNDOING
    assert Clock.objects.get(matter=matter, name="scrutiny").stopped_at == NOW
    with pytest.raises(StepRefused) as error:
        ended(one, matter, ScrutinyOutcome.NO_INFRINGEMENT)
    assert findings(error) == {Finding.WRONG_STATE}


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (ScrutinyOutcome.NO_INFRINGEMENT, ""),
        (ScrutinyOutcome.INFRINGES, "Our own rule forbids it too: recruiting."),
    ],
)
def test_what_infringes_nothing_or_our_own_terms_stays_away(
    outcome: ScrutinyOutcome, kept: str
) -> None:
    one = desk()
    matter = one.released(CROSSBORDER, withhold("DE"))
    Action.objects.update(state=ActionState.IN_FORCE.value, in_force_at=NOW)
    begun(one, matter)

    assert ended(one, matter, outcome, kept=kept).reinstated == 0
    assert Action.objects.get().state == ActionState.IN_FORCE


def test_an_order_without_effect_is_not_carried_out() -> None:
    one = desk()
    matter = one.prepared(CROSSBORDER, withhold("DE"))
    begun(one, matter)
    ended(one, matter, ScrutinyOutcome.INFRINGES)

    with pytest.raises(StepRefused) as error:
        one.release(matter)
    assert findings(error) == {Finding.WITHOUT_EFFECT}
    with pytest.raises(IntegrityError), transaction.atomic():
        Matter.objects.filter(pk=matter.pk).update(**signed(one, matter))


@pytest.mark.parametrize("who", ["second_approver", "board"])
def test_a_scrutiny_is_kept_by_who_works_on_it(who: str) -> None:
    one = desk()
    matter = one.released(CROSSBORDER, withhold("DE"))
    person: Person = one.board[0] if who == "board" else one.second_approver

    with pytest.raises(StepRefused):
        steps.begin_scrutiny(
            matter.id,
            ScrutinyAsker.PROVIDER,
            asked_at=NOW,
            by=person,
            note="By letter of today.",
            now=NOW,
        )


def test_another_law_knows_no_scrutiny() -> None:
    one = desk()
    matter = one.released("eu-epoc-subscriber", plan_of("eu-epoc-subscriber"))
    with pytest.raises(StepRefused) as error:
        begun(one, matter)
    assert findings(error) == {Finding.WRONG_STATE}


@pytest.mark.parametrize(
    ("kind", "rank", "passes"),
    [
        (AuthorityKind.MINISTRY, "Joint Secretary", True),
        (AuthorityKind.MINISTRY, "Under Clerk", False),
        (AuthorityKind.MINISTRY, "", False),
        (AuthorityKind.POLICE, "Deputy Inspector General (DIG)", True),
        (AuthorityKind.POLICE, "Inspector", False),
        (AuthorityKind.COURT, "", True),
    ],
)
def test_indias_rank_is_a_barrier(kind: AuthorityKind, rank: str, passes: bool) -> None:
    one = desk(country="IN", kind=kind)
    one.officer.rank = rank
    one.officer.save()
    validator = {"validator": AuthorityKind.MINISTRY} if kind is AuthorityKind.POLICE else {}
    matter = one.validated(INDIA, **validator)

    if passes:
        prepare(one, matter, "IN")
        return
    with pytest.raises(StepRefused) as error:
        prepare(one, matter, "IN")
    assert findings(error) == {Finding.RANK_TOO_LOW}
