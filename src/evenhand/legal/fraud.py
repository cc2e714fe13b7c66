"""How much speaks for a forgery, with reasons: it approves nothing and refuses nothing.

The checks are those of the reference table for fake requests. A score only ever adds a
call-back or a second pair of eyes; a low score takes no other barrier away.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from unicodedata import normalize

from evenhand.authorities.lists import CallBackSaid
from evenhand.legal.documents import DocumentFinding, DocumentReport, SignatureLevel, seal_distance
from evenhand.legal.fraud_limits import (
    CALL_BACK_SCORE,
    DAYS_OF_DATA_MAX,
    FILE_NUMBER_CHARACTERS_MAX,
    NEW_ACCOUNT_DAYS,
    NEW_KEY_HOURS,
    REQUESTS_DAY_MAX,
    SEAL_BITS_MAX,
    SECOND_LOOK_SCORE,
    STORY_CHARACTERS_MIN,
    TARGETS_MAX,
)
from evenhand.legal.statutes import (
    Standing,
    any_law_will_do,
    names_a_danger,
    rank_suffices,
    standing,
)
from evenhand.markets.lists import AuthorityKind, DataCategory


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
    STATUTE_NO_SUCH_ARTICLE = "statute_no_such_article"
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


REASONS: Mapping[FraudReason, tuple[int, str]] = MappingProxyType(
    {
        FraudReason.CALL_BACK_DENIED: (
            100, "The authority, called at its number in the registry, knows nothing of this."),
        FraudReason.ACCOUNT_SUSPENDED: (90, "The officer's account is suspended."),
        FraudReason.LOOK_ALIKE_DOMAIN: (
            80, "The sender's domain imitates that of an authority in the registry."),
        FraudReason.AUTHORITY_UNKNOWN: (80, "The authority is not in the registry."),
        FraudReason.DOCUMENT_BROKEN: (
            70, "The document is not what was signed, or its signature is not genuine."),
        FraudReason.COUNTRY_MISMATCH: (
            60, "The authority belongs to another country than the law it cites."),
        FraudReason.NUMBER_FROM_REQUEST: (
            60, "The number that was called came from the request, not from the registry."),
        FraudReason.SEAL_REUSED: (
            60, "A seal in the document was seen on a forgery or with another authority."),
        FraudReason.NO_DANGER_NAMED: (
            60, "The emergency names no danger to anybody's life or body."),
        FraudReason.STATUTE_NO_SUCH_ARTICLE: (60, "The article that is cited does not exist."),
        FraudReason.STATUTE_UNKNOWN: (50, "The statute that is cited is not known to us."),
        FraudReason.FOREIGN_DOMAIN: (
            50, "The sender's domain is not one of the authority's in the registry."),
        FraudReason.NEW_KEY: (
            50, "The key for the answer was added less than a day ago or not confirmed."),
        FraudReason.ACCOUNT_NOT_VERIFIED: (
            50, "The officer's account was not confirmed again within ninety days."),
        FraudReason.STATUTE_NO_POWER: (
            40, "The statute that is cited gives no power to ask for this."),
        FraudReason.RANK_TOO_LOW: (40, "The officer does not name the rank the law asks for."),
        FraudReason.MANY_TARGETS: (40, "The request names more targets than one case has."),
        FraudReason.VELOCITY: (40, "The officer sent unusually many requests within a day."),
        FraudReason.CONTENT_IN_EMERGENCY: (
            40, "An emergency asks for what people wrote, which saves nobody."),
        FraudReason.FORM_AND_DOCUMENT_DIFFER: (
            40, "The document does not say what the form says."),
        FraudReason.DOCUMENT_SUSPICIOUS: (
            40, "The document is locked, damaged, or carries scripts or files."),
        FraudReason.NEW_ACCOUNT: (35, "The officer's account is only days old."),
        FraudReason.CALL_BACK_NO_ANSWER: (
            30, "Nobody answered at the authority's number in the registry."),
        FraudReason.STATUTE_MISSING: (30, "No statute is cited at all."),
        FraudReason.FILE_NUMBER_PATTERN: (
            30, "The file number does not look like those of this authority."),
        FraudReason.WHOLE_HISTORY: (
            30, "Addresses are asked for without a period, or for more than a year."),
        FraudReason.PROTECTED_TARGET: (
            30, "A target is known as a minor, a journalist, a lawyer or a public figure."),
        FraudReason.DOCUMENT_MISSING: (30, "The order itself is not attached."),
        FraudReason.FIELDS_MISSING: (30, "Fields that the law asks for are empty."),
        FraudReason.DOCUMENT_IMAGE_ONLY: (25, "The document is a picture of an order."),
        FraudReason.DOCUMENT_EDITED: (
            25, "The document was made or changed with a tool for editing pictures or PDFs."),
        FraudReason.DOCUMENT_UNTRUSTED: (
            20, "Nobody we trust for this authority vouches for the document's signer."),
        FraudReason.SAME_TARGET: (20, "Other authorities asked about the same target lately."),
        FraudReason.THIN_STORY: (
            20, "The emergency is told too thinly to understand who is in danger, and when."),
        FraudReason.DOCUMENT_UNSIGNED: (15, "The document bears no electronic signature."),
        FraudReason.NO_ACCOUNT: (10, "It was not filed through an officer's account."),
    }
)  # fmt: skip
"""Each reason with its points and one plain sentence, gravest first."""

ALWAYS_CALL_BACK = frozenset(
    {
        FraudReason.CALL_BACK_DENIED,
        FraudReason.CALL_BACK_NO_ANSWER,
        FraudReason.NUMBER_FROM_REQUEST,
        FraudReason.NO_ACCOUNT,
        FraudReason.DOCUMENT_MISSING,
        FraudReason.DOCUMENT_UNSIGNED,
        FraudReason.DOCUMENT_UNTRUSTED,
    }
)
"""Reasons after which only the authority itself can say that the request is its own."""

ALWAYS_SECOND_LOOK = frozenset(
    {
        FraudReason.PROTECTED_TARGET,
        FraudReason.MANY_TARGETS,
        FraudReason.SAME_TARGET,
        FraudReason.VELOCITY,
        FraudReason.THIN_STORY,
        FraudReason.NO_DANGER_NAMED,
    }
)
"""Reasons that a person has to weigh: the same facts are there in genuine cases."""

OF_LEVEL: Mapping[SignatureLevel, FraudReason] = MappingProxyType(
    {
        SignatureLevel.NONE: FraudReason.DOCUMENT_UNSIGNED,
        SignatureLevel.BROKEN: FraudReason.DOCUMENT_BROKEN,
        SignatureLevel.VALID_UNKNOWN_CA: FraudReason.DOCUMENT_UNTRUSTED,
    }
)
"""What a document's level says against it; the levels that are trusted say nothing."""

SUSPICIOUS = (
    DocumentFinding.NOT_A_PDF,
    DocumentFinding.TOO_LARGE,
    DocumentFinding.TOO_MUCH_WORK,
    DocumentFinding.ENCRYPTED,
    DocumentFinding.UNREADABLE,
    DocumentFinding.IRREGULAR,
    DocumentFinding.SCRIPT,
    DocumentFinding.LAUNCHES,
    DocumentFinding.EMBEDDED_FILES,
)

DANGER_QUESTIONS = WHO, WHAT, WHEN, HOW = (
    "who_is_in_danger",
    "what_danger",
    "when",
    "how_this_helps",
)
"""What an emergency is asked, by the names of the fields that `legal.checks` asks for."""


@dataclass(frozen=True, slots=True)
class KnownSeal:
    """A picture that was seen before: whose it is, or that it was on a forgery."""

    seal_hash: str
    authority: str
    forged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudFacts:
    """What is known of a request when it is judged; nothing in it names a person.

    mailbox_fits         the sender's domain is one the registry keeps; None without a mailbox
    look_alike_of        the registry's domain that the sender's imitates, "" if none
    account_days         age of the officer's account; None without an account (served on paper)
    key_hours            age of the key the answer would be sealed to; None without one
    call_back            what was said at the registry's number; None before anybody called
    statutes             what the request cites, as written; None where its form asks for none
    file_number_pattern  the authority's own, a regular expression; "" if it has none
    rank                 what the officer says to be, where the law asks for a rank
    dangers              answers to DANGER_QUESTIONS, in an emergency
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
    call_back: CallBackSaid | None = None
    number_from_request: bool = False
    statutes: tuple[str, ...] | None = ()
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
    """Gives what speaks for a forgery.

    A call-back is needed where the score says so, in every emergency, and where the document does
    not prove its sender; a call-back that confirmed ends the need and leaves the score as it is.
    """
    found = dict.fromkeys(
        reason
        for check in (_sender, _law, _demand, _emergency, _pattern, _document)
        for reason in check(facts)
    )
    reasons = tuple(
        (reason.value, points, sentence)
        for reason, (points, sentence) in REASONS.items()
        if reason in found
    )
    total = min(100, sum(points for _, points, _ in reasons))
    doubtful = total >= CALL_BACK_SCORE or facts.emergency or bool(found.keys() & ALWAYS_CALL_BACK)
    confirmed = facts.call_back is CallBackSaid.CONFIRMED and not facts.number_from_request
    return FraudReport(
        score=total,
        reasons=reasons,
        needs_call_back=doubtful and not confirmed,
        needs_second_look=total >= SECOND_LOOK_SCORE or bool(found.keys() & ALWAYS_SECOND_LOOK),
    )


def seal_match(hashes: Iterable[str], known: Iterable[KnownSeal], *, authority: str) -> SealMatch:
    """Gives where a document's pictures were seen before; an authority's own seal is its own."""
    seen = [
        one
        for one in known
        for mine in hashes
        if seal_distance(mine, one.seal_hash) <= SEAL_BITS_MAX
    ]
    if any(one.forged for one in seen):
        return SealMatch.KNOWN_FORGERY
    owners = {one.authority for one in seen}
    return SealMatch.OTHER_AUTHORITY if owners and authority not in owners else SealMatch.NONE


def differences(text: str, form: Mapping[str, str]) -> tuple[str, ...]:
    """Gives the fields of a form whose value the text of the document does not hold.

    Letters are compared without regard to case, blanks and hyphens; an empty value and a document
    without letters (a scan) differ in nothing that could be seen.
    """
    said = _plain(text)
    if not said:
        return ()
    return tuple(name for name, value in form.items() if _plain(value) not in said)


def _sender(facts: FraudFacts) -> Iterator[FraudReason]:
    if not facts.authority_registered:
        yield FraudReason.AUTHORITY_UNKNOWN
    if facts.authority_country and facts.authority_country != facts.country:
        yield FraudReason.COUNTRY_MISMATCH
    if facts.look_alike_of:
        yield FraudReason.LOOK_ALIKE_DOMAIN
    elif facts.mailbox_fits is False:
        yield FraudReason.FOREIGN_DOMAIN
    if facts.call_back is CallBackSaid.DENIED:
        yield FraudReason.CALL_BACK_DENIED
    if facts.call_back is CallBackSaid.NO_ANSWER:
        yield FraudReason.CALL_BACK_NO_ANSWER
    if facts.number_from_request:
        yield FraudReason.NUMBER_FROM_REQUEST
    yield from _account(facts)


def _account(facts: FraudFacts) -> Iterator[FraudReason]:
    if facts.account_days is None:
        yield FraudReason.NO_ACCOUNT
        return
    if facts.account_suspended:
        yield FraudReason.ACCOUNT_SUSPENDED
    if not facts.account_verified:
        yield FraudReason.ACCOUNT_NOT_VERIFIED
    if facts.account_days < NEW_ACCOUNT_DAYS:
        yield FraudReason.NEW_ACCOUNT
    if facts.key_hours is not None and facts.key_hours < NEW_KEY_HOURS:
        yield FraudReason.NEW_KEY


def _law(facts: FraudFacts) -> Iterator[FraudReason]:
    worth = {standing(citation, facts.kind_id) for citation in facts.statutes or ()}
    if facts.statutes is not None and not worth:
        yield FraudReason.STATUTE_MISSING
    elif Standing.NO_SUCH_ARTICLE in worth:
        yield FraudReason.STATUTE_NO_SUCH_ARTICLE
    elif worth and Standing.GIVES not in worth:
        if Standing.NO_POWER in worth:
            yield FraudReason.STATUTE_NO_POWER
        elif not any_law_will_do(facts.kind_id):
            yield FraudReason.STATUTE_UNKNOWN
    if not rank_suffices(facts.rank, facts.kind_id, facts.authority_kind):
        yield FraudReason.RANK_TOO_LOW
    if not _number_fits(facts.file_number, facts.file_number_pattern):
        yield FraudReason.FILE_NUMBER_PATTERN


def _number_fits(number: str, pattern: str) -> bool:
    """Tells whether a file number looks like the authority's; a faulty pattern says nothing."""
    try:
        return not pattern or bool(re.fullmatch(pattern, number[:FILE_NUMBER_CHARACTERS_MAX]))
    except re.error:
        return True


def _demand(facts: FraudFacts) -> Iterator[FraudReason]:
    if facts.missing_fields:
        yield FraudReason.FIELDS_MISSING
    if facts.targets > TARGETS_MAX:
        yield FraudReason.MANY_TARGETS
    if facts.categories & {DataCategory.IDENTIFICATION, DataCategory.TRAFFIC} and (
        facts.since is None
        or facts.until is None
        or facts.until - facts.since > timedelta(days=DAYS_OF_DATA_MAX)
    ):
        yield FraudReason.WHOLE_HISTORY


def _emergency(facts: FraudFacts) -> Iterator[FraudReason]:
    if not facts.emergency:
        return
    if DataCategory.CONTENT in facts.categories:
        yield FraudReason.CONTENT_IN_EMERGENCY
    told = dict(facts.dangers)
    if not names_a_danger(" ".join([told.get(WHAT, ""), told.get(WHO, "")])):
        yield FraudReason.NO_DANGER_NAMED
    if any(len(told.get(asked, "").strip()) < STORY_CHARACTERS_MIN for asked in DANGER_QUESTIONS):
        yield FraudReason.THIN_STORY


def _pattern(facts: FraudFacts) -> Iterator[FraudReason]:
    if facts.requests_day > REQUESTS_DAY_MAX:
        yield FraudReason.VELOCITY
    if facts.same_target_others:
        yield FraudReason.SAME_TARGET
    if facts.protected_target:
        yield FraudReason.PROTECTED_TARGET


def _document(facts: FraudFacts) -> Iterator[FraudReason]:
    if facts.seal is not SealMatch.NONE:
        yield FraudReason.SEAL_REUSED
    if facts.document_differs:
        yield FraudReason.FORM_AND_DOCUMENT_DIFFER
    document = facts.document
    if document is None:
        if facts.document_expected:
            yield FraudReason.DOCUMENT_MISSING
        return
    if document.level in OF_LEVEL:
        yield OF_LEVEL[document.level]
    if document.has(DocumentFinding.IMAGE_ONLY):
        yield FraudReason.DOCUMENT_IMAGE_ONLY
    if document.has(DocumentFinding.IMAGE_EDITOR, DocumentFinding.SAVED_REPEATEDLY):
        yield FraudReason.DOCUMENT_EDITED
    if document.has(*SUSPICIOUS):
        yield FraudReason.DOCUMENT_SUSPICIOUS


def _plain(text: str) -> str:
    return "".join(c for c in normalize("NFKC", text).casefold() if c.isalnum() or c in "@:/+")
