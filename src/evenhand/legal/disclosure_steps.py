"""Writes packages: collected, released, handed out exactly once, confirmed, expired.

The sealed bytes live here only until the officer has them: the row's change of state and the
bytes leave in one transaction under a lock, and what stays behind is empty.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from evenhand.authorities.models import Officer
from evenhand.authorities.queries import usable_key
from evenhand.authorities.steps import suspend
from evenhand.base.errors import InputRefused, Misconfigured, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.legal import clock_steps
from evenhand.legal.canonical import digest_of, package_text, release_text
from evenhand.legal.checks import (
    MARKET_GROUNDS,
    ROLES,
    StepRefused,
    check_barriers,
    check_hand_out,
    check_reason,
)
from evenhand.legal.clocks import ClockPlan
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.limits import CONFIRMATION, DISCLOSURE_KEPT, SWEEP_ROWS_MAX
from evenhand.legal.lists import (
    ClockName,
    DisclosureState,
    Finding,
    IdentifierKind,
    MatterState,
    Verb,
)
from evenhand.legal.models import Disclosure, Identifier, Matter
from evenhand.legal.ports import HeadOffices, Pager, Violations
from evenhand.legal.preservation_steps import begin_on_receipt
from evenhand.legal.queries import actor_of, facts_of, law_against, plan_kept, stands
from evenhand.legal.signed import key_is_on_record, sign_release
from evenhand.people.models import Person
from evenhand.people.signature import KeptAssertion, holds
from evenhand.people.steps import begin_signature


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A sealed package on its way to its officer; it does not exist here any more."""

    number: str
    sealed: bytes
    sha256: bytes
    manifest: Mapping[str, object]


def looked_up(identifier_id: int, account: str | None, *, now: datetime) -> None:
    """Keeps which account the collector found for a phone number; None if it found none.

    The account then counts as named by the request, and a plan may contain it.
    """
    with transaction.atomic():
        named = Identifier.objects.filter(pk=identifier_id, kind=IdentifierKind.PHONE.value)
        known = named.values_list("matter_id", flat=True).first()
        if known is None:
            raise NotFound(what="phone number of a request", id=identifier_id)
        matter = locked(known)
        phone = named.select_for_update(of=("self",)).get()
        if phone.looked_up_at is not None:
            return
        phone.looked_up_at = now
        phone.save(update_fields=["looked_up_at"])
        if account is not None:
            Identifier.objects.create(
                matter_id=phone.matter_id,
                kind=IdentifierKind.ACCOUNT.value,
                value=account,
                since=phone.since,
                until=phone.until,
                found_by=phone,
            )
            begin_on_receipt(matter, now=now)
        write_step(matter, "looked_up", by=None, now=now, facts={"found": account is not None})


def collected(
    disclosure_id: UUID,
    *,
    sealed: bytes,
    recipient: str,
    manifest: Mapping[str, object],
    now: datetime,
) -> Disclosure:
    """Keeps the sealed package that the collector made; the same task again changes nothing.

    The plan may be gone meanwhile (withdrawn, sent back): then nothing is kept.
    """
    with transaction.atomic():
        one = _locked(disclosure_id)
        if one.state == DisclosureState.COLLECTED:
            return one
        if one.state != DisclosureState.PLANNED:
            raise StepRefused(disclosure=disclosure_id, findings=(Finding.WRONG_STATE,))
        if not sealed or one.recipient != recipient:
            raise InputRefused(what="package", why="empty, or sealed to another key")
        one.sealed, one.sha256 = sealed, hashlib.sha256(sealed).digest()
        one.manifest, one.collected_at = dict(manifest), now
        one.state = DisclosureState.COLLECTED.value
        one.save()
        counts = {name: manifest[name] for name in COUNTED if isinstance(manifest.get(name), int)}
        matter = locked(one.matter_id)
        write_step(matter, "collected", by=None, now=now, facts={"sha256": _hex(one), **counts})
    return one


def hand_out(disclosure_id: UUID, *, to: Officer, now: datetime) -> HandedOut:
    """Gives the sealed bytes to their officer, once, and keeps none.

    Of two who ask at once, one gets the bytes and the other is told that they are gone.
    """
    with transaction.atomic():
        one = _locked(disclosure_id)
        matter = locked(one.matter_id)
        found = check_hand_out(
            DisclosureState(one.state),
            matter=MatterState(matter.state),
            right_officer=one.officer_id == to.id,
            may_receive=stands(to, now=now),
            market_open=not set(law_against(matter)) & MARKET_GROUNDS,
            expires_at=one.expires_at,
            now=now,
        )
        if found:
            raise StepRefused(disclosure=disclosure_id, findings=found)
        _refuse(disclosure_id, _signature_findings(one))
        sealed = bytes(one.sealed)
        assert one.sha256 is not None, "what was released was collected"
        assert hashlib.sha256(sealed).digest() == bytes(one.sha256), "kept as it was signed"
        given = HandedOut(matter.number, sealed, bytes(one.sha256), one.manifest or {})
        one.state, one.sealed = DisclosureState.HANDED_OUT.value, b""
        one.handed_out_at, one.confirm_by = now, now + CONFIRMATION
        one.save()
        clock_steps.start(
            matter, ClockPlan(ClockName.CONFIRMATION, CONFIRMATION, statutory=False), at=now
        )
        facts = {"sha256": _hex(one), "officer": str(to.id)}
        is_first = matter.state == MatterState.RELEASED
        if is_first:
            matter.executed_at = now
        assert matter.released_at is not None
        write_step(
            matter,
            "handed_out",
            by=to.person_id,
            now=now,
            to=MatterState.EXECUTED if is_first else None,
            kind=RecordKind.DISCLOSED,
            facts=facts,
            took=now - matter.received_at,
            # A new copy of the same package is no second disclosure of the same people.
            outcome="+".join(sorted(one.want)) if is_first else "",
            quantity=max(1, len(one.accounts)) if is_first else 0,
        )
    return given


def confirm_delivery(disclosure_id: UUID, *, by: UUID | None, note: str, now: datetime) -> None:
    """Keeps that the authority's head office confirmed a delivery; `by` None is its own link."""
    with transaction.atomic():
        one = _locked(disclosure_id)
        found = check_reason(note)
        if one.state != DisclosureState.HANDED_OUT:
            found.append(Finding.WRONG_STATE)
        matter = locked(one.matter_id)
        gave = {one.prepared_by_id, one.released_by_id, matter.prepared_by_id}
        if by is not None and by in {*gave, matter.released_by_id}:
            # Who gave the data does not say for the head office that all was well.
            found.append(Finding.SAME_PERSON)
        _refuse(disclosure_id, found)
        one.state, one.confirmed_at = DisclosureState.CONFIRMED.value, now
        one.save()
        clock_steps.stop(matter, ClockName.CONFIRMATION, now=now)
        write_step(
            matter,
            "delivery_confirmed",
            by=by,
            now=now,
            kind=RecordKind.DISCLOSURE_CONFIRMED,
            facts={"disclosure": str(one.id)},
        )


def prepare_copy(
    disclosure_id: UUID,
    *,
    by: Person,
    reason: str,
    violations: Violations | None,
    now: datetime,
) -> Disclosure:
    """Prepares a new copy of a package that was handed out or ran out; it needs a new approval."""
    with transaction.atomic():
        before = _locked(disclosure_id)
        matter = locked(before.matter_id)
        found = [
            *check_reason(reason),
            *_may(matter, by, Verb.PREPARE, violations=violations, now=now),
        ]
        if before.state not in COPYABLE or matter.state != MatterState.EXECUTED:
            found.append(Finding.WRONG_STATE)
        if matter.disclosures.filter(state__in=UNDER_WAY).exists():
            found.append(Finding.WRONG_STATE)
        if before.preservation is not None and before.preservation.destroyed_at is not None:
            found.append(Finding.NOT_PRESERVED)
        key = usable_key(before.officer_id, now=now)
        if key is None:
            found.append(Finding.KEY_MISSING)
        _refuse(disclosure_id, found)
        assert key is not None
        copy = Disclosure.objects.create(
            id=new_id(now=now),
            matter=matter,
            officer_id=before.officer_id,
            copy_of=before,
            prepared_by=by,
            recipient=key.recipient,
            want=before.want,
            accounts=before.accounts,
            preservation=before.preservation,
            planned_at=now,
        )
        write_step(
            matter, "copy_prepared", by=by.id, now=now, facts={"of": str(before.id), "why": reason}
        )
    return copy


def begin_copy_release(disclosure_id: UUID, *, by: Person, now: datetime) -> dict[str, Any]:
    """Gives the options by which an approver signs the release of a copy."""
    with transaction.atomic():
        one = _locked(disclosure_id)
        matter = locked(one.matter_id)
        found = _copy_findings(one, by)
        _refuse(disclosure_id, found)
        return begin_signature(by, digest_of(copy_text_of(matter, one)), now=now)


def release_copy(
    disclosure_id: UUID,
    *,
    by: Person,
    credential: Mapping[str, Any],
    violations: Violations | None,
    now: datetime,
) -> Disclosure:
    """Releases a new copy: the same barriers, two people and a signature over its own bytes."""
    with transaction.atomic():
        one = _locked(disclosure_id)
        matter = locked(one.matter_id)
        found = [
            *_copy_findings(one, by),
            *_may(matter, by, Verb.RELEASE, violations=violations, now=now),
        ]
        _refuse(disclosure_id, found)
        text = copy_text_of(matter, one)
        digest = digest_of(text)
        kept = sign_release(by, digest, credential, now=now)
        one.released_by, one.digest, one.signed = by, digest, text
        one.assertion, one.expires_at = kept.as_json(), now + DISCLOSURE_KEPT
        one.state = DisclosureState.RELEASED.value
        one.save()
        write_step(
            matter,
            "copy_released",
            by=by.id,
            now=now,
            kind=RecordKind.LEGAL_RELEASED,
            facts={"disclosure": str(one.id), "digest": digest.hex()},
        )
    return one


def sweep_disclosures(pager: Pager, *, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Expires what nobody fetched, and suspends officers whose head office stayed silent."""
    return _expire(now=now, rows_max=rows_max) + _suspend_unconfirmed(
        pager, now=now, rows_max=rows_max
    )


def tell_head_offices(
    offices: HeadOffices, pager: Pager, *, now: datetime, rows_max: int = SWEEP_ROWS_MAX
) -> int:
    """Tells each head office what its officer received; its five days run from here.

    A kill between telling and writing tells it twice, by the same key.
    """
    waiting = (
        Disclosure.objects.select_related("matter__authority")
        .defer("sealed")
        .filter(state=DisclosureState.HANDED_OUT.value, head_office_told_at=None)
        .order_by("handed_out_at")[:rows_max]
    )
    return sum(_tell(one, offices, pager, now=now) for one in waiting)


COUNTED = ("accounts", "unknown", "connections", "phones", "ports")
"""Numbers of a manifest that a record may carry."""

COPYABLE = (
    DisclosureState.HANDED_OUT.value,
    DisclosureState.CONFIRMED.value,
    DisclosureState.EXPIRED.value,
)
UNDER_WAY = (
    DisclosureState.PLANNED.value,
    DisclosureState.COLLECTED.value,
    DisclosureState.RELEASED.value,
)


def _tell(one: Disclosure, offices: HeadOffices, pager: Pager, *, now: datetime) -> int:
    confirm_by = now + CONFIRMATION
    try:
        offices.tell(
            one.matter.authority.head_office,
            number=one.matter.number,
            reference=one.matter.reference,
            language=one.matter.authority.language,
            disclosure=one.id,
            confirm_by=confirm_by,
        )
    except Unavailable:
        return 0
    except (InputRefused, Misconfigured):
        # Nobody is suspended for a letter that was never sent; people have to see to it.
        pager.page(
            f"{one.matter.number}: the head office cannot be told.",
            urgent=False,
            key=clock_steps.page_key(one.id, "untold"),
        )
        return 0
    with transaction.atomic():
        matter = locked(one.matter_id)
        told = Disclosure.objects.filter(pk=one.pk, head_office_told_at=None).update(
            head_office_told_at=now, confirm_by=confirm_by
        )
        if told:
            write_step(matter, "head_office_told", by=None, now=now)
    return told


def _expire(*, now: datetime, rows_max: int) -> int:
    """Empties what nobody fetched; each by itself, its matter locked first as by every step."""
    due = Disclosure.objects.filter(state=DisclosureState.RELEASED.value, expires_at__lte=now)
    return sum(
        _expire_one(one, now=now)
        for one in list(due.order_by("expires_at").values_list("id", flat=True)[:rows_max])
    )


def _expire_one(disclosure_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        one = _locked(disclosure_id)
        if one.state != DisclosureState.RELEASED:
            return 0
        one.state, one.sealed = DisclosureState.EXPIRED.value, b""
        one.save()
        matter = locked(one.matter_id)
        first = matter.state == MatterState.RELEASED
        if first:
            matter.executed_at = now
        write_step(
            matter,
            "package_expired",
            by=None,
            now=now,
            to=MatterState.EXECUTED if first else None,
            facts={"disclosure": str(one.id)},
        )
    return 1


def _suspend_unconfirmed(pager: Pager, *, now: datetime, rows_max: int) -> int:
    """Suspends the officer of a delivery that the head office did not confirm in time."""
    late = (
        Disclosure.objects.select_related("officer", "matter")
        .defer("sealed")
        .filter(
            state=DisclosureState.HANDED_OUT.value,
            head_office_told_at__isnull=False,
            confirm_by__lte=now,
            officer__suspended_at=None,
        )
        .order_by("confirm_by")[:rows_max]
    )
    suspended = 0
    for one in late:
        with transaction.atomic():
            why = f"{one.matter.number}: the head office did not confirm the delivery in time"
            suspend(one.officer_id, by=None, why=why, now=now)
            write_step(
                locked(one.matter_id),
                "officer_suspended",
                by=None,
                now=now,
                facts={"officer": str(one.officer_id)},
            )
            pager.page(
                f"{one.matter.number}: delivery unconfirmed, the officer was suspended.",
                urgent=True,
                key=clock_steps.page_key(one.id, "unconfirmed"),
            )
            suspended += 1
    return suspended


def _copy_findings(one: Disclosure, by: Person) -> list[Finding]:
    found = []
    if one.copy_of_id is None or one.state != DisclosureState.COLLECTED:
        found.append(Finding.NOT_COLLECTED)
    if one.prepared_by_id == by.id:
        found.append(Finding.SAME_PERSON)
    return found


def _may(
    matter: Matter, by: Person, verb: Verb, *, violations: Violations | None, now: datetime
) -> list[Finding]:
    """Gives what stands against giving the same data once more: all barriers, asked now."""
    actor = actor_of(matter.id, by)
    found = [] if actor.roles & ROLES[verb] else [Finding.ROLE_MISSING]
    if not actor.assigned:
        found.append(Finding.NOT_ASSIGNED)
    plan = plan_kept(matter)
    if plan is None:
        return [*found, Finding.WRONG_STATE]
    facts = facts_of(matter, plan, violations=violations, now=now)
    return [*found, *check_barriers(facts, plan)]


def copy_text_of(matter: Matter, one: Disclosure) -> dict[str, object]:
    """Gives exactly what is signed when a copy that was collected is released."""
    assert matter.plan is not None
    assert one.sha256 is not None
    return release_text(
        matter=str(matter.id),
        number=matter.number,
        entry=matter.entry,
        regime_version=matter.regime_version,
        authority=str(matter.authority_id),
        plan=matter.plan,
        package=package_text(
            disclosure=str(one.id),
            officer=str(one.officer_id),
            recipient=one.recipient,
            sha256=bytes(one.sha256),
            manifest=one.manifest or {},
        ),
    )


def _locked(disclosure_id: UUID) -> Disclosure:
    """Gives a package locked, after its matter: every step locks the two in this order."""
    known = Disclosure.objects.filter(pk=disclosure_id).values_list("matter_id", flat=True).first()
    if known is None:
        raise NotFound(what="disclosure", id=disclosure_id)
    locked(known)
    return Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure_id)


def _signature_findings(one: Disclosure) -> list[Finding]:
    """Gives what is wrong with the kept signature: it must hold over what goes out now."""
    return [] if _is_signed(one) else [Finding.SIGNATURE_WRONG]


def _is_signed(one: Disclosure) -> bool:
    package = (one.signed or {}).get("package")
    if one.digest is None or one.sha256 is None or not isinstance(package, Mapping):
        return False
    digest = bytes(one.digest)
    if digest_of(one.signed or {}) != digest or package.get("sha256") != _hex(one):
        return False
    if hashlib.sha256(bytes(one.sealed)).digest() != bytes(one.sha256):
        return False
    try:
        kept = KeptAssertion.from_json(one.assertion or {})
    except (LookupError, ValueError, TypeError, AttributeError):
        return False
    if kept.person != one.released_by_id or not holds(kept, digest):
        return False
    return key_is_on_record(kept)


def _hex(one: Disclosure) -> str:
    assert one.sha256 is not None
    return bytes(one.sha256).hex()


def _refuse(disclosure_id: UUID, findings: Sequence[Finding]) -> None:
    if findings:
        raise StepRefused(disclosure=disclosure_id, findings=tuple(dict.fromkeys(findings)))
