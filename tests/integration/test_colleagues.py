"""The page on which two people let in a third."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults
from tests.integration.people_of_tests import member

from evenhand.base.clock import now
from evenhand.desk.doors import PROVED_AT
from evenhand.people.passkeys import BACKEND
from evenhand.people.queries import open_proposals, person_named
from evenhand.people.roles import Role
from evenhand.people.steps import invited

pytestmark = pytest.mark.django_db

PAGE = "/staff/people/"
REFUSED = "That is not possible."


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield
    cache.clear()


def fresh(name: str, *roles: Role) -> Client:
    """Somebody who is signed in and has just shown their passkey."""
    client = Client()
    client.force_login(member(name, *roles), backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def propose(client: Client, *roles: str, name: str = "Ben Example") -> HttpResponse:
    fields = {"name": name, "role": roles, "language": "kk"}
    return client.post(PAGE, fields, follow=True)


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_one_proposes_and_another_lets_in() -> None:
    operator, approver = fresh("Olga", Role.OPERATOR), fresh("Ann", Role.APPROVER)
    assert "Ben Example" in text_of(propose(operator, "legal_officer", "board"))
    (proposal,) = open_proposals(now=now())

    answer = approver.post(f"{PAGE}{proposal.id}/confirm/")

    link = re.search(r"/staff/enrol/([^/<]+)/", text_of(answer))
    assert link is not None
    person = invited(link[1], now=now())
    assert (person.name, person.roles, person.language) == (
        "Ben Example",
        ["board", "legal_officer"],
        "kk",
    )
    assert answer["Cache-Control"] == "no-store"
    assert link[1] not in text_of(approver.get(PAGE))


def test_nobody_lets_in_whom_they_proposed() -> None:
    operator = fresh("Olga", Role.OPERATOR)
    page = text_of(propose(operator, "reviewer"))
    (proposal,) = open_proposals(now=now())

    answer = operator.post(f"{PAGE}{proposal.id}/confirm/", follow=True)

    assert f"{PAGE}{proposal.id}/confirm/" not in page
    assert REFUSED in text_of(answer)
    assert person_named("Ben Example") is None


def test_a_proposal_is_withdrawn() -> None:
    operator = fresh("Olga", Role.OPERATOR)
    propose(operator, "reviewer")
    (proposal,) = open_proposals(now=now())

    operator.post(f"{PAGE}{proposal.id}/withdraw/")

    assert open_proposals(now=now()) == []
    again = operator.post(f"{PAGE}{proposal.id}/withdraw/", follow=True)
    assert REFUSED in text_of(again)


@pytest.mark.parametrize("roles", [[], ["officer"], ["operator", "approver"], ["root"]])
def test_roles_that_nobody_holds_are_not_proposed(roles: list[str]) -> None:
    answer = propose(fresh("Olga", Role.OPERATOR), *roles)

    assert REFUSED in text_of(answer)
    assert open_proposals(now=now()) == []


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEGAL_OFFICER, Role.OFFICER])
def test_others_let_nobody_in(role: Role) -> None:
    client = fresh("Somebody", role)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"name": "X", "role": "reviewer"}).status_code == 403


def test_the_page_asks_for_the_passkey_again() -> None:
    client = fresh("Olga", Role.OPERATOR)
    session = client.session
    session[PROVED_AT] = (now() - timedelta(minutes=6)).isoformat()
    session.save()

    for answer in (client.get(PAGE), client.post(PAGE, {"name": "X", "role": "reviewer"})):
        assert answer["Location"].startswith("/staff/step-up/")
    assert open_proposals(now=now()) == []


def test_the_page_can_be_read_by_everybody() -> None:
    operator, approver = fresh("Olga", Role.OPERATOR), fresh("Ann", Role.APPROVER)
    propose(operator, "reviewer")
    (proposal,) = open_proposals(now=now())

    assert faults(text_of(operator.get(PAGE))) == []
    assert faults(text_of(approver.post(f"{PAGE}{proposal.id}/confirm/"))) == []
