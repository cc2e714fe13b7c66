"""How much speaks for a forgery, with reasons: it approves nothing and refuses nothing.

The checks are those of the reference table for fake requests. A score only ever adds a
call-back or a second pair of eyes; a low score takes no other barrier away.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evenhand.legal.documents import DocumentReport
from evenhand.markets.lists import AuthorityKind, DataCategory


class CallBackSaid(StrEnum):
    """What the authority said at the number that the registry keeps."""

    NOT_CALLED = "not_called"
    CONFIRMED = "confirmed"
    DENIED = "denied"
    NO_ANSWER = "no_answer"


class SealMatch(StrEnum):
    """What a picture in the document was seen on before."""

    NONE = "none"
    KNOWN_FORGERY = "known_forgery"
    OTHER_AUTHORITY = "other_authority"


class FraudReason(StrEnum):
    """What speaks for a forgery; `SENTENCES` explains each."""

    CALL_BACK_DENIED = "call_back_denied"
    CALL_BACK_NO_ANSWER = "call_back_no_answer"
    NUMBER_FROM_REQUEST = "number_from_request"
    AUTHORITY_UNKNOWN = "authority_unknown"
    COUNTRY_MISMATCH = "country_mismatch"
    LOOK_ALIKE_DOMAIN = "look_alike_domain"
    FOREIGN_DOMAIN = "foreign_domain"
    NO_ACCOUNT = "no_account"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_NOT_VERIFIED = "account_not_verified"
    NEW_ACCOUNT = "new_account"
    NEW_KEY = "new_key"
    STATUTE_UNKNOWN = "statute_unknown"
    STATUTE_NO_POWER = "statute_no_power"
    STATUTE_MISSING = "statute_missing"
    FILE_NUMBER_PATTERN = "file_number_pattern"
    RANK_TOO_LOW = "rank_too_low"
    FIELDS_MISSING = "fields_missing"
    WHOLE_HISTORY = "whole_history"
    MANY_TARGETS = "many_targets"
    CONTENT_IN_EMERGENCY = "content_in_emergency"
    NO_DANGER_NAMED = "no_danger_named"
    THIN_STORY = "thin_story"
    VELOCITY = "velocity"
    SAME_TARGET = "same_target"
    PROTECTED_TARGET = "protected_target"
    FORM_AND_DOCUMENT_DIFFER = "form_and_document_differ"
    DOCUMENT_MISSING = "document_missing"
    DOCUMENT_UNSIGNED = "document_unsigned"
    DOCUMENT_BROKEN = "document_broken"
    DOCUMENT_UNTRUSTED = "document_untrusted"
    DOCUMENT_IMAGE_ONLY = "document_image_only"
    DOCUMENT_EDITED = "document_edited"
    DOCUMENT_SUSPICIOUS = "document_suspicious"
    SEAL_REUSED = "seal_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudFacts:
    """What is known of a request when it is judged; nothing in it names a person.

    mailbox_fits         the sender's domain is one the registry keeps; None without a mailbox
    look_alike_of        the registry's domain that the sender's imitates, "" if none
    account_days         age of the officer's account; None without an account (served on paper)
    key_hours            age of the key the answer would be sealed to; None without one
    statutes             what the request cites, as written
    file_number_pattern  the authority's own, a regular expression; "" if it has none
    rank                 what the officer says to be, where the law asks for a rank
    dangers              answers to who, what, when and how, in an emergency
    requests_day         requests of this officer in the last 24 hours, this one included
    same_target_others   other authorities that asked about one of the targets in 30 days
    protected_target     a target is known as a minor, journalist, lawyer or public figure
    document_differs     fields of the form that the document does not bear out
    """

    kind_id: str
    country: str
    authority_kind: AuthorityKind
    authority_registered: bool = True
    authority_country: str = ""
    mailbox_fits: bool | None = True
    look_alike_of: str = ""
    account_days: int | None = None
    account_suspended: bool = False
    account_verified: bool = True
    key_hours: int | None = None
    call_back: CallBackSaid = CallBackSaid.NOT_CALLED
    number_from_request: bool = False
    statutes: tuple[str, ...] = ()
    file_number: str = ""
    file_number_pattern: str = ""
    rank: str = ""
    missing_fields: tuple[str, ...] = ()
    categories: frozenset[DataCategory] = frozenset()
    targets: int = 1
    since: datetime | None = None
    until: datetime | None = None
    emergency: bool = False
    dangers: tuple[tuple[str, str], ...] = ()
    requests_day: int = 1
    same_target_others: int = 0
    protected_target: bool = False
    document: DocumentReport | None = None
    document_expected: bool = True
    document_differs: tuple[str, ...] = ()
    seal: SealMatch = SealMatch.NONE


@dataclass(frozen=True, slots=True)
class FraudReport:
    """What speaks for a forgery: a score from 0 to 100 and its reasons, gravest first."""

    score: int
    reasons: tuple[tuple[str, int, str], ...]
    needs_call_back: bool
    needs_second_look: bool

    def as_json(self) -> dict[str, object]:
        """Gives the report as a document's row keeps it."""
        return {
            "score": self.score,
            "reasons": [list(reason) for reason in self.reasons],
            "needs_call_back": self.needs_call_back,
            "needs_second_look": self.needs_second_look,
        }


def score(facts: FraudFacts) -> FraudReport:
    """Gives what speaks for a forgery."""
    raise NotImplementedError
