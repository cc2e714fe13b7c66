"""A desk of its own for browser tests: database, opener and web, and Chromium to visit it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.plugin import DjangoDbBlocker
from tests.browser.find_chromium import found
from tests.browser.hands_of_tests import Hands
from tests.conftest import START_SECONDS_MAX, Postgres, Site, pointed_at

from evenhand.base.sealing import make_keys, read_key
from evenhand.connectors.matrix.homeserver import free_port


@dataclass(frozen=True)
class Desk:
    """A running desk: its state folder and its address."""

    site: Site
    url: str

    @property
    def token_key(self) -> bytes:
        """The key of the links in statements."""
        return read_key(self.site.home / "keys" / "token.key")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; where there is none, `script/test` has stopped before this.

    Playwright leaves its event loop running in this thread, which Django takes for a view that
    blocks one; nothing else runs in that loop here.
    """
    path = found()
    assert path, "no Chromium: run script/test, which gets one"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(
    chromium: Browser,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Desk]:
    """Database, opener and web server of one site, at an address where passkeys work.

    One for all tests of a file, since starting it takes seconds: each test brings its own staff,
    decisions and days.
    """
    site = Site(tmp_path_factory.mktemp("desk"), postgres, postgres.copy())
    make_keys(site.home / "keys")
    port = free_port()
    url = f"http://localhost:{port}"
    site.start("evenhand.evidence.opener")
    web = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "granian"),
            *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--no-ws", "--blocking-threads", "2", "evenhand.wsgi:application"),
        ],
        env=site.environment(EVENHAND_PUBLIC_URL=url),
        stdout=(site.home / "web.log").open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_for(lambda: httpx.get(f"{url}/health/").is_success)
        _wait_for((site.home / "opener.sock").exists)
        with pointed_at(site.url()), django_db_blocker.unblock():
            yield Desk(site, url)
    finally:
        for process in (web, *site.processes):
            process.terminate()
            process.wait(120)
        postgres.drop(site.database)


@dataclass
class Visitor:
    """A person at a browser; what the page complained of is kept."""

    page: Page
    complaints: list[str]


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """A visitor without any passkey."""
    context = chromium.new_context(locale="en-GB")
    yield _watched(context)
    context.close()


@pytest.fixture
def colleague(chromium: Browser) -> Iterator[Visitor]:
    """A visitor whose device makes and keeps passkeys."""
    context = chromium.new_context(locale="en-GB")
    visitor = _watched(context)
    session = context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield visitor
    context.close()


@pytest.fixture
def hands(chromium: Browser) -> Iterator[list[Hands]]:
    """Three people with devices of their own."""
    made, contexts = [], []
    for _ in range(3):
        context = chromium.new_context(
            locale="en-GB", accept_downloads=True, reduced_motion="reduce"
        )
        watched = _watched(context)
        session = context.new_cdp_session(watched.page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        made.append(Hands(watched.page, watched.complaints))
        contexts.append(context)
    yield made
    for context in contexts:
        context.close()


def _watched(context: BrowserContext) -> Visitor:
    page = context.new_page()
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    return Visitor(page, complaints)


def _wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up:
        try:
            if condition():
                return
        except httpx.TransportError:
            pass  # it is not listening yet
        time.sleep(0.1)
    pytest.fail("the desk did not start")
