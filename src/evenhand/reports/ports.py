"""What reports need from a messenger; connectors provide it, `wiring.py` binds it."""

from dataclasses import dataclass, field
from typing import Protocol

from evenhand.base.lists import Language
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
