"""Writers of labels: a decision leaves them, time or its fall takes them away."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.actions.models import Action, Decision
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind, TargetKind
from evenhand.cases.queues import is_sealed
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.people.steps import read_personal
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.standing.checks import NotLifted, check_lift
from evenhand.standing.limits import SWEEP_ROWS_MAX
from evenhand.standing.lists import LiftedWhy
from evenhand.standing.models import Label
from evenhand.standing.policy import penalties
from evenhand.standing.queries import labels_of


def give_labels(decision: Decision, *, by: UUID | None, now: datetime) -> list[Label]:
    """Labels the account, and the channel where something was done to it, once each.

    A decision of the sealed lane labels nobody: what rules look at is seen by many. `by` is who
    decided, None where a rule did.
    """
    kept = Action.objects.filter(decision=decision, undo_by=None)
    if is_sealed(decision.harm) or not kept.exists():
        return []
    channel = kept.filter(target_kind=TargetKind.CHANNEL.value).exclude(channel="").first()
    named = {
        TargetKind.ACCOUNT: decision.account,
        TargetKind.CHANNEL: channel.channel if channel is not None else "",
    }
    given = []
    with transaction.atomic():
        for kind, target in named.items():
            if target and (label := _given(decision, kind, target, by=by, now=now)):
                given.append(label)
    return given


def lift_labels(decision: Decision, *, why: LiftedWhy, by: UUID, now: datetime) -> int:
    """Takes back what a decision that does not stand says of anybody; the names go at once."""
    with transaction.atomic():
        rows = Label.objects.select_for_update().filter(decision=decision, lifted_at=None)
        lifted = list(rows)
        for label in lifted:
            _lift(label, why=why, by=by, now=now)
    return len(lifted)


def lift_label(label_id: UUID, *, by: Person, reason: str, now: datetime) -> Label:
    """Lifts one label with a reason that is recorded; its name goes at once."""
    with transaction.atomic():
        rows = Label.objects.select_for_update(of=("self",)).select_related("decision")
        label = rows.filter(pk=label_id).first()
        if label is None:
            raise NotFound(what="label", id=label_id)
        over = label.lifted_at is not None or label.expires_at <= now
        found = check_lift(senior=by.has(Role.SENIOR), lifted=over, reason=reason)
        if found:
            raise NotLifted(label=label_id, findings=",".join(found))
        _lift(label, why=LiftedWhy.BY_STAFF, by=by.id, now=now, reason=reason.strip())
    return label


def read_labels(name: str, *, by: Person, reason: str, now: datetime) -> list[Label]:
    """Gives somebody's labels to a member of staff, once the record of that is written."""
    with transaction.atomic():
        found = labels_of(name, now)
        subject = found[0].id if found else new_id(now=now)
        read_personal(subject, "labels", by=by, reason=reason, now=now)
    return found


def forget_labels(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Takes the names off labels that ended."""
    over = Label.objects.filter(expires_at__lte=now).exclude(target="")
    ids = list(over.values_list("id", flat=True)[:rows_max])
    return Label.objects.filter(id__in=ids).update(target="")


def _given(
    decision: Decision, kind: TargetKind, target: str, *, by: UUID | None, now: datetime
) -> Label | None:
    days = penalties().label_days[decision.severity - 1]
    label, new = Label.objects.get_or_create(
        decision=decision,
        target_kind=kind.value,
        defaults={
            "id": new_id(now=now),
            "target": target,
            "harm": decision.harm,
            "severity": decision.severity,
            "given_at": now,
            "expires_at": now + timedelta(days=days),
        },
    )
    if not new:
        return None
    _record(RecordKind.LABEL_GIVEN, label, by=by, why="", now=now)
    return label


def _lift(label: Label, *, why: LiftedWhy, by: UUID, now: datetime, reason: str = "") -> None:
    label.lifted_at, label.lifted_why, label.target = now, why.value, ""
    label.save(update_fields=["lifted_at", "lifted_why", "target"])
    _record(RecordKind.LABEL_LIFTED, label, by=by, why=why.value, now=now, reason=reason)


def _record(
    kind: RecordKind,
    label: Label,
    *,
    by: UUID | None,
    why: str,
    now: datetime,
    reason: str = "",
) -> None:
    decision = label.decision
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=decision.id,
            harm=label.harm,
            market=decision.market,
            language=decision.language,
            body={
                "label": str(label.id),
                "target_kind": label.target_kind,
                "expires_at": label.expires_at.isoformat(),
                "why": why,
                "by": "" if by is None else str(by),
                "reason": reason,
            },
        )
    )
