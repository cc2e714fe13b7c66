"""The search in a real browser: without a script, by keyboard alone, under axe, on a telephone."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from tests.browser.conftest import Visitor
from tests.integration.pages import faults
from tests.integration.searches_of_tests import searching
from tests.search_items_of_tests import ACCOUNT, ARABIC, POST, ROOM

from evenhand.base.sealing import make_keys
from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.desk.search import helping
from evenhand.search.policy import shipped_policy
from evenhand.wsgi import application

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("EVENHAND_SCREENSHOTS", "")
"""A folder for pictures of every page that the test looks at, for people."""

LONG = replace(
    ROOM,
    id="!long:example.test",
    title="Gartenbauvereinsvorstandssitzungsprotokollsammlung" * 2,
    text="A garden " + "and a rather long tale about it, told without a breath, " * 20,
    aliases=("#" + "a-very-long-address-of-a-garden-" * 4 + ":example.test",),
    language="de",
)


class Quiet(WSGIRequestHandler):
    """Answers, and writes no line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


@dataclass(frozen=True)
class Served:
    """The desk at an address, and the twin behind its search."""

    url: str
    searcher: MemorySearcher


@pytest.fixture
def served(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The desk in this process without a database, with a searcher that answers from memory."""
    monkeypatch.setattr(helping, "policy_in_force", lambda: ("shipped", shipped_policy()))
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    with searching(settings, tmp_path) as searcher:
        searcher.items = (ROOM, POST, ACCOUNT, ARABIC, LONG)
        searcher.suggestions = ("garden", "garden talk", "gardening in winter", "حديقة")
        searcher.trending_terms = ("spring bulbs", "compost", "урожай", "حديقة")
        searcher.topics = {"forbidden": "child_abuse"}
        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        server.set_app(application)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Served(f"http://localhost:{server.server_port}", searcher)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def look(page: Page, name: str) -> None:
    """Looks at a page as axe, as a telephone and in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        grave = [
            (one["id"], one["nodes"][0]["html"][:120])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == [], (name, scheme)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if SHOTS and width != 320:
                Path(SHOTS).mkdir(exist_ok=True)
                page.screenshot(path=f"{SHOTS}/{name}-{scheme}-{width}.png", full_page=True)
            assert overflow <= 0, (name, width)
        page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    assert faults(page.content()) == [], name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("empty", "/search/"),
        ("found", "/search/?q=garden"),
        ("posts", "/search/?q=garden&kind=post"),
        ("arabic", "/search/?q=%D8%AD%D8%AF%D9%8A%D9%82%D8%A9"),
        ("nothing", "/search/?q=nowhere&size=huge"),
        ("wrong", "/search/?q="),
        ("about", "/search/about/"),
        ("found-ru", "/search/?q=garden&lang=ru"),
        ("about-de", "/search/about/?lang=de"),
    ],
)
def test_a_page_can_be_seen_by_everybody(
    visitor: Visitor, served: Served, name: str, path: str
) -> None:
    visitor.page.goto(served.url + path)

    look(visitor.page, f"search-{name}")
    assert [one for one in visitor.complaints if "400 (Bad Request)" not in one] == []


@pytest.mark.parametrize("language", ["en", "kk", "de"])
def test_help_can_be_seen_by_everybody(visitor: Visitor, served: Served, language: str) -> None:
    visitor.page.goto(f"{served.url}/search/?q=forbidden&lang={language}")

    assert visitor.page.locator("a[href='tel:112']").count() == 1
    look(visitor.page, f"search-help-{language}")
    assert visitor.complaints == []


def test_it_works_without_a_script(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(served.url)
    page.get_by_role("link", name="Search", exact=True).click()

    page.get_by_label("What are you looking for?").fill("garden")
    page.get_by_label("Kind", exact=True).select_option("room")
    page.get_by_role("button", name="Find").click()

    assert "q=garden" in page.url
    assert page.get_by_role("heading", name="Garden talk").is_visible()
    assert page.get_by_label("Kind", exact=True).input_value() == "room"
    page.get_by_role("link", name="Posts", exact=True).click()
    assert page.locator("article.hit").count() == 1
    assert context.cookies() == []
    page.get_by_role("link", name="Report this").click()
    assert "matrix.to" in page.get_by_label("Where is it?").input_value()
    context.close()


def test_suggestions_are_chosen_by_keyboard_alone(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    page.goto(f"{served.url}/search/")
    field = page.get_by_role("combobox", name="What are you looking for?")
    for _ in range(20):
        if field.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")

    page.keyboard.type("gard")
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Suggestions: 3. Use the arrow keys.")
    assert field.get_attribute("aria-expanded") == "true"
    look(page, "search-suggestions")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", name="garden talk")
    assert chosen.get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert field.input_value() == "garden talk"

    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert field.input_value() == "gard"
    page.keyboard.type("en")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    page.wait_for_url("**/search/?q=gardening+in+winter*")
    assert visitor.complaints == []


def test_a_suggestion_is_text_and_can_be_clicked(visitor: Visitor, served: Served) -> None:
    served.searcher.suggestions = ("garden <img src=x onerror=alert(1)>",)
    page = visitor.page
    page.goto(f"{served.url}/search/")

    page.get_by_label("What are you looking for?").press_sequentially("gar")
    page.get_by_role("listbox", name="Suggestions").get_by_role("option").click()

    page.wait_for_url("**/search/?q=garden*")
    assert page.locator("main img").count() == 0
    assert visitor.complaints == []


def test_without_suggestions_the_search_goes_on(visitor: Visitor, served: Served) -> None:
    page = visitor.page
    page.goto(f"{served.url}/search/")
    page.route("**/search/suggest*", lambda route: route.abort())

    page.get_by_label("What are you looking for?").press_sequentially("garden")
    page.keyboard.press("Enter")

    page.wait_for_url("**/search/?q=garden*")
    assert page.get_by_role("heading", name="Garden talk").is_visible()
