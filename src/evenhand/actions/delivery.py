"""Deliveries: what was decided is carried out at the messenger, read back, and settled.

One durable workflow carries one batch; its id is the batch's id, so a batch that is started
twice runs once. Killed at any moment it goes on where it was: carrying out is idempotent by the
delivery's id, and settling a settled batch changes nothing. Waiting is a row's `due_at`, never a
sleep.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from threading import Lock
from typing import TypeVar, assert_never
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, DBOSConfiguredInstance, DBOSPortableJSONSerializer, SetWorkflowID
from django.db import close_old_connections, transaction
from nacl.public import PublicKey

from evenhand.actions.checks import DESTROYING, UNDO, Attempt, still_needed, undo_shows
from evenhand.actions.limits import (
    BATCHES_UNDER_WAY_MAX,
    ERRANDS_AT_ONCE_MAX,
    GARBAGE_OBJECTS_MIN,
    UNREACHABLE_IN_A_ROW_MAX,
)
from evenhand.actions.lists import Verb
from evenhand.actions.models import Action, Delivery
from evenhand.actions.ports import (
    Copies,
    Effect,
    InForce,
    Messenger,
    Notice,
    Order,
    Rulebook,
    Target,
)
from evenhand.actions.queries import (
    ActionDelivery,
    action_deliveries,
    action_of,
    claimed_batches,
    evidence_of,
    lacks_evidence,
    order_of,
    standing_beside,
    statement_deliveries,
    told,
)
from evenhand.actions.statements import (
    answer_text,
    objection_url,
    restored_text,
    statement_text,
)
from evenhand.actions.steps import Result, claim_batch, release_batch, settle_batch
from evenhand.base.errors import EvenhandError, NotAllowed, NotFound, Unavailable, where
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Ground, Language, TargetKind, UndoResult
from evenhand.evidence.steps import keep

log = structlog.get_logger()

APPLICATION_VERSION = "delivery-1"
"""Pinned: the engine would else hash the source, and leave older workflows alone for ever. It
changes only with the meaning of a stored step's result."""

FINISHED_HOURS_MAX = 1
"""Hours for which the engine keeps finished workflows: their results name accounts."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What carrying out needs from outside.

    chance   numbers from 0 to 1, which spread further attempts over time
    threads  calls at the messenger that run side by side
    """

    messenger: Messenger
    copies: Copies
    rulebook: Rulebook
    evidence_key: PublicKey
    token_key: bytes
    public_url: str
    now: Callable[[], datetime]
    chance: Callable[[], float]
    threads: int = 4


@DBOS.dbos_class()
class Courier(DBOSConfiguredInstance):
    """Carries batches; there is one in a process, made before the engine is launched."""

    def __init__(self, tools: Tools) -> None:
        super().__init__("courier")
        self._tools = tools
        self._pool = ThreadPoolExecutor(tools.threads, thread_name_prefix="delivery")
        self._under_way: set[str] = set()

    @DBOS.workflow(name="deliver_batch")
    def deliver(self, batch: str) -> int:
        """Carries out one batch and settles it."""
        self._under_way.add(batch)
        try:
            return self.settle(batch, self.carry_out(batch))
        finally:
            self._under_way.discard(batch)

    @DBOS.step(name="carry_out")
    def carry_out(self, batch: str) -> list[dict[str, object]]:
        """Does what the batch's deliveries ask for, and reads each back."""
        close_old_connections()
        try:
            errands = _Desk(self._tools).errands(UUID(batch))
            outage = _Outage()
            some = [
                errands[start : start + ERRANDS_AT_ONCE_MAX]
                for start in range(0, len(errands), ERRANDS_AT_ONCE_MAX)
            ]
            results = chain.from_iterable(self._pool.map(outage.attempt_each, some))
            return [_as_json(result) for result in results]
        finally:
            close_old_connections()

    @DBOS.step(name="settle")
    def settle(self, batch: str, results: list[dict[str, object]]) -> int:
        """Writes what came of it."""
        close_old_connections()
        try:
            return settle_batch(
                UUID(batch),
                [_from_json(result) for result in results],
                now=self._tools.now(),
                chance=self._tools.chance,
            )
        finally:
            close_old_connections()

    def start(self, batch_id: UUID) -> None:
        """Starts the workflow of a claimed batch; one that exists already is left as it is."""
        self._under_way.add(str(batch_id))
        try:
            with SetWorkflowID(str(batch_id)):
                DBOS.start_workflow(self.deliver, str(batch_id))
        except Exception:
            # Nobody carries it now; `take_up` finds it.
            self._under_way.discard(str(batch_id))
            raise

    def claim_and_start(self) -> int:
        """Claims what is due and starts its workflow; gives the number of deliveries.

        Gives 0 as well while enough batches are under way.
        """
        if len(self._under_way) >= BATCHES_UNDER_WAY_MAX:
            return 0
        now = self._tools.now()
        batch_id = new_id(now=now)
        claimed = claim_batch(batch_id, now=now)
        if claimed:
            self.start(batch_id)
        return claimed

    def take_up(self) -> int:
        """Sees to batches that nobody carries: not started before a kill, or failed."""
        batches = claimed_batches()
        # A batch that two callers started is counted out once; what is settled is not under way.
        self._under_way.intersection_update(str(batch) for batch in batches)
        states = _states(batches)
        taken = 0
        for batch in batches:
            match states.get(str(batch)):
                case None:
                    self.start(batch)
                    taken += 1
                case "SUCCESS" | "ERROR" | "CANCELLED" | "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
                    # What a finished workflow left behind; settled deliveries are not touched.
                    released = release_batch(batch, now=self._tools.now())
                    if released:
                        log.warning("batch_released", batch=str(batch), deliveries=released)
                    taken += released
        return taken


def _states(batches: Sequence[UUID]) -> dict[str, str]:
    """Gives the state of each batch's workflow; a batch without one is missing."""
    if not batches:
        return {}
    ids = [str(batch) for batch in batches]
    found = DBOS.list_workflows(workflow_ids=ids, load_input=False, load_output=False)
    return {workflow.workflow_id: workflow.status for workflow in found}


def launch(tools: Tools, *, database_url: str) -> Courier:
    """Starts the job engine, which takes up what a killed process left, and gives the courier."""
    config: DBOSConfig = {
        "name": "evenhand",
        "system_database_url": database_url,
        "application_version": APPLICATION_VERSION,
        "executor_id": "worker",
        "run_migrations": False,
        "enable_otlp": False,
        "log_level": "WARNING",
        "console_log_level": "WARNING",
        "sys_db_pool_size": 8,
        # JSON: unpickling what stands in a table would run it.
        "serializer": DBOSPortableJSONSerializer(),
    }
    DBOS(config=config)
    courier = Courier(tools)
    DBOS.launch()
    _collect_garbage_seldom()
    return courier


def _collect_garbage_seldom() -> None:
    """Takes what is loaded by now out of the garbage collector's sight, and lets it run less often.

    A batch makes thousands of small objects, none of them in a cycle: by default the collector
    runs every few hundred of them, which took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS_MIN, *gc.get_threshold()[1:])


def close(*, wait_seconds: int = 5) -> None:
    """Stops the engine; what is under way goes on in the next process."""
    DBOS.destroy(workflow_completion_timeout_sec=wait_seconds)


def forget_finished(*, now: datetime, rows_max: int = 500) -> int:
    """Deletes finished workflows from the engine's tables; gives their number."""
    finished = DBOS.list_workflows(
        status=["SUCCESS", "ERROR"],
        end_time=(now - timedelta(hours=FINISHED_HOURS_MAX)).isoformat(),
        limit=rows_max,
        load_input=False,
        load_output=False,
    )
    if finished:
        DBOS.delete_workflows([workflow.workflow_id for workflow in finished])
    return len(finished)


D = TypeVar("D")

Errand = Callable[[], Result]
"""One delivery, ready to be carried out without the database; it may raise."""


class _Outage:
    """Carries errands out, and stops trying once the messenger has not answered several."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_a_row = 0

    def attempt_each(self, errands: Sequence[tuple[UUID, Errand]]) -> list[Result]:
        """Gives the errands' results, carried out one after the other."""
        return [self.attempt(delivery_id, errand) for delivery_id, errand in errands]

    def attempt(self, delivery_id: UUID, errand: Errand) -> Result:
        """Gives an errand's result; whatever goes wrong with it is its result too."""
        if self._in_a_row >= UNREACHABLE_IN_A_ROW_MAX:
            return Result(delivery_id, Attempt(None, unreachable=True, error="not tried"))
        try:
            result = errand()
        except Unavailable as error:
            self._count(answered=False)
            return Result(delivery_id, Attempt(None, unreachable=True, error=_name(error)))
        except NotFound:
            result = Result(delivery_id, Attempt(InForce.GONE, error="NotFound"))
        except NotAllowed as error:
            result = Result(delivery_id, Attempt(None, refused=True, error=_name(error)))
        except Exception as error:  # noqa: BLE001  one errand's fault must not stop the others
            name = type(error).__name__
            log.warning("errand_failed", delivery=str(delivery_id), error=name, at=where(error))
            result = Result(delivery_id, Attempt(None, error=type(error).__name__))
        self._count(answered=True)
        return result

    def _count(self, *, answered: bool) -> None:
        with self._lock:
            self._in_a_row = 0 if answered else self._in_a_row + 1


class _Desk:
    """Makes errands of deliveries: here, and only here, carrying out reads the database."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._effects = tools.messenger.effects()

    def errands(self, batch_id: UUID) -> list[tuple[UUID, Errand]]:
        """Gives a batch's errands; one that cannot be made says so when it is carried out."""
        return [
            *(
                (delivery.order.key, self._or_error(self._action_errand, delivery))
                for delivery in action_deliveries(batch_id)
            ),
            *(
                (delivery.id, self._or_error(self._statement_errand, delivery))
                for delivery in statement_deliveries(batch_id)
            ),
        ]

    def _or_error(self, errand: Callable[[D], Errand], delivery: D) -> Errand:
        try:
            return errand(delivery)
        except EvenhandError as error:
            return partial(_raise, error)

    def _statement_errand(self, delivery: Delivery) -> Errand:
        if delivery.verb == Verb.NOTIFY:
            return partial(self._notify, self._statement_notice(delivery))
        assert delivery.verb == Verb.ANSWER
        return partial(self._notify, _answer_notice(delivery))

    def _action_errand(self, delivery: ActionDelivery) -> Errand:
        order, effect = delivery.order, self._effect(delivery.order.action)
        match delivery.verb:
            case Verb.APPLY:
                if order.action in DESTROYING:
                    self._keep_evidence(_found(delivery.action), order.target)
                return partial(_apply, order, effect)
            case Verb.CONFIRM:
                return partial(_read_back, order, effect)
            case Verb.UNDO:
                return self._undo_errand(_found(delivery.action), order, effect)
            case Verb.NOTIFY | Verb.ANSWER:
                raise AssertionError("a statement's delivery carries no action")
            case _:
                assert_never(delivery.verb)

    def _undo_errand(self, action: Action, order: Order, effect: Effect) -> Errand:
        others = standing_beside(action)
        needed = still_needed(action.territory, [other.territory for other in others])
        notice = self._restored_notice(order.key, action, needed)
        if needed is None:
            return partial(self._undo, order, effect, notice)
        heir = others[0].id
        if not needed:
            return partial(self._leave, order, effect, notice, heir)
        kept = [order_of(other, key=order.key) for other in others]
        part = replace(
            order,
            territory=tuple(country for country in order.territory if country not in needed),
            # Who had to leave is let back when the heir is lifted: it is not known here which of
            # them are where the effect stays. The others may come back by themselves.
            memory={},
        )
        return partial(self._undo_part, part, effect, notice, kept, heir)

    def _effect(self, kind: ActionKind) -> Effect:
        if kind not in self._effects:
            raise NotAllowed(action=kind, why="this messenger cannot do it")
        return self._effects[kind]

    def _keep_evidence(self, action: Action, target: Target) -> None:
        """Puts what is about to be removed under seal, unless that was done before."""
        if not lacks_evidence(action):
            return
        snapshot = self._tools.messenger.snapshot(target)
        if snapshot is not None:
            with transaction.atomic():
                keep(
                    snapshot.content,
                    media_type=snapshot.media_type,
                    subject=action.id,
                    to=self._tools.evidence_key,
                    now=self._tools.now(),
                )

    def _statement_notice(self, delivery: Delivery) -> Notice:
        statement = delivery.statement
        assert statement is not None
        decision, language = statement.decision, Language(statement.language)
        rule, version = decision.rule_id, decision.rule_version
        said = self._tools.rulebook.sentence(rule, version, language) if rule else None
        # A person's own sentence is told as it was written.
        reason = said if said and decision.ground == Ground.RULE else decision.reason
        url = objection_url(
            decision.id, public_url=self._tools.public_url, key=self._tools.token_key
        )
        text = statement_text(replace(told(decision), reason=reason), language, url=url)
        return Notice(delivery.id, statement.account, text, decision.id)

    def _restored_notice(
        self, key: UUID, action: Action, needed: tuple[str, ...] | None
    ) -> Notice | None:
        decision, kind = action.decision, ActionKind(action.kind)
        if not decision.account or action.target_kind == TargetKind.REGISTRATION:
            return None
        text = restored_text(
            decision.id,
            kind,
            Language(decision.language),
            reason=action.undo_reason,
            copy=self._copy(action) if needed is None else None,
            needed=needed,
        )
        return Notice(key, decision.account, text, decision.id)

    def _copy(self, action: Action) -> str | None:
        """Gives what the account wrote, where nothing else can be given back."""
        if UNDO[ActionKind(action.kind)] is not UndoResult.COMPENSATED or action.undo_by is None:
            return None
        items = [item.id for item in evidence_of(action.decision)]
        return self._tools.copies.copy_of(items, staff=action.undo_by, reason=action.undo_reason)

    def _notify(self, notice: Notice) -> Result:
        found = InForce.YES if self._sent(notice) else InForce.NO
        return Result(notice.key, Attempt(found))

    def _undo(self, order: Order, effect: Effect, notice: Notice | None) -> Result:
        effect.undo(order)
        found = InForce.NO
        if UNDO[order.action] is UndoResult.UNDONE and undo_shows(order.action, order.memory or {}):
            found = effect.read_back(order)
        if found is InForce.NO and not self._sent(notice):
            return Result(order.key, Attempt(None, error="notice not there"))
        return Result(order.key, Attempt(found))

    def _undo_part(
        self,
        order: Order,
        effect: Effect,
        notice: Notice | None,
        kept: Sequence[Order],
        heir: UUID,
    ) -> Result:
        """Undoes an action in some countries, and sees that it stays in force in the others."""
        result = self._undo(order, effect, notice)
        for other in kept:
            effect.apply(other)
        return replace(result, heir=heir)

    def _leave(self, order: Order, effect: Effect, notice: Notice | None, heir: UUID) -> Result:
        """Leaves an effect in force that another action needs."""
        found = effect.read_back(order)
        if not self._sent(notice):
            return Result(order.key, Attempt(None, error="notice not there"))
        return Result(order.key, Attempt(found, kept=True), heir=heir)

    def _sent(self, notice: Notice | None) -> bool:
        """Tells whether a notice arrived; where nobody is told there is nothing to arrive."""
        if notice is None:
            return True
        self._tools.messenger.send_notice(notice)
        return self._tools.messenger.notice_arrived(notice)


def _answer_notice(delivery: Delivery) -> Notice:
    statement = delivery.statement
    assert statement is not None
    assert delivery.answer is not None
    text = answer_text(
        statement.decision_id,
        Language(statement.language),
        upheld=delivery.answer["upheld"] is True,
        reason=str(delivery.answer["reason"]),
        further=str(delivery.answer.get("further", "")),
    )
    return Notice(delivery.id, statement.account, text, statement.decision_id)


def _apply(order: Order, effect: Effect) -> Result:
    memory = effect.apply(order)
    return Result(order.key, Attempt(effect.read_back(order)), memory)


def _read_back(order: Order, effect: Effect) -> Result:
    return Result(order.key, Attempt(effect.read_back(order)))


def _raise(error: EvenhandError) -> Result:
    raise error


def _found(action_id: UUID) -> Action:
    action = action_of(action_id)
    assert action is not None, "a delivery's action stays"
    return action


def _name(error: EvenhandError) -> str:
    """Gives an error's name and its plain fields; a peer's own words may name a person."""
    fields = [
        error.fields[name] for name in ("peer", "process", "call", "why") if name in error.fields
    ]
    return " ".join([type(error).__name__, *(str(field) for field in fields)])


def _as_json(result: Result) -> dict[str, object]:
    """Gives a result as it is stored: what goes without saying is left out."""
    attempt = result.attempt
    said: dict[str, object] = {
        "found": attempt.found.value if attempt.found else None,
        "unreachable": attempt.unreachable,
        "refused": attempt.refused,
        "kept": attempt.kept,
        "error": attempt.error,
        "memory": None if result.memory is None else dict(result.memory),
        "heir": str(result.heir) if result.heir else None,
    }
    unsaid = (None, False, "")
    return {
        "delivery": str(result.delivery),
        **{name: value for name, value in said.items() if value not in unsaid},
    }


def _from_json(value: Mapping[str, object]) -> Result:
    found, memory, heir = value.get("found"), value.get("memory"), value.get("heir")
    assert memory is None or isinstance(memory, dict)
    return Result(
        delivery=UUID(str(value["delivery"])),
        attempt=Attempt(
            found=InForce(str(found)) if found else None,
            unreachable=value.get("unreachable") is True,
            refused=value.get("refused") is True,
            kept=value.get("kept") is True,
            error=str(value.get("error", "")),
        ),
        memory=memory,
        heir=UUID(str(heir)) if heir else None,
    )
