"""What the legal room records so that a report can count it: law, outcome, clocks, gags, drills."""

from datetime import timedelta

import pytest
from tests.integration.actions_of_tests import settle
from tests.integration.matters_of_tests import NOW, desk, refusal, withhold

from evenhand.actions.models import Decision
from evenhand.actions.ports import InForce
from evenhand.authorities.models import Authority
from evenhand.base.lists import LegalLane, RecordKind
from evenhand.legal import steps
from evenhand.legal.models import Clock, Disclosure
from evenhand.records.models import Record
from evenhand.records.steps import end_gag
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Breakdown, Figure

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
DSA = "eu-dsa-art9"
DAY = NOW.date()


def test_an_order_that_is_followed_is_counted_by_its_law_and_its_clock_is_met() -> None:
    one = desk()
    matter = one.released(DSA, withhold("DE"))

    found = exact(DAY)

    assert found.figure(Figure.LEGAL_ACCEPTED) + found.figure(Figure.LEGAL_NARROWED) == 1
    assert found.breakdown(Breakdown.LEGAL_RECEIVED_BY_REGIME) == {matter.regime: 1}
    assert found.breakdown(Breakdown.LEGAL_RECEIVED_BY_LANE) == {LegalLane.ORDINARY.value: 1}
    assert found.breakdown(Breakdown.LEGAL_RECEIVED_BY_REQUEST) == {matter.kind: 1}


def test_a_clock_that_stops_late_is_missed_even_if_nobody_looked() -> None:
    one = desk()
    matter = one.received(EPOC)
    assert Clock.objects.filter(matter=matter, missed_at=None).exists()

    steps.withdraw(
        matter.id, by=one.officer.person, reason="Found elsewhere.", now=NOW + timedelta(days=300)
    )

    kinds = set(Record.objects.filter(subject=matter.id).values_list("kind", flat=True))
    assert RecordKind.CLOCK_MISSED in kinds
    assert RecordKind.CLOCK_MET not in kinds
    assert not Clock.objects.filter(matter=matter, stopped_at=None, missed_at=None).exists()


def test_a_disclosure_counts_its_users_once_and_a_copy_adds_none() -> None:
    one = desk()
    matter = one.released(EPOC)
    disclosure = Disclosure.objects.get(matter=matter)
    steps.hand_out(disclosure.id, to=one.officer, now=NOW)

    found = exact(DAY)

    assert found.figure(Figure.DISCLOSURES) == 1
    assert found.figure(Figure.USERS_DISCLOSED) == max(1, len(disclosure.accounts))
    assert list(found.breakdown(Breakdown.DISCLOSURES_BY_DATA)) == [
        "+".join(sorted(disclosure.want))
    ]


def test_a_gagged_order_is_counted_on_the_day_its_gag_ends_by_itself() -> None:
    one = desk()
    until = NOW + timedelta(days=30)
    one.released(DSA, withhold("DE"), gagged_until=until, gag_basis="Order no. 7")

    assert exact(DAY).figure(Figure.LEGAL_RECEIVED) == 0
    assert steps.sweep_gags(now=until - timedelta(hours=1)) == 0
    assert steps.sweep_gags(now=until + timedelta(minutes=1)) == 1
    assert steps.sweep_gags(now=until + timedelta(minutes=2)) == 0

    assert exact(DAY).figure(Figure.LEGAL_RECEIVED) == 0
    assert exact(until.date()).figure(Figure.LEGAL_RECEIVED) == 1


@pytest.mark.parametrize("lifted_early", [True, False])
def test_what_was_done_for_a_gagged_order_is_counted_when_its_gag_ends(lifted_early: bool) -> None:
    one = desk()
    until = NOW + timedelta(days=30)
    matter = one.released(DSA, withhold("DE"), gagged_until=until, gag_basis="Order no. 7")
    settle(InForce.YES)
    decision = Decision.objects.get(origin=f"order:{matter.id}")
    done = (Figure.DECISIONS, Figure.RESTRICTED, Figure.EFFECTS_CONFIRMED)

    assert set(Record.objects.filter(subject=decision.id).values_list("kind", "gagged")) == {
        (RecordKind.DECISION.value, True),
        (RecordKind.EFFECT_CONFIRMED.value, True),
    }
    assert [exact(DAY).figure(one) for one in done] == [0, 0, 0]
    if lifted_early:
        ended = NOW + timedelta(days=3)
        steps.lift_gag(matter.id, by=one.lawyer, reason="The court lifted it.", now=ended)
    else:
        ended = until + timedelta(minutes=1)
        assert steps.sweep_gags(now=ended) == 1

    assert steps.sweep_gags(now=until + timedelta(minutes=2)) == 0
    assert [exact(DAY).figure(one) for one in done] == [0, 0, 0]
    assert [exact(ended.date()).figure(one) for one in done] == [1, 1, 1]


def test_an_effect_that_was_being_settled_while_a_gag_ended_is_swept_up() -> None:
    one = desk()
    until = NOW + timedelta(days=30)
    matter = one.released(DSA, withhold("DE"), gagged_until=until, gag_basis="Order no. 7")
    end_gag(matter.id, now=until)
    after = until + timedelta(minutes=1)

    assert exact(until.date()).figure(Figure.RESTRICTED) == 0
    assert steps.sweep_gags(now=after) == 1
    assert exact(until.date()).figure(Figure.RESTRICTED) == 1


def test_an_order_without_a_gag_is_counted_with_its_effect_at_once() -> None:
    one = desk()
    one.released(DSA, withhold("DE"))
    settle(InForce.YES)

    assert exact(DAY).figure(Figure.RESTRICTED) == 1
    assert Record.objects.filter(gagged=True).count() == 0


def test_lifting_a_gag_lets_it_be_counted_that_day() -> None:
    one = desk()
    matter = one.released(DSA, withhold("DE"), gag_forever=True, gag_basis="Order no. 7")
    lifted = NOW + timedelta(days=3)

    assert steps.sweep_gags(now=lifted) == 0
    steps.lift_gag(matter.id, by=one.lawyer, reason="The court lifted it.", now=lifted)

    assert exact(lifted.date()).figure(Figure.LEGAL_RECEIVED) == 1
    later = Record.objects.filter(subject=matter.id).order_by("serial").last()
    assert later is not None
    assert not later.gagged


def test_what_an_authority_for_drills_files_is_not_counted() -> None:
    one = desk()
    Authority.objects.filter(pk=one.officer.authority_id).update(for_drills=True)
    matter = one.received(EPOC)

    record = Record.objects.get(subject=matter.id, kind=RecordKind.LEGAL_RECEIVED)
    assert record.lane == LegalLane.DRILL
    assert exact(DAY).figure(Figure.LEGAL_RECEIVED) == 0


def test_a_refusal_says_so_in_its_column() -> None:
    one = desk()
    matter = one.released(EPOC, refusal())

    assert matter.outcome == "refused"
    assert exact(DAY).breakdown(Breakdown.LEGAL_REFUSED_BY_MARKET) == {matter.country: 1}
