"""Actions undone, ended and superseded."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.drafts_of_tests import (
    ACCOUNT,
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
from evenhand.actions.steps import (
    Result,
    claim_batch,
    end_due,
    settle_batch,
    supersede,
    undo,
)
from evenhand.base.errors import NotAllowed, NotFound
from evenhand.base.lists import (
    ActionKind,
)

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
