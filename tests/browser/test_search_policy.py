"""A version of the query policy, written by one and let go live by another, in the browser."""

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings
from tests.browser.conftest import Desk
from tests.browser.hands_of_tests import Hands, link_of
from tests.browser.test_review_pages import look
from tests.integration.people_of_tests import member

from evenhand.people.roles import Role
from evenhand.search.policy import shipped_text
from evenhand.search.queries import policy_in_force

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def site(desk: Desk, settings: Settings) -> None:
    """The settings of this process name the state folder of the running desk."""
    settings.EVENHAND_HOME = desk.site.home
    settings.KEYS = desk.site.home / "keys"


def test_a_policy_from_draft_to_live_and_back(desk: Desk, hands: list[Hands]) -> None:
    author, second, _ = hands
    author.enrol(desk.url + link_of(member("Pia Phrases", Role.POLICY_AUTHOR)))
    second.enrol(desk.url + link_of(member("Quentin Queries", Role.POLICY_AUTHOR)))
    page = author.page

    page.goto(f"{desk.url}/staff/")
    page.get_by_role("link", name="Query policy").click()
    expect(page.get_by_text("comes with Evenhand counts")).to_be_visible()
    page.get_by_role("link", name="Write the next version").click()
    page.get_by_label("The whole text").fill("version: [")
    page.get_by_role("button", name="Check and try it").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no policy")
    look(page, "search-policy-broken")
    text = shipped_text().replace('version: "1"', 'version: "2"')
    page.get_by_label("The whole text").fill(text)
    page.get_by_label("A search to try").fill("buy c0caine")
    page.get_by_role("button", name="Check and try it").click()
    expect(page.get_by_text("answered with help: drug_trade")).to_be_visible()
    look(page, "search-policy-tried")
    page.get_by_label("What changed").fill("Another number.")
    page.get_by_role("button", name="Keep it as a draft").click()
    expect(page.get_by_text("Somebody else than its author")).to_be_visible()
    look(page, "search-policy-draft")
    draft = page.url

    other = second.page
    other.goto(draft)
    second.press("Let it go live")
    expect(other.get_by_text("It is live.")).to_be_visible()
    assert policy_in_force()[0] == "1"
    other.get_by_text("Take it out of force").click()
    other.get_by_label("Reason").fill("Only tried.")
    other.get_by_role("button", name="Retire it").click()
    expect(other.get_by_text("It counts no more.")).to_be_visible()
    other.goto(f"{desk.url}/staff/search-policy/")
    expect(other.get_by_text("Only tried.")).to_be_visible()
    look(other, "search-policy-list")

    assert policy_in_force()[0].startswith("shipped")
    assert author.complaints == []
    assert second.complaints == []
