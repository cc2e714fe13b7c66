"""What somebody wants done in a matter: drafts, before the checks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from evenhand.actions.drafts import Measure
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    IdentifierKind,
    PlanKind,
    Said,
    Substance,
)
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import AuthorityKind, DataCategory, Purpose, Refusal


@dataclass(frozen=True, slots=True)
class IdentifierDraft:
    """One thing that a request names; `since` and `until` bound what is asked about it, in UTC."""

    kind: IdentifierKind
    value: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """A document that came with a request: kept under seal, examined, scored.

    sealed   the item of evidence that holds it
    level    the signature's level, as `legal.documents` names it
    trusted  whether the signature proves the sender under a root that the registry trusts
    report   what the examination found, as JSON
    """

    sealed: UUID
    sha256: bytes
    level: str
    trusted: bool
    report: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MatterDraft:
    """A request to be received.

    origin       the same origin again is the same matter: `portal:UUID`, `api:OFFICER:KEY`,
                 `paper:UUID`
    entry        id of the kind in the regimes (`eu-tco-removal`)
    officer      the officer who files; None where it was served on paper
    entered_by   the representative or member of staff who enters what was served on paper
    received_at  when it reached the desk or the representative, in UTC; the clock starts here
    sender_said  the time of issue that the document itself gives, if any
    validator    who validated it, where the law wants somebody to
    fields       the regime's own fields, by name
    gagged_until until when the order itself forbids telling the user; with `gag_basis`
    """

    id: UUID
    origin: str
    entry: str
    authority: UUID
    country: str
    received_at: datetime
    language: str
    purpose: Purpose
    categories: frozenset[DataCategory]
    identifiers: tuple[IdentifierDraft, ...]
    fields: Mapping[str, str]
    officer: UUID | None = None
    entered_by: UUID | None = None
    emergency: bool = False
    validator: AuthorityKind | None = None
    validator_name: str = ""
    reference: str = ""
    gagged_until: datetime | None = None
    gag_forever: bool = False
    gag_basis: str = ""
    documents: tuple[DocumentDraft, ...] = ()
    fraud: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Validation:
    """What a member of staff found of form and sender.

    authenticity  by what the sender was proved
    call_back     the call that proved it, for `call_back`
    findings      what was looked at and found, by name
    suspect       a court named the account's holder a suspect (for the voluntary lane)
    informed_at   when the authority first said how to reach it, where the law asks for that
    urgent        it was an emergency that left no time to say so, duly justified
    """

    authenticity: Authenticity
    note: str
    call_back: UUID | None = None
    findings: Mapping[str, str] = field(default_factory=dict)
    suspect: bool = False
    informed_at: datetime | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class SubstanceAnswers:
    """The answers to the questions of substance, all of them, with one reason."""

    answers: Mapping[Substance, Said]
    reason: str


@dataclass(frozen=True, slots=True)
class BoardVote:
    """What one member of the board says; two who say the same decide."""

    decision: BoardDecision
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed: exactly this is signed and done, and nothing else.

    measures  what is done at the messenger, for a removal or a geo-restriction
    accounts  whose data are disclosed or preserved: messenger ids that the request names
    want      which classes of data
    harm      code of the harm that the order names, for the decision's row
    notified  accounts that the user notice concerns (an author, an owner)
    ground    for a refusal: its code
    answer    what the authority is told, in words; goes into the generated answer
    preservation  the data come from what was put away for this one, not from the messenger
    """

    kind: PlanKind
    answer: str
    measures: tuple[Measure, ...] = ()
    accounts: tuple[str, ...] = ()
    want: frozenset[DataClass] = frozenset()
    harm: str = ""
    notified: tuple[str, ...] = ()
    ground: Refusal | FurtherGround | None = None
    preservation: UUID | None = None


@dataclass(frozen=True, slots=True)
class PreservationDraft:
    """What was put away for a preservation, already sealed to its holders.

    items   items of evidence that hold it
    hashes  name to SHA-256 (hex) of what each item holds
    """

    items: tuple[UUID, ...]
    hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoticeDecision:
    """What is decided about telling one account.

    forbidden  the law or an order forbids it until somebody lifts that
    until      not before this moment
    basis      article or order that says so; or why nobody has to be told
    language   in which the account is told
    """

    account: str
    basis: str
    language: str
    tell: bool = True
    forbidden: bool = False
    until: datetime | None = None
    authority_tells: bool = False
