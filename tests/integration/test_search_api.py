"""The API of the search: found, refused, hidden by country, counted; and its own document."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs
from tests.integration.searches_of_tests import searching
from tests.integration.test_api_schema import CHECKS, EXAMPLES
from tests.search_items_of_tests import ROOM

from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks
from evenhand.wsgi import application

SEARCH = "/api/v1/search"


@pytest.fixture
def searcher(settings: Settings, tmp_path: Path) -> Iterator[MemorySearcher]:
    with searching(settings, tmp_path) as made:
        yield made


def answered(client: Client, **query: object) -> dict[str, Any]:
    answer = client.get(SEARCH, query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_hit_says_what_is_known_of_it(client: Client, searcher: MemorySearcher) -> None:
    room, post, account = answered(client, q="garden")["results"]

    assert room["title"] == "Garden talk"
    assert (room["members"], room["language"]) == (1_234, "en")
    assert room["link"] == "https://matrix.to/#/#garden:example.test"
    assert (post["kind"], post["room"]) == ("post", ROOM.id)
    begin, end = post["marks"][0]
    assert post["excerpt"][begin:end] == "garden"
    assert account["uri"] == "matrix:u/gardener:example.test"


def test_every_filter_reaches_the_searcher(client: Client, searcher: MemorySearcher) -> None:
    answered(
        client,
        q=" garden ",
        kind=["room", "post"],
        language="de",
        members_min=3,
        members_max=9,
        room="!r:x.test",
        limit=7,
    )

    (ask,) = searcher.asks
    assert (ask.text, ask.limit, ask.country) == ("garden", 7, "DE")
    assert ask.filters.kinds == {ItemKind.ROOM, ItemKind.POST}
    assert (ask.filters.members_min, ask.filters.members_max) == (3, 9)
    assert (ask.filters.language, ask.filters.room) == ("de", "!r:x.test")


def test_pages_follow_each_other(client: Client, searcher: MemorySearcher) -> None:
    first = answered(client, q="garden", limit=2)
    second = answered(client, q="garden", limit=2, after=first["after"])

    ids = [one["id"] for page in (first, second) for one in page["results"]]
    assert len(ids) == len(set(ids)) == 3
    assert second["after"] == ""


def test_a_country_cannot_be_chosen(client: Client, searcher: MemorySearcher) -> None:
    searcher.masks = Masks(rooms={ROOM.id: frozenset({"DE"})})

    found = answered(client, q="garden", country="FR")

    assert searcher.asks[-1].country == "DE"
    assert [one["kind"] for one in found["results"]] == ["account"]


@pytest.mark.django_db
def test_a_topic_of_the_policy_gives_help_and_nothing_else(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.topics = {"forbidden": "drug_trade"}

    found = answered(client, q="forbidden garden")

    assert found["results"] == []
    assert found["help"]["topic"] == "drug_trade"
    assert found["help"]["emergency"] == "112"
    assert any(line["languages"] == ["de"] for line in found["help"]["lines"])
    assert "never counts against you" in " ".join(found["help"]["text"])


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        ({}, "q: missing"),
        ({"q": ""}, "q: string_too_short"),
        ({"q": "   "}, "q: empty"),
        ({"q": "?!"}, "q: unreadable"),
        ({"q": "x" * 513}, "q: string_too_long"),
        ({"q": "x", "kind": "person"}, "kind.0: enum"),
        ({"q": "x", "language": "german"}, "language: string_pattern_mismatch"),
        ({"q": "x", "limit": 0}, "limit: greater_than_equal"),
        ({"q": "x", "members_min": -1}, "members_min: greater_than_equal"),
    ],
)
def test_what_is_wrong_is_a_problem_with_its_finding(
    client: Client, searcher: MemorySearcher, query: dict[str, object], finding: str
) -> None:
    answer = client.get(SEARCH, query)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["findings"] == [finding]
    assert searcher.asks == []


def test_a_forged_token_is_refused(client: Client, searcher: MemorySearcher) -> None:
    assert client.get(SEARCH, {"q": "garden", "after": "forged"}).status_code == 422


def test_an_absent_searcher_is_a_problem_that_passes(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.away = True

    answer = client.get(SEARCH, {"q": "garden"})

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:evenhand:problem:unavailable"
    assert answer.headers["Retry-After"]


def test_suggestions_and_trending_terms_are_lists(client: Client, searcher: MemorySearcher) -> None:
    searcher.suggestions = ["garden", "gardener", "other"]
    searcher.trending_terms = ["spring"]

    suggested = client.get(f"{SEARCH}/suggest", {"q": "gar"}).json()

    assert suggested == {"suggestions": ["garden", "gardener"]}
    assert client.get(f"{SEARCH}/trending").json() == {"terms": ["spring"]}


@pytest.mark.parametrize("path", [f"{SEARCH}?q=x", f"{SEARCH}/suggest?q=x", f"{SEARCH}/trending"])
def test_one_network_is_not_the_only_one(
    client: Client, searcher: MemorySearcher, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("SEARCHES_MAX", "SUGGESTS_MAX"):
        monkeypatch.setattr(f"evenhand.desk.api.search.{limit}", 3)

    answers = [client.get(path) for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"]


def test_nothing_of_a_query_is_kept(client: Client, searcher: MemorySearcher) -> None:
    with capture_logs() as logs:
        answer = client.get(SEARCH, {"q": "garden"})

    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert "garden" not in str(logs)


@pytest.mark.django_db
def test_no_call_breaks_it_or_gets_an_undocumented_answer(searcher: MemorySearcher) -> None:
    searcher.topics = {"a": "drug_trade"}
    address = f"{SEARCH}/openapi.json"
    document = schemathesis.openapi.from_wsgi(address, application, headers={"host": "localhost"})
    statuses: dict[str, set[int]] = {}

    for found in document.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @hypothesis_settings(
            max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
        )
        def call(case: schemathesis.Case) -> None:
            cache.clear()
            answer = case.call(headers={"host": "localhost"})
            statuses.setdefault(case.path, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        call()

    assert set(statuses) == {SEARCH, f"{SEARCH}/suggest", f"{SEARCH}/trending"}
    assert all(200 in seen for seen in statuses.values())
