"""Actions undone, ended and superseded."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.drafts_of_tests import (
    ACCOUNT,
    BLOCK,
    CHANNEL,
    EVENT,
    NOW,
    STAFF,
    SUSPENSION,
)
from tests.integration.actions_of_tests import LATER, decided, in_force, kinds_of_records, settle

from evenhand.actions.checks import Attempt, Finding
from evenhand.actions.drafts import Measure
from evenhand.actions.lists import ActionState, Verb
from evenhand.actions.models import Action, Delivery
from evenhand.actions.ports import InForce
from evenhand.actions.queries import standing_beside
from evenhand.actions.steps import (
    Result,
    claim_batch,
    end_due,
    settle_batch,
    undo,
)
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db


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
    assert (action.state, action.in_force_at) == (ActionState.UNDONE, LATER)
    assert kinds_of_records(action.decision_id)[-1] == "effect_undone"
    delivery = Delivery.objects.get(action=action, verb=Verb.UNDO.value)
    assert (delivery.created_at, delivery.due_at) == (LATER, LATER)


def test_what_cannot_be_taken_back_is_compensated() -> None:
    action = in_force(Measure(ActionKind.REDACT, EVENT))

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    settle(InForce.NO)

    action.refresh_from_db()
    assert (action.state, action.in_force_at) == (ActionState.COMPENSATED, LATER)
    assert kinds_of_records(action.decision_id)[-1] == "effect_compensated"


def test_an_undo_that_fails_leaves_the_action_in_force_and_is_recorded() -> None:
    action = in_force(SUSPENSION)

    undo(action.id, by=STAFF, reason="a mistake", now=LATER)
    settle(InForce.GONE)

    action.refresh_from_db()
    assert (action.state, action.in_force_at) == (ActionState.IN_FORCE, LATER)
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


def claimed_verbs(now: datetime = LATER) -> list[tuple[UUID | None, str]]:
    """Claims what is due, and gives whose delivery it is and what it does."""
    batch = uuid4()
    claim_batch(batch, now=now)
    rows = Delivery.objects.filter(batch=batch, action__isnull=False).order_by("id")
    return list(rows.values_list("action_id", "verb"))


def settle_undo(action: Action, **facts: object) -> None:
    """Settles the claimed undo of an action, as it was carried out."""
    sent = Delivery.objects.get(action=action, verb=Verb.UNDO.value, state="claimed")
    assert sent.batch is not None
    result = Result(sent.id, **facts)  # type: ignore[arg-type]
    assert settle_batch(sent.batch, [result], now=LATER, chance=lambda: 1.0) == 1


def test_what_was_left_to_another_action_is_superseded_and_recorded() -> None:
    undone, other = in_force(BLOCK), in_force(BLOCK)
    Action.objects.filter(id=undone.id).update(
        memory={"members": ["@b:twin"], "listed": True}, in_force_at=NOW
    )
    Action.objects.filter(id=other.id).update(memory={"members": ["@c:twin"], "listed": False})
    undo(undone.id, by=STAFF, reason="a mistake", now=LATER)
    claimed_verbs()

    settle_undo(undone, attempt=Attempt(InForce.YES, kept=True), heir=other.id)

    undone.refresh_from_db()
    other.refresh_from_db()
    assert (undone.state, other.state) == (ActionState.SUPERSEDED, ActionState.IN_FORCE)
    assert other.memory == {"members": ["@b:twin", "@c:twin"], "listed": True}
    assert undone.in_force_at == NOW
    record = Record.objects.get(subject=undone.decision_id, kind="effect_undone")
    body = RecordOpening.objects.get(record=record).body
    assert body["goes_on_for"] == str(other.id)
    assert record.action == "block_channel"


def test_what_the_older_of_two_remembers_outlasts_what_the_younger_does() -> None:
    other, undone = in_force(BLOCK), in_force(BLOCK)
    Action.objects.filter(id=other.id).update(memory={"listed": True}, in_force_at=NOW)
    Action.objects.filter(id=undone.id).update(memory={"listed": False})
    undo(undone.id, by=STAFF, reason="a mistake", now=LATER)
    claimed_verbs()

    settle_undo(undone, attempt=Attempt(InForce.YES, kept=True), heir=other.id)

    other.refresh_from_db()
    assert other.memory == {"listed": True}


def test_what_was_lifted_in_some_countries_is_undone_and_remembered_by_the_heir() -> None:
    germany, both = in_force(withheld_in("DE")), in_force(withheld_in("DE", "KZ"))
    undo(both.id, by=STAFF, reason="a mistake", now=LATER)
    claimed_verbs()

    settle_undo(both, attempt=Attempt(InForce.NO), heir=germany.id)

    both.refresh_from_db()
    germany.refresh_from_db()
    assert (both.state, germany.state) == (ActionState.UNDONE, ActionState.IN_FORCE)
    assert germany.memory == {"members": ["@b:twin"]}


def test_an_undo_that_did_not_come_about_leaves_nothing_to_an_heir() -> None:
    undone, other = in_force(BLOCK), in_force(BLOCK)
    Action.objects.filter(id=other.id).update(memory={})
    undo(undone.id, by=STAFF, reason="a mistake", now=LATER)
    claimed_verbs()

    settle_undo(undone, attempt=Attempt(InForce.GONE), heir=other.id)

    undone.refresh_from_db()
    other.refresh_from_db()
    assert (undone.state, other.memory) == (ActionState.IN_FORCE, {})


def withheld_in(*countries: str) -> Measure:
    return Measure(ActionKind.GEO_WITHHOLD, CHANNEL, countries)


def test_an_effect_is_shared_by_kind_thing_and_territory() -> None:
    germany = in_force(withheld_in("DE"))
    Action.objects.filter(id=germany.id).update(in_force_at=NOW)
    in_force(withheld_in("KZ"))
    both = in_force(withheld_in("KZ", "DE"))
    in_force(replace(withheld_in("DE"), target=replace(CHANNEL, channel="!other:twin")))
    in_force(BLOCK)
    lifted = in_force(withheld_in("DE"))
    Action.objects.filter(id=lifted.id).update(state=ActionState.UNDONE.value)
    in_waiting = decided(withheld_in("DE"))

    assert standing_beside(germany) == [both]
    assert standing_beside(in_waiting) == [germany, both]


def test_what_does_not_last_stands_beside_nothing() -> None:
    warnings = [in_force(Measure(ActionKind.WARN, ACCOUNT)) for _ in range(2)]

    assert standing_beside(warnings[0]) == []


def test_undos_of_one_effect_are_claimed_one_after_the_other() -> None:
    first, second = in_force(SUSPENSION), in_force(SUSPENSION)
    elsewhere = in_force(Measure(ActionKind.SUSPEND, replace(ACCOUNT, account="@z:twin")))
    for action in (first, second, elsewhere):
        undo(action.id, by=STAFF, reason="a mistake", now=LATER)
        Delivery.objects.filter(action=action, verb=Verb.UNDO.value).update(id=new_id(now=LATER))
    order = Delivery.objects.filter(verb=Verb.UNDO.value).order_by("id")
    ids = [one for one in order.values_list("action_id", flat=True) if one != elsewhere.id]

    claimed = claimed_verbs()

    assert set(claimed) == {(ids[0], "undo"), (elsewhere.id, "undo")}
    assert claimed_verbs() == []
    settle_undo(Action.objects.get(id=ids[0]), attempt=Attempt(InForce.NO))
    assert claimed_verbs() == [(ids[1], "undo")]


def test_an_undo_waits_for_what_is_being_done_to_the_same() -> None:
    undone, coming = in_force(SUSPENSION), decided(SUSPENSION)
    undo(undone.id, by=STAFF, reason="a mistake", now=LATER)

    assert claimed_verbs() == [(coming.id, "apply")]
    assert claimed_verbs() == []


def test_what_comes_waits_for_an_undo_of_the_same_that_is_under_way() -> None:
    undone = in_force(SUSPENSION)
    undo(undone.id, by=STAFF, reason="a mistake", now=LATER)
    assert claimed_verbs() == [(undone.id, "undo")]

    coming, elsewhere = decided(SUSPENSION), decided(BLOCK)

    assert claimed_verbs() == [(elsewhere.id, "apply")]
    settle_undo(undone, attempt=Attempt(InForce.NO))
    assert claimed_verbs() == [(coming.id, "apply")]
