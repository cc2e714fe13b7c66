"""Every page of the reviewers' work under axe, on a telephone, and right to left."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.test import override_settings
from playwright.sync_api import Page
from pytest_django.fixtures import Settings
from tests.browser.conftest import Desk
from tests.browser.hands_of_tests import Hands, link_of
from tests.integration.house_of_tests import House, house, own_keys
from tests.integration.pages import faults

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("EVENHAND_SCREENSHOTS", "")
"""A folder for pictures of every page that the test looks at, for people."""

OPEN_ALL = "document.querySelectorAll('main details').forEach(at => { at.open = true })"
PATIENCE = 60_000
"""Milliseconds for the proof of work on a machine that does much else."""


@pytest.fixture(autouse=True)
def site(desk: Desk, settings: Settings) -> None:
    """The settings of this process name the state folder of the running desk."""
    settings.EVENHAND_HOME = desk.site.home
    settings.KEYS = desk.site.home / "keys"


def look(page: Page, name: str) -> None:
    """Looks at a page as axe and as a phone, by day and night, in both directions of writing."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    grave = {"light": _grave(page)}
    _shoot(page, f"{name}-1light")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    grave["dark"] = _grave(page)
    _shoot(page, f"{name}-2dark")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate("document.documentElement.dir = 'rtl'")
    wide = {"rtl": _overflow(page)}
    _shoot(page, f"{name}-4rtl")
    page.set_viewport_size({"width": 360, "height": 800})
    wide["rtl narrow"] = _overflow(page)
    grave["rtl narrow"] = _grave(page)
    page.evaluate("document.documentElement.removeAttribute('dir')")
    wide["narrow"] = _overflow(page)
    _shoot(page, f"{name}-3narrow")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert {where: found for where, found in grave.items() if found} == {}, name
    assert {where: by for where, by in wide.items() if by > 0} == {}, name
    assert faults(page.content()) == [], name


def _grave(page: Page) -> list[tuple[str, str]]:
    return [
        (one["id"], one["nodes"][0]["html"][:160])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@dataclass(frozen=True)
class AtWork:
    """A house in work; somebody whose roles open its pages; the auditor, who has no other role."""

    found: House
    page: Page
    auditor: Page

    def page_of(self, name: str) -> Page:
        """Gives the browser of whoever may open a page of `addresses`."""
        return self.auditor if name == "e-audit" else self.page


@pytest.fixture(scope="module")
def found(desk: Desk) -> House:
    """The house in work, made once."""
    home = desk.site.home
    with override_settings(EVENHAND_HOME=home, KEYS=home / "keys"), transaction.atomic():
        return house(own_keys(), token_key=desk.token_key)


@pytest.fixture
def at_work(desk: Desk, found: House, hands: list[Hands]) -> Iterator[AtWork]:
    """A house in work, with two who look at its pages."""
    for who, person in zip(hands, (found.senior, found.auditor), strict=False):
        who.enrol(desk.url + link_of(person))
    yield AtWork(found, hands[0].page, hands[1].page)
    said = [one for who in hands for one in who.complaints if "status of 422" not in one]
    assert said == []


def addresses(found: House) -> dict[str, str]:
    """Gives the pages of this file by the names of their pictures."""
    case = "/staff/cases/{}/".format
    return {
        "e-lane": "/staff/child-safety/",
        "a-queue": "/staff/cases/",
        "a-queue-sealed": "/staff/cases/?lane=sealed",
        "b-case": case(found.case.id),
        "b-case-objection": case(found.objection.id),
        "b-case-sealed": case(found.sealed.id),
        "b-case-closed": case(found.closed.id),
        "c-bulks": "/staff/cases/bulk/?harm=m.harassment.hate",
        "c-quality": "/staff/cases/quality/",
        "d-talk": f"/staff/appeals/{found.objection.id}/",
        "e-standing": "/staff/standing/",
        "e-labels": "/staff/standing/labels/",
        "e-statements": "/staff/statements/",
        "e-statement": f"/staff/statements/{found.submission}/",
        "e-audit": "/staff/audit/",
        "e-flaggers": "/staff/flaggers/",
        "f-report": "/report/",
        "f-follow": "/report/follow/",
        "g-objection-new": found.new_objection_link,
        "g-objection": found.objection_link,
        "g-complaint": found.complaint_link,
    }


def test_every_page_holds(desk: Desk, at_work: AtWork) -> None:
    found, page = at_work.found, at_work.page
    for name, address in addresses(found).items():
        shown = at_work.page_of(name)
        shown.goto(desk.url + address)
        shown.evaluate(OPEN_ALL)
        look(shown, name)

    page.goto(f"{desk.url}/staff/cases/{found.picture.id}/")
    page.fill("#evidence-reason", "to look at it")
    with page.expect_navigation():
        page.click("text=Open the seal")
    look(page, "h-picture-closed")
    page.click("text=Show the picture, blurred and grey")
    image = page.locator(".evidence img")
    assert "blur" in image.evaluate("at => getComputedStyle(at).filter")
    image.hover()
    assert "blur" in image.evaluate("at => getComputedStyle(at).filter")
    look(page, "h-picture-open")
    page.keyboard.press("Tab")
    assert "blur" not in image.evaluate("at => getComputedStyle(at).filter")

    page.goto(f"{desk.url}/staff/cases/{found.case.id}/")
    page.keyboard.press("d")
    page.keyboard.press("1")
    _shoot(page, "b-case-focus")
    page.goto(f"{desk.url}/staff/standing/")
    page.fill("#account", "@sender:example.test")
    page.fill("#why", "A complaint.")
    with page.expect_navigation():
        page.click("main button >> text=Look up")
    look(page, "e-standing-found")
    page.goto(f"{desk.url}/report/")
    page.fill("#place", "nowhere")
    page.click("text=Send the report")
    page.get_by_role("alert").wait_for(timeout=PATIENCE)
    look(page, "f-report-faults")
    page.goto(f"{desk.url}/report/follow/")
    page.fill("#receipt", found.code)
    page.keyboard.press("Enter")
    page.locator("main .note").wait_for()
    look(page, "f-follow-found")
