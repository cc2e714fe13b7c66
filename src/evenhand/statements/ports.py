"""What the room needs from above: the database itself, and what led to a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from evenhand.base.errors import NotAllowed, Unavailable


class AnswerLost(Unavailable):
    """Something was sent and no answer came: it may have arrived."""

    remedy = "Nothing: the database is asked for each entry before it is sent again."


class NotLetIn(NotAllowed):
    """The DSA Transparency Database does not let this desk in."""

    remedy = "Make a new token at the database and write it to EVENHAND_DSA_TOKEN_FILE."


class CallRefused(NotAllowed):
    """The database refuses a call as a whole, without naming a field."""

    remedy = "Nothing: its entries are sent one by one, so that one of them cannot stop the others."


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as the database keeps it."""

    puid: str
    uuid: str
    permalink: str


@dataclass(frozen=True, slots=True)
class Held(Stored):
    """What the database holds already under a number, field by field."""

    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the database says of a call: it stores all of it, or nothing and says why.

    refused  by the entry's place in the call: the fields that are wrong, with the database's words
    held     the entry that has the number already, where it says so (single entries alone)
    """

    stored: tuple[Stored, ...] = ()
    refused: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    held: Held | None = None


class TransparencyDatabase(Protocol):
    """The DSA Transparency Database. Every method may raise `Unavailable` (try again)."""

    def submit(self, entries: Sequence[Mapping[str, object]]) -> Answer:
        """Sends up to 100 entries in one call; the database stores all of them or none.

        Raises `AnswerLost` if they may have arrived, `NotLetIn`, or `CallRefused`.
        """

    def submit_one(self, entry: Mapping[str, object]) -> Answer:
        """Sends one entry by itself; a number that is taken brings back what is held under it."""

    def has(self, puid: str) -> bool:
        """Tells whether the database holds an entry of this number."""


class Notices(Protocol):
    """Who knows what led to a case (the reports room; `wiring.py` binds it)."""

    def formal(self, case: UUID) -> bool:
        """Tells whether a notice under DSA Art. 16 is among the reports that led to a case."""
