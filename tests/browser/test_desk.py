"""The desk in a real browser: passkeys, an objection from form to outcome, the public report."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction
from tests.browser.conftest import Desk, Visitor
from tests.integration.cases_of_tests import SECRET, Keys, decided, settle, token_of
from tests.integration.pages import faults
from tests.integration.people_of_tests import link_for

from evenhand.actions.models import Action
from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Automation, ChannelKind, RecordKind, Source
from evenhand.base.sealing import read_key
from evenhand.cases.queries import objection_to
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.models import Record
from evenhand.records.steps import append_many
from evenhand.transparency.publish import publish

pytestmark = pytest.mark.browser

REASON = "It was a quotation from a bank's own warning."


def at(path: str) -> Callable[[str], bool]:
    """Holds on the page itself, not on a sign-in page that names it as what comes next."""
    return lambda url: urlsplit(url).path == path


def own_keys(desk: Desk) -> Keys:
    from nacl.public import PrivateKey

    private = read_key(desk.site.home / "keys" / "opener" / "evidence.key")
    return Keys(PrivateKey(private))


def enrol(desk: Desk, colleague: Visitor, name: str) -> UUID:
    link = link_for(name, Role.REVIEWER)
    page = colleague.page
    page.goto(desk.url + link.path)
    page.get_by_role("button", name="Enrol a passkey").click()
    page.wait_for_url(at("/staff/cases/"))
    return link.person


def test_a_passkey_is_enrolled_by_a_link_and_signs_in(desk: Desk, colleague: Visitor) -> None:
    member = enrol(desk, colleague, "Ada Example")
    page = colleague.page

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(at("/staff/sign-in/"))
    page.goto(f"{desk.url}/staff/actions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(at("/staff/actions/"))

    assert page.get_by_role("heading", level=1).inner_text() == "Actions"
    assert colleague.complaints == []
    kinds = Record.objects.filter(subject=member).values_list("opening__body__change", flat=True)
    assert list(kinds.order_by("serial")) == ["invited", "key_enrolled"]


def test_a_link_that_was_used_opens_nothing(
    desk: Desk, colleague: Visitor, visitor: Visitor
) -> None:
    link = link_for("Ben Example", Role.REVIEWER)
    colleague.page.goto(desk.url + link.path)
    colleague.page.get_by_role("button", name="Enrol a passkey").click()
    colleague.page.wait_for_url(at("/staff/cases/"))

    visitor.page.goto(desk.url + link.path)

    assert "This link no longer works" in visitor.page.content()


def test_a_device_without_passkey_is_told_what_to_do(desk: Desk, colleague: Visitor) -> None:
    page = colleague.page
    page.goto(f"{desk.url}/staff/sign-in/")

    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new Error('none here')) }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_text("That did not work.").wait_for()
    assert page.url.endswith("/staff/sign-in/")


def test_an_objection_is_upheld_and_the_author_sees_it(
    desk: Desk, colleague: Visitor, visitor: Visitor
) -> None:
    decision = decided(own_keys(desk), ActionKind.SUSPEND, event="$upheld")
    settle()
    link = f"{desk.url}/objection/{decision.id}/{token_of(decision.id, key=desk.token_key)}/"

    author = visitor.page
    author.goto(link)
    author.get_by_label("Why do you think the decision is wrong?").fill("I quoted my own bank.")
    author.get_by_role("button", name="Send the objection").click()
    author.get_by_role("heading", name="We have received it").wait_for()

    enrol(desk, colleague, "Cleo Example")
    page = colleague.page
    page.get_by_role("link", name="Objection").click()
    page.locator("#evidence-reason").wait_for()
    assert SECRET not in page.content()
    page.locator("#evidence-reason").fill("needed to judge the objection")
    page.get_by_role("button", name="Open the seal").nth(1).click()
    written = page.get_by_text(SECRET)
    written.wait_for(state="attached")
    assert not written.is_visible()
    page.get_by_text("Show what was written").click()
    assert written.is_visible()

    page.get_by_label("Your reasons").fill(REASON)
    page.get_by_label("Uphold: undo what was done").check()
    page.get_by_role("button", name="Close the case").click()
    page.get_by_text("The objection is upheld.").wait_for()
    author.reload()

    assert author.get_by_role("heading", name="You were right").is_visible()
    assert REASON in author.content()
    case = objection_to(decision.id)
    assert case is not None
    assert case.outcome == "upheld"
    assert Action.objects.get(decision=decision).state == "undoing"
    opening = Record.objects.select_related("opening").get(
        kind=RecordKind.EVIDENCE_OPENED, subject=decision.id
    )
    assert opening.opening.body["reason"] == "needed to judge the objection"
    assert colleague.complaints == visitor.complaints == []


def test_the_objection_form_works_without_javascript(desk: Desk, visitor: Visitor) -> None:
    decision = decided(own_keys(desk), event="$plain")
    browser = visitor.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, locale="ru-RU").new_page()

    plain.goto(f"{desk.url}/objection/{decision.id}/{token_of(decision.id, key=desk.token_key)}/")
    plain.locator("textarea").fill("Это была цитата.")
    plain.locator("form:has(textarea) button").click()

    plain.get_by_role("heading", name="Мы его получили").wait_for()
    assert objection_to(decision.id) is not None
    plain.context.close()


def some_decisions(day: date, quantity: int) -> None:
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    records = []
    for number in range(quantity):
        record_id = new_id(now=at)
        records.append(
            NewRecord(
                id=record_id,
                at=at,
                kind=RecordKind.DECISION,
                subject=record_id,
                harm="m.spam" if number % 3 else "m.tos.prohibited.drugs",
                action=ActionKind.REFUSE,
                market="KZ",
                automation=Automation.FULL,
                source=Source.OWN,
                language="kk",
                channel_kind=ChannelKind.PUBLIC,
                milliseconds=4,
            )
        )
    with transaction.atomic():
        append_many(records)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_public_report_fits_the_screen(
    desk: Desk, visitor: Visitor, scheme: str, width: int
) -> None:
    day = date(2026, 11, 21)
    some_decisions(day, 30)
    publish(day, now=now(), folder=desk.site.home / "public")
    page = visitor.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})

    for language in ("en", "kk"):
        page.goto(f"{desk.url}/reports/{day}/?lang={language}")
        assert faults(page.content()) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 245, 241)" if scheme == "light" else "rgb(17, 22, 27)")
    assert visitor.complaints == []


def test_the_keyboard_reaches_the_content_first(desk: Desk, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(desk.url)

    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    assert focused == "Skip to the content"
    page.wait_for_function("document.activeElement.id === 'content'")
