"""Writes what goes to the vault's key holders for an order, and what comes back from them.

The package takes the way of every package from there: signed by an approver, handed out once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from evenhand.base.errors import InputRefused, NotFound
from evenhand.evidence.steps import take_sealed
from evenhand.legal.checks import StepRefused, check_reason
from evenhand.legal.disclosure_steps import collected
from evenhand.legal.history_steps import locked, write_step
from evenhand.legal.lists import DisclosureState, Finding
from evenhand.legal.models import Disclosure, Preservation
from evenhand.legal.queries import actor_of, collection_task
from evenhand.legal.vault_answer import (
    ACCOUNT_ITEMS,
    VaultTask,
    answer_of,
    task_bytes,
    task_digest,
)
from evenhand.people.models import Person
from evenhand.people.roles import Role


def take_task(disclosure_id: UUID, *, by: Person, reason: str, now: datetime) -> bytes:
    """Gives the file for the key holders: the task and the items, sealed as they lie there.

    Each item that is taken leaves a record; only those that hold an account's data are.
    """
    with transaction.atomic():
        one, kept = _planned(disclosure_id, by=by, reason=reason)
        names = _names(kept)
        items = {
            # The collector names an item by the preservation and the name of its content.
            name: take_sealed(uuid5(kept.id, name), staff=by.id, reason=reason, now=now)
            for name in names
        }
        asked = _task(one, kept, items)
        facts = {
            "disclosure": str(one.id),
            "preservation": str(kept.id),
            "items": len(items),
            "task": task_digest(asked),
        }
        write_step(locked(one.matter_id), "vault_task_taken", by=by.id, now=now, facts=facts)
        return task_bytes(asked)


def bring_from_vault(
    disclosure_id: UUID, content: bytes, *, signs: Sequence[str], by: Person, now: datetime
) -> Disclosure:
    """Keeps the package that two key holders made; it is what the collector's would have been.

    The holders' machine signed it, it answers the task as the desk has it now and no other, it is
    sealed to the officer's key, and each item that was opened is one that the preservation lists.
    """
    answer = answer_of(content, signs=signs)
    with transaction.atomic():
        one, kept = _planned(disclosure_id, by=by, reason=None)
        if answer.disclosure != one.id or answer.preservation != kept.id:
            raise InputRefused(what="vault answer", why="made for another package")
        if answer.task != task_digest(_task(one, kept, {})):
            raise InputRefused(what="vault answer", why="not to the task as it was taken")
        if not answer.preserved or not answer.preserved.items() <= kept.hashes.items():
            raise InputRefused(what="vault answer", why="not what the preservation lists")
        facts = {"disclosure": str(one.id), "preservation": str(kept.id)}
        write_step(locked(one.matter_id), "vault_answer_brought", by=by.id, now=now, facts=facts)
        return collected(
            one.id,
            sealed=answer.sealed,
            recipient=answer.recipient,
            manifest={**answer.manifest, "preserved": dict(answer.preserved)},
            now=now,
        )


def _task(one: Disclosure, kept: Preservation, items: Mapping[str, bytes]) -> VaultTask:
    hashes = {name: kept.hashes[name] for name in _names(kept)}
    return VaultTask(collection_task(one), kept.id, hashes, items)


def _names(kept: Preservation) -> list[str]:
    return sorted(name for name in kept.hashes if name.startswith(ACCOUNT_ITEMS))


def _planned(
    disclosure_id: UUID, *, by: Person, reason: str | None
) -> tuple[Disclosure, Preservation]:
    """Gives a package that waits for the vault, locked, and where it comes from."""
    known = Disclosure.objects.filter(pk=disclosure_id).values_list("matter_id", flat=True).first()
    if known is None:
        raise NotFound(what="disclosure", id=disclosure_id)
    matter = locked(known)
    one = Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure_id)
    actor = actor_of(matter.id, by)
    found = [] if reason is None else check_reason(reason)
    if Role.LEGAL_OFFICER not in actor.roles:
        found.append(Finding.ROLE_MISSING)
    if not actor.assigned:
        found.append(Finding.NOT_ASSIGNED)
    kept = one.preservation
    if one.state != DisclosureState.PLANNED or kept is None:
        found.append(Finding.WRONG_STATE)
    elif kept.destroyed_at is not None:
        found.append(Finding.NOT_PRESERVED)
    if found:
        raise StepRefused(disclosure=disclosure_id, findings=tuple(dict.fromkeys(found)))
    assert kept is not None
    return one, kept
