"""The proof in the reader's own browser: calculated there, from the log's files alone."""

import asyncio
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page, Route
from tests.browser.conftest import Desk, Visitor
from tests.browser.find_chromium import found

from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Automation, Language, RecordKind, Source
from evenhand.demo.chromium import checked_in_browser
from evenhand.proof.notes import Signer, sign_text
from evenhand.records.entries import NewRecord
from evenhand.records.log_keys import open_log, rotate
from evenhand.records.log_steps import Log, append_records
from evenhand.records.proof_codes import code_of
from evenhand.records.steps import append_many
from evenhand.transparency.proving import Prover
from evenhand.transparency.publish import publish

pytestmark = pytest.mark.browser

CHECKS = ("leaf", "path", "signature", "entry", "consistency")
HOLDS = dict.fromkeys(CHECKS, "true") | {"counted": "null"}
"""What is found while no report of its day is published."""
ORIGIN = "desk.example/log"
SHOTS = os.environ.get("EVENHAND_SCREENSHOTS", "")
"""A folder for pictures of the page, for people."""


@pytest.fixture
def log(desk: Desk) -> Log:
    return open_log(
        desk.site.home / "keys",
        desk.site.home / "public" / "log",
        origin=ORIGIN,
        host="desk.example",
        now=now(),
    )


def written(count: int = 1, *, days_ago: int = 0) -> UUID:
    """Adds so many records, and gives the id of the first."""
    moment = now() - timedelta(days=days_ago)
    records = [
        NewRecord(
            id=new_id(now=moment),
            at=moment,
            kind=RecordKind.DECISION,
            subject=new_id(now=moment),
            harm="m.spam",
            action=ActionKind.REDACT,
            market="KZ",
            automation=Automation.NONE,
            source=Source.USER,
            language="kk",
        )
        for _ in range(count)
    ]
    with transaction.atomic():
        append_many(records)
    return records[0].id


@pytest.fixture
def code(desk: Desk, log: Log) -> str:
    """The code of an entry that is in the log, which went on growing afterwards."""
    record = written(40)
    append_records(log, now=now())
    written(600)
    append_records(log, now=now())
    return code_of(record, key=desk.token_key)


def shown(visitor: Visitor, desk: Desk, code: str) -> Page:
    page = visitor.page
    page.goto(f"{desk.url}/proof/")
    page.fill("#code", code)
    page.click("form.card button[type=submit]")
    return page


def results(page: Page) -> dict[str, str | None]:
    page.wait_for_selector('[data-proof][data-done="yes"]')
    found = page.locator("[data-check]").all()
    return {str(one.get_attribute("data-check")): one.get_attribute("data-result") for one in found}


def test_the_browser_finds_where_the_report_of_its_day_counts_it(
    visitor: Visitor, desk: Desk, log: Log
):
    record = written(40, days_ago=1)
    append_records(log, now=now())
    day = (now() - timedelta(days=1)).date()
    publish(day, now=now(), folder=desk.site.home / "public", prover=Prover(log, bytes(32)))
    append_records(log, now=now())
    page = shown(visitor, desk, code_of(record, key=desk.token_key))

    page.click("[data-proof-run]")
    assert results(page) == HOLDS | {"counted": "true"}
    assert page.locator("#counted").is_visible()
    assert visitor.complaints == []

    def without_spam(route: Route) -> None:
        route.fulfill(body=route.fetch().text().replace('"m.spam"', '"m.violence"'))

    page.route(f"**/{day}/report.json", without_spam)
    page.click("[data-proof-run]")
    page.wait_for_selector('[data-check="counted"][data-result="false"]')


def saved(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click("form[action$='receipt.json'] button")
    file = folder / "receipt.json"
    download.value.save_as(file)
    return file


def test_the_browser_itself_finds_that_every_check_holds(visitor: Visitor, desk: Desk, code: str):
    page = shown(visitor, desk, code)

    page.click("[data-proof-run]")

    assert results(page) == HOLDS
    assert page.locator("[data-proof-key] .code").inner_text().startswith(ORIGIN)
    assert visitor.complaints == []


def test_a_file_whose_connection_breaks_is_asked_for_once_more(
    visitor: Visitor, desk: Desk, code: str
):
    broken: set[str] = set()

    def break_first(route: Route) -> None:
        if (url := route.request.url) in broken:
            route.continue_()
        else:
            broken.add(url)
            route.abort("connectionreset")

    page = shown(visitor, desk, code)
    page.route("**/log/**", break_first)

    page.click("[data-proof-run]")

    assert results(page) == HOLDS
    assert len(broken) > 2


@pytest.mark.parametrize("stolen", [False, True])
def test_a_saved_receipt_is_checked_after_the_log_grew_and_its_key_changed(
    visitor: Visitor, desk: Desk, log: Log, code: str, tmp_path: Path, stolen: bool
):
    file = saved(shown(visitor, desk, code), tmp_path)
    size = json.loads(file.read_text())["size"] if stolen else None
    keys = desk.site.home / "keys"
    rotate(keys, new_seed=b"\x0b" * 32, origin="", host="desk.example", stolen_at=size)
    (keys / "log.old.key").unlink(missing_ok=True)
    followed = open_log(
        desk.site.home / "keys", log.folder, origin=ORIGIN, host="desk.example", now=now()
    )
    written(300)
    append_records(followed, now=now())

    visitor.page.goto(f"{desk.url}/proof/")
    visitor.page.set_input_files("#receipt-file", file)

    assert results(visitor.page) == HOLDS


@pytest.mark.parametrize(
    ("field", "value", "failing"),
    [
        ("shown", {"kind": "decision", "harm": "m.harassment"}, "leaf"),
        ("index", 1, "path"),
        ("path", [], "path"),
        ("other", "00" * 32, "leaf"),
    ],
)
def test_an_altered_receipt_does_not_hold(
    visitor: Visitor, desk: Desk, code: str, tmp_path: Path, field: str, value, failing: str
):
    file = saved(shown(visitor, desk, code), tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))

    visitor.page.goto(f"{desk.url}/proof/")
    visitor.page.set_input_files("#receipt-file", file)

    assert results(visitor.page)[failing] == "false"


def test_a_checkpoint_that_another_key_signed_does_not_hold(
    visitor: Visitor, desk: Desk, code: str, tmp_path: Path
):
    file = saved(shown(visitor, desk, code), tmp_path)
    content = json.loads(file.read_text())
    text = content["checkpoint"].rpartition("\n\n")[0] + "\n"
    content["checkpoint"] = sign_text(text, [Signer(ORIGIN, b"\x0c" * 32)])
    file.write_text(json.dumps(content))

    visitor.page.goto(f"{desk.url}/proof/")
    visitor.page.set_input_files("#receipt-file", file)

    found = results(visitor.page)
    assert (found["leaf"], found["path"], found["signature"]) == ("true", "true", "false")


@pytest.mark.parametrize("what", ["tile", "entries", "checkpoint"])
def test_what_the_server_alters_is_found(
    visitor: Visitor, desk: Desk, log: Log, code: str, what: str, tmp_path: Path
):
    def alter(route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/log/")
        wanted = {
            "tile": re.match(r"tile/[0-9]", path),
            "entries": path.startswith("tile/entries/"),
            "checkpoint": path == "checkpoint",
        }[what]
        content = route.fetch().body()
        if wanted and what == "checkpoint":
            content = content.replace(b"\n", b"\n1", 1)
        elif wanted:
            content = bytes(
                byte ^ 1 if place % 34 > 1 else byte for place, byte in enumerate(content)
            )
        route.fulfill(body=content)

    page = shown(visitor, desk, code)
    file = saved(page, tmp_path)
    written(300)
    append_records(log, now=now())
    page.route("**/log/**", alter)
    page.set_input_files("#receipt-file", file)
    found = results(page)

    assert "true" in found.values()
    failing = {"tile": "consistency", "entries": "entry", "checkpoint": "consistency"}[what]
    assert found[failing] != "true"


@pytest.mark.parametrize("content", ["", "{", "[]", "x" * 200_000, '{"format": 1}', "[" * 5000])
def test_what_is_no_receipt_is_said_in_words(
    visitor: Visitor, desk: Desk, log: Log, content: str, tmp_path: Path
):
    file = tmp_path / "receipt.json"
    file.write_text(content)

    visitor.page.goto(f"{desk.url}/proof/")
    visitor.page.set_input_files("#receipt-file", file)

    visitor.page.wait_for_selector("[data-proof-fault]:not([hidden])")


@pytest.mark.parametrize("language", Language)
def test_the_page_has_no_serious_fault_and_fits_a_telephone(
    visitor: Visitor, desk: Desk, code: str, language: Language
):
    visitor.page.set_viewport_size({"width": 360, "height": 800})
    visitor.page.goto(f"{desk.url}/proof/?lang={language.value}")
    page = shown(visitor, desk, code)
    page.click("[data-proof-run]")
    results(page)

    found = Axe().run(page)

    grave = {"serious", "critical"}
    faults = [one["id"] for one in found.response["violations"] if one["impact"] in grave]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/proof-{language.value}-phone.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{SHOTS}/proof-{language.value}-dark.png", full_page=True)


@pytest.mark.parametrize(("harm", "leaf"), [("m.spam", "true"), ("m.violence", "false")])
def test_the_demo_hears_from_its_browser_what_the_page_finds(
    visitor: Visitor, desk: Desk, code: str, tmp_path: Path, monkeypatch, harm: str, leaf: str
):
    monkeypatch.setenv("EVENHAND_CHROMIUM", found() or "")
    file = saved(shown(visitor, desk, code), tmp_path)
    receipt = json.loads(file.read_text())
    receipt["shown"]["harm"] = harm
    file.write_text(json.dumps(receipt))

    with ThreadPoolExecutor(1) as beside:  # the tests' own browser has a loop in this thread
        said = beside.submit(asyncio.run, checked_in_browser(f"{desk.url}/proof/", file)).result()

    assert said == HOLDS | {"leaf": leaf}
