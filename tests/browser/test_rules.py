"""A rule taken from draft to live by two people in the browser, and rolled back."""

import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tests.browser.conftest import Desk
from tests.browser.hands_of_tests import Hands, link_of
from tests.browser.test_review_pages import OPEN_ALL, look
from tests.drafts_of_tests import ACCOUNT, by_rule
from tests.integration.people_of_tests import member

from evenhand.actions.drafts import Measure, RuleFacts
from evenhand.actions.steps import decide
from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.desk.rules.editing import SKELETON
from evenhand.desk.rules.workbench import HISTORY
from evenhand.people.roles import Role
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.rollback_steps import run_rollbacks

pytestmark = pytest.mark.browser

LANGUAGES = ("en", "de", "fr", "ru", "kk")


@pytest.fixture(autouse=True)
def site(desk: Desk, settings: Settings) -> None:
    """The settings of this process name the state folder of the running desk."""
    settings.EVENHAND_HOME = desk.site.home
    settings.KEYS = desk.site.home / "keys"


def archive(home: Path) -> None:
    """A fortnight of an operator's archive: invented, with more links on some days."""
    (home / HISTORY).mkdir(exist_ok=True)
    texts = {
        "en": "Look at https://{}.example",
        "de": "Hier: https://{}.example",
        "ru": "Смотри https://{}.example",
    }
    rows = []
    for day in range(1, 15):
        for minute in range(8 + 3 * (day % 4)):
            language = LANGUAGES[(day + minute // 5) % 5]
            text = texts.get(language, "See https://{}.example") if minute % 2 else "Good morning"
            rows.append(
                {"event_id": f"${day}-{minute}", "kind": "message", "channel_kind": "public",
                 "account": f"@a{minute % 2}:example.test", "channel": f"!c{day % 3}:example.test",
                 "territory": ("DE", "FR", "KZ")[day % 3], "language": language,
                 "text": text.format(f"a{day}"), "time": f"2026-11-{day:02}T10:{minute:02}:00Z"}
            )  # fmt: skip
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (home / HISTORY / "november.ndjson").write_text(lines + "\n")


def test_a_rule_from_draft_to_live_and_back(desk: Desk, hands: list[Hands]) -> None:
    archive(desk.site.home)
    pia = member("Pia Policy", Role.POLICY_AUTHOR)
    quentin = member("Quentin Policy", Role.POLICY_AUTHOR)
    author, second, _ = hands
    author.enrol(desk.url + link_of(pia))
    second.enrol(desk.url + link_of(quentin))
    page = author.page

    # The editor says what is wrong while it is written, and completes signals.
    page.goto(f"{desk.url}/staff/rules/new/")
    source = page.locator("#text")
    text = SKELETON.replace("id: my_rule", "id: links_again")
    broken = text.replace("has_link AND", "has_lnik AND")
    source.fill("a" * 400_000)
    page.locator("[data-unheard]").wait_for()
    assert [said for said in author.complaints if "413" not in said] == []
    author.complaints.clear()
    source.fill(broken)
    page.get_by_text("no such column: has_lnik").wait_for()
    assert page.locator("[data-unheard]").is_hidden()
    page.locator("[data-examined] .note.bad").wait_for()
    assert "no such column: has_lnik" in page.locator("[data-examined]").inner_text()
    look(page, "r-editor-fault")
    page.get_by_role("button", name="Go there").click()
    for _ in "has_lnik":
        page.keyboard.press("ArrowRight")
    for _ in "lnik":
        page.keyboard.press("Backspace")
    page.keyboard.type("li")
    page.locator("#completion li").first.wait_for()
    look(page, "r-editor-completion")
    source.focus()
    page.keyboard.type("n")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#completion [aria-selected=true] code").inner_text()
    assert chosen == "has_link"
    page.keyboard.press("Enter")
    assert source.input_value() == text
    page.locator("[data-examined] .note.good").wait_for()
    page.fill("#note", "Links again and again by one account.")
    page.click("text=Check")
    page.get_by_text("recent events").wait_for()
    blurred = page.locator(".blurred").first
    assert "blur" in blurred.evaluate("at => getComputedStyle(at).filter")
    blurred.focus()
    assert "blur" not in blurred.evaluate("at => getComputedStyle(at).filter")
    look(page, "r-editor")

    # Draft, tried, shadow, a share.
    page.click("text=Keep as a draft")
    page.wait_for_url("**/versions/**")
    row = RuleVersion.objects.get(rule="links_again")
    look(page, "r-draft")
    author.press("Try it on history")
    page.locator("svg.columns").wait_for()
    # From the first day with a hit to the last one, those between without a hit too.
    assert page.locator("svg.columns rect.column").count() == 14
    look(page, "r-tried")
    author.press("Put it in shadow")
    author.press("Let it act for this share")
    assert page.get_by_text("Somebody else than its author lets it go live.").is_visible()
    look(page, "r-staged")

    # A second person lets it go live.
    second.page.goto(f"{desk.url}/staff/rules/versions/{row.id}/")
    second.press("Let it go live")
    row.refresh_from_db()
    assert (row.state, row.approver) == (RuleState.LIVE, quentin)
    second.page.evaluate(OPEN_ALL)
    look(second.page, "r-live")

    # It did something; rolled back with its reach shown first.
    facts = RuleFacts(row.rule, row.version, pia.name, quentin.name)
    decide(by_rule(Measure(ActionKind.SUSPEND, ACCOUNT), rule=facts), now=now())
    second.press("Roll back …")
    assert "1" in second.page.locator(".tiles dd").first.inner_text()
    look(second.page, "r-roll-back")
    second.page.fill("#reason", "It fires for every link.")
    second.press("Roll back and undo")
    run_rollbacks(now=now())
    second.page.reload()
    row.refresh_from_db()
    assert row.state == RuleState.RETIRED
    assert second.page.get_by_text("It fires for every link.").is_visible()
    assert second.page.get_by_text("Roll back …").count() == 0
    look(second.page, "r-rolled-back")

    page.goto(f"{desk.url}/staff/rules/versions/{row.id}/edit/")
    page.fill(
        "#text", source.input_value().replace('version: "1"', 'version: "2"').replace("0.6", "0.5")
    )
    author.press("Keep as a draft")
    page.goto(f"{desk.url}/staff/rules/named/links_again/")
    look(page, "r-rule")
    page.goto(f"{desk.url}/staff/rules/")
    look(page, "r-list")
    assert [one for who in (author, second) for one in who.complaints] == []
