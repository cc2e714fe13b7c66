"""The portal and the legal desk by keyboard alone, with a passkey; every new page under axe."""

import os
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Browser, Page
from tests.browser.conftest import Desk
from tests.browser.hands_of_tests import Hands, link_of
from tests.integration import matters_of_tests as legal
from tests.integration.cases_of_tests import Keys, case_draft
from tests.integration.pages import faults

from evenhand.base.clock import now
from evenhand.cases.steps import open_case
from evenhand.desk.law_words import field_name
from evenhand.legal.lists import DangerLaw
from evenhand.legal.models import Disclosure, Matter
from evenhand.legal.steps import assign, report_danger
from evenhand.markets.regimes import law

pytestmark = pytest.mark.browser

EPOC = "eu-epoc-subscriber"
SHOTS = os.environ.get("EVENHAND_SCREENSHOTS", "")
"""A folder for pictures of every page that the test looks at, for people."""


def look(page: Page, name: str) -> None:
    """Looks at a page as axe, as a phone and in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page).response["violations"]
        grave = [
            (one["id"], one["nodes"][0]["html"][:120])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == [], (name, scheme)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if SHOTS:
                Path(SHOTS).mkdir(exist_ok=True)
                page.screenshot(path=f"{SHOTS}/{name}-{scheme}-{width}.png", full_page=True)
            assert overflow <= 0, (name, width)
        page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    assert faults(page.content()) == [], name


@pytest.fixture(scope="module")
def office(desk: Desk) -> legal.Desk:
    """The site's authority, officer and staff, whose devices enrol in the tests."""
    with transaction.atomic():
        return legal.desk(now=now())


def test_an_officer_files_is_answered_and_fetches_by_keyboard_alone(
    desk: Desk, office: legal.Desk, hands: list[Hands]
) -> None:
    officer, lawyer, approver = hands

    officer.enrol(desk.url + link_of(office.officer.person))
    look(officer.page, "portal-empty")
    officer.press("New request")
    look(officer.page, "new-purpose")
    officer.pick("purpose-identify_only")
    officer.press("Continue")
    look(officer.page, "new-kind")
    officer.pick(f"entry-{EPOC}")
    officer.press("Continue")
    look(officer.page, "new-data")
    officer.pick("category-subscriber")
    officer.pick("category-identification")
    officer.press("Continue")
    officer.type("Your reference", "12 Js 345/26")
    officer.type("Accounts, links", legal.ACCOUNT)
    for name in law().kind(EPOC).mandatory_fields:
        officer.type(field_name(name), "As the order says.")
    look(officer.page, "new-details")
    officer.press("Continue to the review")
    look(officer.page, "new-review")
    officer.press("Send the request")
    officer.page.get_by_text("It has been received.").wait_for()
    look(officer.page, "portal-request")
    matter = Matter.objects.get(reference="12 Js 345/26")

    lawyer.enrol(desk.url + link_of(office.lawyer))
    look(lawyer.page, "legal-queue")
    lawyer.press(f"Take {matter.number}")
    look(lawyer.page, "matter-received")
    lawyer.pick("said-confirmed")
    lawyer.type("Whom you spoke to", "The duty officer knew of it.")
    lawyer.press("Keep the call")
    lawyer.pick("authenticity-call_back")
    lawyer.type("What you looked at", "Form, sender and call fit.")
    lawyer.press("Form and sender are in order")
    # Much speaks for a forgery (a new account, no document): somebody else judges the substance.
    approver.enrol(desk.url + link_of(office.approver))
    approver.press(f"Take {matter.number}")
    for one in legal.ALL_NO:
        approver.pick(f"{one.value}-no")
    approver.reach("Your reasons", kind="TEXTAREA")
    approver.page.keyboard.insert_text("Nothing of the kind.")
    approver.press("Keep the answers")
    lawyer.page.reload()
    look(lawyer.page, "matter-validated")
    lawyer.pick("plan-accept")
    lawyer.type("Accounts, one in each line", legal.ACCOUNT)
    lawyer.pick("want-connections")
    lawyer.pick("want-phone")
    lawyer.type("What the authority is told", "The data are given as the order asks.")
    lawyer.press("Prepare")
    lawyer.page.get_by_text("It is prepared.").wait_for()
    office.collect(Disclosure.objects.get(matter=matter), now=now())

    approver.page.reload()
    look(approver.page, "matter-prepared")
    approver.press("Sign and release with your passkey")
    approver.page.get_by_text("It is released.").wait_for()
    look(approver.page, "matter-released")

    officer.page.reload()
    look(officer.page, "portal-answer")
    officer.reach("Fetch the answer")
    with officer.page.expect_download() as download:
        officer.page.keyboard.press("Enter")
    sealed = Path(download.value.path()).read_bytes()
    assert pyrage.decrypt(sealed, [office.identity]) == b"198.51.100.7"
    officer.page.goto(f"{desk.url}/authorities/portal/requests/{matter.id}/")
    look(officer.page, "portal-fetched")
    assert officer.page.get_by_text("Fetch the answer").count() == 0
    matter.refresh_from_db()
    assert (matter.state, matter.released_by) == ("executed", office.approver)
    assert [*officer.complaints, *lawyer.complaints, *approver.complaints] == []


def test_every_other_new_page_holds(desk: Desk, office: legal.Desk, hands: list[Hands]) -> None:
    one, officer, _ = hands
    for minutes, entry in ((52, "eu-tco-removal"), (35, "eu-tco-removal"), (90, EPOC)):
        office.received(entry, now() - timedelta(minutes=minutes))
    broken = office.received("eu-tco-removal", now() - timedelta(minutes=5))
    assign(broken.id, to=office.second_approver, by=office.approver, now=now())
    for path in ("", "de/", "kz/", "kg/", "check/"):
        one.page.goto(f"{desk.url}/authorities/{path}")
        look(one.page, f"authorities-{path.strip('/') or 'front'}")
    for path in ("concerned", "api"):
        one.page.goto(f"{desk.url}/{path}/")
        look(one.page, path)

    one.enrol(desk.url + link_of(office.lawyer))
    pages = {
        "queue": "",
        "emergencies": "emergencies/",
        "registry": "authorities/",
        "register": "authorities/new/",
        "authority": f"authorities/{office.authority.id}/",
        "alter": f"authorities/{office.authority.id}/alter/",
        "markets": "markets/",
        "market": "markets/de/",
        "laws": "law/",
        "law": "law/eu-dsa/",
        "paper": "paper/",
        "matter": f"{broken.id}/",
    }
    for name, path in pages.items():
        one.page.goto(f"{desk.url}/staff/legal/{path}")
        look(one.page, f"legal-{name}")

    officer.enrol(desk.url + link_of(office.officer.person))
    for path in ("keys", "programs", "colleagues"):
        officer.page.goto(f"{desk.url}/authorities/portal/{path}/")
        look(officer.page, f"portal-{path}")
    assert one.complaints == officer.complaints == []


def test_the_steps_after_release_hold(desk: Desk, office: legal.Desk, hands: list[Hands]) -> None:
    one, officer, _ = hands
    at = now()
    kept = office.released("eu-epoc-pr", now=at)
    gagged = office.released(
        "eu-tco-removal",
        legal.withhold("DE"),
        at,
        gagged_until=at + timedelta(days=30),
        gag_basis="TCO Art. 11(3)",
    )
    with transaction.atomic():
        case = open_case(case_draft(Keys.fresh()), now=at)
        report_danger(
            case.id,
            law=DangerLaw.DSA_18,
            authority=office.authority.id,
            text="A life is in danger.",
            evidence=None,
            by=office.lawyer,
            now=at,
        )
    mine = office.received(EPOC, at)
    legal.officer_for(office.authority, "Cora Colleague", office.lawyer, office.approver, now=at)

    one.enrol(desk.url + link_of(office.lawyer))
    pages = {
        "matter-preserved": f"legal/{kept.id}/",
        "matter-gagged": f"legal/{gagged.id}/",
        "case-danger": f"cases/{case.id}/",
        "board": "legal/emergencies/",
    }
    for name, path in pages.items():
        one.page.goto(f"{desk.url}/staff/{path}")
        # Asked again each time: what opens is no longer among them.
        while (closed := one.page.locator("details:not([open]) > summary")).count():
            closed.first.click()
        look(one.page, name)

    officer.enrol(desk.url + link_of(office.officer.person))
    officer.page.goto(f"{desk.url}/authorities/portal/requests/{mine.id}/")
    officer.page.locator("summary", has_text="Hand over").click()
    look(officer.page, "portal-hand-over")
    officer.page.get_by_role("button", name="Hand over", exact=True).click()
    officer.page.get_by_text("is handed over to Cora Colleague").wait_for()
    mine.refresh_from_db()
    assert mine.officer_id != office.officer.id
    assert one.complaints == officer.complaints == []


def test_filing_works_without_javascript(
    desk: Desk, office: legal.Desk, hands: list[Hands], chromium: Browser
) -> None:
    officer = hands[0]
    officer.enrol(desk.url + link_of(office.officer.person))
    cookies = officer.page.context.cookies()
    plain = chromium.new_context(java_script_enabled=False, locale="en-GB")
    plain.add_cookies(cookies)  # type: ignore[arg-type]
    page = plain.new_page()

    page.goto(f"{desk.url}/authorities/portal/new/")
    page.check("#purpose-other")
    page.click("text=Continue")
    page.check("#entry-eu-tco-removal")
    page.click("text=Continue")
    page.fill("#reference", "without-script")
    page.fill("#identifiers", legal.CHANNEL)
    for name in law().kind("eu-tco-removal").mandatory_fields:
        page.fill(f"#field-{name}", "given")
    page.click("text=Continue to the review")
    page.click("text=Send the request")

    page.get_by_text("It has been received.").wait_for()
    assert Matter.objects.filter(reference="without-script").exists()
    plain.close()
