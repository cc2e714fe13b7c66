"""A real browser for the demo, where there is one: Chromium, spoken to by its DevTools protocol."""

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS_MAX = 120
"""Seconds until the page has checked a receipt: on a loaded machine the browser starts slowly."""

LISTENS = re.compile(rb"DevTools listening on (ws://\S+)")
RECEIPT_INPUT = "document.readyState === 'complete' && document.querySelector('#receipt-file')"
SHOWN = "document.readyState === 'complete' && document.querySelector('main')?.innerText"
CHECKS = """document.querySelector('[data-proof][data-done="yes"]') && JSON.stringify(
    Object.fromEntries([...document.querySelectorAll('[data-check]')]
        .map(item => [item.dataset.check, item.dataset.result])))"""


class _NotStarted(Exception):
    """The browser ended before it took commands."""


@dataclass(frozen=True, slots=True)
class _Tab:
    """A page of a browser."""

    socket: ClientWebSocketResponse
    numbers: "count[int]"
    session: str = ""

    async def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Gives what the browser answers, nothing where it cannot; what it tells is passed over."""
        number = next(self.numbers)
        within = {"sessionId": self.session} if self.session else {}
        await self.socket.send_json({"id": number, "method": method, "params": params} | within)
        while True:
            said = await self.socket.receive_json()
            if said.get("id") == number:
                return dict(said.get("result", {}))

    async def value(self, expression: str, *, kept: bool = False) -> Any:
        """Gives what an expression is in the page: its value, or where the page keeps it."""
        said = await self.ask("Runtime.evaluate", expression=expression)
        return said.get("result", {}).get("objectId" if kept else "value")

    async def once(self, expression: str, *, kept: bool = False) -> Any:
        """Gives what an expression is as soon as it is something."""
        while not (found := await self.value(expression, kept=kept)):  # noqa: ASYNC110  in the page
            await asyncio.sleep(0.1)
        return found


async def checked_in_browser(url: str, receipt: Path) -> dict[str, str] | None:
    """Gives what the page's script says of a saved receipt; None where no browser starts."""
    path = _path()
    if path is None:
        return None
    try:
        async with asyncio.timeout(SECONDS_MAX), _tab(path, url) as tab:
            taken = await tab.once(RECEIPT_INPUT, kept=True)
            await tab.ask("DOM.setFileInputFiles", files=[str(receipt)], objectId=taken)
            return dict(json.loads(await tab.once(CHECKS)))
    except _NotStarted:
        return None


async def shown_in_browser(url: str) -> str | None:
    """Gives what a reader sees of a page's main part; None where no browser starts."""
    path = _path()
    if path is None:
        return None
    try:
        async with asyncio.timeout(SECONDS_MAX), _tab(path, url) as tab:
            return str(await tab.once(SHOWN))
    except _NotStarted:
        return None


def _path() -> str | None:
    """Gives the browser to start."""
    return os.environ.get("EVENHAND_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def _tab(path: str, url: str) -> AsyncIterator[_Tab]:
    """Starts a browser with nothing in it, opens a page, and ends it again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
        browser = await asyncio.create_subprocess_exec(
            path,
            *(*options, "--disable-background-networking", f"--user-data-dir={profile}"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await _address(browser)
            async with ClientSession() as client, client.ws_connect(address) as socket:
                whole = _Tab(socket, count(1))
                made = await whole.ask("Target.createTarget", url=url)
                joined = await whole.ask(
                    "Target.attachToTarget", targetId=made["targetId"], flatten=True
                )
                yield _Tab(socket, whole.numbers, joined["sessionId"])
        finally:
            if browser.returncode is None:
                browser.kill()
            await browser.wait()


async def _address(browser: asyncio.subprocess.Process) -> str:
    """Gives where a browser takes commands: it says so once it does."""
    assert browser.stderr is not None
    async for line in browser.stderr:
        if found := LISTENS.search(line):
            return found[1].decode()
    raise _NotStarted
