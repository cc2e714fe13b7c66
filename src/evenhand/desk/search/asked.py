"""What the form of the search was filled in with, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext_noop

from evenhand.desk.search.limits import HITS_PER_PAGE
from evenhand.desk.search.tongues import TONGUES
from evenhand.desk.texts import line
from evenhand.search.asking import Ask, Filters
from evenhand.search.limits import QUERY_CHARACTERS_MAX, TOKEN_CHARACTERS_MAX
from evenhand.search.lists import ItemKind

SIZES: Mapping[str, tuple[int, int | None]] = {
    "small": (0, 49),
    "medium": (50, 499),
    "large": (500, 4_999),
    "huge": (5_000, None),
}
"""Sizes of rooms that can be chosen: members, at least and at most."""

EMPTY, TOO_LONG, UNREADABLE, PAGE_GONE = "empty", "too_long", "unreadable", "page_gone"
FAULTS: Mapping[str, str] = {
    EMPTY: gettext_noop("Please type what you look for."),
    TOO_LONG: gettext_noop("Please ask in fewer words."),
    UNREADABLE: gettext_noop(
        "We could not read this query. Please use letters, digits and spaces."
    ),
    PAGE_GONE: gettext_noop("These results cannot be gone on with. Please search once more."),
}
"""What can be wrong with a query, and what is said of it beside the field."""

_SPEAKS = re.compile(r"[^\W_]|[\U0001F000-\U0001FAFF]")
"""A letter or a digit of any script, or a picture sign: something that could be found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as it stands in the address.

    text      what was typed, on one line
    kind      what hits must be; None: anything
    language  ISO 639-1, empty: any
    size      one of SIZES, empty: any
    after     the token of the page before; empty for the first
    given     whether a query was sent at all
    fault     one of FAULTS; empty: nothing is wrong
    """

    text: str = ""
    kind: ItemKind | None = None
    language: str = ""
    size: str = ""
    after: str = ""
    given: bool = False
    fault: str = ""

    @property
    def filtered(self) -> bool:
        """Tells whether anything beside the words is asked for."""
        return bool(self.kind or self.language or self.size)

    def ask(self, *, country: str | None, reader: str, network: str = "") -> Ask:
        """Gives the query for the searcher; `reader` is the language of help."""
        least, most = SIZES.get(self.size, (0, None))
        return Ask(
            text=self.text,
            country=country,
            language=reader,
            filters=Filters(
                kinds=frozenset({self.kind} if self.kind else ()),
                language=self.language,
                members_min=least,
                members_max=most,
            ),
            after=self.after,
            limit=HITS_PER_PAGE,
            network=network,
        )

    def query(self, **changes: str) -> str:
        """Gives the address of this query with changes, from the first page on unless told."""
        fields = {
            "q": self.text,
            "kind": self.kind or "",
            "language": self.language,
            "size": self.size,
            **changes,
        }
        return urlencode({name: value for name, value in fields.items() if value})


def asked(sent: QueryDict) -> Asked:
    """Reads an address; a filter that does not exist is none."""
    given = "q" in sent
    typed = sent.get("q", "")
    text = line(typed[: QUERY_CHARACTERS_MAX * 4])
    kind, language, size = sent.get("kind", ""), sent.get("language", ""), sent.get("size", "")
    return Asked(
        text=text[:QUERY_CHARACTERS_MAX],
        kind=ItemKind(kind) if kind in set(ItemKind) else None,
        language=language if language in TONGUES else "",
        size=size if size in SIZES else "",
        after=sent.get("after", "")[: TOKEN_CHARACTERS_MAX + 1],
        given=given,
        fault=fault_of(text, len(typed)) if given else "",
    )


def fault_of(text: str, characters: int) -> str:
    """Gives what is wrong with a query of so many characters; empty: nothing."""
    if not text:
        return EMPTY
    if max(characters, len(text)) > QUERY_CHARACTERS_MAX:
        return TOO_LONG
    if not _SPEAKS.search(text):
        return UNREADABLE
    return ""
