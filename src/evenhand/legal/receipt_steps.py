"""Writes what comes in: a matter with its number, what it names, its documents, its clocks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from evenhand.authorities.queries import authority_of, officer
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.legal import clock_steps
from evenhand.legal.checks import (
    StepRefused,
    check_receipt,
    missing_fields,
)
from evenhand.legal.clocks import clocks_of
from evenhand.legal.drafts import (
    DocumentDraft,
    MatterDraft,
)
from evenhand.legal.history_steps import write_step
from evenhand.legal.limits import URGENT
from evenhand.legal.lists import (
    Finding,
)
from evenhand.legal.models import (
    Document,
    Identifier,
    Matter,
    NumberSeries,
)
from evenhand.legal.ports import Pager
from evenhand.legal.preservation_steps import begin_on_receipt
from evenhand.legal.queries import stands
from evenhand.markets.entries import Regime, RequestKind
from evenhand.markets.queries import countries_represented_by
from evenhand.markets.regimes import law
from evenhand.markets.steps import keep_regime
from evenhand.people.queries import person_of
from evenhand.people.roles import Role


def receive(draft: MatterDraft, *, pager: Pager, now: datetime) -> Matter:
    """Receives a request once: the same origin again gives the matter that stands.

    Its clocks run from receipt; an emergency or a deadline of hours pages the people on call.
    """
    kind = law().kind(draft.entry)
    findings = (*check_receipt(draft, kind), *_check_sender(draft, now=now))
    if findings:
        raise StepRefused(origin=draft.origin, findings=findings)
    try:
        with transaction.atomic():
            known = Matter.objects.filter(origin=draft.origin).first()
            return known or _receive(draft, kind, pager=pager, now=now)
    except IntegrityError:
        known = Matter.objects.filter(origin=draft.origin).first()
        if known is None:
            raise
        return known


def keep_documents(matter: Matter, documents: Sequence[DocumentDraft], *, now: datetime) -> None:
    """Keeps documents that came with a request or later; their bytes are under seal already."""
    for one in documents:
        Document.objects.create(
            id=new_id(now=now),
            matter=matter,
            sealed_id=one.sealed,
            sha256=one.sha256,
            level=one.level,
            trusted=one.trusted,
            report=dict(one.report),
            at=now,
        )


def missing_of(matter: Matter, kind: RequestKind) -> tuple[str, ...]:
    """Gives the mandatory fields that a matter leaves empty."""
    return missing_fields(kind, matter.fields)


def _check_sender(draft: MatterDraft, *, now: datetime) -> list[Finding]:
    """Gives why this sender may not file: the officer's standing, or who entered the paper."""
    found = []
    if draft.received_at > now:
        found.append(Finding.FIELD_UNKNOWN)
    if draft.officer is not None:
        one = officer(draft.officer)
        if one.authority_id != draft.authority:
            found.append(Finding.OTHER_AUTHORITY)
        # A new account's emergency is received all the same: the call-back comes before release.
        if not stands(one, now=now):
            found.append(Finding.OFFICER_MAY_NOT_FILE)
    if draft.entered_by is not None and not _may_enter_paper(draft.entered_by, draft.authority):
        found.append(Finding.ROLE_MISSING)
    return found


def _receive(draft: MatterDraft, kind: RequestKind, *, pager: Pager, now: datetime) -> Matter:
    regime = law().regime_of(kind)
    matter = Matter.objects.create(**_row(draft, kind, regime, now=now))
    keep_regime(regime, now=now)
    for one in draft.identifiers:
        Identifier.objects.create(
            matter=matter, kind=one.kind.value, value=one.value, since=one.since, until=one.until
        )
    keep_documents(matter, draft.documents, now=now)
    planned = clocks_of(kind, emergency=draft.emergency)
    for clock in planned:
        clock_steps.start(matter, clock, at=draft.received_at)
    begin_on_receipt(matter, now=now)
    write_step(
        matter,
        "received",
        by=draft.entered_by,
        now=now,
        kind=RecordKind.LEGAL_RECEIVED,
        facts={
            "on_paper": draft.officer is None,
            "unverified": not kind.verified,
            "missing": list(missing_of(matter, kind)),
        },
    )
    if draft.emergency or planned[0].total <= URGENT:
        what = "an emergency" if draft.emergency else "an order with a clock of hours"
        pager.page(
            f"{matter.number}: {what} from {matter.country} was received.",
            urgent=True,
            key=clock_steps.page_key(matter.id, "received"),
        )
    return matter


def _may_enter_paper(person_id: UUID, authority_id: UUID) -> bool:
    """Tells whether somebody may enter what was served: a representative there, or the lawyers."""
    person = person_of(person_id)
    if person is None:
        return False
    country = authority_of(authority_id).country
    represents = country in countries_represented_by(person.id)
    return person.has(Role.LEGAL_OFFICER) or (person.has(Role.REPRESENTATIVE) and represents)


def _row(
    draft: MatterDraft, kind: RequestKind, regime: Regime, *, now: datetime
) -> dict[str, object]:
    authority = authority_of(draft.authority)
    return {
        "id": draft.id,
        "number": _next_number(now),
        "origin": draft.origin,
        "reference": draft.reference,
        "regime": regime.id,
        "regime_version": regime.version,
        "entry": kind.id,
        "kind": kind.kind.value,
        "form": kind.form.value,
        "entry_verified": kind.verified,
        "entry_categories": sorted(one.value for one in kind.data_categories),
        "voluntary": kind.voluntary,
        "enforcing_notified": kind.enforcing_authority_notified,
        "needs_market": regime.fallback,
        "authority": authority,
        "officer_id": draft.officer,
        "entered_by_id": draft.entered_by,
        # The country is the registry's, whatever the request says.
        "country": authority.country,
        "received_at": draft.received_at,
        "entered_at": now,
        "emergency": draft.emergency,
        "purpose": draft.purpose.value,
        "categories": sorted(one.value for one in draft.categories),
        "validator": draft.validator.value if draft.validator else "",
        "validator_name": draft.validator_name,
        "fields": dict(draft.fields),
        "language": draft.language,
        "fraud": dict(draft.fraud),
        "gagged_until": draft.gagged_until,
        "gag_forever": draft.gag_forever,
        "gag_basis": draft.gag_basis,
    }


def _next_number(now: datetime) -> str:
    """Gives the next number of the year; the row is locked, so that no number is missing."""
    NumberSeries.objects.get_or_create(year=now.year)
    NumberSeries.objects.filter(year=now.year).update(last=F("last") + 1)
    return f"EH-{now.year}-{NumberSeries.objects.get(year=now.year).last:06d}"
