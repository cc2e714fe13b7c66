"""What somebody wants decided: drafts, before the checks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.actions.ports import Target
from evenhand.base.lists import ActionKind, ChannelKind, Ground, Language, Source


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The rule that decided, or that drew attention: which text of it, and whose."""

    id: str
    version: str
    author: str
    approver: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to be done.

    territory  ISO 3166-1 alpha-2 codes; empty means the whole world
    ends_at    when it is undone by itself; None means until somebody undoes it
    answered   True: the door did it by its answer (refuse, hold); it is only read back
    """

    kind: ActionKind
    target: Target
    territory: tuple[str, ...] = ()
    ends_at: datetime | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """A decision to be.

    id            UUIDv7, minted where the decision fell
    origin        what it is about, once and for all: `rule:EVENT`, `case:CASE`, `objection:CASE`
    ground        where it came from; the flags on automation are derived from it
    rule          the rule that decided; for a case, the rule that drew attention, if one did
    account       whom it concerns and who is told; empty if nobody can be told
    milliseconds  from the event's arrival to the verdict, or from the case's opening to its end
    gagged        an order forbids telling: it and its effects are counted when that ends
    not_before    when it is carried out and told at the earliest; None means at once
    """

    id: UUID
    at: datetime
    origin: str
    ground: Ground
    harm: str
    severity: int
    score: float
    reason: str
    source: Source
    market: str
    language: Language
    channel_kind: ChannelKind
    measures: tuple[Measure, ...]
    exact: bool = False
    rule: RuleFacts | None = None
    case: UUID | None = None
    staff: UUID | None = None
    account: str = ""
    channel: str = ""
    event: str = ""
    evidence: UUID | None = None
    milliseconds: int | None = None
    gagged: bool = False
    not_before: datetime | None = None
