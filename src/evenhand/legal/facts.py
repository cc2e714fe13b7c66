"""Pure: what the checks of a matter know, and the tables by which they judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from evenhand.base.errors import NotAllowed
from evenhand.base.lists import ActionKind
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    DisclosureState,
    EnforcingAnswer,
    IdentifierKind,
    MatterState,
    PlanKind,
    Said,
    Substance,
    Verb,
)
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import DataCategory, LegalKind, Refusal, Territory
from evenhand.people.roles import Role


class StepRefused(NotAllowed):
    """A step may not be taken in this matter now; `findings` says why."""

    remedy = "See the findings; something is missing, or somebody else has to do it."


ANY_STATE_BEFORE_RELEASE = frozenset(
    {MatterState.RECEIVED, MatterState.ASKED, MatterState.VALIDATED, MatterState.PREPARED}
)

FLOW: Mapping[Verb, frozenset[MatterState]] = {
    Verb.ASK: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.COMPLETE: frozenset({MatterState.ASKED}),
    Verb.VALIDATE: frozenset({MatterState.RECEIVED}),
    Verb.ASSESS: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.BOARD: frozenset({MatterState.RECEIVED, MatterState.VALIDATED}),
    Verb.PREPARE: frozenset({MatterState.RECEIVED, MatterState.ASKED, MatterState.VALIDATED}),
    Verb.RETURN: frozenset({MatterState.PREPARED}),
    Verb.RELEASE: frozenset({MatterState.PREPARED}),
    Verb.EXECUTE: frozenset({MatterState.RELEASED}),
    Verb.WITHDRAW: ANY_STATE_BEFORE_RELEASE,
    Verb.CLOSE: frozenset({MatterState.EXECUTED, MatterState.REFUSED, MatterState.WITHDRAWN}),
}
"""From which states each kind of step may be taken."""

ROLES: Mapping[Verb, frozenset[Role]] = {
    Verb.ASK: frozenset({Role.LEGAL_OFFICER}),
    Verb.VALIDATE: frozenset({Role.LEGAL_OFFICER}),
    Verb.ASSESS: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
    Verb.BOARD: frozenset({Role.BOARD}),
    Verb.PREPARE: frozenset({Role.LEGAL_OFFICER}),
    Verb.RETURN: frozenset({Role.APPROVER, Role.LEGAL_OFFICER}),
    Verb.RELEASE: frozenset({Role.APPROVER}),
    Verb.EXECUTE: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
    Verb.CLOSE: frozenset({Role.LEGAL_OFFICER, Role.APPROVER}),
}
"""Who of the staff may take each kind of step."""

CATEGORY_OF = {
    DataClass.PHONE: frozenset({DataCategory.SUBSCRIBER}),
    DataClass.CONNECTIONS: frozenset({DataCategory.IDENTIFICATION, DataCategory.TRAFFIC}),
}
"""Under which categories each class of data may be given: one of them suffices.

Regulation (EU) 2023/1543 Art. 3(9) to (11): a phone number is subscriber data; an address with its
time is identification data where it is only to identify, else traffic data.
"""

REMOVING = frozenset(
    {
        ActionKind.REDACT,
        ActionKind.GEO_WITHHOLD,
        ActionKind.BLOCK_CHANNEL,
        ActionKind.QUARANTINE,
        ActionKind.RESTRICT,
        ActionKind.UNLIST,
        ActionKind.DEINDEX,
    }
)
"""What an order about content may bring about; accounts are not punished by an order."""

QUESTIONNAIRE = ("who_is_in_danger", "what_danger", "when", "how_this_helps")
"""What an emergency has to say: each is read by two people."""

MARKET_GROUNDS = frozenset(
    {
        Refusal.MARKET_NOT_OPEN,
        Refusal.MARKET_CONTESTED,
        Refusal.MARKET_SUSPENDED,
        Refusal.MARKET_EXITED,
    }
)
"""What the state of a market has against a demand."""

DISCLOSING = frozenset({LegalKind.DISCLOSURE, LegalKind.INFORMATION})

WITHHOLDING = frozenset({LegalKind.REMOVAL, LegalKind.GEO_RESTRICTION})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who wants to take a step."""

    id: UUID
    roles: frozenset[Role]
    assigned: bool


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """What the checks know of a matter at one moment.

    law        what the law itself has against it, now
    referral   it only points at content: nobody has to act, and legal carries nothing out
    violation  a person's decision against every account concerned stands and is not appealed
    window     how the enforcing authority's window ended; None where there is none
    package    state of the package that is to be released; None where there is none
    doubted    what was found of the request asks for a call-back, whatever else proves its sender
    second_look  it also asks that who answers the questions of substance is not who validated it
    signed_off_by  whose word it is that an unverified entry holds
    window_by    who noted how the enforcing authority's window ended
    preserved    accounts whose data the plan's preservation holds; None where it gives none
    informed_before  the authority made itself known in time, where the law wants that
    rank_suffices    who signed has the rank that the law asks for
    without_effect   a scrutiny found that the order infringes the law
    suspended    the officer who filed it is shut out: nobody knows whose order it is
    sent_to_board  the board has to decide, whatever the answers say now: one of them was a doubt
    """

    state: MatterState
    kind: LegalKind
    country: str
    union: frozenset[str]
    territory: Territory
    emergency: bool
    voluntary: bool
    entry_verified: bool
    signed_off: bool
    categories: frozenset[DataCategory]
    entry_categories: frozenset[DataCategory]
    law: tuple[Refusal, ...]
    validated: bool
    authenticity: Authenticity
    called_back: bool
    suspect: bool
    violation: bool
    open_questions: int
    answers: Mapping[Substance, Said]
    board: BoardDecision | None
    fields: Mapping[str, str]
    identifiers: frozenset[tuple[IdentifierKind, str]]
    referral: bool = False
    prepared_by: UUID | None = None
    released_by: UUID | None = None
    plan_kind: PlanKind | None = None
    window: EnforcingAnswer | None = None
    package: DisclosureState | None = None
    key: bool = False
    notice_decided: bool = False
    reviewed: bool = False
    doubted: bool = False
    second_look: bool = False
    validated_by: UUID | None = None
    assessed_by: UUID | None = None
    sent_to_board: bool = False
    suspended: bool = False
    signed_off_by: UUID | None = None
    window_by: UUID | None = None
    preserved: frozenset[str] | None = None
    informed_before: bool = True
    rank_suffices: bool = True
    without_effect: bool = False
