"""The only writers: give and lift strikes, penalise; what concerns misuse is named here too."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from evenhand.actions import steps as actions
from evenhand.actions.checks import UNDO, UNDOABLE_STATES
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action, Decision
from evenhand.actions.policies import policy_of
from evenhand.actions.ports import Target
from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    ChannelKind,
    Ground,
    Language,
    RecordKind,
    Source,
    TargetKind,
    UndoResult,
)
from evenhand.cases.queues import is_sealed
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.people.steps import read_personal
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append
from evenhand.standing.checks import NotLifted, check_lift, ends_of, next_penalty
from evenhand.standing.limits import KEPT_DAYS, SWEEP_ROWS_MAX
from evenhand.standing.lists import LiftedWhy
from evenhand.standing.misuse_steps import (
    forget_misuse,
    lift_misuse,
    note_unfounded,
    tell_misuse,
)
from evenhand.standing.models import Penalty, Strike
from evenhand.standing.notices import lifted_reason, penalty_reason
from evenhand.standing.policy import Step, penalties
from evenhand.standing.queries import (
    Panel,
    counting,
    given_to,
    panel,
    standing_warning,
    strikes_still,
)

__all__ = [
    "ORIGIN",
    "forget_misuse",
    "forget_standing",
    "give_strike",
    "lift_misuse",
    "lift_of",
    "lift_strike",
    "note_unfounded",
    "read_standing",
    "tell_misuse",
]

ORIGIN = "standing:"
"""What the origin of a penalty's decision begins with; such decisions give no strikes."""

OUT = frozenset({ActionKind.SUSPEND, ActionKind.LOCK, ActionKind.DEACTIVATE})
"""Kinds by which an account is out already: no penalty adds to them."""


def give_strike(
    decision: Decision, *, case: UUID, by: UUID, done_at: datetime, now: datetime
) -> Strike | None:
    """Gives the strikes of one decision, once, and what they lead to by the ladder.

    A message counts once, however often it is decided about: by who looks again, or differs.
    `case` and `by` are where and by whom it was decided or upheld: a person stands behind each.
    """
    policy = policy_of(decision.harm)
    kept = list(Action.objects.filter(decision=decision))
    taken_back = any(action.undo_by is not None for action in kept)
    if not decision.account or not policy.strikes or not kept or taken_back:
        return None
    if _counts_already(decision):
        return None
    with transaction.atomic():
        strike, new = Strike.objects.get_or_create(
            decision=decision,
            defaults={
                "id": new_id(now=now),
                "account": decision.account,
                "harm": decision.harm,
                "count": policy.strikes,
                "done_at": done_at,
                "given_at": now,
                "expires_at": now + timedelta(days=policy.strike_days),
            },
        )
        if new:
            _record(RecordKind.STRIKE_GIVEN, strike, now=now, why="", by=by)
            _penalise(strike, kept, case=case, by=by, now=now)
    return strike


def lift_of(decision: Decision, *, why: LiftedWhy, by: UUID, now: datetime) -> int:
    """Lifts what a decision counted that does not stand, and penalties that rested on it.

    Gives how many penalties that ended.
    """
    with transaction.atomic():
        # What was decided for strikes and is itself undone is over; its strikes stay.
        over = Penalty.objects.filter(decision=decision, lifted_at=None)
        ended = over.update(lifted_at=now, lifted_why=why.value)
        strike = Strike.objects.select_for_update().filter(decision=decision).first()
        if strike is not None and strike.lifted_at is None:
            _lift(strike, why=why, by=by, now=now)
        account = strike.account if strike is not None else decision.account
        ended += _review_penalties(account, by=by, now=now)
    return ended


def lift_strike(strike_id: UUID, *, by: Person, reason: str, now: datetime) -> Strike:
    """Lifts one strike by a senior reviewer's hand, with a reason that is recorded.

    A strike of the sealed lane exists for that lane's people alone.
    """
    with transaction.atomic():
        strike = Strike.objects.select_for_update().filter(pk=strike_id).first()
        if strike is None or (is_sealed(strike.harm) and not by.has(Role.CHILD_SAFETY)):
            raise NotFound(what="strike", id=strike_id)
        found = check_lift(
            senior=by.has(Role.SENIOR), lifted=strike.lifted_at is not None, reason=reason
        )
        if found:
            raise NotLifted(strike=strike_id, findings=",".join(found))
        _lift(strike, why=LiftedWhy.BY_STAFF, by=by.id, now=now, reason=reason.strip())
        _review_penalties(strike.account, by=by.id, now=now)
    return strike


def read_standing(account: str, *, by: Person, reason: str, now: datetime) -> Panel:
    """Gives an account's standing to a member of staff, once the record of that is written."""
    with transaction.atomic():
        found = panel(account, now)
        known = [one.id for one in found.strikes] + [one.id for one in found.misuses]
        subject = known[0] if known else new_id(now=now)
        read_personal(subject, "standing", by=by, reason=reason, now=now)
    return found


def forget_standing(*, now: datetime, rows_max: int = SWEEP_ROWS_MAX) -> int:
    """Takes the account off strikes and penalties that stopped counting long ago."""
    since = now - timedelta(days=KEPT_DAYS)
    with transaction.atomic():
        old = list(
            Strike.objects.filter(expires_at__lte=since)
            .exclude(account="")
            .values_list("id", flat=True)[:rows_max]
        )
        Penalty.objects.filter(strike_id__in=old).update(account="")
        return Strike.objects.filter(id__in=old).update(account="")


def _counts_already(decision: Decision) -> bool:
    rows = Strike.objects.filter(
        account=decision.account, decision__event=decision.event, lifted_at=None
    )
    return bool(decision.event) and rows.exclude(decision=decision).exists()


def _penalise(
    strike: Strike, kept: list[Action], *, case: UUID, by: UUID, now: datetime
) -> Penalty | None:
    on_account = {
        ActionKind(action.kind)
        for action in kept
        if action.account == strike.account
        and action.target_kind == TargetKind.ACCOUNT
        and action.ends_at is None
    }
    if on_account & OUT:
        return None
    step = next_penalty(
        penalties(),
        counting(strike.account),
        given_to(strike.account, now=now),
        done_at=strike.done_at,
        now=now,
    )
    if step is None:
        return None
    own = not (step.does is ActionKind.WARN and ActionKind.WARN in on_account)
    decision = _decide(strike, step, case=case, by=by, now=now) if own else strike.decision
    return Penalty.objects.create(
        id=new_id(now=now),
        decision=decision,
        strike=strike,
        account=strike.account,
        step=step.name,
        does=step.does.value,
        own=own,
        strikes=step.strikes,
        days=step.days,
        given_at=now,
        ends_at=ends_of(step, now=now),
        warning=None if step.does is ActionKind.WARN else standing_warning(strike.account),
    )


def _decide(strike: Strike, step: Step, *, case: UUID, by: UUID, now: datetime) -> Decision:
    """Decides a penalty: its own statement of reasons says what counted (DSA Art. 17)."""
    about = strike.decision
    language = Language(about.language)
    warning = standing_warning(strike.account)
    count = strikes_still(strike.account, since=now - timedelta(days=step.days), until=now)
    return actions.decide(
        DecisionDraft(
            id=new_id(now=now),
            at=now,
            origin=f"{ORIGIN}{strike.id}",
            ground=Ground.CASE,
            harm=about.harm,
            severity=about.severity,
            score=about.score,
            reason=penalty_reason(
                step, language, count=count, warned_at=warning.given_at if warning else None
            ),
            source=Source(about.source),
            market=about.market,
            language=language,
            channel_kind=ChannelKind(about.channel_kind),
            measures=(
                Measure(
                    step.does,
                    Target(TargetKind.ACCOUNT, account=strike.account),
                    ends_at=ends_of(step, now=now),
                ),
            ),
            case=case,
            staff=by,
            account=strike.account,
        ),
        now=now,
    )


def _lift(strike: Strike, *, why: LiftedWhy, by: UUID, now: datetime, reason: str = "") -> None:
    strike.lifted_at, strike.lifted_why = now, why.value
    strike.save(update_fields=["lifted_at", "lifted_why"])
    _record(RecordKind.STRIKE_LIFTED, strike, now=now, why=why.value, by=by, reason=reason)


def _review_penalties(account: str, *, by: UUID, now: datetime) -> int:
    """Ends penalties for which too few strikes are left, or whose warning does not stand."""
    ended = 0
    if not account:
        return ended
    rows = Penalty.objects.select_for_update(of=("self",)).select_related("decision")
    for penalty in rows.filter(account=account, lifted_at=None).order_by("given_at"):
        since = penalty.given_at - timedelta(days=penalty.days)
        left = strikes_still(account, since=since, until=penalty.given_at)
        # Asked anew: an earlier turn of this loop may have ended the warning.
        unwarned = Penalty.objects.filter(followed_by=penalty, lifted_at__isnull=False).exists()
        if left >= penalty.strikes and not unwarned:
            continue
        penalty.lifted_at, penalty.lifted_why = now, LiftedWhy.STRIKES_LIFTED.value
        penalty.save(update_fields=["lifted_at", "lifted_why"])
        if penalty.own:
            alone = unwarned and left >= penalty.strikes
            _take_back(penalty.decision, unwarned=alone, by=by, now=now)
        ended += 1
    return ended


def _take_back(decision: Decision, *, unwarned: bool, by: UUID, now: datetime) -> None:
    reason = lifted_reason(Language(decision.language), unwarned=unwarned)
    for action in Action.objects.filter(decision=decision).order_by("id"):
        possible = UNDO[ActionKind(action.kind)] is not UndoResult.NOT_POSSIBLE
        if possible and ActionState(action.state) in UNDOABLE_STATES:
            actions.undo(action.id, by=by, reason=reason, now=now)


def _record(
    kind: RecordKind,
    strike: Strike,
    *,
    now: datetime,
    why: str,
    by: UUID,
    reason: str = "",
) -> None:
    decision = strike.decision
    append(
        NewRecord(
            id=new_id(now=now),
            at=now,
            kind=kind,
            subject=decision.id,
            harm=strike.harm,
            market=decision.market,
            language=decision.language,
            body={
                "strike": str(strike.id),
                "count": strike.count,
                "why": why,
                "by": str(by),
                "reason": reason,
            },
        )
    )
