from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import ascii_uppercase
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.lists import ActionKind
from evenhand.cases.checks import (
    CHOICES,
    CaseFacts,
    CaseNotClosed,
    Chosen,
    Finding,
    Judge,
    Opined,
    check_choice,
    check_judge,
    check_reason,
    choices,
    refuse_if,
)
from evenhand.cases.limits import REASON_CHARACTERS_MAX
from evenhand.cases.lists import CaseKind, CaseState
from evenhand.people.roles import Role

ADA = Judge(staff=UUID(int=1), name="Ada Example", roles=("reviewer",))
BEN = Judge(staff=UUID(int=2), name="Ben Example", roles=("reviewer",))
REVIEW = CaseFacts(
    kind=CaseKind.REVIEW,
    state=CaseState.OPEN,
    account="@a:example.test",
    channel="!c:example.test",
    event="$e",
    searched=True,
)
OBJECTION = CaseFacts(
    kind=CaseKind.OBJECTION,
    state=CaseState.OPEN,
    barred_staff=ADA.staff,
    barred_names=("Rule Author",),
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WIDE = "m.tos.prohibited.weapons"
"""A harm whose policy offers everything."""


def choice(
    facts: CaseFacts,
    kind: ActionKind,
    *,
    harm: str = WIDE,
    territory: tuple[str, ...] | None = None,
    ends_at: datetime | None = None,
    by: Judge | None = None,
) -> list[Finding]:
    if territory is None:
        territory = ("KZ",) if kind is ActionKind.GEO_WITHHOLD else ()
    return check_choice(facts, Chosen(harm, kind, territory, ends_at), by=by or ADA, now=NOW)


def test_a_reviewer_closes_an_open_case() -> None:
    assert check_judge(REVIEW, ADA) == []


def test_a_closed_case_is_not_closed_again() -> None:
    closed = replace(REVIEW, state=CaseState.CLOSED)

    assert check_judge(closed, ADA) == [Finding.CASE_CLOSED]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REVIEWER, Role.SENIOR}))
def test_nobody_but_a_reviewer_closes_a_case(role: Role) -> None:
    judge = replace(ADA, roles=(role.value,))

    assert check_judge(REVIEW, judge) == [Finding.NOT_A_REVIEWER]


def test_who_decided_does_not_judge_the_objection() -> None:
    assert check_judge(OBJECTION, ADA) == [Finding.DECIDED_BY_THE_SAME_PERSON]
    assert check_judge(OBJECTION, BEN) == []


def test_the_author_of_the_rule_does_not_judge_the_objection() -> None:
    author = replace(BEN, name="Rule Author")

    assert check_judge(OBJECTION, author) == [Finding.AUTHOR_OF_THE_RULE]


@given(
    barred=st.uuids(),
    names=st.lists(st.text(min_size=1, max_size=5)),
    staff=st.uuids(),
    name=st.text(min_size=1, max_size=5),
)
def test_four_eyes_hold_for_everybody(
    barred: UUID, names: list[str], staff: UUID, name: str
) -> None:
    facts = replace(OBJECTION, barred_staff=barred, barred_names=tuple(names))
    judge = Judge(staff=staff, name=name, roles=("reviewer",))

    allowed = check_judge(facts, judge) == []

    assert allowed == (staff != barred and name not in names)


def test_reasons_are_needed_and_bounded() -> None:
    assert check_reason("because") == []
    assert check_reason(" \n") == [Finding.REASON_MISSING]
    assert check_reason("a" * REASON_CHARACTERS_MAX) == []
    assert check_reason("a" * (REASON_CHARACTERS_MAX + 1)) == [Finding.REASON_TOO_LONG]


@pytest.mark.parametrize("kind", CHOICES)
def test_everything_offered_can_be_decided_where_all_is_known(kind: ActionKind) -> None:
    assert choice(REVIEW, kind) == []


@pytest.mark.parametrize("kind", sorted(set(ActionKind) - set(CHOICES)))
def test_what_is_not_offered_cannot_be_decided(kind: ActionKind) -> None:
    assert choice(REVIEW, kind) == [Finding.KIND_NOT_OFFERED]


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ("event", {ActionKind.REDACT}),
        ("account", {ActionKind.WARN, ActionKind.SUSPEND, ActionKind.LOCK}),
        (
            "channel",
            {
                ActionKind.REDACT,
                ActionKind.UNLIST,
                ActionKind.DEINDEX,
                ActionKind.GEO_WITHHOLD,
                ActionKind.BLOCK_CHANNEL,
            },
        ),
    ],
)
def test_what_has_no_target_is_not_offered(missing: str, lost: set[ActionKind]) -> None:
    facts = replace(REVIEW, **{missing: ""})

    assert set(CHOICES) - set(choices(facts)) == lost
    for kind in lost:
        assert choice(facts, kind) == [Finding.TARGET_UNKNOWN]


def test_what_there_is_no_search_for_is_not_taken_out_of_it() -> None:
    facts = replace(REVIEW, searched=False)

    assert set(choices(REVIEW)) - set(choices(facts)) == {ActionKind.DEINDEX}
    assert choice(facts, ActionKind.DEINDEX) == [Finding.TARGET_UNKNOWN]


def test_a_case_can_always_be_closed_without_action() -> None:
    nothing_known = CaseFacts(kind=CaseKind.REVIEW, state=CaseState.OPEN)

    assert choices(nothing_known) == [ActionKind.NONE]
    assert choice(nothing_known, ActionKind.NONE) == []


def test_an_objection_is_not_decided_like_a_review() -> None:
    assert choice(OBJECTION, ActionKind.NONE) == [Finding.IS_AN_OBJECTION]


def test_findings_are_named_in_the_refusal() -> None:
    refuse_if([])
    with pytest.raises(CaseNotClosed) as refused:
        refuse_if([Finding.CASE_CLOSED, Finding.REASON_MISSING])
    assert refused.value.fields["findings"] == "case_closed,reason_missing"


@pytest.mark.parametrize(
    ("needs", "sealed", "roles", "found"),
    [
        (Role.REVIEWER, False, ("reviewer",), []),
        (Role.REVIEWER, False, ("senior_reviewer",), []),
        (Role.REVIEWER, False, ("child_safety",), [Finding.NOT_A_REVIEWER]),
        (Role.SENIOR, False, ("senior_reviewer",), []),
        (Role.SENIOR, False, ("reviewer",), [Finding.NEEDS_A_SENIOR]),
        (Role.SENIOR, False, ("operator",), [Finding.NOT_A_REVIEWER]),
        (Role.CHILD_SAFETY, True, ("child_safety",), []),
        (Role.CHILD_SAFETY, True, ("reviewer", "senior_reviewer"), [Finding.SEALED_LANE]),
        (Role.CHILD_SAFETY, True, ("auditor",), [Finding.SEALED_LANE]),
    ],
)
def test_lane_and_escalation_say_who_works_on_a_case(
    needs: Role, sealed: bool, roles: tuple[str, ...], found: list[Finding]
) -> None:
    case = replace(REVIEW, needs_role=needs, sealed=sealed)

    assert check_judge(case, replace(ADA, roles=roles)) == found


def test_who_gave_an_opinion_does_not_decide() -> None:
    case = replace(REVIEW, opinion_by=frozenset({ADA.staff}))

    assert check_judge(case, ADA) == [Finding.GAVE_AN_OPINION]
    assert check_judge(case, BEN) == []


def test_a_policy_offers_what_fits_its_harm_and_nothing_else() -> None:
    assert choice(REVIEW, ActionKind.LOCK, harm="m.spam") == [Finding.POLICY_OFFERS_NOT]
    assert ActionKind.LOCK not in choices(REVIEW, "m.spam")
    assert choice(REVIEW, ActionKind.LOCK, harm="m.unheard_of") == [Finding.HARM_UNKNOWN]


def test_blocking_waits_for_a_second_opinion_and_protecting_does_not() -> None:
    harm = "m.violence.extremist"

    assert choice(REVIEW, ActionKind.BLOCK_CHANNEL, harm=harm) == [Finding.OPINION_MISSING]
    assert choice(REVIEW, ActionKind.REDACT, harm=harm) == []
    asked = replace(REVIEW, opinions=[Opined(ActionKind.BLOCK_CHANNEL, ADA.staff)])
    assert choice(asked, ActionKind.BLOCK_CHANNEL, harm=harm) == []


@pytest.mark.parametrize("said", [["none"], ["suspend"], ["lock"], ["block_channel", "none"]])
def test_an_opinion_against_it_opens_the_way_to_nothing_grave(said: list[str]) -> None:
    case = replace(REVIEW, opinions=[Opined(ActionKind(kind), ADA.staff) for kind in said])
    senior = replace(BEN, roles=(Role.REVIEWER, Role.SENIOR))

    def blocked(by: Judge) -> list[Finding]:
        return choice(case, ActionKind.BLOCK_CHANNEL, harm="m.violence.extremist", by=by)

    assert blocked(ADA) == blocked(BEN) == [Finding.OPINION_AGAINST]
    assert blocked(senior) == []
    assert blocked(replace(senior, staff=ADA.staff)) == [Finding.OPINION_AGAINST]


def test_more_opinions_for_it_than_against_it_carry_it() -> None:
    said = [ActionKind.NONE, ActionKind.BLOCK_CHANNEL, ActionKind.BLOCK_CHANNEL]
    case = replace(REVIEW, opinions=[Opined(kind, ADA.staff) for kind in said])

    assert choice(case, ActionKind.BLOCK_CHANNEL, harm="m.violence.extremist") == []


def test_a_childs_safety_is_not_decided_outside_the_sealed_lane() -> None:
    harm = "m.child_safety.grooming"

    assert choice(REVIEW, ActionKind.NONE, harm=harm) == [Finding.SEALED_LANE]
    assert choice(replace(REVIEW, sealed=True), ActionKind.NONE, harm=harm) == []


@pytest.mark.parametrize(
    ("kind", "territory", "found"),
    [
        (ActionKind.GEO_WITHHOLD, (), [Finding.TERRITORY_MISSING]),
        (ActionKind.GEO_WITHHOLD, ("KZ", "DE"), []),
        (ActionKind.GEO_WITHHOLD, ("KZ", "KZ"), [Finding.TERRITORY_INVALID]),
        (ActionKind.GEO_WITHHOLD, ("kz",), [Finding.TERRITORY_INVALID]),
        (ActionKind.DEINDEX, (), []),
        (ActionKind.DEINDEX, ("KZ",), []),
        (ActionKind.SUSPEND, ("KZ",), [Finding.TERRITORY_NOT_POSSIBLE]),
    ],
)
def test_a_territory_fits_what_is_decided(
    kind: ActionKind, territory: tuple[str, ...], found: list[Finding]
) -> None:
    assert choice(REVIEW, kind, territory=territory) == found


def test_an_end_lies_ahead_and_only_where_something_can_end() -> None:
    later = NOW + timedelta(days=7)

    assert choice(REVIEW, ActionKind.SUSPEND, ends_at=later) == []
    assert choice(REVIEW, ActionKind.SUSPEND, ends_at=NOW) == [Finding.END_IN_THE_PAST]
    assert choice(REVIEW, ActionKind.REDACT, ends_at=later) == [Finding.END_NOT_POSSIBLE]
    assert choice(REVIEW, ActionKind.NONE, ends_at=later) == [Finding.END_NOT_POSSIBLE]


def test_a_decision_names_sixty_countries_at_most_and_none_is_lost() -> None:
    codes = [first + second for first in "ABC" for second in ascii_uppercase][:61]

    assert choice(REVIEW, ActionKind.GEO_WITHHOLD, territory=tuple(codes[:60])) == []
    assert choice(REVIEW, ActionKind.GEO_WITHHOLD, territory=tuple(codes)) == [
        Finding.TERRITORY_TOO_LONG
    ]
