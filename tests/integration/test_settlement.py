"""Deliveries claimed and settled: what they bring about in the tables and the records."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.drafts_of_tests import (
    BLOCK,
    NOW,
    SUSPENSION,
    by_rule,
)
from tests.integration.actions_of_tests import LATER, decided, in_force, kinds_of_records, settle

from evenhand.actions.checks import Attempt
from evenhand.actions.drafts import Measure
from evenhand.actions.limits import ATTEMPTS_MAX, BATCH_DELIVERIES_MAX, UNREACHABLE_HOURS_MAX
from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
from evenhand.actions.models import Action, Delivery, Outcome, Statement
from evenhand.actions.ports import InForce
from evenhand.actions.steps import (
    ERROR_LENGTH_MAX,
    Result,
    answer,
    claim_batch,
    decide,
    decide_many,
    release_batch,
    settle_batch,
)
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db


def test_an_effect_that_is_read_back_is_in_force_and_recorded() -> None:
    action = in_force(BLOCK)

    delivery = Delivery.objects.get(action=action)
    outcome = Outcome.objects.get(delivery=delivery)
    record = Record.objects.get(subject=action.decision_id, kind="effect_confirmed")
    assert (action.state, action.in_force_at) == (ActionState.IN_FORCE, LATER)
    assert action.memory == {"members": ["@b:twin"]}
    assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.DONE, 1, "")
    assert (outcome.found, outcome.confirmed, outcome.error, outcome.at) == (
        "yes",
        True,
        "",
        LATER,
    )
    assert (
        record.at,
        record.harm,
        record.action,
        record.market,
        record.automation,
        record.source,
        record.language,
        record.channel_kind,
        record.milliseconds,
    ) == (
        LATER,
        "m.tos.prohibited.drugs",
        "block_channel",
        "DE",
        "partial",
        "own",
        "de",
        "public",
        2000,
    )
    assert RecordOpening.objects.get(record=record).body == {
        "delivery": str(delivery.id),
        "verb": "apply",
        "attempts": 1,
        "error": "",
    }


def test_a_statement_that_arrived_is_delivered_and_recorded() -> None:
    action = in_force(SUSPENSION)

    statement = Statement.objects.get(decision=action.decision_id)
    record = Record.objects.get(subject=action.decision_id, kind="statement_delivered")
    assert (statement.state, statement.delivered_at) == (StatementState.DELIVERED, LATER)
    assert (record.action, record.milliseconds) == ("", 2000)


def test_a_statement_that_never_arrives_is_undeliverable() -> None:
    decision = decide(by_rule(), now=NOW)
    settle(InForce.YES, notices=False)
    for attempt in range(1, ATTEMPTS_MAX):
        settle(InForce.YES, notices=False, now=LATER + timedelta(hours=attempt))

    statement = Statement.objects.get(decision=decision)
    assert (statement.state, statement.delivered_at) == (StatementState.UNDELIVERABLE, None)
    assert kinds_of_records(decision.id) == [
        "decision",
        "effect_confirmed",
        "statement_undeliverable",
    ]
    assert Delivery.objects.get(statement=statement).attempts == ATTEMPTS_MAX


def test_what_does_not_show_yet_is_due_again_after_a_pause() -> None:
    action = decided(SUSPENSION)

    settle(InForce.NO)

    delivery = Delivery.objects.get(action=action)
    action.refresh_from_db()
    assert (delivery.state, delivery.batch, delivery.attempts) == (DeliveryState.WAITING, None, 1)
    assert delivery.due_at == LATER + timedelta(seconds=0.5)
    assert action.state == ActionState.PENDING
    assert kinds_of_records(action.decision_id) == ["decision", "statement_delivered"]
    assert Outcome.objects.filter(delivery=delivery).count() == 0


def test_what_never_shows_has_failed_and_is_recorded() -> None:
    action = decided(SUSPENSION)
    for attempt in range(ATTEMPTS_MAX):
        settle(InForce.NO, now=LATER + timedelta(hours=attempt), error="x" * 300)

    action.refresh_from_db()
    delivery = Delivery.objects.get(action=action)
    outcome = Outcome.objects.get(delivery=delivery)
    assert action.state == ActionState.FAILED
    assert action.in_force_at is None
    assert (delivery.state, delivery.error) == (DeliveryState.GIVEN_UP, "x" * ERROR_LENGTH_MAX)
    assert (outcome.found, outcome.confirmed, outcome.error) == (
        "no",
        False,
        "x" * ERROR_LENGTH_MAX,
    )
    assert kinds_of_records(action.decision_id)[-1] == "effect_failed"


def test_what_was_refused_and_is_there_all_the_same_has_failed_at_once() -> None:
    decision = decide(by_rule(), now=NOW)

    settle(InForce.NO)

    action = Action.objects.get(decision=decision)
    assert action.state == ActionState.FAILED
    assert "effect_failed" in kinds_of_records(decision.id)


def test_a_messenger_that_is_away_is_asked_again() -> None:
    action = decided(SUSPENSION)
    for attempt in range(2 * ATTEMPTS_MAX):
        settle(None, now=LATER + timedelta(minutes=attempt), unreachable=True)

    delivery = Delivery.objects.get(action=action)
    last = LATER + timedelta(minutes=2 * ATTEMPTS_MAX - 1)
    assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 2 * ATTEMPTS_MAX)
    assert delivery.due_at == last + timedelta(seconds=10)


def test_a_messenger_that_is_away_for_days_is_given_up() -> None:
    action = decided(SUSPENSION)

    too_late = NOW + timedelta(hours=UNREACHABLE_HOURS_MAX, seconds=1)
    settle(None, now=too_late, unreachable=True)

    action.refresh_from_db()
    assert action.state == ActionState.FAILED
    assert Outcome.objects.get(delivery__action=action).found == ""


def test_what_an_attempt_remembered_is_kept_though_it_goes_on() -> None:
    action = decided(BLOCK)

    settle(InForce.PARTLY, memory={"members": ["@b:twin"]})

    action.refresh_from_db()
    assert (action.state, action.memory) == (ActionState.PENDING, {"members": ["@b:twin"]})


def test_an_attempt_without_memory_leaves_what_is_remembered() -> None:
    action = decided(BLOCK)
    settle(InForce.PARTLY, memory={"members": ["@b:twin"]})

    settle(InForce.YES, now=LATER + timedelta(minutes=1))

    action.refresh_from_db()
    assert (action.state, action.memory) == (ActionState.IN_FORCE, {"members": ["@b:twin"]})


def test_a_settled_batch_stays_as_it_is() -> None:
    decide(by_rule(), now=NOW)
    batch = uuid4()
    claim_batch(batch, now=NOW)
    results = [
        Result(delivery_id, Attempt(InForce.YES))
        for delivery_id in Delivery.objects.values_list("id", flat=True)
    ]

    assert settle_batch(batch, results, now=NOW, chance=lambda: 0.5) == 2
    assert settle_batch(batch, results, now=LATER, chance=lambda: 0.5) == 0
    assert settle_batch(uuid4(), results, now=LATER, chance=lambda: 0.5) == 0
    assert Outcome.objects.count() == 2


def test_a_result_missing_from_a_batch_leaves_its_delivery_claimed() -> None:
    decide(by_rule(), now=NOW)
    batch = uuid4()
    claim_batch(batch, now=NOW)
    notify = Delivery.objects.get(verb=Verb.NOTIFY.value)

    settled = settle_batch(
        batch, [Result(notify.id, Attempt(InForce.YES))], now=NOW, chance=lambda: 0.5
    )

    assert settled == 1
    assert Delivery.objects.get(verb=Verb.CONFIRM.value).state == DeliveryState.CLAIMED


def test_only_what_is_due_is_claimed_and_only_once() -> None:
    decide(by_rule(), now=NOW)
    decide(by_rule(), now=LATER)
    first, second = uuid4(), uuid4()

    assert claim_batch(first, now=NOW) == 2
    assert claim_batch(second, now=NOW) == 0
    assert claim_batch(second, now=LATER) == 2
    assert Delivery.objects.filter(batch=first, state=DeliveryState.CLAIMED.value).count() == 2


def test_the_longest_waiting_is_claimed_first_and_a_batch_is_limited() -> None:
    late, early = by_rule(account=""), by_rule(account="")
    decide(late, now=LATER)
    decide(early, now=NOW)
    batch = uuid4()

    assert claim_batch(batch, now=LATER, rows_max=1) == 1
    assert Delivery.objects.get(batch=batch).action.decision_id == early.id  # type: ignore[union-attr]


def test_a_batch_holds_a_hundred_deliveries_unless_told() -> None:
    decide_many([by_rule(account="") for _ in range(BATCH_DELIVERIES_MAX + 1)], now=NOW)

    assert claim_batch(uuid4(), now=NOW) == BATCH_DELIVERIES_MAX


def test_a_released_batch_is_due_again() -> None:
    decide(by_rule(), now=NOW)
    batch = uuid4()
    claim_batch(batch, now=NOW)

    assert release_batch(batch, now=LATER) == 2
    assert release_batch(batch, now=LATER) == 0
    assert set(Delivery.objects.values_list("state", "batch", "due_at")) == {
        (DeliveryState.WAITING, None, LATER)
    }


def test_a_batch_is_released_alone() -> None:
    released, other = uuid4(), uuid4()
    decide(by_rule(), now=NOW)
    claim_batch(released, now=NOW)
    decide(by_rule(), now=NOW)
    claim_batch(other, now=NOW)

    assert release_batch(released, now=LATER) == 2
    assert Delivery.objects.filter(batch=other, state=DeliveryState.CLAIMED.value).count() == 2


@pytest.mark.parametrize(
    ("measure", "state"), [(BLOCK, ActionState.IN_FORCE), (SUSPENSION, ActionState.PENDING)]
)
def test_what_is_gone_counts_as_removed_and_as_nothing_else(
    measure: Measure, state: ActionState
) -> None:
    action = decided(measure)

    settle(InForce.GONE)

    action.refresh_from_db()
    assert action.state == state


def test_a_settled_delivery_is_not_released() -> None:
    in_force(SUSPENSION)
    batch = Delivery.objects.filter(verb=Verb.APPLY.value).values_list("batch", flat=True).get()
    assert batch is not None

    assert release_batch(batch, now=LATER) == 0


def test_the_answer_to_an_objection_is_delivered_and_recorded() -> None:
    action = in_force(SUSPENSION)

    assert answer(action.decision_id, upheld=False, reason="It stands.", now=LATER)
    settle(None)

    sent = Delivery.objects.get(verb=Verb.ANSWER.value)
    statement = Statement.objects.get(decision=action.decision_id)
    assert sent.answer == {"upheld": False, "reason": "It stands."}
    assert (sent.statement_id, sent.created_at, sent.state) == (
        action.decision_id,
        LATER,
        DeliveryState.DONE,
    )
    assert (statement.state, statement.delivered_at) == (StatementState.DELIVERED, LATER)
    assert kinds_of_records(action.decision_id)[-1] == "objection_answered"


def test_an_answer_that_never_arrives_is_undeliverable_and_the_statement_stays_delivered() -> None:
    action = in_force(SUSPENSION)
    answer(action.decision_id, upheld=True, reason="It was wrong.", now=LATER)

    for attempt in range(ATTEMPTS_MAX):
        settle(InForce.NO, now=LATER + timedelta(hours=attempt), notices=False)

    assert Delivery.objects.get(verb=Verb.ANSWER.value).state == DeliveryState.GIVEN_UP
    assert Statement.objects.get().state == StatementState.DELIVERED
    assert kinds_of_records(action.decision_id)[-1] == "statement_undeliverable"


def test_who_got_no_statement_gets_no_answer() -> None:
    decision = decide(by_rule(account=""), now=NOW)

    assert not answer(decision.id, upheld=True, reason="It was wrong.", now=LATER)
    assert not Delivery.objects.filter(verb=Verb.ANSWER.value).exists()
