"""What the search needs from elsewhere, and what others need of it; `wiring.py` binds it."""

from collections.abc import Sequence
from typing import Protocol

from evenhand.base.lists import EventKind
from evenhand.search.asking import Ask, Page


class Searcher(Protocol):
    """Who knows what can be found; it raises `Unavailable` where it does not answer.

    `country` and `language` as in an `Ask`.
    """

    def search(self, ask: Ask) -> Page:
        """Gives one page of hits; `InputRefused` where the query or its token cannot be read."""

    def suggest(self, prefix: str, *, country: str | None, language: str) -> Sequence[str]:
        """Gives queries that begin so, the best first."""

    def trending(self, *, country: str | None, language: str) -> Sequence[str]:
        """Gives what many look for these days."""


class Policy(Protocol):
    """What may not be sought, and which items may not be found."""

    def topic_of(self, query: str) -> str:
        """Gives the topic that a query seeks; empty if the policy names none."""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        """Gives per text the topic that hides it; empty if none does."""


class Screen(Protocol):
    """The screening of public text."""

    def flagged(self, texts: Sequence[str], kinds: Sequence[EventKind]) -> Sequence[str]:
        """Gives per text the harm that rules find in it; empty if they find none."""


class NoPolicy:
    """Names nothing: what stands in where no policy is asked."""

    def topic_of(self, query: str) -> str:  # noqa: ARG002
        """Gives none."""
        return ""

    def hides(self, texts: Sequence[str]) -> Sequence[str]:
        """Gives none for each."""
        return [""] * len(texts)


class Openers(Protocol):
    """Who knows which account opened a room (the messenger)."""

    def opened_by(self, room: str) -> str:
        """Gives the account; empty if nobody knows; `NotFound` if the room is gone."""
