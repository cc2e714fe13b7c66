"""The public page of the search: found, not found, hostile, empty, hidden by country, away."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs
from tests.integration.pages import faults
from tests.integration.searches_of_tests import searching
from tests.search_items_of_tests import POST, ROOM

from evenhand import wiring
from evenhand.base.lists import Language
from evenhand.connectors.matrix.homeserver import free_port
from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.desk.search.limits import SEARCHES_MAX, SUGGESTS_MAX
from evenhand.search.limits import QUERY_CHARACTERS_MAX
from evenhand.search.lists import ItemKind
from evenhand.search.masks import Masks

HOSTILE = "<script>alert(1)</script>\x00'\"; --\u202e{{ 7*191 }}{% load x %}"


@pytest.fixture
def searcher(settings: Settings, tmp_path: Path) -> Iterator[MemorySearcher]:
    with searching(settings, tmp_path) as made:
        yield made


def found(client: Client, **query: str) -> str:
    page = client.get("/search/", query)
    assert page.status_code == 200
    text = page.content.decode()
    assert faults(text) == []
    return text


def test_a_room_a_post_and_an_account_are_shown_with_what_is_known(
    client: Client, searcher: MemorySearcher
) -> None:
    text = found(client, q="garden")

    assert "Garden talk" in text
    assert "Members: 1,234" in text
    assert "matrix.to/#/#garden:example.test" in text
    assert "matrix.to/#/!garden:example.test/$first" in text
    assert "matrix:u/gardener:example.test" in text
    assert "<mark>garden</mark>" in text
    assert 'lang="de"' in text
    assert "/report/?place=https%3A%2F%2Fmatrix.to" in text
    assert "<img" not in text
    assert "/search/about/#order" in text


@pytest.mark.parametrize("language", Language)
def test_numbers_and_dates_are_the_readers(
    client: Client, searcher: MemorySearcher, language: Language
) -> None:
    text = found(client, q="garden", lang=language.value)

    grouped = {"en": "1,234", "de": "1.234"}.get(language.value, "1\xa0234")
    assert grouped in text.replace("\u202f", "\xa0").replace("&nbsp;", "\xa0")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", ["/search/", "/search/about/", "/search/?q=garden", "/search/?q="])
def test_a_page_stands_in_every_language_and_can_be_listened_to(
    client: Client, searcher: MemorySearcher, path: str, language: Language
) -> None:
    page = client.get(path, headers={"accept-language": language.value})

    assert page.status_code == (400 if path.endswith("q=") else 200)
    assert page.headers["Content-Language"] == language.value
    assert faults(page.content.decode()) == []


@pytest.mark.parametrize("path", ["/search/", "/search/?q=garden", "/search/suggest?q=ga"])
def test_nothing_of_a_search_stays_behind(
    client: Client, searcher: MemorySearcher, path: str
) -> None:
    with capture_logs() as logs:
        answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert not answer.cookies
    assert "garden" not in str(logs)


def test_what_was_asked_reaches_the_searcher_as_it_was_meant(
    client: Client, searcher: MemorySearcher
) -> None:
    found(client, q="  garden\n talk ", kind="room", language="de", size="large", lang="ru")

    (ask,) = searcher.asks
    assert ask.text == "garden talk"
    assert ask.filters.kinds == {ItemKind.ROOM}
    assert (ask.filters.language, ask.language) == ("de", "ru")
    assert (ask.filters.members_min, ask.filters.members_max) == (500, 4_999)
    assert ask.country == "DE"


def test_a_post_names_its_room_and_shows_the_id_only_where_it_has_no_name(
    client: Client, searcher: MemorySearcher
) -> None:
    named = found(client, q="garten", kind="post")
    searcher.items = [POST]
    nameless = found(client, q="garten", kind="post")

    assert "<bdi>Garden talk</bdi>" in named
    assert f'<bdi class="code">{POST.room}</bdi>' not in named
    assert f'<bdi class="code">{POST.room}</bdi>' in nameless


def test_who_cannot_be_placed_is_shown_nothing_hidden_anywhere(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.masks = Masks(rooms={ROOM.id: frozenset({"FR"})})
    assert "Garden talk" in found(client, q="garden", kind="room")

    page = client.get("/search/", {"q": "garden", "kind": "room"}, REMOTE_ADDR="198.51.100.9")

    assert searcher.asks[-1].country is None
    assert "Garden talk" not in page.content.decode()


def test_a_visitor_does_not_choose_their_country(
    client: Client, searcher: MemorySearcher, settings: Settings
) -> None:
    settings.PROXIES = 0

    client.get("/search/", {"q": "x"}, headers={"x-forwarded-for": "198.51.100.9"})

    assert searcher.asks[-1].country == "DE"


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00\x01", "!!! ???", "x" * (QUERY_CHARACTERS_MAX + 1)]
)
def test_what_is_no_query_is_said_beside_the_field(
    client: Client, searcher: MemorySearcher, text: str
) -> None:
    page = client.get("/search/", {"q": text, "kind": "post"})

    said = page.content.decode()
    assert page.status_code == 400
    assert 'id="q-fault"' in said and 'aria-invalid="true"' in said
    assert '<option value="post" selected>' in said
    assert text.strip("\x00\x01 ")[:QUERY_CHARACTERS_MAX] in said
    assert faults(said) == []
    assert searcher.asks == []


def test_nothing_hostile_is_executed(client: Client, searcher: MemorySearcher) -> None:
    searcher.items = (
        replace(ROOM, title=HOSTILE, text=HOSTILE, aliases=("#<b>:x.test",), language="x"),
        replace(POST, text=HOSTILE, account="@<i>:x.test", id='$"><u>'),
    )

    text = found(client, q="alert(1)")
    page = client.get("/search/", {"q": HOSTILE, "after": HOSTILE, "kind": HOSTILE})

    for said in (text, page.content.decode()):
        assert not re.search(r"<script>alert|<b>|<i>|<u>", said)
        assert "1337" not in said


def test_pages_follow_each_other_without_a_hit_twice(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.items = [replace(ROOM, id=f"!r{n}:x.test", title=f"Garden {n:03}") for n in range(45)]
    seen: list[str] = []
    address = "/search/?q=garden&kind=room"

    while address:
        text = client.get(address).content.decode()
        seen += re.findall(r"Garden \d{3}", text.partition('class="plain results"')[2])
        following = re.findall(r'rel="next" href="([^"]+)"', text)
        address = f"/search/{following[0]}".replace("&amp;", "&") if following else ""

    assert seen == [f"Garden {n:03}" for n in range(45)]


def test_a_page_that_is_gone_is_said_kindly(client: Client, searcher: MemorySearcher) -> None:
    page = client.get("/search/", {"q": "garden", "after": "forged"})

    assert page.status_code == 400
    assert "Please search once more" in page.content.decode()


def test_nothing_found_says_what_may_help(client: Client, searcher: MemorySearcher) -> None:
    text = found(client, q="nowhere", size="huge")

    assert "Nothing was found" in text
    assert "Take filters away" in text


def test_an_absent_searcher_is_said_and_the_form_stays_filled(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.away = True

    page = client.get("/search/", {"q": "garden"})

    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert 'value="garden"' in page.content.decode()
    assert faults(page.content.decode()) == []
    assert client.get("/search/").status_code == 200
    assert client.get("/search/suggest?q=ga").status_code == 503


def test_a_searcher_that_does_not_run_is_away(
    client: Client, searcher: MemorySearcher, settings: Settings, tmp_path: Path
) -> None:
    settings.DOOR_TOKEN_FILE = str(tmp_path / "door.token")
    (tmp_path / "door.token").write_text("t", encoding="utf-8")
    settings.SEARCHER = "evenhand.wiring.searcher"
    settings.SEARCH_URL = f"http://127.0.0.1:{free_port()}"
    wiring.searcher.cache_clear()

    page = client.get("/search/", {"q": "garden"})

    wiring.searcher.cache_clear()
    assert page.status_code == 503
    assert "The search does not answer right now." in page.content.decode()


def test_what_many_look_for_stands_on_the_empty_page(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.trending_terms = ("spring & summer", "<b>")

    text = found(client)

    assert 'href="?q=spring%20%26%20summer"' in text
    assert "<b>" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("topic", ["drug_trade", "child_abuse", "gone_meanwhile"])
@pytest.mark.parametrize("language", Language)
def test_a_query_that_the_policy_names_is_answered_with_help(
    client: Client, searcher: MemorySearcher, topic: str, language: Language
) -> None:
    searcher.topics = {"forbidden": topic}

    text = found(client, q="forbidden garden", lang=language.value)

    assert "Garden talk" not in text
    assert 'href="tel:112"' in text
    assert 'rel="noreferrer"' in text
    assert "forbidden" not in text.partition('<section class="section"')[2].partition("</main")[0]
    assert len(searcher.asks) == 1


@pytest.mark.django_db
def test_help_is_that_of_the_country(client: Client, searcher: MemorySearcher) -> None:
    searcher.topics = {"forbidden": "child_abuse"}
    query = {"q": "forbidden"}

    here = client.get("/search/", query).content.decode()
    nowhere = client.get("/search/", query, REMOTE_ADDR="198.51.100.9").content.decode()

    assert "kein-taeter-werden.de" in here
    assert "troubled-desire.com" in nowhere
    assert 'href="tel:112"' in nowhere
    assert "never counts against you" in nowhere


def test_suggestions_are_few_and_begin_as_was_typed(
    client: Client, searcher: MemorySearcher
) -> None:
    searcher.suggestions = [f"garden {n}" for n in range(20)] + ["other"]

    given: HttpResponse = client.get("/search/suggest", {"q": " gar"})

    assert given.headers["Content-Type"] == "application/json"
    assert given.json() == {"suggestions": [f"garden {n}" for n in range(8)]}
    assert client.get("/search/suggest").json() == {"suggestions": []}


@pytest.mark.parametrize(
    ("path", "most"), [("/search/?q=x", SEARCHES_MAX), ("/search/suggest?q=x", SUGGESTS_MAX)]
)
def test_one_network_is_not_the_only_one(
    client: Client, searcher: MemorySearcher, path: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evenhand.desk.search.pages.SEARCHES_MAX", 3)
    monkeypatch.setattr("evenhand.desk.search.pages.SUGGESTS_MAX", 3)

    answers = [client.get(path) for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"]
    assert most > 1_000


@pytest.mark.parametrize("path", ["", "?q=garden", "suggest?q=x", "about/"])
def test_where_there_is_no_search_there_is_no_page(
    client: Client, searcher: MemorySearcher, settings: Settings, path: str
) -> None:
    assert 'href="/search/"' in client.get("/screened/").content.decode()

    settings.SEARCH_TOKEN_FILE = ""

    assert client.get(f"/search/{path}").status_code == 404
    assert client.get("/api/v1/search", {"q": "garden"}).status_code == 404
    assert 'href="/search/"' not in client.get("/screened/").content.decode()


def test_a_search_is_only_read(client: Client, searcher: MemorySearcher) -> None:
    assert client.post("/search/", {"q": "garden"}).status_code == 405
    assert client.head("/search/").status_code == 200


def test_a_network_stands_for_itself_for_a_day_and_never_as_it_is(
    client: Client, searcher: MemorySearcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("203.0.113.5", "203.0.113.77", "198.51.100.5"):
        client.get("/search/", {"q": "garden"}, REMOTE_ADDR=address)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr("evenhand.desk.search.asker.clock.now", lambda: tomorrow)
    client.get("/search/", {"q": "garden"}, REMOTE_ADDR="203.0.113.5")
    client.get("/api/v1/search", {"q": "garden"})

    one, same, other, later, program = (ask.network for ask in searcher.asks)
    assert one == same
    assert len({one, other, later}) == 3
    assert "203" not in one
    assert program == ""
