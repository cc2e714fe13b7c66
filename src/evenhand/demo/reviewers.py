"""The two reviewers of the demo, who come in by the web with their passkeys."""

from evenhand.demo.readings import enrol_path
from evenhand.demo.staff import Clerk

NAMES = ("Ada (demo)", "Ben (demo)")


def reviewers(public_url: str) -> tuple[Clerk, Clerk]:
    """Lets both in, and gives them; two who work here already stand for each."""
    first, second = Clerk(public_url), Clerk(public_url)
    for clerk, name in zip((first, second), NAMES, strict=True):
        clerk.enrol(enrol_path(name))
    return first, second
