"""What cases need from a messenger; connectors provide it, `wiring.py` binds it."""

from dataclasses import dataclass
from typing import Protocol

from evenhand.cases.second_stage import StageAnswer, StagePolicy


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


class SecondStage(Protocol):
    """Who asks a language model (a connector; `wiring.py` binds it)."""

    def ask(self, policy: StagePolicy, text: str) -> StageAnswer:
        """Gives what it says of a text; raises `Unavailable` or `AnswerRefused`."""
