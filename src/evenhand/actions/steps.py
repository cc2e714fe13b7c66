"""The only writers of decisions, actions, deliveries and outcomes.

Each step locks, checks, writes and records in one transaction. What must happen at the messenger
is a delivery; the worker claims deliveries in batches, carries them out and settles them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from django.db import connection, transaction

from evenhand.actions.checks import (
    ANSWERS,
    UNDO,
    Attempt,
    Step,
    automation_of,
    back_off,
    check_decision,
    check_undo,
    detected_by_machine,
    judge,
    lasting_on,
    memory_of_both,
    owes_statement,
)
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.limits import BATCH_DELIVERIES_MAX
from evenhand.actions.lists import END_CAME, ActionState, DeliveryState, StatementState, Verb
from evenhand.actions.models import Action, Decision, Delivery, Outcome, Statement
from evenhand.actions.queries import SettledDelivery, deliveries_to_settle
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind, Source, UndoResult
from evenhand.database.bulk import add_rows, change_rows
from evenhand.records.entries import NewRecord
from evenhand.records.queries import still_gagged
from evenhand.records.steps import append_many

ERROR_LENGTH_MAX = 200

ORDERING = frozenset({Source.AUTHORITY, Source.TRUSTED_FLAGGER})
"""Whose orders may come with a duty to tell nobody."""

GRAVITY = tuple(ActionKind)
"""Kinds from mild to grave."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt at a delivery brought back.

    memory  what undoing will need, as the effect gave it; None if it gave nothing
    heir    the action that goes on needing what was undone, in whole or in part; None if none does
    """

    delivery: UUID
    attempt: Attempt
    memory: Mapping[str, object] | None = None
    heir: UUID | None = None


def decide(draft: DecisionDraft, *, now: datetime) -> Decision:
    """Decides once per origin: the same origin again gives the decision that stands."""
    decide_many([draft], now=now)
    return Decision.objects.get(origin=draft.origin)


def decide_many(drafts: Sequence[DecisionDraft], *, now: datetime) -> int:
    """Decides those drafts whose origin is new, all or none, and gives how many those were.

    Raises `NotAllowed` with the findings of the first draft that may not be decided.
    """
    for draft in drafts:
        findings = check_decision(draft, harms())
        if findings:
            raise NotAllowed(decision=draft.id, findings=findings)
    with transaction.atomic():
        new = _not_decided_yet(drafts)
        planned = [_Planned.of(draft, measure, now) for draft in new for measure in draft.measures]
        told = [draft for draft in new if owes_statement(draft)]
        add_rows(Decision, [_decision_row(draft) for draft in new])
        add_rows(Action, [_action_row(action) for action in planned])
        add_rows(Statement, [_statement_row(draft) for draft in told])
        add_rows(
            Delivery,
            [
                _delivery_row(now, action.verb, due=action.due, action=action.id)
                for action in planned
            ]
            + [
                _delivery_row(now, Verb.NOTIFY, due=draft.not_before, statement=draft.id)
                for draft in told
            ],
        )
        append_many([_decision_record(draft) for draft in new])
    return len(new)


def undo(action_id: UUID, *, by: UUID | None, reason: str, now: datetime) -> Action:
    """Has an action undone or compensated; what is being undone already stays as it is.

    by  who wants it; None where it follows from something that was undone
    """
    with transaction.atomic():
        action = _locked(action_id)
        if action.state == ActionState.UNDOING:
            return action
        findings = check_undo(
            ActionKind(action.kind),
            ActionState(action.state),
            account=action.decision.account,
            reason=reason,
        )
        if findings:
            raise NotAllowed(action=action_id, findings=findings)
        _begin_undo(action, by=by, reason=reason, now=now)
    return action


def answer(
    decision_id: UUID, *, upheld: bool, reason: str, now: datetime, further: str = ""
) -> bool:
    """Has the account told how its objection ended; gives whether there is one to tell.

    further  lines that the answer ends with: to whom the account can turn out of court
    """
    with transaction.atomic():
        statement = Statement.objects.filter(decision_id=decision_id).first()
        if statement is None:
            return False
        Delivery.objects.create(
            id=new_id(now=now),
            statement=statement,
            verb=Verb.ANSWER.value,
            answer={"upheld": upheld, "reason": reason} | ({"further": further} if further else {}),
            created_at=now,
            due_at=now,
        )
    return True


def end_due(*, now: datetime, rows_max: int = BATCH_DELIVERIES_MAX) -> int:
    """Has actions undone whose end has come; gives their number."""
    with transaction.atomic():
        due = list(
            Action.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("decision")
            .filter(ends_at__lte=now, state=ActionState.IN_FORCE.value)
            .order_by("ends_at")[:rows_max]
        )
        for action in due:
            _begin_undo(action, by=None, reason=END_CAME, now=now)
    return len(due)


def claim_batch(batch_id: UUID, *, now: datetime, rows_max: int = BATCH_DELIVERIES_MAX) -> int:
    """Claims deliveries that are due for one batch; an undo waits for what it undoes."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, rows_max, batch_id])
        claimed: int = cursor.rowcount
    return claimed


def release_batch(batch_id: UUID, *, now: datetime) -> int:
    """Gives back the deliveries of a batch whose workflow has failed; they are due again."""
    return Delivery.objects.filter(batch=batch_id, state=DeliveryState.CLAIMED.value).update(
        state=DeliveryState.WAITING.value, batch=None, due_at=now
    )


def settle_batch(
    batch_id: UUID, results: Sequence[Result], *, now: datetime, chance: Callable[[], float]
) -> int:
    """Writes what a batch brought about; a batch that is settled stays as it is.

    `chance` gives numbers from 0 to 1, which spread further attempts over time.
    """
    found = {result.delivery: result for result in results}
    with transaction.atomic():
        settlement = _Settlement(now=now)
        settled = [one for one in deliveries_to_settle(batch_id, now=now) if one.id in found]
        for delivery in settled:
            settlement.add(delivery, found[delivery.id], jitter=chance())
        settlement.write()
    return len(settled)


# An undo never overtakes what it undoes, nor what else is done to the same; and of two undos of
# the same effect the second must see how the first one ended. `other.id <> due.id` excludes
# nothing; without it PostgreSQL may read every delivery for the first of the two questions.
CLAIM = """
WITH claimed AS MATERIALIZED (
  SELECT id FROM actions_delivery AS due
  WHERE state = 'waiting' AND due_at <= %s
    AND NOT (verb = 'undo' AND EXISTS (
        SELECT 1 FROM actions_delivery AS other
        WHERE other.action_id = due.action_id AND other.id <> due.id AND other.verb <> 'undo'
          AND other.state IN ('waiting', 'claimed')))
    AND NOT (verb IN ('apply', 'undo') AND EXISTS (
        SELECT 1 FROM actions_action AS mine
        JOIN actions_action AS theirs ON theirs.kind = mine.kind
          AND theirs.lasting_on = mine.lasting_on AND theirs.lasting_on <> ''
        JOIN actions_delivery AS other ON other.action_id = theirs.id
        WHERE mine.id = due.action_id AND theirs.id <> mine.id
          AND (other.state = 'claimed' AND 'undo' IN (due.verb, other.verb)
            OR other.state = 'waiting' AND due.verb = 'undo'
              AND (other.verb <> 'undo' OR other.id < due.id))))
  ORDER BY due_at
  LIMIT %s
  FOR UPDATE SKIP LOCKED
)
UPDATE actions_delivery AS kept SET state = 'claimed', batch = %s
FROM claimed WHERE kept.id = claimed.id
"""


def _not_decided_yet(drafts: Sequence[DecisionDraft]) -> list[DecisionDraft]:
    """Gives the first draft of each origin that no decision bears yet."""
    first = {draft.origin: draft for draft in reversed(drafts)}
    decided = set(Decision.objects.filter(origin__in=list(first)).values_list("origin", flat=True))
    return [
        draft for draft in drafts if first[draft.origin] is draft and draft.origin not in decided
    ]


def _decision_row(draft: DecisionDraft) -> dict[str, object]:
    rule = draft.rule
    flagged = rule is not None
    return {
        "id": draft.id,
        "at": draft.at,
        "origin": draft.origin,
        "ground": draft.ground.value,
        "rule_id": rule.id if rule else "",
        "rule_version": rule.version if rule else "",
        "rule_author": rule.author if rule else "",
        "rule_approver": rule.approver if rule else "",
        "case": draft.case,
        "staff": draft.staff,
        "harm": draft.harm,
        "severity": draft.severity,
        "score": draft.score,
        "exact": draft.exact,
        "reason": draft.reason,
        "source": draft.source.value,
        "automation": automation_of(draft.ground, flagged_by_rule=flagged).value,
        "detection_automated": detected_by_machine(draft.ground, flagged_by_rule=flagged),
        "market": draft.market,
        "language": draft.language.value,
        "account": draft.account,
        "channel": draft.channel,
        "channel_kind": draft.channel_kind.value,
        "event": draft.event,
        "evidence_id": draft.evidence,
    }


@dataclass(frozen=True, slots=True)
class _Planned:
    """A measure of a decision, with the id that its action will bear."""

    id: UUID
    decision: UUID
    measure: Measure
    due: datetime | None

    @classmethod
    def of(cls, draft: DecisionDraft, measure: Measure, now: datetime) -> "_Planned":
        return cls(new_id(now=now), draft.id, measure, draft.not_before)

    @property
    def verb(self) -> Verb:
        return Verb.CONFIRM if self.measure.kind in ANSWERS else Verb.APPLY


def _action_row(planned: _Planned) -> dict[str, object]:
    measure, target = planned.measure, planned.measure.target
    return {
        "id": planned.id,
        "decision_id": planned.decision,
        "kind": measure.kind.value,
        "target_kind": target.kind.value,
        "account": target.account,
        "channel": target.channel,
        "event": target.event,
        "media": target.media,
        "lasting_on": lasting_on(measure.kind, target),
        "territory": list(measure.territory),
        "ends_at": measure.ends_at,
        "state": ActionState.PENDING.value,
        "undo_reason": "",
    }


def _statement_row(draft: DecisionDraft) -> dict[str, object]:
    return {
        "decision_id": draft.id,
        "account": draft.account,
        "language": draft.language.value,
        "state": StatementState.WAITING.value,
    }


def _delivery_row(
    now: datetime,
    verb: Verb,
    *,
    due: datetime | None,
    action: UUID | None = None,
    statement: UUID | None = None,
) -> dict[str, object]:
    return {
        "id": new_id(now=now),
        "action_id": action,
        "statement_id": statement,
        "verb": verb.value,
        "created_at": now,
        "due_at": now if due is None else max(now, due),
        "attempts": 0,
        "state": DeliveryState.WAITING.value,
        "error": "",
    }


def _decision_record(draft: DecisionDraft) -> NewRecord:
    flagged = draft.rule is not None
    gravest = max((measure.kind for measure in draft.measures), key=GRAVITY.index, default=None)
    return NewRecord(
        id=draft.id,
        at=draft.at,
        kind=RecordKind.DECISION,
        subject=draft.id,
        harm=draft.harm,
        action=gravest or ActionKind.NONE,
        market=draft.market,
        automation=automation_of(draft.ground, flagged_by_rule=flagged),
        source=draft.source,
        language=draft.language.value,
        channel_kind=draft.channel_kind,
        gagged=draft.gagged,
        milliseconds=draft.milliseconds,
        body={
            "ground": draft.ground.value,
            "rule": draft.rule.id if draft.rule else "",
            "rule_version": draft.rule.version if draft.rule else "",
            "case": str(draft.case) if draft.case else "",
            "severity": draft.severity,
            "exact": draft.exact,
            "actions": [measure.kind.value for measure in draft.measures],
        },
    )


def _locked(action_id: UUID) -> Action:
    try:
        return (
            Action.objects.select_for_update(of=("self",))
            .select_related("decision")
            .get(id=action_id)
        )
    except Action.DoesNotExist as error:
        raise NotFound(what="action", id=action_id) from error


def _begin_undo(action: Action, *, by: UUID | None, reason: str, now: datetime) -> None:
    action.state = ActionState.UNDOING.value
    action.undo_by = by
    action.undo_reason = reason
    action.save(update_fields=["state", "undo_by", "undo_reason"])
    Delivery.objects.create(
        id=new_id(now=now),
        action=action,
        verb=Verb.UNDO.value,
        created_at=now,
        due_at=now,
    )


class _Settlement:
    """Gathers the rows that one batch changes, and writes each table once."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._again: list[dict[str, object]] = []
        self._done: list[dict[str, object]] = []
        self._actions: list[dict[str, object]] = []
        self._memories: dict[UUID, Mapping[str, object]] = {}
        self._statements: list[dict[str, object]] = []
        self._outcomes: list[dict[str, object]] = []
        self._records: list[NewRecord] = []

    def add(self, delivery: SettledDelivery, result: Result, *, jitter: float) -> None:
        """Takes in the result of one delivery."""
        attempts = delivery.attempts + 1
        error = result.attempt.error[:ERROR_LENGTH_MAX]
        step = judge(
            delivery.verb,
            delivery.kind or ActionKind.NONE,
            result.attempt,
            attempts=attempts,
            waited=delivery.waited,
        )
        if delivery.action is not None and result.memory is not None:
            self._memories[delivery.action] = result.memory
        row: dict[str, object] = {"id": delivery.id, "attempts": attempts, "error": error}
        if step is Step.AGAIN:
            pause = back_off(attempts, unreachable=result.attempt.unreachable, jitter=jitter)
            waiting = {"state": DeliveryState.WAITING.value, "batch": None}
            self._again.append({**row, **waiting, "due_at": self._now + pause})
            return
        confirmed = step is Step.CONFIRMED
        state = DeliveryState.DONE if confirmed else DeliveryState.GIVEN_UP
        self._done.append({**row, "state": state.value})
        self._outcomes.append(self._outcome(delivery, result.attempt, error, confirmed=confirmed))
        body: dict[str, object] = {
            "delivery": str(delivery.id),
            "verb": delivery.verb.value,
            "attempts": attempts,
            "error": error,
        }
        if result.heir is not None:
            body["goes_on_for"] = str(result.heir)
        kind = self._finish(delivery, result, confirmed=confirmed)
        self._records.append(self._record(kind, delivery, body))

    def write(self) -> None:
        """Writes everything gathered, in the running transaction."""
        change_rows(Delivery, self._again)
        change_rows(Delivery, self._done)
        change_rows(Action, self._actions)
        change_rows(
            Action,
            [{"id": key, "memory": json.dumps(kept)} for key, kept in self._memories.items()],
        )
        change_rows(Statement, self._statements)
        add_rows(Outcome, self._outcomes)
        append_many(self._with_gags())

    def _with_gags(self) -> list[NewRecord]:
        """Gives the records; those of a decision that must not be told yet are not counted yet."""
        ordered = {one.subject for one in self._records if one.source in ORDERING}
        gagged = still_gagged(list(ordered)) if ordered else frozenset()
        return [replace(one, gagged=one.subject in gagged) for one in self._records]

    def _outcome(
        self, delivery: SettledDelivery, attempt: Attempt, error: str, *, confirmed: bool
    ) -> dict[str, object]:
        return {
            "id": new_id(now=self._now),
            "at": self._now,
            "delivery_id": delivery.id,
            "found": attempt.found.value if attempt.found else "",
            "confirmed": confirmed,
            "error": error,
        }

    def _finish(self, delivery: SettledDelivery, result: Result, *, confirmed: bool) -> RecordKind:
        """Gives what is to be recorded of a delivery that is done or given up."""
        match delivery.verb:
            case Verb.APPLY | Verb.CONFIRM:
                return self._applied(delivery, confirmed=confirmed)
            case Verb.UNDO:
                return self._undone(delivery, result, confirmed=confirmed)
            case Verb.NOTIFY:
                return self._told(delivery, confirmed=confirmed)
            case Verb.ANSWER:
                return (
                    RecordKind.OBJECTION_ANSWERED
                    if confirmed
                    else RecordKind.STATEMENT_UNDELIVERABLE
                )
            case _:
                assert_never(delivery.verb)

    def _applied(self, delivery: SettledDelivery, *, confirmed: bool) -> RecordKind:
        state = delivery.state
        if state is ActionState.PENDING:
            state = ActionState.IN_FORCE if confirmed else ActionState.FAILED
        in_force_at = self._now if confirmed else delivery.in_force_at
        self._change_action(delivery, state, in_force_at)
        return RecordKind.EFFECT_CONFIRMED if confirmed else RecordKind.EFFECT_FAILED

    def _undone(self, delivery: SettledDelivery, result: Result, *, confirmed: bool) -> RecordKind:
        assert delivery.kind is not None
        if not confirmed:
            self._change_action(delivery, ActionState.IN_FORCE, delivery.in_force_at)
            return RecordKind.EFFECT_FAILED
        if result.heir is not None:
            self._hand_on(delivery, result.heir)
        if result.attempt.kept:
            self._change_action(delivery, ActionState.SUPERSEDED, delivery.in_force_at)
            return RecordKind.EFFECT_UNDONE
        if UNDO[delivery.kind] is UndoResult.COMPENSATED:
            self._change_action(delivery, ActionState.COMPENSATED, delivery.in_force_at)
            return RecordKind.EFFECT_COMPENSATED
        self._change_action(delivery, ActionState.UNDONE, delivery.in_force_at)
        return RecordKind.EFFECT_UNDONE

    def _hand_on(self, delivery: SettledDelivery, heir_id: UUID) -> None:
        """Lets the heir remember what undoing the effect will need, now that it alone is left."""
        assert delivery.action is not None
        undone, heir = _locked(delivery.action), _locked(heir_id)
        first, second = sorted([undone, heir], key=lambda one: one.in_force_at or self._now)
        self._memories[heir_id] = memory_of_both(first.memory, second.memory)

    def _change_action(
        self, delivery: SettledDelivery, state: ActionState | None, in_force_at: datetime | None
    ) -> None:
        assert state is not None
        self._actions.append(
            {"id": delivery.action, "state": state.value, "in_force_at": in_force_at}
        )

    def _told(self, delivery: SettledDelivery, *, confirmed: bool) -> RecordKind:
        state = StatementState.DELIVERED if confirmed else StatementState.UNDELIVERABLE
        self._statements.append(
            {
                "decision_id": delivery.decision,
                "state": state.value,
                "delivered_at": self._now if confirmed else None,
            }
        )
        if confirmed:
            return RecordKind.STATEMENT_DELIVERED
        return RecordKind.STATEMENT_UNDELIVERABLE

    def _record(
        self, kind: RecordKind, delivery: SettledDelivery, body: Mapping[str, object]
    ) -> NewRecord:
        return NewRecord(
            id=new_id(now=self._now),
            at=self._now,
            kind=kind,
            subject=delivery.decision,
            harm=delivery.harm,
            action=delivery.kind,
            market=delivery.market,
            automation=delivery.automation,
            source=delivery.source,
            language=delivery.language,
            channel_kind=delivery.channel_kind,
            milliseconds=_milliseconds(delivery.waited),
            body=body,
        )


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
