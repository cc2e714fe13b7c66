"""Actions of tests: decided, and their deliveries settled without a messenger."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tests.drafts_of_tests import (
    NOW,
    by_person,
)

from evenhand.actions.checks import Attempt
from evenhand.actions.drafts import Measure
from evenhand.actions.lists import Verb
from evenhand.actions.models import Action, Delivery
from evenhand.actions.ports import InForce
from evenhand.actions.steps import (
    Result,
    claim_batch,
    decide,
    settle_batch,
)
from evenhand.records.models import Record

LATER = NOW + timedelta(seconds=2)


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
    """Gives the one action of a decision, confirmed at the messenger."""
    action = decided(*measures)
    settle(InForce.YES, memory={"members": ["@b:twin"]})
    action.refresh_from_db()
    return action


def kinds_of_records(decision_id: UUID) -> list[str]:
    """Gives what was recorded about a decision, in order."""
    rows = Record.objects.filter(subject=decision_id).order_by("serial")
    return list(rows.values_list("kind", flat=True))
