"""Prints the path of a Chromium; where there is none, gets one, and where that fails says so.

Order: EVENHAND_CHROMIUM, the names that Linux and macOS use, playwright's own download, then
Debian's package (as root) or a download by playwright.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found() -> str | None:
    """Gives the path of a Chromium that is here, or None."""
    stated = os.environ.get("EVENHAND_CHROMIUM")
    if stated:
        if not Path(stated).exists():
            sys.exit(f"EVENHAND_CHROMIUM names {stated}, which does not exist")
        return stated
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def get() -> None:
    """Installs a Chromium: Debian's package as root, else playwright's download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {
            "stdout": subprocess.DEVNULL,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        done = subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, **quiet)
        if done.returncode == 0:
            return
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdout=sys.stderr
    )


def main() -> None:
    """Prints the path, or stops with what to do."""
    path = found()
    if path is None:
        print("No Chromium here; getting one for the browser tests", file=sys.stderr)
        get()
        path = found()
    if path is None:
        sys.exit(
            "script/test needs Chromium and could not get one: install it "
            "(Debian: apt-get install chromium) or set EVENHAND_CHROMIUM to its path"
        )
    print(path)


if __name__ == "__main__":
    main()
