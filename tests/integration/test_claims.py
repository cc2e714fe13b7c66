"""Who has a case in hand, second opinions, escalation, and what joins an open case."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer

from evenhand.actions.models import Action, Decision
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind, RecordKind, Source
from evenhand.cases import queries, steps
from evenhand.cases.checks import CaseNotClosed, CaseNoteRefused, Finding
from evenhand.cases.claim_steps import ClaimFilter
from evenhand.cases.limits import CASES_CLAIMED_MAX, CLAIM_MINUTES, HANDED_OVER_HOURS
from evenhand.cases.lists import CaseKind, CaseLane
from evenhand.cases.models import Case, CaseStep
from evenhand.evidence.models import Hold
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=CLAIM_MINUTES)


def opened(event: str = "$event1", **more: object) -> Case:
    return steps.open_case(replace(case_draft(event=event), **more), now=NOW)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def refused_for(*findings: Finding):
    return pytest.raises(CaseNotClosed, match=",".join(findings))


def none_of(case: Case, by: Person, **more: object) -> Decision | None:
    return steps.decide_case(
        case.id, ActionKind.NONE, by=by, reason="A quotation.", now=NOW, **more
    )


def test_the_most_urgent_case_is_claimed_first_and_each_once() -> None:
    mild = opened("$mild", severity=1, harm="m.spam")
    grave = opened("$grave")
    ada, ben = reviewer(), reviewer("Ben Example")

    assert steps.claim_next(ada, now=NOW) == grave
    assert steps.claim_next(ben, now=NOW) == mild
    assert steps.claim_next(ben, now=NOW) is None


def test_a_claim_ends_by_itself_and_work_renews_it() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim_next(ada, now=NOW)

    steps.note(case.id, "Seen before.", by=ada, now=LATER - timedelta(seconds=1))
    assert steps.claim_next(ben, now=LATER) is None

    taken = steps.claim_next(ben, now=LATER + timedelta(minutes=CLAIM_MINUTES))
    assert taken == case


def test_what_somebody_else_has_in_hand_is_not_decided() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim(case.id, by=ada, now=NOW)

    with refused_for(Finding.CLAIMED_BY_ANOTHER):
        none_of(case, ben)
    with refused_for(Finding.CLAIMED_BY_ANOTHER):
        steps.claim(case.id, by=ben, now=NOW)
    none_of(case, ada)

    assert fresh(case).closed_by == ada


def test_the_database_itself_keeps_a_claim() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim(case.id, by=ada, now=NOW)
    closed = {"state": "closed", "outcome": "no_action", "closed_by": ben}

    with pytest.raises(IntegrityError, match="cases_claim_kept"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**closed, closed_at=NOW)
    Case.objects.filter(pk=case.pk).update(**closed, closed_at=LATER)


def test_the_database_lets_nobody_decide_after_an_opinion() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.ask_opinion(case.id, by=ada, now=NOW)
    steps.give_opinion(case.id, ActionKind.REDACT, by=ben, reason="It incites.", now=NOW)
    closed = {"state": "closed", "outcome": "no_action", "closed_by": ben, "closed_at": NOW}

    with (
        pytest.raises(IntegrityError, match="cases_opinion_does_not_decide"),
        transaction.atomic(),
    ):
        Case.objects.filter(pk=case.pk).update(**closed)


def test_a_case_that_is_let_go_is_the_next_ones() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim_next(ada, now=NOW)
    with refused_for(Finding.NOT_CLAIMED):
        steps.let_go(case.id, by=ben, now=NOW)

    steps.let_go(case.id, by=ada, now=NOW)

    assert steps.claim_next(ben, now=NOW) == case


def test_nobody_hoards_cases() -> None:
    ada = reviewer()
    for number in range(CASES_CLAIMED_MAX + 1):
        opened(f"$e{number}")
    for _ in range(CASES_CLAIMED_MAX):
        steps.claim_next(ada, now=NOW)

    with refused_for(Finding.TOO_MANY_CLAIMED):
        steps.claim_next(ada, now=NOW)
    assert len(queries.claimed_cases(ada, now=NOW)) == CASES_CLAIMED_MAX


def test_a_filter_narrows_what_is_claimed() -> None:
    opened("$hate")
    spam = opened("$spam", harm="m.spam", severity=1)
    ada = reviewer()

    assert steps.claim_next(ada, ClaimFilter(queue="spam"), now=NOW) == spam
    assert steps.claim_next(ada, ClaimFilter(market="KZ"), now=NOW) is None


def test_a_barred_person_is_not_given_the_case() -> None:
    ada, ben = reviewer(), reviewer("Ben Example")
    opened("$one", barred_staff=ada.id)
    opened("$two", barred_names=("Ada Example",))

    assert steps.claim_next(ada, now=NOW) is None
    assert steps.claim_next(ben, now=NOW) is not None


def test_a_case_handed_over_waits_for_that_colleague() -> None:
    case = opened()
    ada, ben, eve = reviewer(), reviewer("Ben Example"), reviewer("Eve Example")
    steps.claim(case.id, by=ada, now=NOW)

    steps.hand_over(case.id, to=ben, by=ada, reason="It is in Kazakh.", now=NOW)

    assert queries.claimed_cases(ben, now=LATER) == [case]
    assert steps.claim_next(eve, now=LATER) is None
    assert steps.claim_next(eve, now=NOW + timedelta(hours=HANDED_OVER_HOURS)) == case
    assert Record.objects.filter(kind=RecordKind.CASE_HANDED_OVER).count() == 1


def test_a_case_is_not_handed_to_who_may_not_decide_it() -> None:
    case = opened()
    ada = reviewer()
    for other in (ada, reviewer("Olga Example", Role.OPERATOR)):
        with refused_for(Finding.CANNOT_TAKE_IT):
            steps.hand_over(case.id, to=other, by=ada, reason="Please.", now=NOW)


def test_an_escalated_case_is_for_seniors() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    senior = reviewer("Sam Example", Role.SENIOR)
    steps.claim(case.id, by=ada, now=NOW)

    steps.escalate(case.id, by=ada, reason="A member of parliament.", now=NOW)

    assert steps.claim_next(ben, now=NOW) is None
    with refused_for(Finding.NEEDS_A_SENIOR):
        none_of(case, ben)
    with refused_for(Finding.ESCALATED_ALREADY):
        steps.escalate(case.id, by=senior, reason="Again.", now=NOW)
    assert steps.claim_next(senior, now=NOW) == case
    none_of(case, senior)


def test_an_opinion_is_asked_by_one_and_given_by_another() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim(case.id, by=ada, now=NOW)
    with refused_for(Finding.OPINION_NOT_ASKED):
        steps.give_opinion(case.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW)
    steps.ask_opinion(case.id, by=ada, now=NOW)
    assert queries.opinions_wanted(ben) == [case]
    assert queries.opinions_wanted(ada) == []
    with refused_for(Finding.OPINION_ASKED_BY_THE_SAME):
        steps.give_opinion(case.id, ActionKind.NONE, by=ada, reason="Satire.", now=NOW)

    steps.give_opinion(case.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW)

    assert [(one.by, one.kind) for one in queries.opinions_on(case.id)] == [(ben, "none")]
    assert queries.opinions_wanted(ben) == []
    with refused_for(Finding.CLAIMED_BY_ANOTHER), transaction.atomic():
        steps.ask_opinion(case.id, by=reviewer("Eve Example"), now=NOW)
    with refused_for(Finding.GAVE_AN_OPINION):
        none_of(case, ben)
    none_of(case, ada)


def test_what_the_policy_holds_back_waits_for_an_opinion() -> None:
    case = opened(harm="m.violence.extremist", severity=4)
    ada, ben = reviewer(), reviewer("Ben Example")

    def block() -> Decision | None:
        return steps.decide_case(
            case.id, ActionKind.BLOCK_CHANNEL, by=ada, reason="It recruits.", now=NOW
        )

    with refused_for(Finding.OPINION_MISSING):
        block()
    steps.ask_opinion(case.id, by=ada, now=NOW)
    steps.give_opinion(case.id, ActionKind.BLOCK_CHANNEL, by=ben, reason="Yes.", now=NOW)
    assert block() is not None


def test_an_opinion_that_dissents_leaves_it_to_a_senior_who_did_not_ask() -> None:
    case = opened(harm="m.violence.extremist", severity=4)
    ada, ben = reviewer(), reviewer("Ben Example")
    sam = reviewer("Sam Example", Role.SENIOR, Role.REVIEWER)

    def block(by: Person) -> Decision | None:
        return steps.decide_case(
            case.id, ActionKind.BLOCK_CHANNEL, by=by, reason="It recruits.", now=NOW
        )

    steps.claim(case.id, by=ada, now=NOW)
    steps.ask_opinion(case.id, by=ada, now=NOW)
    steps.give_opinion(case.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW)

    with refused_for(Finding.OPINION_AGAINST):
        block(ada)
    with refused_for(Finding.GAVE_AN_OPINION):
        block(ben)
    steps.escalate(case.id, by=ada, reason="We disagree.", now=NOW)
    assert block(sam) is not None


def test_policy_territory_and_end_reach_the_decision() -> None:
    case = opened()

    decision = steps.decide_case(
        case.id,
        ActionKind.GEO_WITHHOLD,
        by=reviewer(),
        reason="Forbidden there.",
        harm="m.tos.prohibited.weapons",
        territory=("DE", "KZ"),
        ends_at=NOW + timedelta(days=30),
        now=NOW,
    )

    assert decision is not None
    assert (decision.harm, decision.severity) == ("m.tos.prohibited.weapons", 4)
    action = Action.objects.get(decision=decision)
    assert action.territory == ["DE", "KZ"]
    assert action.ends_at == NOW + timedelta(days=30)
    assert fresh(case).harm == "m.tos.prohibited.weapons"


def test_the_sealed_lane_is_closed_to_all_others() -> None:
    case = opened(harm="m.child_safety.grooming", severity=4)
    ada, senior = reviewer(), reviewer("Sam Example", Role.SENIOR, Role.REVIEWER)
    keeper = reviewer("Kim Example", Role.CHILD_SAFETY)

    assert (case.lane, case.needs_role, case.queue) == ("sealed", "child_safety", "children")
    for person in (ada, senior):
        assert steps.claim_next(person, now=NOW) is None
        with refused_for(Finding.SEALED_LANE):
            none_of(case, person)
        with refused_for(Finding.SEALED_LANE):
            steps.note(case.id, "Looked.", by=person, now=NOW)
        with pytest.raises(NotFound):
            queries.case_for(case.id, person)
    assert queries.queue(queries.CaseFilter()).total == 0
    assert queries.open_counts() == {}
    assert queries.case_for(case.id, keeper) == case
    assert steps.claim_next(keeper, now=NOW) == case


def test_the_database_keeps_children_in_the_sealed_lane() -> None:
    case = opened(harm="m.child_safety.grooming", severity=4)

    with pytest.raises(IntegrityError, match="cases_children_sealed"), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(lane="open")


def test_a_case_that_turns_out_to_be_about_a_child_moves_to_the_sealed_lane() -> None:
    case = opened()
    ada = reviewer()
    steps.claim(case.id, by=ada, now=NOW)
    with refused_for(Finding.SEALED_LANE):
        none_of(case, ada, harm="m.child_safety")

    steps.move_to_sealed_lane(case.id, by=ada, reason="The other one is eleven.", now=NOW)

    moved = fresh(case)
    assert (moved.lane, moved.claimed_by, moved.severity) == (CaseLane.SEALED, None, 4)
    assert queries.claimed_cases(ada, now=NOW) == []


def test_reviews_of_one_thing_are_one_case() -> None:
    first = opened("$same", reach=5)
    keys = Keys.fresh()
    other = replace(
        case_draft(keys, event="$same"),
        origin="report:1",
        source=Source.USER,
        reach=900,
        reports=1,
        due_at=NOW + timedelta(hours=1),
    )

    joined = steps.open_case(other, now=NOW)

    assert joined == first
    assert (joined.reach, joined.reports_received) == (900, 1)
    assert joined.serve_by == NOW + timedelta(hours=1)
    assert Hold.objects.filter(holder=first.id).count() == 1
    assert steps.open_case(other, now=NOW) == first
    assert fresh(first).reports_received == 1
    assert queries.open_case_about("event:$same") == first


def test_what_comes_in_after_the_end_is_a_new_case_and_what_joined_stays_joined() -> None:
    first = opened("$same")
    joined = replace(case_draft(event="$same"), origin="report:1")
    steps.open_case(joined, now=NOW)
    none_of(first, reviewer())

    assert steps.open_case(joined, now=NOW) == first
    second = steps.open_case(replace(case_draft(event="$same"), origin="report:2"), now=NOW)
    assert second != first
    assert queries.open_case_about("event:$same") == second


def test_a_report_about_a_child_seals_the_case_that_it_joins() -> None:
    first = opened("$same")
    steps.claim(first.id, by=reviewer(), now=NOW)

    steps.open_case(
        replace(
            case_draft(event="$same"),
            origin="report:1",
            harm="m.child_safety",
            severity=4,
            source=Source.USER,
        ),
        now=NOW,
    )

    case = fresh(first)
    assert (case.lane, case.harm, case.claimed_by) == ("sealed", "m.child_safety", None)


def test_only_a_report_that_counts_brings_a_case_forward() -> None:
    case = opened()
    due = NOW + timedelta(minutes=5)

    steps.add_report(case.id, source=Source.USER, due_at=due, raises_priority=False, now=NOW)
    assert (fresh(case).serve_by, fresh(case).reports_received) == (case.serve_by, 1)

    steps.add_report(
        case.id, source=Source.TRUSTED_FLAGGER, due_at=due, raises_priority=True, now=NOW
    )
    assert (fresh(case).serve_by, fresh(case).due_at) == (due, due)


def test_a_closed_case_takes_no_report() -> None:
    case = opened()
    none_of(case, reviewer())

    with refused_for(Finding.CASE_CLOSED):
        steps.add_report(case.id, source=Source.USER, due_at=None, raises_priority=True, now=NOW)


@pytest.mark.parametrize("text", ["", " \n ", "\0", "a" * 4_001])
def test_a_note_that_is_none_is_refused(text: str) -> None:
    case = opened()

    with pytest.raises(CaseNoteRefused):
        steps.note(case.id, text, by=reviewer(), now=NOW)
    assert queries.notes_on(case.id) == []


def test_the_history_tells_who_did_what() -> None:
    case = opened()
    ada, ben = reviewer(), reviewer("Ben Example")
    steps.claim(case.id, by=ada, now=NOW)
    steps.note(case.id, "Seen before.", by=ada, now=NOW)
    steps.hand_over(case.id, to=ben, by=ada, reason="It is in Kazakh.", now=NOW)
    none_of(case, ben)

    history = CaseStep.objects.filter(case=case).order_by("id")
    assert sorted((one.kind, one.by and one.by.name) for one in history) == sorted(
        [
            ("opened", None),
            ("claimed", "Ada Example"),
            ("noted", "Ada Example"),
            ("handed_over", "Ada Example"),
            ("closed", "Ben Example"),
        ]
    )
    assert [one.text for one in queries.notes_on(case.id)] == ["Seen before."]


def test_a_case_that_does_not_exist_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound):
        steps.claim(UUID(int=1), by=reviewer(), now=NOW)


def test_objections_and_failed_effects_stand_beside_a_review() -> None:
    review = opened("$same")

    failed = opened("$same", kind=CaseKind.FAILED_EFFECT, origin="failed:1")

    assert failed != review
    assert failed.about == ""


def test_a_barred_person_does_not_pass_the_case_on_either() -> None:
    ada, ben = reviewer(), reviewer("Ben Example")
    case = opened("$one", barred_staff=ada.id)

    with refused_for(Finding.DECIDED_BY_THE_SAME_PERSON):
        steps.hand_over(case.id, to=ben, by=ada, reason="Take it, friend.", now=NOW)
    with refused_for(Finding.DECIDED_BY_THE_SAME_PERSON):
        steps.escalate(case.id, by=ada, reason="Away with it.", now=NOW)
    with refused_for(Finding.DECIDED_BY_THE_SAME_PERSON):
        steps.move_to_sealed_lane(case.id, by=ada, reason="Away with it.", now=NOW)
