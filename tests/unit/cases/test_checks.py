from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.lists import ActionKind
from evenhand.cases.checks import (
    CHOICES,
    CaseFacts,
    CaseNotClosed,
    Finding,
    Judge,
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
)
OBJECTION = CaseFacts(
    kind=CaseKind.OBJECTION,
    state=CaseState.OPEN,
    barred_staff=ADA.staff,
    barred_names=("Rule Author",),
)


def test_a_reviewer_closes_an_open_case() -> None:
    assert check_judge(REVIEW, ADA) == []


def test_a_closed_case_is_not_closed_again() -> None:
    closed = replace(REVIEW, state=CaseState.CLOSED)

    assert check_judge(closed, ADA) == [Finding.CASE_CLOSED]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.REVIEWER}))
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
    assert check_choice(REVIEW, kind) == []


@pytest.mark.parametrize("kind", sorted(set(ActionKind) - set(CHOICES)))
def test_what_is_not_offered_cannot_be_decided(kind: ActionKind) -> None:
    assert check_choice(REVIEW, kind) == [Finding.KIND_NOT_OFFERED]


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ("event", {ActionKind.REDACT}),
        ("account", {ActionKind.WARN, ActionKind.SUSPEND}),
        ("channel", {ActionKind.REDACT, ActionKind.UNLIST, ActionKind.BLOCK_CHANNEL}),
    ],
)
def test_what_has_no_target_is_not_offered(missing: str, lost: set[ActionKind]) -> None:
    facts = replace(REVIEW, **{missing: ""})

    assert set(CHOICES) - set(choices(facts)) == lost
    for kind in lost:
        assert check_choice(facts, kind) == [Finding.TARGET_UNKNOWN]


def test_a_case_can_always_be_closed_without_action() -> None:
    nothing_known = CaseFacts(kind=CaseKind.REVIEW, state=CaseState.OPEN)

    assert choices(nothing_known) == [ActionKind.NONE]
    assert check_choice(nothing_known, ActionKind.NONE) == []


def test_an_objection_is_not_decided_like_a_review() -> None:
    assert check_choice(OBJECTION, ActionKind.NONE) == [Finding.IS_AN_OBJECTION]


def test_findings_are_named_in_the_refusal() -> None:
    refuse_if([])
    with pytest.raises(CaseNotClosed) as refused:
        refuse_if([Finding.CASE_CLOSED, Finding.REASON_MISSING])
    assert refused.value.fields["findings"] == "case_closed,reason_missing"
