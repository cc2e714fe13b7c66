"""What the search needs from elsewhere, and what others need of it; `wiring.py` binds it."""

from collections.abc import Sequence
from typing import Protocol

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
