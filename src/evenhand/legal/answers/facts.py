"""What an answer is made from, and what it is made into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from evenhand.base.lists import ActionKind, Language


class AnswerKind(StrEnum):
    """What is told to an authority."""

    RECEIPT = "receipt"
    PLEASE_COMPLETE = "please_complete"
    REFUSAL = "refusal"
    EFFECT = "effect"
    DSA_ORDER_EFFECT = "dsa_order_effect"
    DSA_INFORMATION_EFFECT = "dsa_information_effect"
    TCO_REMOVED = "tco_removed"
    TCO_NOT_EXECUTED = "tco_not_executed"
    EPOC_NOT_EXECUTED = "epoc_not_executed"
    PRESERVED = "preserved"
    DISCLOSURE_CERTIFICATE = "disclosure_certificate"
    DESTRUCTION_CERTIFICATE = "destruction_certificate"


class FurtherGround(StrEnum):
    """Coded grounds of a refusal that do not follow from the law's entry alone.

    Those of the law itself are `markets.lists.Refusal`; both have words in every language.
    """

    NOT_AUTHENTIC = "not_authentic"
    INCOMPLETE = "incomplete"
    MANIFEST_ERRORS = "manifest_errors"
    INSUFFICIENT_INFORMATION = "insufficient_information"
    NOT_POSSIBLE = "not_possible"
    DATA_NOT_HELD = "data_not_held"
    SERVICE_NOT_COVERED = "service_not_covered"
    IDENTIFIER_UNUSABLE = "identifier_unusable"
    OVERBROAD = "overbroad"
    NO_VIOLATION = "no_violation"
    IMMUNITY_OR_PRESS = "immunity_or_press"
    THIRD_COUNTRY_LAW = "third_country_law"
    FUNDAMENTAL_RIGHTS = "fundamental_rights"
    ENFORCING_AUTHORITY_REFUSES = "enforcing_authority_refuses"
    WITHDRAWN = "withdrawn"


class StillVisible(StrEnum):
    """What a measure does not reach, said with every effect."""

    OUTSIDE_TERRITORY = "outside_territory"
    OTHER_SERVERS = "other_servers"
    COPIES_ON_DEVICES = "copies_on_devices"
    DIRECTORY = "directory"
    CHANGED_PLACE = "changed_place"


class UserTold(StrEnum):
    """What was decided about telling the person concerned."""

    TOLD = "told"
    LATER = "later"
    NOT_YET = "not_yet"
    AUTHORITY_TELLS = "authority_tells"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing done: to what, where (empty: everywhere), when the messenger confirmed it."""

    target: str
    done: ActionKind
    at: datetime
    territory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedPackage:
    """What a certificate of disclosure certifies; counts and hashes, no data."""

    sha256: str
    files: Mapping[str, str]
    accounts: int
    unknown: int
    connections: int
    phones: int
    ports: int
    source: str
    collected_at: datetime
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopy:
    """What a preservation keeps, or kept until it was destroyed."""

    items: int
    hash_list_sha256: str
    kept_at: datetime
    expires_at: datetime | None = None
    destroyed_at: datetime | None = None
    destroyed_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """Everything an answer can tell; each kind takes what it needs and says nothing else.

    number           the matter's number
    reference        the authority's own file number
    law              citation and article, as the entry of the law has them
    entry            id of the entry of the law and its regime's version
    service          the messenger that answers, and its contact point
    answered_at      stands in the document and makes its bytes; nothing else does
    due_at           until when the authority is to answer, or the desk is going to
    missing          codes of the fields that are wanted
    questions        what else is asked, in the words of the person who asks
    ground           a code of `markets.lists.Refusal` or `FurtherGround`
    provision        of a law that is in the way: title and text, in its own words
    data_kept        whether the data sought were found and are being kept meanwhile; None: unsaid
    redress          where the authority can turn against the answer
    proof            code of the entry in the public log, and the page that shows it
    """

    number: str
    reference: str
    authority: str
    country: str
    service: str
    contact: str
    title: str
    law: str
    entry: str
    entry_verified: bool
    received_at: datetime
    answered_at: datetime
    issued_at: datetime | None = None
    due_at: datetime | None = None
    missing: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    ground: str = ""
    explanation: str = ""
    provision: str = ""
    data_kept: bool | None = None
    effects: tuple[Effect, ...] = ()
    still_visible: tuple[StillVisible, ...] = ()
    user_told: UserTold | None = None
    user_told_at: datetime | None = None
    package: DisclosedPackage | None = None
    copy: KeptCopy | None = None
    redress: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both forms; `sha256` is of the PDF."""

    kind: AnswerKind
    language: Language
    json: Mapping[str, object]
    pdf: bytes = field(repr=False)
    sha256: str
