"""Writes preservations: begun by a release, sealed, extended by the law's rule, held, destroyed.

A preservation widens no ordinary retention: it has an end of its own, and what is destroyed
leaves a certificate that says what it was by its hashes. A hold for a legal reason comes before
every deletion.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.evidence.steps import destroy, hold
from evenhand.legal import clock_steps
from evenhand.legal.canonical import digest_of
from evenhand.legal.checks import StepRefused, check_reason
from evenhand.legal.drafts import PreservationDraft
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.limits import DEFAULT_PRESERVATION, EXTENSIONS_MAX, SWEEP_ROWS_MAX
from evenhand.legal.lists import ClockName, DisclosureState, Finding, MatterState
from evenhand.legal.models import Disclosure, Matter, Preservation
from evenhand.legal.queries import actor_of, law_of
from evenhand.markets.entries import PreservationRule
from evenhand.people.models import Person
from evenhand.people.roles import Role

KEEPING = frozenset({Role.LEGAL_OFFICER, Role.APPROVER})


def begin_preservation(matter: Matter, *, now: datetime) -> Preservation:
    """Begins a preservation in the release's transaction; its time runs from here."""
    rule = _rule(matter)
    return Preservation.objects.create(
        id=new_id(now=now),
        matter=matter,
        began_at=now,
        expires_at=DEFAULT_PRESERVATION.after(now) if rule is None else rule.period.after(now),
    )


def begin_on_receipt(matter: Matter, *, now: datetime) -> None:
    """Has what a matter asks for put away at once, where its law says so.

    An account that is found later, by its phone number, is put away when it is found.
    Regulation (EU) 2023/1543 Art. 10(1): upon receipt, expeditiously. Nobody gets it by this: it
    lies under the keys of two holders and goes when the matter is over.
    """
    waits = matter.preservations.filter(on_receipt=True, sealed_at=None, destroyed_at=None)
    if law_of(matter)[0].preserved_on_receipt and not waits.exists():
        Preservation.objects.create(
            id=new_id(now=now),
            matter=matter,
            began_at=now,
            expires_at=DEFAULT_PRESERVATION.after(now),
            on_receipt=True,
        )


def end_on_receipt(matter: Matter, *, now: datetime) -> None:
    """Destroys what was put away on receipt, in the step that ends its locked matter.

    What is held for a legal reason stays until the hold is lifted; then the sweep takes it.
    """
    rows = Preservation.objects.select_for_update(of=("self",))
    for one in rows.filter(matter=matter, on_receipt=True, destroyed_at=None, legal_hold=False):
        _destroy(one, matter, now=now)


def preserved(preservation_id: UUID, draft: PreservationDraft, *, now: datetime) -> Preservation:
    """Keeps what was put away for a preservation; the same again changes nothing.

    Each item is held in this preservation's name, so that no ordinary deletion takes it.
    """
    with transaction.atomic():
        one = _locked(preservation_id)
        if one.sealed_at is not None:
            return one
        if one.destroyed_at is not None:
            raise StepRefused(preservation=preservation_id, findings=(Finding.EXPIRED,))
        for item in draft.items:
            hold(item, holder=one.id, now=now)
        one.items, one.hashes, one.sealed_at = list(draft.items), dict(draft.hashes), now
        one.save()
        matter = locked(one.matter_id)
        executes = not one.on_receipt
        if executes:
            clock_steps.stop(matter, ClockName.ANSWER, now=now)
            matter.executed_at = now
        write_step(
            matter,
            "preserved",
            by=None,
            now=now,
            to=_executed(matter) if executes else None,
            kind=RecordKind.PRESERVED,
            facts={"items": len(one.items), "hashes": digest_of(one.hashes).hex()},
            took=now - one.began_at,
        )
    return one


def extend_preservation(
    preservation_id: UUID, *, by: Person, reason: str, now: datetime
) -> Preservation:
    """Extends a preservation once by what its law allows, on the authority's renewed request.

    Regulation (EU) 2023/1543 Art. 11(1): 60 days, once 30 more. 18 U.S.C. 2703(f)(2): 90 and 90.
    """
    with transaction.atomic():
        one = _locked(preservation_id)
        matter = locked(one.matter_id)
        rule = _rule(matter)
        found = _may(matter, by, reason)
        if one.destroyed_at is not None or now >= one.expires_at:
            found.append(Finding.EXPIRED)
        if rule is None or rule.extension is None or one.extended >= EXTENSIONS_MAX:
            found.append(Finding.EXTENDED_TO_THE_END)
        _refuse(one, found)
        assert rule is not None
        assert rule.extension is not None
        one.expires_at = rule.extension.after(one.expires_at)
        one.extended += 1
        one.save()
        _write(matter, one, "preservation_extended", by=by.id, why=reason, now=now)
    return one


def hold_preservation(
    preservation_id: UUID, *, by: Person, reason: str, now: datetime
) -> Preservation:
    """Holds a preservation beyond its end, for a legal reason: a production order was announced.

    Regulation (EU) 2023/1543 Art. 11(2): as long as necessary once production is confirmed.
    """
    return _set_hold(preservation_id, True, by=by, reason=reason, now=now)


def lift_hold(preservation_id: UUID, *, by: Person, reason: str, now: datetime) -> Preservation:
    """Lifts a hold; expiry then takes its course."""
    return _set_hold(preservation_id, False, by=by, reason=reason, now=now)


def sweep_preservations(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Destroys what has come to its end and nobody holds, with a certificate each."""
    due = Preservation.objects.filter(_due(now), destroyed_at=None, legal_hold=False)
    due = due.exclude(_awaited())
    return sum(
        _destroy_due(one, now=now)
        for one in list(due.order_by("expires_at").values_list("id", flat=True)[:rows_max])
    )


OVER = (MatterState.REFUSED.value, MatterState.WITHDRAWN.value, MatterState.CLOSED.value)


def _due(now: datetime) -> Q:
    """Gives which preservations have come to their end: by their time, or with their matter."""
    return Q(on_receipt=False, expires_at__lte=now) | Q(on_receipt=True, matter__state__in=OVER)


def _awaited() -> Q:
    """Gives which preservations a prepared package is to be made from.

    Regulation (EU) 2023/1543 Art. 11(2): as long as necessary once production is confirmed.
    """
    waits = Disclosure.objects.filter(
        preservation=OuterRef("pk"),
        state=DisclosureState.PLANNED.value,
        matter__state__in=(MatterState.PREPARED.value, MatterState.EXECUTED.value),
    )
    return Q(Exists(waits))


def _destroy_due(preservation_id: UUID, *, now: datetime) -> int:
    """Destroys one preservation, unless it was held or extended meanwhile."""
    with transaction.atomic():
        one = _locked(preservation_id)
        if one.destroyed_at is not None or one.legal_hold:
            return 0
        if not Preservation.objects.filter(_due(now), ~_awaited(), pk=one.pk).exists():
            return 0
        _destroy(one, locked(one.matter_id), now=now)
    return 1


def _executed(matter: Matter) -> MatterState | None:
    return MatterState.EXECUTED if matter.state == MatterState.RELEASED else None


def _destroy(one: Preservation, matter: Matter, *, now: datetime) -> None:
    """Destroys one preservation with a certificate; `matter` is locked by the step that asks."""
    items = [str(item) for item in one.items]
    emptied = destroy(one.items, holder=one.id, now=now)
    one.certificate = {
        "number": matter.number,
        "preservation": str(one.id),
        "began_at": one.began_at.isoformat(),
        "expired_at": one.expires_at.isoformat(),
        "destroyed_at": now.isoformat(),
        "extended": one.extended,
        "items": items,
        # What another preservation or case still holds is destroyed with that one.
        "held_by_others": sorted(set(items) - {str(item) for item in emptied}),
        "hashes": one.hashes,
    }
    one.items, one.destroyed_at = [], now
    one.save()
    executed = None if one.on_receipt else _executed(matter)
    if executed is not None:
        matter.executed_at = now
    write_step(
        matter,
        "preservation_destroyed",
        by=None,
        now=now,
        to=executed,
        kind=RecordKind.PRESERVATION_DESTROYED,
        facts={"certificate": digest_of(one.certificate).hex(), "items": len(items)},
    )


def _set_hold(
    preservation_id: UUID,
    held: bool,
    *,
    by: Person,
    reason: str,
    now: datetime,
) -> Preservation:
    with transaction.atomic():
        one = _locked(preservation_id)
        matter = locked(one.matter_id)
        found = _may(matter, by, reason)
        if one.destroyed_at is not None:
            found.append(Finding.EXPIRED)
        _refuse(one, found)
        one.legal_hold, one.hold_reason = held, reason if held else ""
        one.save()
        what = "preservation_held" if held else "preservation_hold_lifted"
        _write(matter, one, what, by=by.id, why=reason, now=now)
    return one


def _write(
    matter: Matter, one: Preservation, what: str, *, by: UUID, why: str, now: datetime
) -> None:
    write_step(
        matter,
        what,
        by=by,
        now=now,
        kind=RecordKind.PRESERVATION_CHANGED,
        facts={"preservation": str(one.id), "until": one.expires_at.isoformat(), "why": why},
    )


def _may(matter: Matter, by: Person, reason: str) -> list[Finding]:
    actor = actor_of(matter.id, by)
    found = check_reason(reason)
    if not actor.roles & KEEPING:
        found.append(Finding.ROLE_MISSING)
    if not actor.assigned:
        found.append(Finding.NOT_ASSIGNED)
    return found


def _rule(matter: Matter) -> PreservationRule | None:
    return law_of(matter)[0].preservation


def _locked(preservation_id: UUID) -> Preservation:
    known = Preservation.objects.filter(pk=preservation_id).values_list("matter_id", flat=True)
    matter = known.first()
    if matter is None:
        raise NotFound(what="preservation", id=preservation_id)
    locked(matter)
    return Preservation.objects.select_for_update(of=("self",)).get(pk=preservation_id)


def _refuse(one: Preservation, findings: Sequence[Finding]) -> None:
    if findings:
        raise StepRefused(preservation=one.id, findings=tuple(dict.fromkeys(findings)))
