"""Decisions, undos and settlements as the application's own role writes them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from evenhand.actions.checks import Attempt, Finding
from evenhand.actions.drafts import DecisionDraft, Measure, RuleFacts
from evenhand.actions.limits import ATTEMPTS_MAX, BATCH_DELIVERIES_MAX, UNREACHABLE_HOURS_MAX
from evenhand.actions.lists import ActionState, DeliveryState, StatementState, Verb
from evenhand.actions.models import Action, Decision, Delivery, Outcome, Statement
from evenhand.actions.ports import InForce, Target
from evenhand.actions.steps import (
    ERROR_LENGTH_MAX,
    Result,
    answer,
    claim_batch,
    decide,
    decide_many,
    end_due,
    release_batch,
    settle_batch,
    supersede,
    undo,
)
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import (
    ActionKind,
    ChannelKind,
    Ground,
    Language,
    RecordKind,
    Source,
    TargetKind,
)
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=2)
EVENT = Target(TargetKind.EVENT, "@a:twin", "!r:twin", "$e")
ACCOUNT = Target(TargetKind.ACCOUNT, account="@a:twin")
CHANNEL = Target(TargetKind.CHANNEL, "@a:twin", "!r:twin")
REFUSAL = Measure(ActionKind.REFUSE, EVENT, answered=True)
SUSPENSION = Measure(ActionKind.SUSPEND, ACCOUNT)
BLOCK = Measure(ActionKind.BLOCK_CHANNEL, CHANNEL)
STAFF = uuid4()
RULE = RuleFacts("drugs_sale_offer", "7", "Aino Author", "Pekka Approver")


def by_rule(*measures: Measure, **changes: object) -> DecisionDraft:
    draft = DecisionDraft(
        id=new_id(now=NOW),
        at=NOW,
        origin=f"rule:{uuid4()}",
        ground=Ground.RULE,
        harm="m.tos.prohibited.drugs",
        severity=3,
        score=0.9,
        reason="It offers drugs for sale.",
        source=Source.OWN,
        market="DE",
        language=Language.DE,
        channel_kind=ChannelKind.PUBLIC,
        measures=measures or (REFUSAL,),
        rule=RULE,
        account="@a:twin",
        channel="!r:twin",
        event="$e",
        milliseconds=7,
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def by_person(*measures: Measure, **changes: object) -> DecisionDraft:
    facts: dict[str, object] = {"ground": Ground.CASE, "case": uuid4(), "staff": STAFF, **changes}
    return by_rule(*measures, **facts)


def decided(*measures: Measure) -> Action:
    """Gives the one action of a person's decision with one measure."""
    decision = decide(by_person(*measures), now=NOW)
    return Action.objects.get(decision=decision)


def settle(
    found: InForce | None,
    *,
    now: datetime = LATER,
    memory: Mapping[str, object] | None = None,
    notices: bool = True,
    **facts: object,
) -> None:
    """Claims everything due and settles it: effects as given, notices arrived."""
    batch = uuid4()
    claim_batch(batch, now=now)
    results = []
    for delivery in Delivery.objects.filter(batch=batch):
        if delivery.verb in (Verb.NOTIFY, Verb.ANSWER):
            attempt = Attempt(InForce.YES if notices else InForce.NO)
            results.append(Result(delivery.id, attempt))
        else:
            results.append(Result(delivery.id, Attempt(found, **facts), memory))  # type: ignore[arg-type]
    settle_batch(batch, results, now=now, chance=lambda: 1.0)


def in_force(*measures: Measure) -> Action:
    action = decided(*measures)
    settle(InForce.YES, memory={"members": ["@b:twin"]})
    action.refresh_from_db()
    return action


def kinds_of_records(decision_id: UUID) -> list[str]:
    rows = Record.objects.filter(subject=decision_id).order_by("serial")
    return list(rows.values_list("kind", flat=True))


def test_a_decision_is_written_with_all_that_hangs_on_it() -> None:
    draft = by_rule(REFUSAL, SUSPENSION)

    decision = decide(draft, now=LATER)

    actions = {action.kind: action for action in Action.objects.filter(decision=decision)}
    statement = Statement.objects.get(decision=decision)
    verbs = Delivery.objects.filter(action__decision=decision).values_list("action__kind", "verb")
    assert decision.id == draft.id
    assert {kind: action.state for kind, action in actions.items()} == {
        "refuse": ActionState.PENDING,
        "suspend": ActionState.PENDING,
    }
    assert dict(verbs) == {"refuse": Verb.CONFIRM, "suspend": Verb.APPLY}
    assert (statement.account, statement.language, statement.state) == (
        "@a:twin",
        "de",
        StatementState.WAITING,
    )
    notify = Delivery.objects.get(statement=statement)
    assert (notify.verb, notify.action) == (Verb.NOTIFY, None)
    assert set(Delivery.objects.values_list("created_at", "due_at", "state", "attempts")) == {
        (LATER, LATER, DeliveryState.WAITING, 0)
    }


def test_a_decision_keeps_every_fact_of_its_draft() -> None:
    draft = by_person(BLOCK, exact=True, score=1.0, source=Source.USER)

    decision = decide(draft, now=NOW)

    assert {
        "at": decision.at,
        "origin": decision.origin,
        "ground": decision.ground,
        "rule": (
            decision.rule_id,
            decision.rule_version,
            decision.rule_author,
            decision.rule_approver,
        ),
        "case": decision.case,
        "staff": decision.staff,
        "harm": decision.harm,
        "severity": decision.severity,
        "score": decision.score,
        "exact": decision.exact,
        "reason": decision.reason,
        "source": decision.source,
        "automation": decision.automation,
        "detection_automated": decision.detection_automated,
        "market": decision.market,
        "language": decision.language,
        "where": (decision.account, decision.channel, decision.channel_kind, decision.event),
    } == {
        "at": NOW,
        "origin": draft.origin,
        "ground": "case",
        "rule": ("drugs_sale_offer", "7", "Aino Author", "Pekka Approver"),
        "case": draft.case,
        "staff": STAFF,
        "harm": "m.tos.prohibited.drugs",
        "severity": 3,
        "score": 1.0,
        "exact": True,
        "reason": "It offers drugs for sale.",
        "source": "user",
        "automation": "partial",
        "detection_automated": True,
        "market": "DE",
        "language": "de",
        "where": ("@a:twin", "!r:twin", "public", "$e"),
    }


def test_a_person_without_a_rule_decides_without_a_machine() -> None:
    decision = decide(by_person(SUSPENSION, rule=None), now=NOW)

    assert (decision.automation, decision.detection_automated) == ("none", False)
    assert (decision.rule_id, decision.rule_version) == ("", "")
    assert (decision.rule_author, decision.rule_approver) == ("", "")


def test_an_action_keeps_its_target_territory_and_end() -> None:
    target = Target(TargetKind.CHANNEL, "@a:twin", "!r:twin", "$e", "mxc://twin/m")
    ends_at = NOW + timedelta(days=3)
    measure = Measure(ActionKind.GEO_WITHHOLD, target, ("DE", "KZ"), ends_at)

    action = decided(measure)

    assert (
        action.kind,
        action.target_kind,
        action.account,
        action.channel,
        action.event,
        action.media,
        action.territory,
        action.ends_at,
    ) == (
        "geo_withhold",
        "channel",
        "@a:twin",
        "!r:twin",
        "$e",
        "mxc://twin/m",
        ["DE", "KZ"],
        ends_at,
    )


def test_the_record_of_a_decision_bears_its_id_and_columns() -> None:
    draft = by_rule(REFUSAL, SUSPENSION)

    decide(draft, now=LATER)

    record = Record.objects.get(id=draft.id)
    assert (
        record.subject,
        record.at,
        record.day,
        record.kind,
        record.harm,
        record.action,
        record.market,
        record.automation,
        record.source,
        record.language,
        record.channel_kind,
        record.milliseconds,
        record.quantity,
    ) == (
        draft.id,
        NOW,
        NOW.date(),
        "decision",
        "m.tos.prohibited.drugs",
        "suspend",
        "DE",
        "full",
        "own",
        "de",
        "public",
        7,
        1,
    )
    opening = RecordOpening.objects.get(record=record)
    assert len(bytes(opening.salt)) == 32
    assert opening.body == {
        "ground": "rule",
        "rule": "drugs_sale_offer",
        "rule_version": "7",
        "case": "",
        "severity": 3,
        "exact": False,
        "actions": ["refuse", "suspend"],
    }


def test_the_record_of_a_persons_decision_names_its_case() -> None:
    draft = by_person(measures=(), rule=None)

    decide(draft, now=NOW)

    record = Record.objects.get(id=draft.id)
    assert (record.action, record.automation) == ("none", "none")
    body = RecordOpening.objects.get(record=record).body
    assert (body["case"], body["rule"], body["rule_version"]) == (str(draft.case), "", "")


def test_the_same_origin_is_decided_once() -> None:
    first = by_rule()
    again = replace(by_rule(SUSPENSION), origin=first.origin)

    decide(first, now=NOW)
    decision = decide(again, now=LATER)

    assert decision.id == first.id
    assert Action.objects.get().kind == "refuse"
    assert Record.objects.count() == 1


def test_of_one_origin_given_twice_at_once_the_first_is_decided() -> None:
    first, other = by_rule(), by_rule()
    again = replace(by_rule(), origin=first.origin)

    assert decide_many([first, again, other], now=NOW) == 2
    assert decide_many([first, again, other], now=NOW) == 0
    assert set(Decision.objects.values_list("id", flat=True)) == {first.id, other.id}


def test_nothing_is_decided_if_one_draft_may_not_be() -> None:
    bad = by_rule(Measure(ActionKind.LOCK, ACCOUNT))

    with pytest.raises(NotAllowed) as refused:
        decide_many([by_rule(), bad], now=NOW)

    assert refused.value.fields == {
        "decision": bad.id,
        "findings": (Finding.TOO_GRAVE_FOR_RULE,),
    }
    assert Decision.objects.count() == Record.objects.count() == 0


def test_who_cannot_be_told_gets_no_statement() -> None:
    decide(by_rule(account=""), now=NOW)

    assert Statement.objects.count() == 0
    assert Delivery.objects.get().verb == Verb.CONFIRM


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


def test_a_settled_delivery_is_not_released() -> None:
    in_force(SUSPENSION)
    batch = Delivery.objects.filter(verb=Verb.APPLY.value).values_list("batch", flat=True).get()
    assert batch is not None

    assert release_batch(batch, now=LATER) == 0


def test_an_undo_is_delivered_and_recorded() -> None:
    action = in_force(SUSPENSION)

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    begun = Action.objects.get(id=action.id)
    settle(InForce.NO)

    action.refresh_from_db()
    assert (begun.state, begun.undo_by, begun.undo_reason) == (
        ActionState.UNDOING,
        STAFF,
        "a mistake",
    )
    assert action.state == ActionState.UNDONE
    assert kinds_of_records(action.decision_id)[-1] == "effect_undone"
    delivery = Delivery.objects.get(action=action, verb=Verb.UNDO.value)
    assert (delivery.created_at, delivery.due_at) == (LATER, LATER)


def test_what_cannot_be_taken_back_is_compensated() -> None:
    action = in_force(Measure(ActionKind.REDACT, EVENT))

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    settle(InForce.NO)

    action.refresh_from_db()
    assert action.state == ActionState.COMPENSATED
    assert kinds_of_records(action.decision_id)[-1] == "effect_compensated"


def test_an_undo_that_fails_leaves_the_action_in_force_and_is_recorded() -> None:
    action = in_force(SUSPENSION)

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    settle(InForce.GONE)

    action.refresh_from_db()
    assert action.state == ActionState.IN_FORCE
    assert kinds_of_records(action.decision_id)[-1] == "effect_failed"


def test_asking_for_an_undo_again_changes_nothing() -> None:
    action = in_force(SUSPENSION)
    undo(action.id, by=STAFF, reason="a mistake", now=LATER)

    again = undo(action.id, by=uuid4(), reason="another", now=LATER)

    assert (again.state, again.undo_by, again.undo_reason) == (
        ActionState.UNDOING,
        STAFF,
        "a mistake",
    )
    assert Delivery.objects.filter(action=action, verb=Verb.UNDO.value).count() == 1


def test_what_was_undone_is_not_undone_again() -> None:
    action = in_force(SUSPENSION)
    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    settle(InForce.NO)

    with pytest.raises(NotAllowed) as refused:
        undo(action.id, by=STAFF, reason="a mistake", now=LATER)

    assert refused.value.fields == {"action": action.id, "findings": (Finding.NOT_IN_FORCE,)}


def test_an_action_that_does_not_exist_cannot_be_undone() -> None:
    missing = uuid4()

    with pytest.raises(NotFound) as refused:
        undo(missing, by=STAFF, reason="a mistake", now=LATER)

    assert refused.value.fields == {"what": "action", "id": missing}


def test_an_undo_waits_for_what_it_undoes() -> None:
    action = decided(SUSPENSION)
    undo(action.id, by=STAFF, reason="a mistake", now=NOW)
    first, second = uuid4(), uuid4()

    claim_batch(first, now=NOW)
    claimed_at_once = set(Delivery.objects.filter(batch=first).values_list("verb", flat=True))
    assert claim_batch(second, now=NOW) == 0
    apply = Delivery.objects.get(action=action, verb=Verb.APPLY.value)
    settle_batch(first, [Result(apply.id, Attempt(InForce.YES))], now=NOW, chance=lambda: 0.5)

    action.refresh_from_db()
    assert claimed_at_once == {Verb.APPLY, Verb.NOTIFY}
    assert action.state == ActionState.UNDOING
    assert claim_batch(second, now=NOW) == 1


def test_an_action_ends_by_itself_when_its_end_has_come() -> None:
    ends_at = NOW + timedelta(days=1)
    action = in_force(Measure(ActionKind.SUSPEND, ACCOUNT, ends_at=ends_at))

    assert end_due(now=ends_at - timedelta(seconds=1)) == 0
    assert end_due(now=ends_at) == 1
    assert end_due(now=ends_at) == 0
    settle(InForce.NO, now=ends_at)

    action.refresh_from_db()
    assert (action.state, action.undo_by, action.undo_reason) == (
        ActionState.UNDONE,
        None,
        "its end has come",
    )


def test_what_is_not_in_force_does_not_end() -> None:
    decided(Measure(ActionKind.SUSPEND, ACCOUNT, ends_at=LATER))

    assert end_due(now=LATER) == 0


def test_ends_are_seen_to_in_order_and_in_limited_number() -> None:
    late = in_force(Measure(ActionKind.SUSPEND, ACCOUNT, ends_at=NOW + timedelta(days=2)))
    early = in_force(Measure(ActionKind.SUSPEND, ACCOUNT, ends_at=NOW + timedelta(days=1)))

    assert end_due(now=NOW + timedelta(days=3), rows_max=1) == 1

    late.refresh_from_db()
    early.refresh_from_db()
    assert (early.state, late.state) == (ActionState.UNDOING, ActionState.IN_FORCE)


def test_an_action_in_force_is_superseded_without_touching_the_messenger() -> None:
    action = in_force(SUSPENSION)
    deliveries = Delivery.objects.count()

    superseded = supersede(action.id, now=LATER)

    action.refresh_from_db()
    assert superseded.state == action.state == ActionState.SUPERSEDED
    assert Delivery.objects.count() == deliveries


def test_only_what_is_in_force_is_superseded() -> None:
    action = decided(SUSPENSION)

    with pytest.raises(NotAllowed) as refused:
        supersede(action.id, now=LATER)

    assert refused.value.fields["state"] == ActionState.PENDING
    assert refused.value.fields["action"] == action.id


def test_a_decision_that_cannot_be_recorded_is_not_made() -> None:
    draft = by_rule()
    with transaction.atomic():
        Record.objects.create(
            id=draft.id, at=NOW, day=NOW.date(), kind=RecordKind.SCREENED.value, subject=draft.id
        )

    with pytest.raises(IntegrityError, match="records_record_pkey"), transaction.atomic():
        decide(draft, now=NOW)

    assert Decision.objects.count() == Delivery.objects.count() == 0


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
