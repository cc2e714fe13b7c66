"""The public site as files in a real browser: on a telephone, in the dark, under axe, and light."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.days_of_tests import report_of

from evenhand.base.lists import Language
from evenhand.transparency.site import write_site

pytestmark = pytest.mark.browser

DAY = date(2026, 11, 21)
SHOTS = os.environ.get("EVENHAND_SCREENSHOTS", "")
"""A folder for pictures of every page that the test looks at, for people."""
FIRST_PAGE_BYTES_MAX = 200_000

PAGES = [
    "",
    f"{DAY}/",
    "months/2026-11/",
    "countries/",
    "countries/KZ/",
    "harms/",
    "harms/m.spam/",
    "check/",
]
OUT_OF_PICTURE = """[...document.querySelectorAll('svg text')]
    .filter(e => e.getBoundingClientRect().right > 480.5).map(e => e.textContent)"""
CUT_OFF = """[...document.querySelectorAll('.scroll')]
    .filter(e => e.scrollWidth > e.clientWidth && e.tabIndex < 0).length"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some days, the last of them corrected."""
    reports = tmp_path_factory.mktemp("public") / "reports"
    reports.mkdir()
    for back in (2, 1, 0):
        write_site(report_of(DAY - timedelta(days=back)), reports)
    write_site(report_of(DAY, late=0.2), reports)
    return reports


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A visitor whose browser runs no script."""
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("where", PAGES)
def test_a_page_fits_a_telephone_and_runs_without_script(
    page: Page, site: Path, where: str, language: Language
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})

    page.goto((site / where / f"{language.value}.html").as_uri())

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(CUT_OFF) == 0
    shoot(page, f"{named(where)}-{language.value}-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", PAGES)
def test_axe_finds_nothing_grave(chromium: Browser, site: Path, where: str, scheme: str) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto((site / where / "en.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(at => { at.open = true })")

    grave = [
        (one["id"], one["nodes"][0]["html"][:160])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]

    assert grave == []
    page.evaluate("document.querySelectorAll('details').forEach(at => { at.open = false })")
    shoot(page, f"{named(where)}-{scheme}")
    page.close()


@pytest.mark.parametrize("where", PAGES)
def test_a_page_weighs_little(chromium: Browser, site: Path, where: str) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / where / "ru.html").as_uri())

    weight = sum(Path(url.removeprefix("file://")).stat().st_size for url in asked)

    assert weight < FIRST_PAGE_BYTES_MAX
    assert all(url.startswith(site.parent.as_uri()) for url in asked)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_figure_is_legible_and_loads_nothing(
    chromium: Browser, site: Path, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": 480, "height": 260}, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for name in ("day", "decisions", "harms"):
        page.goto((site / "embed" / f"{name}.ru.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(OUT_OF_PICTURE) == []
        shoot(page, f"embed-{name}-{scheme}")

    assert len(asked) == 3
    page.close()


def named(where: str) -> str:
    """Gives a page's name as a file's."""
    return where.strip("/").replace("/", "-") or "index"


def shoot(page: Page, name: str) -> None:
    """Keeps a picture for people, where they asked for one."""
    if SHOTS:
        Path(SHOTS).mkdir(exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
