"""Pure: may this be received as a report, and what makes a trusted flagger?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from email.errors import MessageError
from email.headerregistry import Address
from enum import StrEnum
from uuid import UUID

from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.base.harms import harms
from evenhand.base.personal import reveal
from evenhand.evidence.disclosures import holds_session_keys
from evenhand.people.powers import Power, roles_with
from evenhand.reports.drafts import FlaggerDraft, ReportDraft
from evenhand.reports.limits import (
    ABOUT_CHARACTERS_MAX,
    AREAS_MAX,
    FLAGGER_YEARS_MAX,
    MAILBOX_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PRK_BYTES,
    TEXT_CHARACTERS_MAX,
)
from evenhand.reports.lists import ReportFinding, ReportKind, Way

CHILD_SAFETY = "m.child_safety"
"""Harms for whose notices no name is asked (DSA Art. 16(2)(c))."""

KEEPERS = frozenset(roles_with(Power.KEEP_FLAGGERS))
"""Who keeps the list of trusted flaggers."""


class ReportRefused(InputRefused):
    """A report cannot be taken as it is."""

    remedy = "See the findings, correct them, and send it again; nothing was kept."


class ReporterSuspended(NotAllowed):
    """Who sent many unfounded reports is not heard for a time (DSA Art. 23(2))."""

    remedy = "Wait until the day that the statement names, or object to it."


class FlaggerRefused(NotAllowed):
    """A trusted flagger cannot be entered or changed like this."""

    remedy = "See the findings; a second person has to confirm."


class FlaggerFinding(StrEnum):
    """What stands against an entry of a trusted flagger."""

    ROLE_MISSING = "role_missing"
    SAME_PERSON = "same_person"
    NAME_MISSING = "name_missing"
    COUNTRY_UNKNOWN = "country_unknown"
    AREA_UNKNOWN = "area_unknown"
    SOURCE_MISSING = "source_missing"
    DATE_PAST = "date_past"
    DATE_TOO_FAR = "date_too_far"
    EXISTS = "exists"
    ENDED = "ended"
    NOT_CONFIRMED = "not_confirmed"
    REASON_MISSING = "reason_missing"


@dataclass(frozen=True, slots=True)
class FlaggerFacts:
    """What the checks need to know of an entry."""

    entered_by: UUID
    ended: bool


def check_report(draft: ReportDraft) -> tuple[ReportFinding, ...]:
    """Finds why a report cannot be taken; a notice needs what DSA Art. 16(2) asks for."""
    found = [*_check_text(draft), *_check_about(draft), *_check_disclosure(draft)]
    if draft.kind is ReportKind.NOTICE:
        found += _check_notice(draft)
    mailbox = draft.reporter.mailbox
    if mailbox is not None and not is_mailbox(reveal(mailbox)):
        found.append(ReportFinding.MAILBOX_UNREADABLE)
    if len(draft.reporter.name) > NAME_CHARACTERS_MAX:
        found.append(ReportFinding.NAME_TOO_LONG)
    return tuple(found)


def is_mailbox(text: str) -> bool:
    """Tells whether a text is one mail address, and nothing more."""
    if not 3 <= len(text) <= MAILBOX_CHARACTERS_MAX or not text.isascii():
        return False
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        return False
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return False
    return bool(address.username) and "." in address.domain.strip(".")


def check_keeper(roles: Collection[str]) -> list[FlaggerFinding]:
    """Finds why somebody may not keep the list of trusted flaggers."""
    return [] if KEEPERS & set(roles) else [FlaggerFinding.ROLE_MISSING]


def check_entry(
    draft: FlaggerDraft, roles: Collection[str], *, today: date
) -> list[FlaggerFinding]:
    """Finds why a trusted flagger cannot be entered so."""
    found = check_keeper(roles)
    if not 0 < len(draft.name.strip()) <= NAME_CHARACTERS_MAX:
        found.append(FlaggerFinding.NAME_MISSING)
    if not (
        len(draft.awarded_by) == 2 and draft.awarded_by.isascii() and draft.awarded_by.isupper()
    ):
        found.append(FlaggerFinding.COUNTRY_UNKNOWN)
    if len(draft.areas) > AREAS_MAX or not set(draft.areas) <= set(harms()):
        found.append(FlaggerFinding.AREA_UNKNOWN)
    if not draft.source.startswith("https://") or len(draft.source) > 500:
        found.append(FlaggerFinding.SOURCE_MISSING)
    if draft.valid_until <= today:
        found.append(FlaggerFinding.DATE_PAST)
    if (draft.valid_until - today).days > FLAGGER_YEARS_MAX * 366:
        found.append(FlaggerFinding.DATE_TOO_FAR)
    return found


def check_confirmer(
    flagger: FlaggerFacts, by: UUID, roles: Collection[str]
) -> list[FlaggerFinding]:
    """Finds why this person cannot confirm an entry."""
    found = check_keeper(roles)
    if flagger.entered_by == by:
        found.append(FlaggerFinding.SAME_PERSON)
    if flagger.ended:
        found.append(FlaggerFinding.ENDED)
    return found


def in_area(areas: Collection[str], harm: str) -> bool:
    """Tells whether a harm lies in a flagger's areas.

    Outside of them its notice is an ordinary one (DSA Art. 22(1): acting within their designated
    area of expertise).
    """
    return not areas or any(harm == area or harm.startswith(f"{area}.") for area in areas)


def _check_text(draft: ReportDraft) -> list[ReportFinding]:
    text = reveal(draft.text)
    if len(text) > TEXT_CHARACTERS_MAX:
        return [ReportFinding.TEXT_TOO_LONG]
    # In a messenger one may report with a press of a button; everywhere else reasons are asked.
    if not text.strip() and draft.way is not Way.MATRIX:
        return [ReportFinding.TEXT_MISSING]
    # Keys of a chat open more than one message: whoever can be answered is asked to leave them out.
    if draft.way is not Way.MATRIX and holds_session_keys(text):
        return [ReportFinding.DISCLOSURE_TOO_MUCH]
    return []


def _check_about(draft: ReportDraft) -> list[ReportFinding]:
    found = []
    if not draft.about:
        found.append(ReportFinding.PLACE_MISSING)
    elif len(draft.about) > ABOUT_CHARACTERS_MAX or not draft.about.isprintable():
        found.append(ReportFinding.PLACE_UNREADABLE)
    if draft.harm and draft.harm not in harms():
        found.append(ReportFinding.HARM_UNKNOWN)
    return found


def _check_disclosure(draft: ReportDraft) -> list[ReportFinding]:
    given = draft.disclosure
    if given is None:
        return []
    if not given.event_id or not given.room_id or given.event_id != draft.event:
        return [ReportFinding.DISCLOSURE_ELSEWHERE]
    return [] if len(given.prk) == PRK_BYTES else [ReportFinding.DISCLOSURE_TOO_MUCH]


def _check_notice(draft: ReportDraft) -> list[ReportFinding]:
    found = [] if draft.good_faith else [ReportFinding.GOOD_FAITH_MISSING]
    if not draft.harm:
        found.append(ReportFinding.HARM_MISSING)
    needs_name = not draft.harm.startswith(CHILD_SAFETY)
    known = draft.reporter.account or draft.reporter.flagger
    if needs_name and not known:
        if not draft.reporter.name.strip():
            found.append(ReportFinding.NAME_MISSING)
        if draft.reporter.mailbox is None:
            found.append(ReportFinding.MAILBOX_MISSING)
    return found
