"""A real browser for the demo, where there is one: Chromium, driven by playwright."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS_MAX = 60


async def checked_in_browser(url: str, receipt: Path) -> dict[str, str] | None:
    """Gives what the page's script says of a saved receipt; None where there is no browser."""
    path = os.environ.get("EVENHAND_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    try:
        # Part of the tests' requirements; the demo's own go without it.
        from playwright.async_api import async_playwright
    except ImportError:
        return None
    if path is None:
        return None
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        page = await browser.new_page()
        page.set_default_timeout(SECONDS_MAX * 1000)
        await page.goto(url)
        await page.set_input_files("#receipt-file", receipt)
        await page.wait_for_selector('[data-proof][data-done="yes"]')
        items = await page.locator("[data-check]").all()
        found = {
            str(await item.get_attribute("data-check")): str(
                await item.get_attribute("data-result")
            )
            for item in items
        }
        await browser.close()
    return found
