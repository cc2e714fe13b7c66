"""Somebody who uses the keyboard alone, and the link by which their device enrols."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from playwright.sync_api import Page

from evenhand.base.clock import now
from evenhand.people import steps as people
from evenhand.people.models import Person

TABS_MAX = 250


@dataclass
class Hands:
    """Somebody who uses the keyboard alone."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def reach(self, text: str, *, kind: str = "") -> None:
        """Presses Tab until something of this name has the focus."""
        for _ in range(TABS_MAX):
            found = self.page.evaluate(
                """() => { const at = document.activeElement;
                const label = at.labels && at.labels[0] ? at.labels[0].innerText : '';
                const named = label || at.getAttribute('aria-label') || at.innerText || '';
                return [at.tagName, named.trim()]; }"""
            )
            is_control = found[0] not in {"BODY", "MAIN", "DIV", "HTML"}
            if is_control and text in found[1] and (not kind or found[0] == kind):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {text!r} on {self.page.url}")

    def press(self, text: str) -> None:
        """Reaches a button or a link, presses Enter and waits for the page that it leads to."""
        self.reach(text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, label: str, text: str) -> None:
        """Reaches a field and types."""
        self.reach(label)
        self.page.keyboard.insert_text(text)

    def pick(self, element: str) -> None:
        """Reaches a group of choices and picks one with the arrow keys, or ticks a box."""
        for _ in range(TABS_MAX):
            same = self.page.evaluate(
                """id => { const at = document.activeElement, to = document.getElementById(id);
                return [at.id === id, at.name === to.name && at.type === 'radio']; }""",
                element,
            )
            if same[0]:
                self.page.keyboard.press("Space")
                return
            self.page.keyboard.press("ArrowDown" if same[1] else "Tab")
        pytest.fail(f"the keyboard does not reach {element!r} on {self.page.url}")

    def enrol(self, url: str) -> None:
        """Enrols a passkey at a link."""
        self.page.goto(url)
        self.press("Enrol a passkey")
        self.page.wait_for_url(lambda to: "/enrol/" not in to)


def link_of(person: Person) -> str:
    """Gives the path at which somebody's device enrols."""
    with transaction.atomic():
        return people._link(person, by=None, now=now()).path
