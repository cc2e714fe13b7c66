"""Writes what unfounded reports and appeals lead to (DSA Art. 23(2)): a warning, a suspension."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.actions.ports import Messenger, Notice
from evenhand.base.errors import EvenhandError, NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import Language, RecordKind
from evenhand.cases.models import Case
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.standing.checks import (
    NotLifted,
    check_lift,
    next_misuse,
    suspended_days,
    weigh,
)
from evenhand.standing.limits import KEPT_DAYS, NOTICES_MAX, SWEEP_ROWS_MAX
from evenhand.standing.lists import LiftedWhy, MisuseKind, MisuseStep
from evenhand.standing.models import Misuse, Unfounded
from evenhand.standing.notices import misuse_text
from evenhand.standing.policy import MisusePolicy, penalties
from evenhand.standing.queries import filed_by, led_to, misuse_warning, to_tell

DID = {
    MisuseStep.WARNED: RecordKind.MISUSE_WARNED,
    MisuseStep.SUSPENDED: RecordKind.MISUSE_SUSPENDED,
}


def note_unfounded(
    key: bytes,
    kind: MisuseKind,
    case: UUID,
    now: datetime,
    *,
    filed_at: datetime,
    judged: int,
    intended: bool = False,
    account: str = "",
    language: Language = Language.EN,
) -> Misuse | None:
    """Notes that a person found a report or an appeal manifestly unfounded, once per case.

    Gives the warning or the suspension that follows, if one does (DSA Art. 23(2)).

    key       by which the person is known again: `account_subject`, or a reporter's key
    filed_at  when the report or appeal came in
    judged    how many of this person's filings were judged within the policy's days, this one in
              it: what the share of the unfounded is measured by (Art. 23(3)(b))
    intended  whether the person who judged saw an intention (Art. 23(3)(d))
    account   whom the messenger can tell; empty where the caller's room tells
    """
    assert key, "nobody can be warned who is not known again"
    policy = penalties().misuse[kind]
    with transaction.atomic():
        about = Case.objects.select_for_update().filter(pk=case).first()
        if about is None:
            raise NotFound(what="case", id=case)
        _, new = Unfounded.objects.get_or_create(
            key=key,
            kind=kind.value,
            case=about,
            defaults={
                "id": new_id(now=now),
                "filed_at": filed_at,
                "at": now,
                "severity": about.severity,
                "intended": intended,
            },
        )
        if not new:
            return None
        filed = filed_by(key, kind, days=policy.days, now=now, case_kind=about.kind)
        led = led_to(key, kind)
        step = next_misuse(policy, filed, led, judged=judged, now=now)
        if step is None:
            return None
        facts = weigh(policy, filed, judged=judged)
        misuse = Misuse.objects.create(
            id=new_id(now=now),
            key=key,
            kind=kind.value,
            step=step.value,
            at=now,
            until=_until(step, policy, key, kind, now=now),
            warning=misuse_warning(key, kind) if step is MisuseStep.SUSPENDED else None,
            days=policy.days,
            unfounded=facts.unfounded,
            judged=facts.judged,
            weight=facts.weight,
            severity=facts.severity,
            intended=facts.intended,
            account=account,
            language=language.value,
        )
        _record(misuse, now=now, did=step.value)
    return misuse


def lift_misuse(misuse_id: UUID, *, by: Person, reason: str, now: datetime) -> Misuse:
    """Ends a suspension, or takes back a warning, by a senior reviewer's hand."""
    with transaction.atomic():
        misuse = Misuse.objects.select_for_update().filter(pk=misuse_id).first()
        if misuse is None:
            raise NotFound(what="misuse", id=misuse_id)
        found = check_lift(
            senior=by.has(Role.SENIOR), lifted=misuse.lifted_at is not None, reason=reason
        )
        if found:
            raise NotLifted(misuse=misuse_id, findings=",".join(found))
        misuse.lifted_at, misuse.lifted_why = now, LiftedWhy.BY_STAFF.value
        misuse.lifted_by = by
        misuse.save(update_fields=["lifted_at", "lifted_why", "lifted_by"])
        _record(misuse, now=now, did="lifted", by=by.id, reason=reason.strip())
    return misuse


def tell_misuse(
    messenger: Messenger, *, public_url: str, now: datetime, rows_max: int = NOTICES_MAX
) -> int:
    """Tells those whom the messenger reaches of their warning or suspension, each once.

    A messenger that does not answer is asked again by the next sweep, with the same key.
    """
    told = 0
    for misuse in to_tell(rows_max=rows_max):
        text = misuse_text(misuse, Language(misuse.language), public_url=public_url)
        notice = Notice(key=misuse.id, account=misuse.account, text=text, decision=misuse.id)
        try:
            messenger.send_notice(notice)
        except Unavailable:
            return told
        except EvenhandError:
            # The account is gone, or takes no notices: nobody is left to be told.
            pass
        note_told(misuse.id, now=now)
        told += 1
    return told


def note_told(misuse_id: UUID, *, now: datetime) -> None:
    """Notes that somebody was told of a warning or a suspension, or cannot be reached."""
    Misuse.objects.filter(pk=misuse_id, told_at=None).update(told_at=now)


def days_counted(kind: MisuseKind) -> int:
    """Gives within how many days filings of a kind are counted."""
    return penalties().misuse[kind].days


def forget_misuse(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Takes keys and accounts off what was unfounded, and what it led to, long ago."""
    longest = max(policy.days for policy in penalties().misuse.values())
    since = now - timedelta(days=longest + KEPT_DAYS)
    with transaction.atomic():
        filings = Unfounded.objects.filter(at__lte=since).exclude(key=b"")
        old = list(filings.values_list("id", flat=True)[:rows_max])
        forgotten = Unfounded.objects.filter(id__in=old).update(key=b"")
        measures = Misuse.objects.filter(at__lte=since).exclude(key=b"")
        over = measures.exclude(until__gt=since).values_list("id", flat=True)[:rows_max]
        forgotten += Misuse.objects.filter(id__in=list(over)).update(key=b"", account="")
    return forgotten


def _until(
    step: MisuseStep, policy: MisusePolicy, key: bytes, kind: MisuseKind, *, now: datetime
) -> datetime | None:
    if step is not MisuseStep.SUSPENDED:
        return None
    return now + timedelta(days=suspended_days(policy, led_to(key, kind), now=now))


def _record(
    misuse: Misuse, *, now: datetime, did: str, by: UUID | None = None, reason: str = ""
) -> None:
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=DID[MisuseStep(misuse.step)],
            subject=misuse.id,
            language=misuse.language,
            body={
                "kind": misuse.kind,
                "did": did,
                "until": misuse.until.isoformat() if misuse.until else "",
                "unfounded": misuse.unfounded,
                "judged": misuse.judged,
                "severity": misuse.severity,
                "intended": misuse.intended,
                "by": str(by or ""),
                "reason": reason,
            },
        )
    )
