"""The only readers of authorities and officers; a mailbox is read by a step, which records it."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from evenhand.authorities.checks import KeyFacts, OfficerFacts
from evenhand.authorities.domains import domain_of, match
from evenhand.authorities.lists import CallBackAbout, CallBackSaid
from evenhand.authorities.models import (
    Authority,
    AuthorityChange,
    CallBack,
    Filing,
    Officer,
    OfficerChange,
    OfficerKey,
)
from evenhand.base.errors import NotFound
from evenhand.base.personal import reveal


def authority_of(authority_id: UUID) -> Authority:
    """Gives an authority, or raises `NotFound`."""
    row = Authority.objects.filter(pk=authority_id).first()
    if row is None:
        raise NotFound(what="authority", id=authority_id)
    return row


def authorities(*, country: str = "", closed: bool = False) -> list[Authority]:
    """Gives the registry, by country and name."""
    rows = Authority.objects.select_related("kept_by", "confirmed_by")
    if country:
        rows = rows.filter(country=country)
    if not closed:
        rows = rows.filter(closed_at=None)
    return list(rows.order_by("country", "name"))


def officer_of(person_id: UUID) -> Officer | None:
    """Gives the officer that a person is, with authority and person."""
    return _officers().filter(person_id=person_id).first()


def officer(officer_id: UUID) -> Officer:
    """Gives an officer by the officer's own id, or raises `NotFound`."""
    row = _officers().filter(pk=officer_id).first()
    if row is None:
        raise NotFound(what="officer", id=officer_id)
    return row


def officers(*, authority: UUID | None = None) -> list[Officer]:
    """Gives the officers of one authority, or all, by name."""
    rows = _officers()
    if authority is not None:
        rows = rows.filter(authority_id=authority)
    return list(rows.order_by("person__name"))


def keys(officer_id: UUID) -> list[OfficerKey]:
    """Gives an officer's keys, the newest first, ended ones too."""
    rows = OfficerKey.objects.filter(officer_id=officer_id).select_related("call_back")
    return list(rows.order_by("-added_at"))


def usable_key(officer_id: UUID, *, now: datetime) -> OfficerKey | None:
    """Gives the newest key that has waited, was confirmed by a call-back and was not ended."""
    return (
        OfficerKey.objects.filter(
            officer_id=officer_id,
            usable_from__lte=now,
            call_back__said=CallBackSaid.CONFIRMED.value,
            ended_at=None,
        )
        .order_by("-added_at")
        .first()
    )


def call_backs(
    *, matter: UUID | None = None, officer: UUID | None = None, authority: UUID | None = None
) -> list[CallBack]:
    """Gives call-backs, the newest first, of whatever is named."""
    rows = CallBack.objects.select_related("authority", "officer", "caller")
    for field, value in (
        ("matter", matter),
        ("officer_id", officer),
        ("authority_id", authority),
    ):
        if value is not None:
            rows = rows.filter(**{field: value})
    return list(rows.order_by("-at", "-id"))


def confirmed_call_back(*, matter: UUID) -> CallBack | None:
    """Gives the call-back by which an authority confirmed a matter, unless a later one denied it.

    A call that nobody answered takes nothing back.
    """
    last = (
        CallBack.objects.filter(matter=matter, about=CallBackAbout.MATTER.value)
        .exclude(said=CallBackSaid.NO_ANSWER.value)
        .order_by("-at", "-id")
        .first()
    )
    return last if last is not None and last.said == CallBackSaid.CONFIRMED else None


def facts_of(row: Officer) -> OfficerFacts:
    """Gives what the checks need to know of an officer."""
    confirmed = CallBackSaid.CONFIRMED.value
    keys = OfficerKey.objects.filter(officer_id=row.id).select_related("call_back")
    return OfficerFacts(
        authority_confirmed=row.authority.is_confirmed,
        authority_closed=row.authority.closed_at is not None,
        mailbox=match(domain_of(reveal(row.mailbox)), row.authority.domains),
        suspended=row.suspended_at is not None or not row.person.may_enter,
        vouched_at=row.vouched_at,
        verified_until=row.verified_until,
        keys=tuple(
            KeyFacts(
                usable_from=key.usable_from,
                confirmed=key.call_back is not None and key.call_back.said == confirmed,
                ended=key.ended_at is not None,
            )
            for key in keys
        ),
    )


def changes_of_officer(officer_id: UUID) -> list[OfficerChange]:
    """Gives what happened to an officer, the newest first."""
    rows = OfficerChange.objects.filter(officer_id=officer_id).select_related("by")
    return list(rows.order_by("-at", "-id"))


def changes_of_authority(authority_id: UUID) -> list[AuthorityChange]:
    """Gives what was done to an entry, the newest first."""
    rows = AuthorityChange.objects.filter(authority_id=authority_id).select_related("by")
    return list(rows.order_by("-at", "-id"))


def filings(authority_id: UUID) -> list[Filing]:
    """Gives the dialogue with an authority, the newest letter first."""
    rows = Filing.objects.filter(authority_id=authority_id).select_related("by", "receipt")
    return list(rows.order_by("-at", "-id"))


def filing(filing_id: UUID) -> Filing:
    """Gives one letter, or raises `NotFound`."""
    row = Filing.objects.filter(pk=filing_id).select_related("authority", "by", "receipt").first()
    if row is None:
        raise NotFound(what="filing", id=filing_id)
    return row


def _officers() -> QuerySet[Officer]:
    return Officer.objects.select_related("authority", "person", "vouched_by")
