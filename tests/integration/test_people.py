"""Staff: one-time links, passkeys, leaving; each change leaves a record without a name."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from evenhand.base import clock
from evenhand.base.lists import RecordKind
from evenhand.people import steps
from evenhand.people.checks import InvitationRefused, LinkDead, SignInRefused
from evenhand.people.limits import INVITATION_HOURS
from evenhand.people.models import Invitation, Person
from evenhand.people.queries import person_named
from evenhand.people.roles import Role
from evenhand.records.models import Record

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CREDENTIAL = {"id": "a", "rawId": "a", "type": "public-key", "response": {}}

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


def test_a_link_enrols_one_passkey_and_is_spent() -> None:
    link = invited()

    steps.enrol(link.token, CREDENTIAL, now=NOW)

    assert Authenticator.objects.filter(user=staff()).count() == 1
    with pytest.raises(LinkDead):
        steps.enrol(link.token, CREDENTIAL, now=NOW)


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


def test_only_an_operator_invites_from_inside() -> None:
    invited()
    steps.invite("Olga Example", [Role.OPERATOR], now=NOW)

    steps.invite("Ben Example", [Role.REVIEWER], now=NOW, by=staff("Olga Example"))
    with pytest.raises(InvitationRefused):
        steps.invite("Eve Example", [Role.REVIEWER], now=NOW, by=staff("Ada Example"))


def test_who_left_cannot_come_back_in() -> None:
    steps.enrol(invited().token, CREDENTIAL, now=NOW)
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
    steps.enrol(invited().token, CREDENTIAL, now=NOW)
    key = Authenticator.objects.get(user=staff())

    assert steps.sign_in(key, now=NOW) == staff()
    assert Authenticator.objects.get(pk=key.pk).last_used_at == NOW


def test_each_change_leaves_a_record_without_a_name() -> None:
    steps.enrol(invited().token, CREDENTIAL, now=NOW)
    steps.leave(staff().id, by=None, now=NOW)

    records = Record.objects.filter(kind=RecordKind.STAFF_CHANGED).select_related("opening")

    assert [record.opening.body["change"] for record in records.order_by("serial")] == [
        "invited",
        "key_enrolled",
        "left",
    ]
    assert not any("Ada" in str(record.opening.body) for record in records)


@pytest.mark.parametrize("roles", [["superuser"], [], ["reviewer", "root"]])
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
    assert main(["staff", "list"]) == 0
    assert "Cleo Example: reviewer (left)" in capsys.readouterr().out


def test_the_command_line_says_what_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    from evenhand.cli import main

    assert main(["staff", "leave", "Nobody Here"]) == 2
    assert main(["staff", "invite", "Cleo Example"]) == 2
    assert "no role" in capsys.readouterr().err
