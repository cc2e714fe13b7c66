"""Pure: may this be entered in the registry, may this officer be vouched for, file, receive?"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyrage
from cryptography import x509

from evenhand.authorities.domains import domain_of, is_public_suffix, match, normal
from evenhand.authorities.limits import (
    AUTHORITY_NAME_CHARACTERS_MAX,
    CALL_BACK_DAYS,
    CERTIFICATES_CHARACTERS_MAX,
    DOMAINS_MAX,
    FILING_CHARACTERS_MAX,
    KEYS_PER_OFFICER_MAX,
    MAILBOX_CHARACTERS_MAX,
    NOTE_CHARACTERS_MAX,
    PATTERN_CHARACTERS_MAX,
    RANK_CHARACTERS_MAX,
    RECEIPT_CHARACTERS_MAX,
    RECIPIENT_CHARACTERS,
    STATUTE_CHARACTERS_MAX,
    STATUTES_MAX,
    SUBJECT_CHARACTERS_MAX,
    SWITCHBOARD_DIGITS_MAX,
    SWITCHBOARD_DIGITS_MIN,
)
from evenhand.authorities.lists import CallBackAbout, CallBackSaid, DomainMatch, Finding
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.base.lists import Language
from evenhand.base.personal import MailAddress, PhoneNumber, reveal
from evenhand.markets.lists import AuthorityKind
from evenhand.people.roles import Role

REGISTRY_ROLES = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})
"""Who keeps the registry, calls back and vouches; whoever runs the machines does not."""

FILING_ROLES = REGISTRY_ROLES | {Role.REPRESENTATIVE}
"""Who keeps the dialogue with an authority."""

OWN_DOMAINS = frozenset({DomainMatch.OWN, DomainMatch.BELOW_OWN})
COUNTRY = re.compile(r"[A-Z]{2}")
MAILBOX = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@]+")

FREE_MAIL = frozenset(
    {
        *("aol.com", "fastmail.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com"),
        *("hotmail.com", "icloud.com", "inbox.ru", "live.com", "mail.com", "mail.ru"),
        *("outlook.com", "proton.me", "protonmail.com", "t-online.de", "web.de", "yahoo.com"),
        *("yandex.ru", "ymail.com", "zoho.com"),
    }
)
"""Domains below which anybody gets a mailbox: no authority's own."""


class EntryRefused(InputRefused):
    """A field of an entry of the registry is not what it must be."""

    remedy = "Correct the field named, from a public source of the authority."


class SharedDomain(EntryRefused):
    """Names below this domain belong to many, so that it proves nobody."""

    remedy = "Name the domain below it that is this authority's own: ministry.gov.kz, not gov.kz."


class RegistryRefused(NotAllowed):
    """This may not be done to the registry, or not by this person."""

    remedy = "See `why`; a second person who keeps the registry may be needed."


class OfficerRefused(NotAllowed):
    """An officer can not be registered like this."""

    remedy = "See `why`; use a mailbox at one of the authority's own domains."


class VouchRefused(NotAllowed):
    """Nobody can vouch for, or verify, an officer like this."""

    remedy = (
        "A colleague of the same authority vouches, or staff after a call to the registry's number."
    )


class CallRefused(NotAllowed):
    """A call-back can not be kept like this."""

    remedy = "See `why`; only the confirmed number of the registry is called."


class AgeKeyRefused(NotAllowed):
    """An age key can not be registered."""

    remedy = "Register the public key that `age-keygen` prints, one that nobody else uses."


class FilingRefused(InputRefused):
    """A filing can not be kept as it is."""

    remedy = "Give a subject and a text within the limits."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityDraft:
    """An entry of the registry as staff write it, from public sources.

    switchboard  in E.164: `+`, country code, number
    source       where the number and the domains were found
    for_drills   it exists only to rehearse: nothing is owed to it, and it counts nowhere
    """

    name: str
    country: str
    kind: AuthorityKind
    domains: tuple[str, ...]
    switchboard: PhoneNumber
    head_office: str
    language: Language
    source: str
    certificates: str = ""
    file_number_pattern: str = ""
    statutes: tuple[str, ...] = ()
    for_drills: bool = False


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the checks need to know of an officer's key."""

    usable_from: datetime
    confirmed: bool
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerFacts:
    """What the checks need to know of an officer."""

    authority_confirmed: bool
    authority_closed: bool
    mailbox: DomainMatch
    suspended: bool
    vouched_at: datetime | None
    verified_until: datetime | None
    keys: tuple[KeyFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """Who vouches or verifies: an officer with a standing, or staff with roles."""

    person: UUID
    roles: Collection[str]
    authority: UUID | None = None
    standing: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom somebody vouches for.

    barred      who registered the officer or gave the link: the second pair of eyes is another's
    doubted_at  when the officer was suspended
    """

    officer: UUID
    person: UUID
    authority: UUID
    barred: frozenset[UUID]
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What the checks need to know of a call-back."""

    about: CallBackAbout
    officer: UUID | None
    said: CallBackSaid
    at: datetime


def standing(facts: OfficerFacts, *, now: datetime) -> tuple[Finding, ...]:
    """Finds why an officer speaks for no authority now."""
    found = []
    if facts.authority_closed:
        found.append(Finding.AUTHORITY_CLOSED)
    elif not facts.authority_confirmed:
        found.append(Finding.AUTHORITY_UNCONFIRMED)
    if facts.suspended:
        found.append(Finding.SUSPENDED)
    if facts.vouched_at is None:
        found.append(Finding.NOT_VOUCHED)
    elif facts.verified_until is None or now >= facts.verified_until:
        found.append(Finding.VERIFICATION_LAPSED)
    if facts.mailbox not in OWN_DOMAINS:
        found.append(Finding.MAILBOX_FOREIGN)
    return tuple(found)


def may_receive(facts: OfficerFacts, *, now: datetime) -> tuple[Finding, ...]:
    """Finds why nothing can be sealed for an officer now."""
    return (*standing(facts, now=now), *_key_findings(facts.keys, now=now))


def check_vouch(
    subject: Subject, voucher: Voucher, call: CallFacts | None, *, now: datetime
) -> None:
    """Refuses a voucher who may not say that this officer is one.

    Who is in doubt is not helped by a colleague: only by a call after the doubt arose.
    """
    if voucher.person == subject.person:
        raise VouchRefused(why="nobody vouches for themselves")
    if voucher.person in subject.barred:
        raise VouchRefused(why="who gave the link does not vouch")
    if Role.OFFICER in voucher.roles:
        if voucher.authority != subject.authority:
            raise VouchRefused(why="another authority")
        if voucher.standing:
            raise VouchRefused(why=",".join(voucher.standing))
        if subject.doubted_at is not None:
            raise VouchRefused(why="after a suspension, staff call")
        return
    check_registrar(voucher.roles)
    if call is None:
        raise VouchRefused(why="staff vouch after a call-back")
    _check_call(subject, call, now=now)


def check_registrar(roles: Collection[str]) -> None:
    """Refuses whoever does not keep the registry."""
    if not REGISTRY_ROLES & set(roles):
        raise RegistryRefused(why="role", roles=",".join(sorted(REGISTRY_ROLES)))


def check_confirmer(*, kept_by: UUID, by: UUID, roles: Collection[str], closed: bool) -> None:
    """Refuses to let an entry count on the word of the person who wrote it."""
    check_registrar(roles)
    if by == kept_by:
        raise RegistryRefused(why="two people are needed")
    if closed:
        raise RegistryRefused(why="closed")


def check_filer(roles: Collection[str]) -> None:
    """Refuses whoever does not write to authorities."""
    if not FILING_ROLES & set(roles):
        raise RegistryRefused(why="role", roles=",".join(sorted(FILING_ROLES)))


def check_callable(*, confirmed: bool, closed: bool) -> None:
    """Refuses to call an authority for whose number two people do not stand."""
    if closed:
        raise CallRefused(why="closed")
    if not confirmed:
        raise CallRefused(why="a second person has to check the number first")


def check_entry(draft: AuthorityDraft) -> AuthorityDraft:
    """Gives an entry in normal form, or refuses the first field that is wrong."""
    name = " ".join(draft.name.split())
    _need("name", 0 < len(name) <= AUTHORITY_NAME_CHARACTERS_MAX and name.isprintable())
    _need("country", COUNTRY.fullmatch(draft.country))
    domains = tuple(dict.fromkeys(map(normal, draft.domains)))
    _need("domains", 0 < len(domains) <= DOMAINS_MAX and all(domains))
    _need("domains", not FREE_MAIL & set(domains))
    for domain in domains:
        if is_public_suffix(domain):
            raise SharedDomain(field="domains", domain=domain, why="a public suffix")
    number = check_number(draft.switchboard)
    head_office = check_mailbox(draft.head_office, domains, field="head_office")
    _need("source", draft.source.strip() and len(draft.source) <= NOTE_CHARACTERS_MAX)
    check_certificates(draft.certificates)
    _check_pattern(draft.file_number_pattern)
    statutes = tuple(one.strip() for one in draft.statutes if one.strip())
    _need("statutes", len(statutes) <= STATUTES_MAX)
    _need("statutes", all(len(one) <= STATUTE_CHARACTERS_MAX for one in statutes))
    return AuthorityDraft(
        name=name,
        country=draft.country,
        kind=draft.kind,
        domains=domains,
        switchboard=number,
        head_office=reveal(head_office),
        language=draft.language,
        source=draft.source.strip(),
        certificates=draft.certificates.strip(),
        file_number_pattern=draft.file_number_pattern.strip(),
        statutes=statutes,
        for_drills=draft.for_drills,
    )


def check_number(number: PhoneNumber) -> PhoneNumber:
    """Gives a switchboard's number in E.164, or refuses it."""
    text = re.sub(r"[\s()/.-]", "", reveal(number))
    digits = text.removeprefix("+")
    _need("switchboard", text.startswith("+") and digits.isascii() and digits.isdecimal())
    _need("switchboard", SWITCHBOARD_DIGITS_MIN <= len(digits) <= SWITCHBOARD_DIGITS_MAX)
    _need("switchboard", not digits.startswith("0"))
    return PhoneNumber(text)


def check_mailbox(mailbox: str, domains: Collection[str], *, field: str = "mailbox") -> MailAddress:
    """Gives a mailbox at one of an authority's domains, or refuses it and says what it is."""
    text = mailbox.strip()
    _need(field, len(text) <= MAILBOX_CHARACTERS_MAX and MAILBOX.fullmatch(text))
    found = match(domain_of(text), domains)
    if found not in OWN_DOMAINS:
        raise OfficerRefused(why=found.value, field=field)
    return MailAddress(text)


def check_certificates(pem: str) -> None:
    """Refuses what is not a row of certificates in PEM; none at all is fine."""
    if not pem.strip():
        return
    _need("certificates", len(pem) <= CERTIFICATES_CHARACTERS_MAX)
    try:
        read = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise EntryRefused(field="certificates") from error
    _need("certificates", read)


def check_rank(rank: str) -> str:
    """Gives a rank without surrounding space, or refuses it."""
    kept = rank.strip()
    _need("rank", len(kept) <= RANK_CHARACTERS_MAX and (kept.isprintable() or not kept))
    return kept


def check_note(note: str, *, needed: bool = False) -> str:
    """Gives a note or a reason without surrounding space, or refuses it."""
    kept = note.replace("\0", "").strip()
    _need("note", len(kept) <= NOTE_CHARACTERS_MAX and (kept or not needed))
    return kept


def check_recipient(text: str, *, keys: int) -> str:
    """Gives an age X25519 recipient in its one spelling, or refuses it."""
    if keys >= KEYS_PER_OFFICER_MAX:
        raise AgeKeyRefused(why="too many keys", keys_max=KEYS_PER_OFFICER_MAX)
    kept = text.strip()
    try:
        recipient = str(pyrage.x25519.Recipient.from_str(kept))
    except pyrage.RecipientError as error:
        is_private = kept.upper().startswith("AGE-SECRET-KEY")
        why = "this is the private key: make a new one, and keep it to yourself"
        raise AgeKeyRefused(why=why if is_private else "no age recipient") from error
    assert len(recipient) == RECIPIENT_CHARACTERS
    return recipient


def check_filing(subject: str, text: str) -> tuple[str, str]:
    """Gives subject and text of a filing without surrounding space, or refuses them."""
    kept, body = subject.strip(), text.replace("\0", "").strip()
    if not 0 < len(kept) <= SUBJECT_CHARACTERS_MAX or not kept.isprintable():
        raise FilingRefused(field="subject", characters_max=SUBJECT_CHARACTERS_MAX)
    if not 0 < len(body) <= FILING_CHARACTERS_MAX:
        raise FilingRefused(field="text", characters_max=FILING_CHARACTERS_MAX)
    return kept, body


def check_receipt(receipt: str) -> str:
    """Gives a receipt's number, or refuses it."""
    kept = receipt.strip()
    if not 0 < len(kept) <= RECEIPT_CHARACTERS_MAX or not kept.isprintable():
        raise FilingRefused(field="receipt", characters_max=RECEIPT_CHARACTERS_MAX)
    return kept


def changed_fields(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Gives the names of the fields that differ, in order."""
    return sorted(name for name in after if before.get(name) != after[name])


def _check_call(subject: Subject, call: CallFacts, *, now: datetime) -> None:
    if call.about is not CallBackAbout.OFFICER or call.officer != subject.officer:
        raise VouchRefused(why="the call was about something else")
    if call.said is not CallBackSaid.CONFIRMED:
        raise VouchRefused(why="the call confirmed nothing")
    if not call.at <= now < call.at + timedelta(days=CALL_BACK_DAYS):
        raise VouchRefused(why="the call is too old", days_max=CALL_BACK_DAYS)
    if subject.doubted_at is not None and call.at <= subject.doubted_at:
        raise VouchRefused(why="the call was before the suspension")


def _key_findings(keys: Sequence[KeyFacts], *, now: datetime) -> tuple[Finding, ...]:
    held = [key for key in keys if not key.ended]
    if not held:
        return (Finding.NO_KEY,)
    confirmed = [key for key in held if key.confirmed]
    if not confirmed:
        return (Finding.KEY_NOT_CONFIRMED,)
    if not any(key.usable_from <= now for key in confirmed):
        return (Finding.KEY_TOO_NEW,)
    return ()


def _check_pattern(pattern: str) -> None:
    _need("file_number_pattern", len(pattern) <= PATTERN_CHARACTERS_MAX)
    try:
        re.compile(pattern)
    except re.error as error:
        raise EntryRefused(field="file_number_pattern") from error


def _need(field: str, holds: object) -> None:
    if not holds:
        raise EntryRefused(field=field)
