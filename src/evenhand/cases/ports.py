"""What cases need from a messenger; connectors provide it, `wiring.py` binds it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reach:
    """What a decision would reach; None: not known.

    messages  that would go
    channels  that would be closed, or in which an account could write no more
    accounts  that could read or enter something no more, at most
    """

    messages: int | None = 0
    channels: int | None = 0
    accounts: int | None = 0


class Crowds(Protocol):
    """Who counts people; every method may raise `Unavailable` (try again) or `NotFound`."""

    def members(self, channel: str) -> int:
        """Gives how many accounts are in a channel."""

    def channels(self, account: str) -> int:
        """Gives in how many channels an account is."""
