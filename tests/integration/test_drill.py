"""The drill: only as a test authority, through the whole lane, with a time for each station."""

from datetime import timedelta

import pytest
from tests.integration.matters_of_tests import ACCOUNT, ALL_NO, desk

from evenhand import drill, wiring
from evenhand.authorities.models import Authority
from evenhand.base.clock import now
from evenhand.base.errors import Misconfigured, NotFound
from evenhand.legal import steps
from evenhand.legal.drafts import Plan, SubstanceAnswers, Validation
from evenhand.legal.lists import Authenticity, DisclosureState, MatterState, PlanKind
from evenhand.legal.models import Disclosure, Matter
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import AuthorityKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(tmp_path, monkeypatch):
    """A desk whose authority is there for drills, and where pages are kept."""
    made = desk(kind=AuthorityKind.POLICE, now=now())
    Authority.objects.filter(pk=made.authority.id).update(for_drills=True)
    monkeypatch.setattr(wiring, "pager", lambda: made.pages)
    return made


def test_a_real_authority_is_not_drilled_with(ready):
    Authority.objects.update(for_drills=False)

    with pytest.raises(Misconfigured) as refused:
        drill.file_drill(ready.authority.name, ACCOUNT, at=now())

    assert refused.value.fields["why"] == "this authority is a real one"
    assert not Matter.objects.exists()


def test_an_authority_that_is_not_there_is_named(ready):
    with pytest.raises(NotFound) as missing:
        drill.file_drill("Nobody", ACCOUNT, at=now())

    assert missing.value.fields["name"] == "Nobody"


def test_filing_pages_whoever_is_on_call(ready):
    begun = drill.file_drill(ready.authority.name, ACCOUNT, at=now())

    assert begun.emergency
    assert begun.reference == "DRILL"
    assert [urgent for _, urgent in ready.pages.told.values()] == [True]


def test_a_drill_is_answered_by_people_and_says_when(ready):
    begun = drill.file_drill(ready.authority.name, ACCOUNT, at=now())
    answer(ready, begun)
    said: list[str] = []

    times = drill.watch(begun, until=now() + timedelta(seconds=5), say=said.append)

    after = [times[name] for name, _ in drill.STATIONS if name != "paged"]
    assert after == sorted(after)
    assert len(said) == len(after)
    assert Disclosure.objects.get(matter=begun).state == DisclosureState.HANDED_OUT
    assert Matter.objects.get(pk=begun.id).state == MatterState.EXECUTED


def test_a_drill_that_nobody_answers_ends_with_its_time(ready):
    begun = drill.file_drill(ready.authority.name, ACCOUNT, at=now())

    times = drill.watch(begun, until=now(), say=lambda _said: None)

    assert "handed_out" not in times


def answer(ready, begun: Matter) -> None:
    """What the people on duty do."""
    for person in (ready.lawyer, ready.approver):
        steps.take(begun.id, by=person, now=now())
    call = ready.call_back(begun, now=now())
    validation = Validation(Authenticity.CALL_BACK, "They know the drill.", call.id)
    steps.validate(begun.id, validation, by=ready.lawyer, now=now())
    steps.assess(
        begun.id, SubstanceAnswers(ALL_NO, "Nothing of the kind."), by=ready.lawyer, now=now()
    )
    plan = Plan(
        PlanKind.ACCEPT,
        "It is a drill.",
        accounts=(ACCOUNT,),
        want=frozenset({DataClass.CONNECTIONS, DataClass.PHONE}),
    )
    steps.prepare(begun.id, plan, by=ready.lawyer, violations=ready.nobody, now=now())
    ready.collect(Disclosure.objects.get(matter=begun), now=now())
    ready.release(begun, now=now())
