"""Golden cases, second looks, agreement, and how much of the worst somebody sees in a day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.integration.cases_of_tests import NOW, Keys, case_draft, reviewer

from evenhand.actions.models import Decision
from evenhand.base.lists import ActionKind
from evenhand.cases import queries, steps
from evenhand.cases.checks import CaseNotClosed, Finding
from evenhand.cases.claim_steps import ClaimFilter
from evenhand.cases.exposure import break_suggested, budget_spent
from evenhand.cases.exposure_steps import EnoughForToday, count_opening
from evenhand.cases.limits import OPENED_BEFORE_BREAK, SEALED_OPENED_PER_DAY_MAX
from evenhand.cases.lists import CaseKind, CaseOutcome
from evenhand.cases.models import Case, Golden, QualityCheck
from evenhand.cases.quality_steps import draw_second_look, drawn, make_golden
from evenhand.evidence.models import Hold, SealedItem
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db


def refused_for(*findings: Finding):
    return pytest.raises(CaseNotClosed, match=",".join(findings))


def closed(by: Person, kind: ActionKind = ActionKind.REDACT, *, event: str = "$e") -> Case:
    case = steps.open_case(case_draft(Keys.fresh(), event=event), now=NOW)
    steps.decide_case(case.id, kind, by=by, reason="It incites.", now=NOW)
    return Case.objects.get(pk=case.pk)


def golden(case: Case, answer: ActionKind = ActionKind.REDACT) -> Golden:
    sam = reviewer("Sam Example", Role.SENIOR)
    return make_golden(case.id, answer, by=sam, reason="Clear incitement.", now=NOW)


def second_look(case: Case, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr("evenhand.cases.quality_steps.drawn", lambda *_: True)
    record = Record.objects.get(kind="case_closed", subject=case.id)
    draw_second_look(record, NOW)
    draw_second_look(record, NOW)
    return Case.objects.get(sampled_of=case)


def test_a_golden_case_is_mixed_in_once_for_each_person() -> None:
    known = golden(closed(reviewer()))
    ben = reviewer("Ben Example")
    usual = steps.open_case(case_draft(event="$usual"), now=NOW)

    assert steps.claim_next(ben, now=NOW, chance=0.99) == usual
    mixed = steps.claim_next(ben, now=NOW, chance=0.0)
    assert mixed is not None
    assert (mixed.golden, mixed.claimed_by, mixed.event) == (True, ben, known.case.event)
    assert mixed.reason_opened == known.case.reason_opened
    assert queries.similar_cases(mixed) == [usual]

    decisions = Decision.objects.count()
    assert steps.decide_case(mixed.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW) is None
    assert Decision.objects.count() == decisions
    check = QualityCheck.objects.get()
    assert (check.first, check.second, check.agreed, check.golden) == (
        "redact",
        "none",
        False,
        True,
    )
    assert Case.objects.get(pk=mixed.pk).outcome == CaseOutcome.COMPARED
    assert steps.claim_next(ben, now=NOW, chance=0.0) is None


def test_a_golden_case_that_is_let_go_comes_back_to_the_same_person() -> None:
    golden(closed(reviewer()))
    ben, eve = reviewer("Ben Example"), reviewer("Eve Example")
    mixed = steps.claim_next(ben, now=NOW, chance=0.0)
    assert mixed is not None
    steps.let_go(mixed.id, by=ben, now=NOW)

    assert steps.claim_next(eve, now=NOW) is None
    with refused_for(Finding.NOT_CLAIMED):
        steps.claim(mixed.id, by=eve, now=NOW)
    assert steps.claim_next(ben, now=NOW, chance=0.0) == mixed


def test_who_decided_a_case_or_knows_its_answer_does_not_meet_it() -> None:
    ada = reviewer("Ada Example", Role.REVIEWER, Role.SENIOR)
    case = closed(ada)
    with refused_for(Finding.DECIDED_BY_THE_SAME_PERSON):
        make_golden(case.id, ActionKind.REDACT, by=ada, reason="Mine.", now=NOW)
    with refused_for(Finding.NEEDS_A_SENIOR):
        make_golden(case.id, ActionKind.REDACT, by=reviewer("Ben"), reason="Yes.", now=NOW)
    known = golden(case)

    assert queries.golden_for(ada) is None
    assert queries.golden_for(known.by) is None
    assert queries.golden_for(reviewer("Kim", Role.CHILD_SAFETY)) is None
    assert queries.golden_for(reviewer("Eve")) == known


def test_a_golden_case_is_gone_with_its_evidence() -> None:
    golden(closed(reviewer()))
    eve = reviewer("Eve Example")
    assert not Hold.objects.exists()

    SealedItem.objects.update(expired_at=NOW)

    assert queries.golden_for(eve) is None


def test_an_open_case_is_not_golden() -> None:
    case = steps.open_case(case_draft(), now=NOW)

    with refused_for(Finding.GOLDEN_UNFIT):
        golden(case)


def test_golden_cases_and_second_looks_leave_no_trace_in_the_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = closed(reviewer())
    golden(case)
    ben = reviewer("Ben Example")
    mixed = steps.claim_next(ben, now=NOW, chance=0.0)
    again = second_look(case, monkeypatch)
    for one in (mixed, again):
        steps.decide_case(one.id, ActionKind.REDACT, by=ben, reason="It incites.", now=NOW)

    kinds = list(Record.objects.values_list("kind", flat=True))
    assert kinds.count("case_opened") == kinds.count("case_closed") == 1
    assert kinds.count("quality_checked") == 2
    assert kinds.count("decision") == 1


def test_the_draw_depends_on_the_records_id_alone() -> None:
    ids = [closed_id.id for closed_id in map(case_draft, [None] * 2_000)]

    found = [drawn(one, "m.violence.extremist") for one in ids]

    assert found == [drawn(one, "m.violence.extremist") for one in ids]
    assert 350 < sum(found) < 650


def test_a_second_look_is_another_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = reviewer(), reviewer("Ben Example")
    case = closed(ada)

    again = second_look(case, monkeypatch)

    assert steps.claim_next(ada, now=NOW) is None
    assert steps.claim_next(ben, now=NOW) == again
    assert Hold.objects.filter(holder=again.id).exists()
    with refused_for(Finding.DECIDED_BY_THE_SAME_PERSON):
        steps.decide_case(again.id, ActionKind.NONE, by=ada, reason="No.", now=NOW)
    steps.decide_case(again.id, ActionKind.REDACT, by=ben, reason="It incites.", now=NOW)
    check = QualityCheck.objects.get()
    assert (check.first_by, check.second_by, check.agreed) == (ada, ben, True)
    assert Decision.objects.count() == 1
    assert not Hold.objects.filter(holder=again.id).exists()


def test_two_answers_go_to_a_senior(monkeypatch: pytest.MonkeyPatch) -> None:
    ben = reviewer("Ben Example")
    again = second_look(closed(reviewer()), monkeypatch)
    steps.decide_case(again.id, ActionKind.NONE, by=ben, reason="Satire.", now=NOW)

    case = Case.objects.get(kind=CaseKind.DISAGREEMENT)
    assert (case.needs_role, case.state) == (Role.SENIOR, "open")
    assert steps.claim_next(ben, now=NOW) is None
    sam = reviewer("Sam Example", Role.SENIOR)
    assert steps.claim_next(sam, now=NOW) == case
    steps.decide_case(case.id, ActionKind.NONE, by=sam, reason="Satire.", now=NOW)


def test_the_database_lets_nobody_check_themselves() -> None:
    ada = reviewer()
    case = closed(ada)

    with pytest.raises(IntegrityError, match="cases_quality_of_another"), transaction.atomic():
        QualityCheck.objects.create(
            id=case.id, at=NOW, case=case, harm=case.harm, golden=False,
            first="redact", first_by=ada, second="redact", second_by=ada, agreed=True,
        )  # fmt: skip


def test_the_database_lets_a_measuring_case_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    again = second_look(closed(reviewer()), monkeypatch)
    ben = reviewer("Ben Example")

    with (
        pytest.raises(IntegrityError, match="cases_measuring_does_nothing"),
        transaction.atomic(),
    ):
        Case.objects.filter(pk=again.pk).update(
            state="closed", outcome="acted", closed_by=ben, closed_at=NOW
        )


def test_agreement_is_told_for_each_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = reviewer(), reviewer("Ben Example")
    answers = [("redact", "redact"), ("redact", "redact"), ("none", "none"), ("none", "redact")]
    for number, (first, second) in enumerate(answers):
        again = second_look(closed(ada, ActionKind(first), event=f"$e{number}"), monkeypatch)
        steps.decide_case(again.id, ActionKind(second), by=ben, reason="So.", now=NOW)

    (found,) = queries.agreement(NOW, NOW + timedelta(days=1))

    assert (found.harm, found.number, found.agreed) == ("m.harassment.hate", 4, 3)
    assert found.kappa == pytest.approx(0.5)
    assert queries.agreement(NOW + timedelta(days=1), NOW + timedelta(days=2)) == []
    assert queries.agreement(NOW, NOW + timedelta(days=1), golden=True) == []


def test_what_is_grave_counts_against_the_day_and_the_rest_does_not() -> None:
    ada = reviewer()
    mild = steps.open_case(case_draft(event="$mild"), now=NOW)
    grave = steps.open_case(
        replace(case_draft(event="$grave"), harm="m.violence.threats", severity=4), now=NOW
    )
    count_opening(mild.id, by=ada, now=NOW)
    for number in range(SEALED_OPENED_PER_DAY_MAX):
        exposure = count_opening(grave.id, by=ada, now=NOW)
        assert break_suggested(exposure) == ((number + 1) % OPENED_BEFORE_BREAK == 0)

    with pytest.raises(EnoughForToday):
        count_opening(grave.id, by=ada, now=NOW)
    exposure = count_opening(mild.id, by=ada, now=NOW)
    assert (exposure.grave, exposure.opened) == (
        SEALED_OPENED_PER_DAY_MAX,
        SEALED_OPENED_PER_DAY_MAX + 2,
    )
    assert budget_spent(queries.exposure_of(ada, NOW.date()))
    assert steps.claim_next(ada, ClaimFilter(queue="danger"), now=NOW) is None
    assert steps.claim_next(ada, now=NOW) == mild
    assert count_opening(grave.id, by=ada, now=NOW + timedelta(days=1)).grave == 1


def test_a_second_look_that_goes_into_the_sealed_lane_is_decided_for_real(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again = second_look(closed(reviewer(), ActionKind.NONE), monkeypatch)
    cleo = reviewer("Cleo", Role.CHILD_SAFETY)
    steps.move_to_sealed_lane(
        again.id,
        by=reviewer("Eve Example"),
        reason="A child may be in danger.",
        harm="m.child_safety.grooming",
        now=NOW,
    )

    decision = steps.decide_case(again.id, ActionKind.SUSPEND, by=cleo, reason="Yes.", now=NOW)

    assert decision is not None
    assert Case.objects.get(pk=again.pk).outcome == CaseOutcome.ACTED
    assert not QualityCheck.objects.exists()
    assert Record.objects.filter(kind="case_opened", subject=again.id).count() == 1
