"""What somebody wants a person to look at: a case to be."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.base.lists import UNKNOWN_MARKET, ChannelKind, Language, Source
from evenhand.cases.lists import CaseKind
from evenhand.people.roles import Role
from evenhand.rules.noticed import Noticed
from evenhand.verdicts.schema import RuleHit


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case to be.

    id        UUIDv7
    origin    what opened it, once and for all: `event:EVENT`, `record:RECORD`
    decision  the decision it is about, if one was made
    reason    one sentence that says why a person has to look
    objection what somebody wrote against the decision, under seal
    barred_*  who may not close it: whose decision it questions, and who made the rule
    about     the one thing it is about, as `thing_of` writes it; a review finds it by itself
    reach     how many can see that thing, as far as known
    due_at    the clock that runs out first, if one runs
    reports   how many reports opened it
    noticed   what rules about habits saw of the account and the channel
    """

    id: UUID
    at: datetime
    kind: CaseKind
    origin: str
    harm: str
    severity: int
    score: float
    reason: str
    channel_kind: ChannelKind
    language: Language
    rules: tuple[RuleHit, ...] = ()
    source: Source = Source.OWN
    market: str = UNKNOWN_MARKET
    account: str = ""
    channel: str = ""
    event: str = ""
    decision: UUID | None = None
    evidence: UUID | None = None
    objection: UUID | None = None
    barred_staff: UUID | None = None
    barred_names: tuple[str, ...] = ()
    about: str = ""
    reach: int = 0
    due_at: datetime | None = None
    reports: int = 0
    noticed: Noticed = ()
    needs_role: Role = Role.REVIEWER


def thing_of(*, event: str = "", channel: str = "", account: str = "") -> str:
    """Gives what a case is about, the narrowest thing that is named; empty if nothing is."""
    if event:
        return f"event:{event}"
    if channel:
        return f"channel:{channel}"
    return f"account:{account}" if account else ""
