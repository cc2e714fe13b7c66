"""What reports need from a messenger; connectors provide it, `wiring.py` binds it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from evenhand.base.lists import ChannelKind, Language
from evenhand.base.personal import MessageText
from evenhand.evidence.disclosures import Disclosure
from evenhand.reports.lists import ProofLevel


@dataclass(frozen=True, slots=True)
class Proof:
    """What a disclosure proved.

    plaintext  what the message says; empty where it could not be opened
    findings   which checks failed or could not be made, as codes
    """

    level: ProofLevel
    plaintext: str = field(default="", repr=False)
    sender: str = ""
    server: str = ""
    findings: tuple[str, ...] = ()


class Proving(Protocol):
    """Who checks a disclosed message against the homeserver's signature."""

    def prove(self, disclosure: Disclosure) -> Proof:
        """Checks and opens one message; raises `Unavailable` where it is worth trying again."""


class Mails(Protocol):
    """Who carries an outcome to a reporter's mailbox."""

    def mail(self, mailbox: str, subject: str, text: str, *, language: Language, key: str) -> None:
        """Hands over a mail; the same key twice is sent once."""


class ReportDoor(StrEnum):
    """What the messenger keeps reports of, each in a list of its own."""

    EVENT = "event"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class MessengerReport:
    """A report that somebody made in their client.

    key      names it for good, within its list; `number` is its place there
    content  what the messenger holds of the thing
    """

    key: str
    number: int
    at: datetime
    reporter: str
    reason: MessageText
    account: str = ""
    channel: str = ""
    event: str = ""
    channel_kind: ChannelKind = ChannelKind.PRIVATE
    content: bytes = field(default=b"", repr=False)


class MessengerReports(Protocol):
    """Who knows what people report in their clients."""

    def after(
        self, door: ReportDoor, position: int, *, but: Collection[int], rows_max: int
    ) -> Sequence[MessengerReport]:
        """Gives reports with greater numbers than `position`, the smallest first.

        but  numbers that were read before and are left out
        """

    def spooled(self) -> Iterator[tuple[MessengerReport, Path]]:
        """Gives reports of rooms with the file to be deleted once each is kept."""


class Identities(Protocol):
    """Who knows whose token this is."""

    def account_of(self, token: str) -> str:
        """Gives the account that a token was made for; empty where nobody can say.

        Raises `InputRefused` for a token that is known to be none.
        """
