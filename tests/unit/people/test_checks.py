from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.people.checks import (
    Admitter,
    InvitationRefused,
    KeyRefused,
    LinkDead,
    ProposalRefused,
    StepUpNeeded,
    check_confirmation,
    check_enrolment,
    check_first,
    check_fresh,
    check_link,
    check_proposal,
    check_sign_on,
    check_staff,
    session_holds,
    session_limits,
)
from evenhand.people.limits import (
    FIRST_STAFF,
    KEYS_PER_STAFF_MAX,
    PROPOSAL_DAYS,
    STAFF_NAME_CHARACTERS_MAX,
    STEP_UP_MINUTES,
)
from evenhand.people.roles import ADMITTING_ROLES, RELEASE_ROLES, SENSITIVE_ROLES, STAFF_ROLES, Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def test_a_reviewer_may_work_here() -> None:
    check_staff(name="Ada Example", roles=[Role.REVIEWER])


@pytest.mark.parametrize("role", sorted(RELEASE_ROLES))
def test_whoever_runs_the_machines_releases_no_data(role: Role) -> None:
    with pytest.raises(InvitationRefused):
        check_staff(name="Olga Example", roles=[Role.OPERATOR, role])


@given(st.sets(st.sampled_from(sorted(STAFF_ROLES)), min_size=1))
def test_any_other_set_of_roles_may_be_held_together(roles: set[Role]) -> None:
    if (Role.OPERATOR in roles and roles & RELEASE_ROLES) or Role.AUDITOR in roles:
        return
    check_staff(name="Ada Example", roles=roles)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES - {Role.AUDITOR}))
def test_an_auditor_does_nothing_that_would_have_to_be_looked_at(role: Role) -> None:
    check_staff(name="Ada Example", roles=[Role.AUDITOR])
    with pytest.raises(InvitationRefused):
        check_staff(name="Ada Example", roles=[Role.AUDITOR, role])


@given(
    st.sets(st.sampled_from(sorted(STAFF_ROLES)), min_size=1),
    st.integers(0, 10 * 60),
    st.integers(0, 10 * 60),
)
def test_a_session_ends_by_rest_and_by_age(roles: set[Role], age: int, rest: int) -> None:
    idle, altogether = session_limits(roles)
    rest = min(rest, age)

    holds = session_holds(
        roles,
        began_at=NOW - timedelta(minutes=age),
        seen_at=NOW - timedelta(minutes=rest),
        now=NOW,
    )

    assert holds == (timedelta(minutes=rest) < idle and timedelta(minutes=age) < altogether)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_a_sensitive_role_makes_every_session_shorter(role: Role) -> None:
    usual, sensitive = session_limits([Role.REVIEWER]), session_limits([Role.CHILD_SAFETY])

    assert sensitive[0] < usual[0]
    assert sensitive[1] < usual[1]
    assert session_limits([role, Role.REVIEWER]) == (
        sensitive if role in SENSITIVE_ROLES else usual
    )


def test_a_session_that_says_it_began_tomorrow_does_not_stand() -> None:
    tomorrow = NOW + timedelta(days=1)

    assert not session_holds([Role.REVIEWER], began_at=tomorrow, seen_at=tomorrow, now=NOW)


@pytest.mark.parametrize("named", ["a b@example.test", "a" * 255, "a\n@example.test"])
def test_a_sign_on_that_nobody_can_have_is_refused(named: str) -> None:
    with pytest.raises(InvitationRefused):
        check_sign_on(named)


@given(st.sets(st.sampled_from(sorted(STAFF_ROLES))))
def test_an_officer_of_an_authority_never_works_here(roles: set[Role]) -> None:
    with pytest.raises(InvitationRefused):
        check_staff(name="Ada Example", roles={*roles, Role.OFFICER})


def test_somebody_without_a_role_is_not_let_in() -> None:
    with pytest.raises(InvitationRefused):
        check_staff(name="Ada Example", roles=[])


@pytest.mark.parametrize("name", ["", "  ", "Ada\nExample", "a" * (STAFF_NAME_CHARACTERS_MAX + 1)])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvitationRefused):
        check_staff(name=name, roles=[Role.REVIEWER])


def test_the_longest_name_is_taken() -> None:
    check_staff(name="a" * STAFF_NAME_CHARACTERS_MAX, roles=[Role.REVIEWER])


def test_the_command_line_lets_in_the_first_two() -> None:
    both = [[Role.OPERATOR], [Role.APPROVER]]
    for others in range(FIRST_STAFF):
        check_first(others=both[:others], roles=[Role.REVIEWER], keys=0)
    for role in STAFF_ROLES:
        with pytest.raises(InvitationRefused):
            check_first(others=both, roles=[role], keys=0)


def test_the_command_line_lets_in_whoever_is_missing_to_let_in_others() -> None:
    one_left = [[Role.APPROVER], [Role.REVIEWER], [Role.REVIEWER]]
    no_approver = [[Role.OPERATOR], [Role.OPERATOR]]
    nobody = [[Role.REVIEWER], [Role.REVIEWER]]

    for others, missing in (
        (one_left, ADMITTING_ROLES),
        (no_approver, {Role.APPROVER}),
        (nobody, ADMITTING_ROLES),
    ):
        for role in STAFF_ROLES - missing:
            with pytest.raises(InvitationRefused):
                check_first(others=others, roles=[role], keys=0)
        for role in missing:
            check_first(others=others, roles=[role], keys=0)


def test_the_command_line_adds_no_passkey_to_one() -> None:
    with pytest.raises(InvitationRefused):
        check_first(others=[], roles=[Role.OPERATOR], keys=1)


@pytest.mark.parametrize("role", sorted(Role))
def test_who_may_propose(role: Role) -> None:
    if role in ADMITTING_ROLES:
        check_proposal(by=Admitter(ONE, [role]), person=None)
    else:
        with pytest.raises(ProposalRefused):
            check_proposal(by=Admitter(ONE, [role]), person=None)


def test_nobody_proposes_themselves() -> None:
    with pytest.raises(ProposalRefused):
        check_proposal(by=Admitter(ONE, [Role.OPERATOR]), person=ONE)


def confirmed(**changes: object) -> None:
    """A confirmation that is in order but for what is changed."""
    facts: dict[str, object] = {
        "roles": [Role.REVIEWER],
        "person": THREE,
        "proposed_by": Admitter(ONE, [Role.OPERATOR]),
        "proposed_at": NOW,
        "is_open": True,
        "by": Admitter(TWO, [Role.OPERATOR]),
        "now": NOW,
    }
    check_confirmation(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_second_person_confirms() -> None:
    confirmed()
    confirmed(now=NOW + timedelta(days=PROPOSAL_DAYS) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_open": False}, "settled"),
        ({"now": NOW + timedelta(days=PROPOSAL_DAYS)}, "too old"),
        ({"by": Admitter(ONE, [Role.OPERATOR])}, "two people are needed"),
        ({"by": Admitter(THREE, [Role.OPERATOR])}, "nobody admits themselves"),
        ({"by": Admitter(TWO, [Role.REVIEWER])}, "role"),
        ({"by": Admitter(TWO, [])}, "role"),
        ({"proposed_by": Admitter(ONE, [])}, "who proposed may no longer"),
        ({"proposed_by": Admitter(ONE, [Role.REVIEWER])}, "who proposed may no longer"),
    ],
    ids=str,
)
def test_a_confirmation_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ProposalRefused) as refused:
        confirmed(**changes)

    assert refused.value.fields["why"] == why


@pytest.mark.parametrize("role", sorted(RELEASE_ROLES))
def test_operators_alone_make_nobody_who_releases_data(role: Role) -> None:
    with pytest.raises(ProposalRefused):
        confirmed(roles=[role])
    confirmed(roles=[role], by=Admitter(TWO, [Role.APPROVER]))
    confirmed(roles=[role], proposed_by=Admitter(ONE, [Role.APPROVER]))


def test_a_passkey_is_fresh_for_a_few_minutes() -> None:
    last = NOW + timedelta(minutes=STEP_UP_MINUTES)

    check_fresh(proved_at=NOW, now=NOW)
    check_fresh(proved_at=NOW, now=last - timedelta(seconds=1))
    for proved_at, now in ((None, NOW), (NOW, last), (NOW, NOW - timedelta(seconds=1))):
        with pytest.raises(StepUpNeeded):
            check_fresh(proved_at=proved_at, now=now)


def test_a_link_works_until_it_expires() -> None:
    check_link(expires_at=NOW + timedelta(seconds=1), used_at=None, now=NOW)
    with pytest.raises(LinkDead):
        check_link(expires_at=NOW, used_at=None, now=NOW)


def test_a_used_link_is_dead_before_it_expires() -> None:
    with pytest.raises(LinkDead):
        check_link(expires_at=NOW + timedelta(days=1), used_at=NOW, now=NOW)


def test_one_key_too_many_is_refused() -> None:
    check_enrolment(keys=KEYS_PER_STAFF_MAX - 1, is_active=True)
    with pytest.raises(KeyRefused):
        check_enrolment(keys=KEYS_PER_STAFF_MAX, is_active=True)


def test_somebody_who_left_enrols_no_key() -> None:
    with pytest.raises(KeyRefused):
        check_enrolment(keys=0, is_active=False)
