"""What the desk's own account needs from a messenger; `wiring.py` binds it."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invited the desk's account to a chat."""

    room: str
    sender: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote to the desk's account.

    text       what they wrote; None if it was no text, or could not be read
    answers    the message that it answers, by thread or reply; empty if none
    """

    event: str
    room: str
    sender: str
    text: str | None = field(repr=False)
    encrypted: bool = False
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came since the last time; `since` is where the next time begins."""

    since: str
    invited: tuple[Invited, ...] = ()
    said: tuple[Said, ...] = ()


class DeskAccount(Protocol):
    """The desk's own account at a messenger. Every method may raise `Unavailable` (try again)."""

    @property
    def name(self) -> str:
        """Gives its own id at the messenger."""

    def listen(self, since: str) -> Heard:
        """Gives what came since then; with an empty `since` the open invitations alone."""

    def join(self, room: str) -> None:
        """Enters a chat that it was invited to; gives up quietly where that is over."""

    def leave(self, room: str) -> None:
        """Leaves a chat, or declines to enter it."""

    def members(self, room: str) -> int:
        """Gives how many are in a chat, itself included."""

    def say(self, room: str, text: str, *, key: str, decision: UUID | None = None) -> None:
        """Writes into a chat; the same key twice arrives once. It may speak of a decision."""

    def decision_in(self, room: str, event: str) -> UUID | None:
        """Gives the decision that an own message speaks of; None for anybody else's message."""
