"""The doors by which people come in: who lands where, who stays out, who shows a passkey again."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings
from tests.integration.people_of_tests import (
    enrol_by_web,
    link_for,
    member,
    passkey,
    prove_by_web,
)

from evenhand.base.clock import now
from evenhand.demo.passkey import Passkey
from evenhand.desk.doors import (
    OFFICERS_HOME,
    PROVED_AT,
    RoleMissing,
    fresh_passkey,
    staff_only,
)
from evenhand.people import steps
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[None]:
    settings.PUBLIC_URL = "http://testserver"
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield
    cache.clear()


def officer_in(client: Client) -> tuple[Person, Passkey]:
    """An officer who came in by the link."""
    link = steps.add_officer("Ivo Officer", by=member("Olga", Role.LEGAL_OFFICER), now=now())
    key = passkey()
    enrol_by_web(client, link.path, key)
    return Person.objects.get(pk=link.person), key


def staff_in(client: Client, *roles: Role) -> tuple[Person, Passkey]:
    """A member of staff who came in by the link."""
    link = link_for("Ada Example", *roles or (Role.REVIEWER,))
    key = passkey()
    enrol_by_web(client, link.path, key)
    return Person.objects.get(pk=link.person), key


OPEN_DOORS = re.compile(r"^staff/(sign-in|sign-out|enrol|step-up)/")
PARTS = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "day": "2026-11-21",
    "int": "1",
}


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address below these patterns, with something in its gaps."""
    for entry in patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, path)
        else:
            yield re.sub(r"<(?:(\w+):)?\w+>", lambda gap: PARTS.get(gap[1], "x"), path)


def staff_addresses() -> list[str]:
    """Every address of staff that stands behind a door."""
    every = addresses(get_resolver().url_patterns)
    return [
        f"/{path}" for path in every if path.startswith("staff/") and not OPEN_DOORS.match(path)
    ]


def test_staff_land_on_their_own_page(client: Client) -> None:
    link = link_for("Ada Example", Role.REVIEWER)
    key = passkey()

    enrolled = enrol_by_web(client, link.path, key)
    client.post("/staff/sign-out/")
    proved = prove_by_web(client, "/staff/sign-in/", key)

    assert enrolled["Location"] == proved["Location"] == "/staff/"


def test_officers_land_in_the_portal(client: Client) -> None:
    by = member("Olga Example", Role.LEGAL_OFFICER)
    link = steps.add_officer("Ivo Officer", by=by, now=now())
    key = passkey()

    enrolled = enrol_by_web(client, link.path, key)
    left = client.post("/staff/sign-out/")
    proved = prove_by_web(client, "/authorities/portal/sign-in/", key)

    assert enrolled["Location"] == proved["Location"] == OFFICERS_HOME
    assert left["Location"] == "/authorities/portal/sign-in/"


def test_an_officer_reaches_no_page_of_staff(client: Client) -> None:
    officer_in(client)

    answers = {path: (client.get(path).status_code, client.post(path).status_code)
               for path in staff_addresses()}  # fmt: skip

    assert len(answers) >= 10
    assert {path: codes for path, codes in answers.items() if not set(codes) <= {403, 405}} == {}
    assert [path for path, codes in answers.items() if 403 not in codes] == []


def test_nobody_reaches_a_page_of_staff_without_signing_in(client: Client) -> None:
    for path in staff_addresses():
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code in {302, 405}
            if answer.status_code == 302:
                assert answer["Location"].startswith("/staff/sign-in/")


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def asked_by(person: Person, method: str = "get", **headers: str) -> HttpRequest:
    request = getattr(RequestFactory(), method)("/staff/legal/1/", headers=headers)
    request.user, request.session = person, {}
    return request


@pytest.mark.parametrize("role", sorted(Role))
def test_each_door_has_its_people(role: Role) -> None:
    request = asked_by(member("Somebody", role))

    for door, is_open in (
        (staff_only(), role in STAFF_ROLES),
        (staff_only(Role.APPROVER), role is Role.APPROVER),
    ):
        if is_open:
            assert door(page)(request).content == b"in"
        else:
            with pytest.raises(RoleMissing):
                door(page)(request)


def test_a_door_of_staff_is_never_made_for_officers() -> None:
    with pytest.raises(AssertionError):
        staff_only(Role.OFFICER)


def test_a_grave_door_opens_to_a_passkey_shown_just_now() -> None:
    request = asked_by(member("Ada Example", Role.APPROVER))
    request.session[PROVED_AT] = now().isoformat()

    assert fresh_passkey(page)(request).content == b"in"


@pytest.mark.parametrize("noted", [None, "2020-01-01T00:00:00+00:00", 5])
def test_a_grave_door_asks_for_the_passkey_again(noted: object) -> None:
    request = asked_by(member("Ada Example", Role.APPROVER))
    if noted is not None:
        request.session[PROVED_AT] = noted

    answer = fresh_passkey(page)(request)

    assert answer["Location"] == "/staff/step-up/?next=%2Fstaff%2Flegal%2F1%2F"


def test_a_form_sent_too_late_leads_back_to_its_page() -> None:
    request = asked_by(
        member("Ada Example", Role.APPROVER),
        "post",
        referer="http://testserver/staff/legal/1/release/",
    )

    answer = fresh_passkey(page)(request)

    assert answer["Location"] == "/staff/step-up/?next=%2Fstaff%2Flegal%2F1%2Frelease%2F"


def test_showing_the_passkey_again_makes_the_session_fresh(client: Client) -> None:
    _, key = staff_in(client)
    stale = (now() - timedelta(hours=1)).isoformat()
    session = client.session
    session[PROVED_AT] = stale
    session.save()

    answer = prove_by_web(client, "/staff/step-up/?next=/staff/reports/", key)

    assert answer["Location"] == "/staff/reports/"
    assert client.session[PROVED_AT] > stale


def test_somebody_elses_passkey_makes_no_session_fresh(client: Client) -> None:
    _, foreign = officer_in(Client())
    staff_in(client)
    session = client.session
    del session[PROVED_AT]
    session.save()

    answer = prove_by_web(client, "/staff/step-up/", foreign)

    assert answer.status_code == 403
    assert PROVED_AT not in client.session


def test_signing_in_as_somebody_else_takes_no_freshness_along(client: Client) -> None:
    person, _ = staff_in(client)
    assert PROVED_AT in client.session

    client.post("/staff/sign-out/")
    client.force_login(person, backend=BACKEND)

    assert PROVED_AT not in client.session


def test_a_session_ends_at_once_when_its_person_is_suspended(client: Client) -> None:
    person, _ = officer_in(client)
    assert client.get("/staff/").status_code == 403

    steps.suspend(person.id, by=member("Olga", Role.LEGAL_OFFICER), now=now())

    assert client.get("/staff/")["Location"].startswith("/staff/sign-in/")
