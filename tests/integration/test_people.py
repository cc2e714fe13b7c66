"""Staff: one-time links, passkeys, leaving; each change leaves a record without a name."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from tests.integration.people_of_tests import (
    credential_of,
    holder,
    link_for,
    member,
    passkey,
)

from evenhand.base import clock
from evenhand.base.lists import RecordKind
from evenhand.people import steps
from evenhand.people.checks import (
    InvitationRefused,
    LinkDead,
    ProposalRefused,
    ReasonMissing,
    SignInRefused,
)
from evenhand.people.limits import INVITATION_HOURS
from evenhand.people.models import Invitation, Person, Proposal
from evenhand.people.passkeys import PasskeyBackend
from evenhand.people.queries import open_proposals, person_named
from evenhand.people.roles import Role
from evenhand.records.models import Record

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def invited(name: str = "Ada Example") -> steps.Invited:
    return steps.invite(name, [Role.REVIEWER], now=NOW)


def staff(name: str = "Ada Example") -> Person:
    found = person_named(name)
    assert found is not None
    return found


def test_a_link_names_the_person_it_was_made_for() -> None:
    link = invited()

    assert steps.invited(link.token, now=NOW).name == "Ada Example"
    assert link.path == f"/staff/enrol/{link.token}/"


def test_the_link_itself_is_not_kept() -> None:
    link = invited()

    stored = bytes(Invitation.objects.get().token_hash)

    assert link.token.encode() not in stored
    assert len(stored) == 32


def enrolled() -> None:
    link = invited()
    steps.enrol(link.token, credential_of(staff(), passkey()), now=NOW)


def test_a_link_enrols_one_passkey_and_is_spent() -> None:
    link = invited()
    credential = credential_of(staff(), passkey())

    steps.enrol(link.token, credential, now=NOW)

    assert Authenticator.objects.filter(user=staff()).count() == 1
    with pytest.raises(LinkDead):
        steps.enrol(link.token, credential, now=NOW)


def test_a_link_expires() -> None:
    link = invited()

    with pytest.raises(LinkDead):
        steps.invited(link.token, now=NOW + timedelta(hours=INVITATION_HOURS))


def test_an_unknown_link_is_refused() -> None:
    with pytest.raises(LinkDead):
        steps.invited("x" * 43, now=NOW)


def test_a_new_link_ends_the_older_one_and_keeps_roles() -> None:
    older = invited()

    newer = steps.invite("Ada Example", [Role.OPERATOR], now=NOW)

    assert staff().roles == ["reviewer"]
    assert steps.invited(newer.token, now=NOW).id == older.person
    with pytest.raises(LinkDead):
        steps.invited(older.token, now=NOW)


def test_the_command_line_lets_in_two_and_no_third() -> None:
    invited()
    steps.invite("Olga Example", [Role.OPERATOR], now=NOW)

    with pytest.raises(InvitationRefused):
        steps.invite("Eve Example", [Role.REVIEWER], now=NOW)


def test_an_officer_does_not_count_as_one_of_the_first_two() -> None:
    invited()
    member("Ivo Officer", Role.OFFICER)

    assert steps.invite("Olga Example", [Role.OPERATOR], now=NOW).token


def test_the_command_line_enrols_no_second_passkey_in_a_colleagues_name() -> None:
    enrolled()

    with pytest.raises(InvitationRefused):
        invited()


def test_two_people_let_in_a_third() -> None:
    operator, approver = member("Olga Example", Role.OPERATOR), member("Ann", Role.APPROVER)
    proposal = steps.propose("Ben Example", [Role.LEGAL_OFFICER], by=operator, now=NOW)

    link = steps.confirm(proposal.id, by=approver, now=NOW)

    assert steps.invited(link.token, now=NOW).roles == ["legal_officer"]
    assert open_proposals(now=NOW) == []


def test_one_person_lets_in_nobody() -> None:
    operator = member("Olga Example", Role.OPERATOR)
    proposal = steps.propose("Ben Example", [Role.REVIEWER], by=operator, now=NOW)

    with pytest.raises(ProposalRefused):
        steps.confirm(proposal.id, by=operator, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(confirmed_by=operator, settled_at=NOW, person=operator)
    assert person_named("Ben Example") is None


def test_a_proposal_is_confirmed_once() -> None:
    operator, second = member("Olga Example", Role.OPERATOR), member("Ann", Role.APPROVER)
    proposal = steps.propose("Ben Example", [Role.REVIEWER], by=operator, now=NOW)
    steps.confirm(proposal.id, by=second, now=NOW)

    with pytest.raises(ProposalRefused):
        steps.confirm(proposal.id, by=second, now=NOW)
    with pytest.raises(ProposalRefused):
        steps.withdraw(proposal.id, by=second, now=NOW)


def test_a_withdrawn_proposal_lets_nobody_in() -> None:
    operator, second = member("Olga Example", Role.OPERATOR), member("Ann", Role.APPROVER)
    proposal = steps.propose("Ben Example", [Role.REVIEWER], by=operator, now=NOW)
    steps.withdraw(proposal.id, by=second, now=NOW)

    with pytest.raises(ProposalRefused):
        steps.confirm(proposal.id, by=second, now=NOW)
    assert person_named("Ben Example") is None


def test_other_roles_end_open_sessions() -> None:
    invited()
    before = staff().get_session_auth_hash()

    link_for("Ada Example", Role.POLICY_AUTHOR, now=NOW)

    assert staff().roles == ["policy_author"]
    assert staff().get_session_auth_hash() != before


def test_nobody_is_let_in_under_the_name_of_an_officer() -> None:
    operator = member("Olga Example", Role.OPERATOR)
    member("Ivo Officer", Role.OFFICER)

    with pytest.raises(InvitationRefused):
        steps.propose("Ivo Officer", [Role.REVIEWER], by=operator, now=NOW)


def test_an_officer_gets_a_link_to_the_officers_door() -> None:
    operator = member("Olga Example", Role.LEGAL_OFFICER)

    link = steps.add_officer("Ivo Officer", by=operator, now=NOW)

    assert link.path == f"/authorities/enrol/{link.token}/"
    assert staff("Ivo Officer").roles == ["officer"]


def test_a_link_for_a_new_officer_never_opens_an_account_that_exists() -> None:
    invited()

    with pytest.raises(InvitationRefused):
        steps.add_officer("Ada Example", by=staff(), now=NOW)


def test_a_renewed_link_ends_an_officers_passkeys_and_sessions() -> None:
    by = member("Olga Example", Role.LEGAL_OFFICER)
    link = steps.add_officer("Ivo Officer", by=by, now=NOW)
    steps.enrol(link.token, credential_of(staff("Ivo Officer"), passkey()), now=NOW)
    before = staff("Ivo Officer").get_session_auth_hash()

    steps.renew_officer_link(staff("Ivo Officer").id, by=by, now=NOW)

    assert not Authenticator.objects.filter(user=staff("Ivo Officer")).exists()
    assert staff("Ivo Officer").get_session_auth_hash() != before


def test_an_officers_renewal_opens_no_account_of_staff() -> None:
    invited()

    with pytest.raises(InvitationRefused):
        steps.renew_officer_link(staff().id, by=staff(), now=NOW)


def test_who_is_suspended_is_out_until_restored() -> None:
    person, _ = holder("Ivo Officer", Role.OFFICER)
    by = member("Olga Example", Role.LEGAL_OFFICER)
    key = Authenticator.objects.get(user=person)
    session = person.get_session_auth_hash()

    steps.suspend(person.id, by=by, now=NOW)

    assert staff("Ivo Officer").get_session_auth_hash() != session
    assert PasskeyBackend().get_user(person.id) is None
    assert not staff("Ivo Officer").has(Role.OFFICER)
    with pytest.raises(SignInRefused):
        steps.sign_in(key, now=NOW)
    steps.restore(person.id, by=by, now=NOW)
    assert steps.sign_in(key, now=NOW) == person


def test_a_suspended_person_is_not_let_in_by_a_new_link() -> None:
    invited()
    steps.suspend(staff().id, by=staff(), now=NOW)

    with pytest.raises(InvitationRefused):
        invited()
    with pytest.raises(InvitationRefused):
        steps.propose(
            "Ada Example", [Role.REVIEWER], by=member("Olga Example", Role.OPERATOR), now=NOW
        )


def test_reading_personal_data_leaves_a_record_with_the_reason() -> None:
    invited()

    steps.read_personal(staff().id, "mailbox", by=staff(), reason=" To write back. ", now=NOW)

    record = Record.objects.select_related("opening").get(kind=RecordKind.PERSONAL_DATA_READ)
    assert record.opening.body == {
        "what": "mailbox",
        "by": str(staff().id),
        "reason": "To write back.",
    }


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_personal_data_are_not_read_without_a_reason(reason: str) -> None:
    invited()

    with pytest.raises(ReasonMissing):
        steps.read_personal(staff().id, "mailbox", by=staff(), reason=reason, now=NOW)


def test_who_left_cannot_come_back_in() -> None:
    enrolled()
    key = Authenticator.objects.get(user=staff())
    session = staff().get_session_auth_hash()

    steps.leave(staff().id, by=None, now=NOW)

    assert staff().get_session_auth_hash() != session
    assert not Authenticator.objects.filter(user=staff()).exists()
    with pytest.raises(SignInRefused):
        steps.sign_in(key, now=NOW)


def test_who_comes_back_gets_the_roles_named_then() -> None:
    invited()
    steps.leave(staff().id, by=None, now=NOW)

    link = steps.invite("Ada Example", [Role.POLICY_AUTHOR], now=NOW)

    assert steps.invited(link.token, now=NOW).roles == ["policy_author"]
    assert staff().is_active


def test_signing_in_gives_the_person_and_notes_the_key() -> None:
    enrolled()
    key = Authenticator.objects.get(user=staff())

    assert steps.sign_in(key, now=NOW) == staff()
    assert Authenticator.objects.get(pk=key.pk).last_used_at == NOW


def test_each_change_leaves_a_record_without_a_name() -> None:
    enrolled()
    steps.leave(staff().id, by=None, now=NOW)

    records = Record.objects.filter(kind=RecordKind.STAFF_CHANGED).select_related("opening")

    assert [record.opening.body["change"] for record in records.order_by("serial")] == [
        "invited",
        "key_enrolled",
        "left",
    ]
    assert not any("Ada" in str(record.opening.body) for record in records)


@pytest.mark.parametrize(
    "roles",
    [
        ["superuser"],
        [],
        ["reviewer", "root"],
        ["officer", "reviewer"],
        ["operator", "approver"],
        ["legal_officer", "operator", "reviewer"],
    ],
)
def test_the_database_knows_no_other_roles(roles: list[str]) -> None:
    invited()

    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.update(roles=roles)


def test_staff_have_no_password_and_no_superuser() -> None:
    names = {field.name for field in Person._meta.get_fields()}

    assert not names & {"password", "is_superuser", "is_staff"}


def test_the_command_line_invites_lists_and_lets_go(capsys: pytest.CaptureFixture[str]) -> None:
    from evenhand.cli import main

    assert main(["staff", "invite", "Cleo Example", "--role", "reviewer"]) == 0
    link, until = capsys.readouterr().out.splitlines()
    token = link.rstrip("/").rpartition("/")[2]
    assert link.startswith("http://localhost:8600/staff/enrol/")
    assert until.startswith("Works once, until ")
    assert steps.invited(token, now=clock.now()).name == "Cleo Example"

    assert main(["staff", "leave", "Cleo Example"]) == 0
    assert "--role ROLE" in capsys.readouterr().out
    assert main(["staff", "list"]) == 0
    assert "Cleo Example: reviewer (left)" in capsys.readouterr().out


def test_those_who_are_left_are_never_locked_out(capsys: pytest.CaptureFixture[str]) -> None:
    from evenhand.cli import main

    for name, role in (("Ada", "operator"), ("Ben", "approver")):
        assert main(["staff", "invite", name, "--role", role]) == 0
    for name in ("Cleo", "Dan"):
        member(name, Role.REVIEWER)
    capsys.readouterr()

    assert main(["staff", "leave", "Ben"]) == 0
    assert "with the role approver." in capsys.readouterr().out
    assert main(["staff", "invite", "Eve", "--role", "operator"]) == 2
    assert main(["staff", "invite", "Eve", "--role", "approver"]) == 0
    assert main(["staff", "invite", "Flo", "--role", "approver"]) == 2


def test_the_command_line_says_what_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    from evenhand.cli import main

    assert main(["staff", "leave", "Nobody Here"]) == 2
    assert main(["staff", "invite", "Cleo Example"]) == 2
    assert "no role" in capsys.readouterr().err
