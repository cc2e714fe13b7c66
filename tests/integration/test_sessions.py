"""Sessions end by rest and by age, the sooner the more a role can do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.people_of_tests import enrol_by_web, link_for, member, passkey, prove_by_web

from evenhand.authorities.models import Officer
from evenhand.base.clock import now
from evenhand.desk.sessions import BEGAN_AT, NOTED_EVERY, SEEN_AT
from evenhand.people.limits import (
    IDLE_MINUTES,
    SENSITIVE_IDLE_MINUTES,
    SENSITIVE_SESSION_HOURS,
    SESSION_HOURS,
)
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import SENSITIVE_ROLES, STAFF_ROLES, Role

pytestmark = pytest.mark.django_db

PAGE = "/staff/reports/"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[None]:
    settings.PUBLIC_URL = "http://testserver"
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield
    cache.clear()


def signed_in(*roles: Role) -> Client:
    client = Client()
    client.force_login(member("Ada Example", *roles), backend=BACKEND)
    client.get(PAGE)
    return client


def age(client: Client, *, began: timedelta = timedelta(0), seen: timedelta = timedelta(0)) -> None:
    """Lets so much time pass since a session began and was last used."""
    session, moment = client.session, now()
    session[BEGAN_AT] = (moment - max(began, seen)).isoformat()
    session[SEEN_AT] = (moment - seen).isoformat()
    session.save()


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_a_session_that_rests_ends(role: Role) -> None:
    sensitive = role in SENSITIVE_ROLES
    minutes = SENSITIVE_IDLE_MINUTES if sensitive else IDLE_MINUTES

    client = signed_in(role)
    age(client, seen=timedelta(minutes=minutes - 1))
    still = is_in(client)
    age(client, seen=timedelta(minutes=minutes))

    assert still
    assert not is_in(client)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_a_session_that_is_used_all_day_ends_too(role: Role) -> None:
    sensitive = role in SENSITIVE_ROLES
    hours = SENSITIVE_SESSION_HOURS if sensitive else SESSION_HOURS

    client = signed_in(role)
    age(client, began=timedelta(hours=hours, minutes=-1))
    still = is_in(client)
    age(client, began=timedelta(hours=hours))

    assert still
    assert not is_in(client)


def test_one_sensitive_role_makes_the_whole_session_short() -> None:
    client = signed_in(Role.REVIEWER, Role.CHILD_SAFETY)
    age(client, seen=timedelta(minutes=SENSITIVE_IDLE_MINUTES))

    assert not is_in(client)


def test_work_keeps_a_session_alive() -> None:
    client = signed_in(Role.CHILD_SAFETY)
    age(client, seen=timedelta(minutes=SENSITIVE_IDLE_MINUTES - 1))
    before = client.session[SEEN_AT]

    client.get(PAGE)

    assert client.session[SEEN_AT] > before


def test_pages_in_one_minute_are_noted_once() -> None:
    client = signed_in(Role.REVIEWER)
    age(client, seen=NOTED_EVERY / 2)
    before = client.session[SEEN_AT]

    client.get(PAGE)

    assert client.session[SEEN_AT] == before


def test_an_ended_session_says_so_and_comes_back() -> None:
    client = signed_in(Role.REVIEWER)
    age(client, seen=timedelta(minutes=IDLE_MINUTES))

    answer = client.get(PAGE, follow=True)

    assert answer.redirect_chain == [(f"/staff/sign-in/?next={PAGE}", 302)]
    assert "Your session has ended" in answer.content.decode()


def test_a_form_of_an_ended_session_does_nothing_and_leads_to_its_page() -> None:
    client = signed_in(Role.OPERATOR)
    age(client, seen=timedelta(minutes=SENSITIVE_IDLE_MINUTES))

    answer = client.post(
        "/staff/people/",
        {"name": "Ben", "role": "reviewer"},
        headers={"referer": "http://testserver/staff/people/?x=1"},
    )

    parts = urlsplit(answer["Location"])
    assert parts.path == "/staff/sign-in/"
    assert parse_qs(parts.query) == {"next": ["/staff/people/"]}
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("noted", [5, "yesterday", "2200-01-01T00:00:00+00:00", None])
def test_a_session_whose_times_make_no_sense_ends(noted: object) -> None:
    for name in (BEGAN_AT, SEEN_AT):
        client = signed_in(Role.REVIEWER)
        session = client.session
        session[name] = noted
        session.save()

        assert not is_in(client)


def test_signing_in_again_begins_anew() -> None:
    client, key = Client(), passkey()
    enrol_by_web(client, link_for("Ada Example", Role.REVIEWER).path, key)
    age(client, began=timedelta(hours=SESSION_HOURS, minutes=-1))

    prove_by_web(client, "/staff/sign-in/", key)

    assert datetime.fromisoformat(client.session[BEGAN_AT]) > now() - timedelta(minutes=5)


def test_showing_the_passkey_again_makes_no_session_younger() -> None:
    client, key = Client(), passkey()
    enrol_by_web(client, link_for("Ada Example", Role.REVIEWER).path, key)
    age(client, began=timedelta(hours=SESSION_HOURS, minutes=-1))
    before = client.session[BEGAN_AT]

    prove_by_web(client, "/staff/step-up/", key)

    assert client.session[BEGAN_AT] == before


def test_visitors_have_no_session() -> None:
    client = Client()

    answer = client.get("/reports/")

    assert answer.status_code == 200
    assert not client.cookies


def test_an_officers_session_ends_and_leads_to_the_portal() -> None:
    client = Client()
    client.force_login(member("Ivo Officer", Role.OFFICER), backend=BACKEND)
    client.get("/authorities/")
    age(client, seen=timedelta(minutes=IDLE_MINUTES))

    answer = client.post("/authorities/portal/keys/", {})

    assert not Officer.objects.exists()
    assert answer["Location"].startswith("/authorities/portal/sign-in/")
