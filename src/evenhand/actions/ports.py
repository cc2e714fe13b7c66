"""What actions need from a messenger; connectors provide it, `wiring.py` binds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from evenhand.base.lists import ActionKind, ChannelKind, Language, TargetKind
from evenhand.rules.noticed import Noticed


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


class ReviewReason(StrEnum):
    """Why a rule's finding needs a person."""

    PROPOSED = "proposed"  # the rule asks for a person
    HELD = "held"  # the event was refused until a person has looked
    TOO_LATE = "too_late"  # it should have been refused, but is already there
    NOT_ALLOWED = "not_allowed"  # the rule proposes what no rule may do alone
    OVER_BUDGET = "over_budget"  # the rule acted as often as it may, in this market and time


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """Something that a rule found and a person must decide.

    origin    the same origin again is the same case
    decision  what was decided already (a hold); None if nothing was
    rules     the rules that fired, as (id, version), the deciding one first
    proposes  what the rule would do
    hashes    what is known of the files attached, as `kind:hexadecimal`
    noticed   what rules about habits saw
    """

    origin: str
    at: datetime
    why: ReviewReason
    harm: str
    severity: int
    score: float
    rules: tuple[tuple[str, str], ...]
    proposes: ActionKind
    reason: str
    account: str
    channel: str
    channel_kind: ChannelKind
    event: str
    media: tuple[str, ...]
    language: str
    market: str
    evidence: UUID
    decision: UUID | None = None
    hashes: tuple[str, ...] = ()
    noticed: Noticed = ()


class Reviews(Protocol):
    """Who takes what needs a person (the cases room; `wiring.py` binds it)."""

    def open_reviews(self, requests: Sequence[ReviewRequest], *, now: datetime) -> None:
        """Opens a case for each request that has none, in the running transaction."""


@dataclass(frozen=True, slots=True)
class RuleAuthors:
    """Whose rule it is: neither of the two may decide about an objection to it."""

    author: str
    approver: str


class Rulebook(Protocol):
    """Who knows the rules' people and sentences (the rulebook; `wiring.py` binds it)."""

    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        """Gives author and approver of one version of a rule; empty names if unknown."""

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        """Gives what a version says to people in one language; None if it says nothing in it."""

    def delay_minutes(self, rule_id: str, version: str) -> int:
        """Gives up to how many minutes later what a version decides is done."""


class Copies(Protocol):
    """Who gives back what an account wrote (the opener; `wiring.py` binds it)."""

    def copy_of(self, items: Sequence[UUID], *, staff: UUID, reason: str) -> str | None:
        """Gives the text under seal in the first of these items that still has one."""
