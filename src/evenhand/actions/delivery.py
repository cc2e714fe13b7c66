"""Deliveries: what was decided is carried out at the messenger, read back, and settled.

One durable workflow carries one batch; its id is the batch's id, so a batch that is started
twice runs once. Killed at any moment it goes on where it was: carrying out is idempotent by the
delivery's id, and settling a settled batch changes nothing. Waiting is a row's `due_at`, never a
sleep.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import assert_never
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig, DBOSConfiguredInstance, DBOSPortableJSONSerializer, SetWorkflowID
from django.db import close_old_connections, transaction
from nacl.public import PublicKey

from evenhand.actions.checks import DESTROYING, UNDO, Attempt, undo_shows
from evenhand.actions.limits import BATCHES_UNDER_WAY_MAX, UNREACHABLE_IN_A_ROW_MAX
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
    batch_deliveries,
    claimed_batches,
    evidence_of,
    lacks_evidence,
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
            errands = _Desk(self._tools).errands(batch_deliveries(UUID(batch)))
            outage = _Outage()
            results = self._pool.map(lambda errand: outage.attempt(*errand), errands)
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
    return courier


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


Errand = Callable[[], Result]
"""One delivery, ready to be carried out without the database; it may raise."""


class _Outage:
    """Carries errands out, and stops trying once the messenger has not answered several."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_a_row = 0

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

    def errands(self, deliveries: Sequence[Delivery]) -> list[tuple[UUID, Errand]]:
        """Gives each delivery's errand; one that cannot be made says so when it is carried out."""
        return [(delivery.id, self._errand_or_error(delivery)) for delivery in deliveries]

    def _errand_or_error(self, delivery: Delivery) -> Errand:
        try:
            return self._errand(delivery)
        except EvenhandError as error:
            return partial(_raise, error)

    def _errand(self, delivery: Delivery) -> Errand:
        verb = Verb(delivery.verb)
        if verb is Verb.NOTIFY:
            return partial(self._notify, self._statement_notice(delivery))
        if verb is Verb.ANSWER:
            return partial(self._notify, _answer_notice(delivery))
        action = delivery.action
        assert action is not None
        order, effect = _order(delivery, action), self._effect(ActionKind(action.kind))
        match verb:
            case Verb.APPLY:
                self._keep_evidence(action, order.target)
                return partial(_apply, order, effect)
            case Verb.CONFIRM:
                return partial(_read_back, order, effect)
            case Verb.UNDO:
                return partial(self._undo, order, effect, self._restored_notice(delivery, action))
            case _:
                assert_never(verb)

    def _effect(self, kind: ActionKind) -> Effect:
        if kind not in self._effects:
            raise NotAllowed(action=kind, why="this messenger cannot do it")
        return self._effects[kind]

    def _keep_evidence(self, action: Action, target: Target) -> None:
        """Puts what is about to be removed under seal, unless that was done before."""
        if ActionKind(action.kind) not in DESTROYING or not lacks_evidence(action):
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
        said = (
            self._tools.rulebook.sentence(decision.rule_id, language) if decision.rule_id else None
        )
        # A person's own sentence is told as it was written.
        reason = said if said and decision.ground == Ground.RULE else decision.reason
        url = objection_url(
            decision.id, public_url=self._tools.public_url, key=self._tools.token_key
        )
        text = statement_text(replace(told(decision), reason=reason), language, url=url)
        return Notice(delivery.id, statement.account, text, decision.id)

    def _restored_notice(self, delivery: Delivery, action: Action) -> Notice | None:
        decision, kind = action.decision, ActionKind(action.kind)
        if not decision.account or action.target_kind == TargetKind.REGISTRATION:
            return None
        copy = None
        if UNDO[kind] is UndoResult.COMPENSATED and action.undo_by is not None:
            items = [item.id for item in evidence_of(decision)]
            copy = self._tools.copies.copy_of(
                items, staff=action.undo_by, reason=action.undo_reason
            )
        text = restored_text(
            decision.id, kind, Language(decision.language), reason=action.undo_reason, copy=copy
        )
        return Notice(delivery.id, decision.account, text, decision.id)

    def _notify(self, notice: Notice) -> Result:
        found = InForce.YES if self._sent(notice) else InForce.NO
        return Result(notice.key, Attempt(found))

    def _undo(self, order: Order, effect: Effect, notice: Notice | None) -> Result:
        effect.undo(order)
        found = InForce.NO
        if UNDO[order.action] is UndoResult.UNDONE and undo_shows(order.action, order.memory or {}):
            found = effect.read_back(order)
        if found is InForce.NO and notice is not None and not self._sent(notice):
            return Result(order.key, Attempt(None, error="notice not there"))
        return Result(order.key, Attempt(found))

    def _sent(self, notice: Notice) -> bool:
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
    )
    return Notice(delivery.id, statement.account, text, statement.decision_id)


def _apply(order: Order, effect: Effect) -> Result:
    memory = effect.apply(order)
    return Result(order.key, Attempt(effect.read_back(order)), memory)


def _read_back(order: Order, effect: Effect) -> Result:
    return Result(order.key, Attempt(effect.read_back(order)))


def _raise(error: EvenhandError) -> Result:
    raise error


def _order(delivery: Delivery, action: Action) -> Order:
    return Order(
        key=delivery.id,
        action=ActionKind(action.kind),
        target=Target(
            kind=TargetKind(action.target_kind),
            account=action.account,
            channel=action.channel,
            event=action.event,
            media=action.media,
        ),
        territory=tuple(action.territory),
        memory=action.memory,
    )


def _name(error: EvenhandError) -> str:
    """Gives an error's name and its plain fields; a peer's own words may name a person."""
    fields = [
        error.fields[name] for name in ("peer", "process", "call", "why") if name in error.fields
    ]
    return " ".join([type(error).__name__, *(str(field) for field in fields)])


def _as_json(result: Result) -> dict[str, object]:
    attempt = result.attempt
    return {
        "delivery": str(result.delivery),
        "found": attempt.found.value if attempt.found else None,
        "unreachable": attempt.unreachable,
        "refused": attempt.refused,
        "error": attempt.error,
        "memory": None if result.memory is None else dict(result.memory),
    }


def _from_json(value: Mapping[str, object]) -> Result:
    found, memory = value["found"], value["memory"]
    assert memory is None or isinstance(memory, dict)
    return Result(
        delivery=UUID(str(value["delivery"])),
        attempt=Attempt(
            found=None if found is None else InForce(str(found)),
            unreachable=value["unreachable"] is True,
            refused=value["refused"] is True,
            error=str(value["error"]),
        ),
        memory=memory,
    )
