from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.people.checks import (
    InvitationRefused,
    KeyRefused,
    LinkDead,
    check_enrolment,
    check_invitation,
    check_link,
)
from evenhand.people.limits import KEYS_PER_STAFF_MAX, STAFF_NAME_CHARACTERS_MAX
from evenhand.people.roles import RELEASE_ROLES, Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_reviewer_is_invited_from_the_command_line() -> None:
    check_invitation(name="Ada Example", roles=[Role.REVIEWER], by=None)


def test_a_reviewer_is_invited_by_an_operator() -> None:
    check_invitation(name="Ada Example", roles=[Role.REVIEWER], by=[Role.OPERATOR])


def test_nobody_but_an_operator_invites() -> None:
    for role in set(Role) - {Role.OPERATOR}:
        with pytest.raises(InvitationRefused):
            check_invitation(name="Ada Example", roles=[Role.REVIEWER], by=[role])


@pytest.mark.parametrize("role", sorted(RELEASE_ROLES))
def test_whoever_runs_the_machines_releases_no_data(role: Role) -> None:
    with pytest.raises(InvitationRefused):
        check_invitation(name="Olga Example", roles=[Role.OPERATOR, role], by=None)


@given(st.sets(st.sampled_from(Role), min_size=1))
def test_any_other_set_of_roles_may_be_held_together(roles: set[Role]) -> None:
    if Role.OPERATOR in roles and roles & RELEASE_ROLES:
        return
    check_invitation(name="Ada Example", roles=roles, by=None)


def test_somebody_without_a_role_is_not_invited() -> None:
    with pytest.raises(InvitationRefused):
        check_invitation(name="Ada Example", roles=[], by=None)


@pytest.mark.parametrize("name", ["", "  ", "Ada\nExample", "a" * (STAFF_NAME_CHARACTERS_MAX + 1)])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvitationRefused):
        check_invitation(name=name, roles=[Role.REVIEWER], by=None)


def test_the_longest_name_is_taken() -> None:
    check_invitation(name="a" * STAFF_NAME_CHARACTERS_MAX, roles=[Role.REVIEWER], by=None)


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
