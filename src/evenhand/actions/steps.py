"""The only writers of decisions, actions, deliveries and outcomes.

Each step locks, checks, writes and records in one transaction. What must happen at the messenger
is a delivery; the worker claims deliveries in batches, carries them out and settles them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

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
    owes_statement,
)
from evenhand.actions.drafts import DecisionDraft, Measure
from evenhand.actions.limits import BATCH_DELIVERIES_MAX
from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
from evenhand.actions.models import Action, Decision, Delivery, Outcome, Statement
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.harms import harms
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    RecordKind,
    Source,
    UndoResult,
)
from evenhand.database.bulk import add_rows, change_rows
from evenhand.records.entries import NewRecord
from evenhand.records.steps import append_many

ERROR_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt at a delivery brought back.

    memory  what undoing will need, as the effect gave it; None if it gave nothing
    """

    delivery: UUID
    attempt: Attempt
    memory: Mapping[str, object] | None = None


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
            [_delivery_row(now, action.verb, action=action.id) for action in planned]
            + [_delivery_row(now, Verb.NOTIFY, statement=draft.id) for draft in told],
        )
        append_many([_decision_record(draft) for draft in new])
    return len(new)


def undo(action_id: UUID, *, by: UUID, reason: str, now: datetime) -> Action:
    """Has an action undone or compensated; what is being undone already stays as it is."""
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


def answer(decision_id: UUID, *, upheld: bool, reason: str, now: datetime) -> bool:
    """Has the account told how its objection ended; gives whether there is one to tell."""
    with transaction.atomic():
        statement = Statement.objects.filter(decision_id=decision_id).first()
        if statement is None:
            return False
        Delivery.objects.create(
            id=new_id(now=now),
            statement=statement,
            verb=Verb.ANSWER.value,
            answer={"upheld": upheld, "reason": reason},
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
            _begin_undo(action, by=None, reason="its end has come", now=now)
    return len(due)


def supersede(action_id: UUID, *, now: datetime) -> Action:
    """Marks an action in force as replaced by another; nothing happens at the messenger."""
    with transaction.atomic():
        action = _locked(action_id)
        if action.state != ActionState.IN_FORCE:
            raise NotAllowed(action=action_id, state=action.state, at=now)
        action.state = ActionState.SUPERSEDED.value
        action.save(update_fields=["state"])
    return action


def claim_batch(batch_id: UUID, *, now: datetime, rows_max: int = BATCH_DELIVERIES_MAX) -> int:
    """Claims deliveries that are due for one batch; an undo waits for what it undoes."""
    with transaction.atomic():
        due = Delivery.objects.raw(DUE, [now, rows_max])
        claimed = [delivery.id for delivery in due]
        Delivery.objects.filter(id__in=claimed).update(
            state=DeliveryState.CLAIMED.value, batch=batch_id
        )
    return len(claimed)


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
        deliveries = list(
            Delivery.objects.select_for_update(of=("self",))
            .select_related("action__decision", "statement__decision")
            .only(*SETTLED_COLUMNS)
            .filter(batch=batch_id, state=DeliveryState.CLAIMED.value, id__in=list(found))
            .order_by("id")
        )
        settlement = _Settlement(now=now)
        for delivery in deliveries:
            settlement.add(delivery, found[delivery.id], jitter=chance())
        settlement.write()
    return len(deliveries)


SETTLED_COLUMNS = (
    "verb",
    "state",
    "attempts",
    "error",
    "batch",
    "created_at",
    "due_at",
    "action__kind",
    "action__state",
    "action__memory",
    "action__in_force_at",
    "action__decision",
    "statement__state",
    "statement__delivered_at",
    "statement__decision",
    *(
        f"{owner}__decision__{column}"
        for owner in ("action", "statement")
        for column in ("harm", "market", "automation", "source", "language", "channel_kind")
    ),
)
"""What settling reads of a delivery, its action or statement, and their decision."""

# An undo never overtakes what it undoes.
DUE = """
SELECT id FROM actions_delivery AS due
WHERE state = 'waiting' AND due_at <= %s
  AND NOT (verb = 'undo' AND EXISTS (
      SELECT 1 FROM actions_delivery AS other
      WHERE other.action_id = due.action_id AND other.verb <> 'undo'
        AND other.state IN ('waiting', 'claimed')))
ORDER BY due_at
LIMIT %s
FOR UPDATE SKIP LOCKED
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

    @classmethod
    def of(cls, draft: DecisionDraft, measure: Measure, now: datetime) -> "_Planned":
        return cls(new_id(now=now), draft.id, measure)

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
    now: datetime, verb: Verb, *, action: UUID | None = None, statement: UUID | None = None
) -> dict[str, object]:
    return {
        "id": new_id(now=now),
        "action_id": action,
        "statement_id": statement,
        "verb": verb.value,
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "state": DeliveryState.WAITING.value,
        "error": "",
    }


def _decision_record(draft: DecisionDraft) -> NewRecord:
    flagged = draft.rule is not None
    gravest = max(
        (measure.kind for measure in draft.measures), key=list(ActionKind).index, default=None
    )
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
        self._deliveries: list[Delivery] = []
        self._actions: dict[UUID, Action] = {}
        self._statements: list[Statement] = []
        self._outcomes: list[dict[str, object]] = []
        self._records: list[NewRecord] = []

    def add(self, delivery: Delivery, result: Result, *, jitter: float) -> None:
        """Takes in the result of one delivery."""
        delivery.attempts += 1
        delivery.error = result.attempt.error[:ERROR_LENGTH_MAX]
        step = judge(
            Verb(delivery.verb),
            ActionKind(delivery.action.kind) if delivery.action else ActionKind.NONE,
            result.attempt,
            attempts=delivery.attempts,
            waited=self._now - delivery.created_at,
        )
        if delivery.action is not None and result.memory is not None:
            self._remember(delivery.action, result.memory)
        if step is Step.AGAIN:
            self._try_again(delivery, result.attempt, jitter)
        else:
            self._finish(delivery, result.attempt, confirmed=step is Step.CONFIRMED)
        self._deliveries.append(delivery)

    def write(self) -> None:
        """Writes everything gathered, in the running transaction."""
        change_rows(self._deliveries, ["attempts", "error", "state", "due_at", "batch"])
        change_rows(list(self._actions.values()), ["state", "memory", "in_force_at"])
        change_rows(self._statements, ["state", "delivered_at"])
        add_rows(Outcome, self._outcomes)
        append_many(self._records)

    def _remember(self, action: Action, memory: Mapping[str, object]) -> None:
        action.memory = dict(memory)
        self._actions[action.id] = action

    def _try_again(self, delivery: Delivery, attempt: Attempt, jitter: float) -> None:
        delivery.state = DeliveryState.WAITING.value
        delivery.batch = None
        delivery.due_at = self._now + back_off(
            delivery.attempts, unreachable=attempt.unreachable, jitter=jitter
        )

    def _finish(self, delivery: Delivery, attempt: Attempt, *, confirmed: bool) -> None:
        state = DeliveryState.DONE if confirmed else DeliveryState.GIVEN_UP
        delivery.state = state.value
        self._outcomes.append(
            {
                "id": new_id(now=self._now),
                "at": self._now,
                "delivery_id": delivery.id,
                "found": attempt.found.value if attempt.found else "",
                "confirmed": confirmed,
                "error": delivery.error,
            }
        )
        if delivery.action is not None:
            self._finish_action(delivery, delivery.action, confirmed=confirmed)
        else:
            assert delivery.statement is not None
            if delivery.verb == Verb.ANSWER:
                self._finish_answer(delivery, delivery.statement, confirmed=confirmed)
            else:
                self._finish_statement(delivery, delivery.statement, confirmed=confirmed)

    def _finish_action(self, delivery: Delivery, action: Action, *, confirmed: bool) -> None:
        kind = ActionKind(action.kind)
        if delivery.verb == Verb.UNDO:
            record_kind = self._undone(action, UNDO[kind], confirmed=confirmed)
        else:
            record_kind = self._applied(action, confirmed=confirmed)
        self._actions[action.id] = action
        self._record(record_kind, delivery, action.decision, kind)

    def _applied(self, action: Action, *, confirmed: bool) -> RecordKind:
        if action.state == ActionState.PENDING:
            action.state = (ActionState.IN_FORCE if confirmed else ActionState.FAILED).value
        if not confirmed:
            return RecordKind.EFFECT_FAILED
        action.in_force_at = self._now
        return RecordKind.EFFECT_CONFIRMED

    def _undone(self, action: Action, result: UndoResult, *, confirmed: bool) -> RecordKind:
        if not confirmed:
            action.state = ActionState.IN_FORCE.value
            return RecordKind.EFFECT_FAILED
        if result is UndoResult.COMPENSATED:
            action.state = ActionState.COMPENSATED.value
            return RecordKind.EFFECT_COMPENSATED
        action.state = ActionState.UNDONE.value
        return RecordKind.EFFECT_UNDONE

    def _finish_statement(
        self, delivery: Delivery, statement: Statement, *, confirmed: bool
    ) -> None:
        state = StatementState.DELIVERED if confirmed else StatementState.UNDELIVERABLE
        statement.state = state.value
        if confirmed:
            statement.delivered_at = self._now
        self._statements.append(statement)
        kind = RecordKind.STATEMENT_DELIVERED if confirmed else RecordKind.STATEMENT_UNDELIVERABLE
        self._record(kind, delivery, statement.decision, None)

    def _finish_answer(self, delivery: Delivery, statement: Statement, *, confirmed: bool) -> None:
        kind = RecordKind.OBJECTION_ANSWERED if confirmed else RecordKind.STATEMENT_UNDELIVERABLE
        self._record(kind, delivery, statement.decision, None)

    def _record(
        self,
        kind: RecordKind,
        delivery: Delivery,
        decision: Decision,
        action: ActionKind | None,
    ) -> None:
        self._records.append(
            NewRecord(
                id=new_id(now=self._now),
                at=self._now,
                kind=kind,
                subject=decision.id,
                harm=decision.harm,
                action=action,
                market=decision.market,
                automation=Automation(decision.automation),
                source=Source(decision.source),
                language=decision.language,
                channel_kind=ChannelKind(decision.channel_kind),
                milliseconds=_milliseconds(self._now - delivery.created_at),
                body={
                    "delivery": str(delivery.id),
                    "verb": delivery.verb,
                    "attempts": delivery.attempts,
                    "error": delivery.error,
                },
            )
        )


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
