"""The reviewers' work in a real browser, by keyboard alone; and the report form."""

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings
from tests.browser.conftest import Desk, Visitor
from tests.browser.hands_of_tests import Hands, link_of
from tests.integration.cases_of_tests import SECRET, case_draft, decided, reviewer
from tests.integration.house_of_tests import objection_path, own_keys

from evenhand.appeals.steps import object_to
from evenhand.base.clock import now
from evenhand.base.lists import RecordKind
from evenhand.cases.steps import open_case
from evenhand.records.models import Record, RecordOpening
from evenhand.reports.lists import ReportState
from evenhand.reports.models import Report

pytestmark = pytest.mark.browser


REASON = "It offers what the terms of use forbid."
PATIENCE = 60_000
"""Milliseconds for the proof of work on a machine that does much else."""


@pytest.fixture(autouse=True)
def site(desk: Desk, settings: Settings) -> None:
    """The settings of this process name the state folder of the running desk."""
    settings.EVENHAND_HOME = desk.site.home
    settings.KEYS = desk.site.home / "keys"


def press(page: Page, key: str) -> None:
    """Presses a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_whole_case_is_done_by_keyboard_alone(desk: Desk, hands: list[Hands]) -> None:
    rita = hands[0]
    with transaction.atomic():
        case = open_case(case_draft(own_keys(), event="$keys"), now=now())
        person = reviewer("Rita Reviewer")
    rita.enrol(desk.url + link_of(person))
    page = rita.page

    press(page, "n")
    assert page.url == f"{desk.url}/staff/cases/{case.id}/"
    assert SECRET not in page.content()
    page.keyboard.press("o")
    page.keyboard.type("to judge what was written")
    press(page, "Enter")
    written = page.get_by_text(SECRET)
    assert not written.is_visible()
    page.keyboard.press("s")
    written.wait_for()
    page.keyboard.press("d")
    assert focused(page) == "close"
    page.keyboard.press(page.locator("#kind-warn").get_attribute("data-key") or "")
    assert page.locator("#kind-warn").is_checked()
    page.keyboard.press("r")
    page.keyboard.type(REASON)
    press(page, "Control+Enter")

    assert page.url == f"{desk.url}/staff/cases/"
    assert page.get_by_text("The case is closed.").is_visible()
    case.refresh_from_db()
    assert (case.outcome, case.closed_by_id, case.reason) == ("acted", person.id, REASON)
    record = Record.objects.get(kind=RecordKind.EVIDENCE_OPENED, subject=case.id)
    assert RecordOpening.objects.get(record=record).body["reason"] == "to judge what was written"
    assert rita.complaints == []


def test_somebody_else_judges_an_objection_by_keyboard(desk: Desk, hands: list[Hands]) -> None:
    otto, keys = hands[0], own_keys()
    with transaction.atomic():
        decision = decided(keys, event="$objected")
        case = object_to(
            decision.id,
            objection_path(decision.id, key=desk.token_key).split("/")[-2],
            "I quoted my own bank.",
            token_key=desk.token_key,
            evidence_key=keys.evidence.public_key,
            now=now(),
        )
        person = reviewer("Otto Other")
    otto.enrol(desk.url + link_of(person))
    page = otto.page

    page.keyboard.press("j")
    press(page, "Enter")
    press(page, "c")
    assert page.get_by_text("You have the case in hand.").is_visible()
    page.keyboard.press("o")
    page.keyboard.type("to judge the objection")
    press(page, "Enter")
    page.keyboard.press("s")
    page.get_by_text("I quoted my own bank.").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("r")
    page.keyboard.type("It was a quotation.")
    press(page, "Control+Enter")

    assert page.get_by_text("The objection is upheld.").is_visible()
    case.refresh_from_db()
    assert (case.outcome, case.closed_by_id) == ("upheld", person.id)
    assert otto.complaints == []


def test_single_keys_are_turned_off_and_stay_off(desk: Desk, hands: list[Hands]) -> None:
    rita = hands[0]
    with transaction.atomic():
        waiting = open_case(case_draft(event="$waiting"), now=now())
        person = reviewer("Nora No Keys")
    rita.enrol(desk.url + link_of(person))
    page = rita.page

    rita.reach("Keys", kind="SUMMARY")
    page.keyboard.press("Enter")
    rita.reach("Single keys work on this device")
    page.keyboard.press("Space")
    page.reload()
    for key in ("n", "j", "k"):
        page.keyboard.press(key)

    assert page.url == f"{desk.url}/staff/cases/"
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    waiting.refresh_from_db()
    assert waiting.claimed_by is None
    rita.reach("Take the most urgent one")
    press(page, "Enter")
    assert page.url == f"{desk.url}/staff/cases/{waiting.id}/"


def fill(page: Page, url: str, event: str) -> None:
    page.goto(f"{url}/report/")
    page.fill("#place", f"https://matrix.to/#/!room:example.test/{event}")
    page.select_option("#harm", "m.tos.prohibited.papers")
    page.fill("#text", "It offers forged papers.")
    page.fill("#name", "Ada Example")
    page.fill("#mailbox", "ada@example.org")
    page.check("#good_faith")
    page.click("text=Send the report")
    page.get_by_role("heading", name="Your report was received").wait_for(timeout=PATIENCE)


def test_a_report_is_sent_with_its_proof_of_work(desk: Desk, visitor: Visitor) -> None:
    page = visitor.page

    fill(page, desk.url, "$worked")

    report = Report.objects.get(about="event:$worked")
    assert (report.state, report.case is not None) == (ReportState.OPEN, True)
    code = page.locator("p.code").inner_text()
    page.get_by_role("link", name="Follow a report by its code").click()
    page.fill("#receipt", code)
    page.keyboard.press("Enter")
    page.locator("main .note").wait_for()
    assert visitor.complaints == []


def test_a_report_without_javascript_waits_in_the_slow_queue(desk: Desk, chromium: Browser) -> None:
    plain = chromium.new_context(java_script_enabled=False, locale="en-GB")

    fill(plain.new_page(), desk.url, "$plain")

    assert Report.objects.get(about="event:$plain").state == ReportState.WAITING
    plain.close()
