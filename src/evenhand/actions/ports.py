"""What actions need from a messenger; connectors provide it, `wiring.py` binds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from evenhand.base.lists import ActionKind, TargetKind


@dataclass(frozen=True, slots=True)
class Target:
    """What an action is done to; ids are the messenger's own."""

    kind: TargetKind
    account: str = ""
    channel: str = ""
    event: str = ""
    media: str = ""


class InForce(StrEnum):
    """What reading the messenger back says of an effect."""

    YES = "yes"
    NO = "no"
    PARTLY = "partly"
    GONE = "gone"  # the target itself no longer exists


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do or undo at the messenger.

    key        the delivery's id: the same key twice has one effect
    territory  ISO 3166-1 alpha-2 codes; empty means the whole world
    memory     what `apply` returned the first time, for `undo` (members of a blocked room, …)
    """

    key: UUID
    action: ActionKind
    target: Target
    territory: tuple[str, ...] = ()
    memory: Mapping[str, object] | None = None


class Effect(Protocol):
    """One kind of action at one messenger. Every method may raise `Unavailable` (try again)."""

    def apply(self, order: Order) -> Mapping[str, object]:
        """Does it, idempotently, and gives what `undo` will need (JSON-able)."""

    def undo(self, order: Order) -> None:
        """Undoes or compensates it, idempotently; for kinds without undo, raises `NotAllowed`."""

    def read_back(self, order: Order) -> InForce:
        """Tells whether it is in force now, as the messenger itself says."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message from the desk to one account."""

    key: UUID
    account: str
    text: str
    decision: UUID


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the messenger holds of a target, as bytes for the evidence seal."""

    media_type: str
    content: bytes


class Messenger(Protocol):
    """A messenger as actions see it."""

    name: str

    def effects(self) -> Mapping[ActionKind, Effect]:
        """Gives the kinds of action that this messenger can do."""

    def send_notice(self, notice: Notice) -> None:
        """Sends a notice; the same key twice arrives once."""

    def notice_arrived(self, notice: Notice) -> bool:
        """Tells whether the notice is in the account's notice channel."""

    def snapshot(self, target: Target) -> Snapshot | None:
        """Gives the content of a target before it is removed; None if it has none or is gone."""
