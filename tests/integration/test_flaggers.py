"""The list of trusted flaggers: two people, a token that is shown once, the end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import reviewer
from tests.integration.pages import faults

from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.base.sealing import make_keys
from evenhand.desk.doors import PROVED_AT
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record
from evenhand.reports.models import TrustedFlagger

pytestmark = pytest.mark.django_db

ENTRY = {
    "name": "Flag e.V.",
    "awarded_by": "DE",
    "source": "https://example.org/list",
    "valid_until": "2030-01-01",
    "area": ["m.spam"],
}
PAGE = "/staff/flaggers/"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[None]:
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield
    cache.clear()


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    session = client.session
    session[PROVED_AT] = now().isoformat()
    session.save()
    return client


def keeper(name: str) -> Client:
    return browser(reviewer(name, Role.LEGAL_OFFICER))


def test_one_enters_another_confirms_and_the_token_is_shown_once() -> None:
    one, two = keeper("One Example"), keeper("Two Example")
    assert one.post(PAGE, ENTRY).status_code == 302
    flagger = TrustedFlagger.objects.get()
    own = f"{PAGE}{flagger.id}/"

    same = one.post(own, {"do": "confirm"})
    assert same.status_code == 422
    assert "Somebody else than who entered it" in same.content.decode()
    assert two.post(own, {"do": "confirm"}).status_code == 302
    shown = two.post(own, {"do": "token"})
    (token,) = re.findall(r"evf_[\w-]+", shown.content.decode())
    assert token not in two.get(PAGE).content.decode()
    assert faults(shown.content.decode()) == []

    used = Client(headers={"authorization": f"Bearer {token}"})
    assert used.get("/api/v1/reports").status_code == 200
    assert one.post(own, {"do": "end", "why": "The status was suspended"}).status_code == 302
    assert used.get("/api/v1/reports").status_code == 401
    changes = Record.objects.filter(kind=RecordKind.FLAGGER_CHANGED.value)
    assert changes.count() == 4


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"awarded_by": "xx"}, {"source": "javascript:alert(1)"}, {"valid_until": "no"},
     {"valid_until": "2020-01-01"}, {"area": ["m.none"]}, {"name": "<script>" * 100}],
)  # fmt: skip
def test_what_nobody_could_check_is_refused_in_words(change: dict[str, object]) -> None:
    page = keeper("One Example").post(PAGE, {**ENTRY, **change})

    assert page.status_code == 422
    assert faults(page.content.decode()) == []
    assert "<script>" not in page.content.decode().replace("<script src", "")
    assert TrustedFlagger.objects.count() == 0


def test_a_reviewer_has_no_business_here() -> None:
    client = browser(reviewer("Rev Example"))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, ENTRY).status_code == 403
