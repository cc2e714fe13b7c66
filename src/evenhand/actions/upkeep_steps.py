"""Keeps a withholding in force: it is about people, and people move.

Somebody may slip back in before the door knows of the order, or may be placed in the country
later. Whoever is found inside is made to leave, and remembered, so that the undo lets them back.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.actions.ports import Effect, InForce, Messenger
from evenhand.actions.queries import order_of
from evenhand.base.errors import NotFound, Unavailable
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind


def keep_withheld(messenger: Messenger, *, now: datetime) -> int:
    """Looks at every withholding in force, and gives in how many somebody had to leave again."""
    effect = messenger.effects().get(ActionKind.GEO_WITHHOLD)
    if effect is None:
        return 0
    standing = Action.objects.filter(
        kind=ActionKind.GEO_WITHHOLD.value, state=ActionState.IN_FORCE.value
    ).order_by("in_force_at")
    return sum(_renewed(found, effect, now=now) for found in standing.values_list("id", flat=True))


def _renewed(action_id: UUID, effect: Effect, *, now: datetime) -> bool:
    """Renews one effect; an undo that is asked meanwhile waits, and then lets everybody back."""
    with transaction.atomic():
        action = (
            Action.objects.select_for_update(skip_locked=True)
            .filter(id=action_id, state=ActionState.IN_FORCE.value)
            .first()
        )
        if action is None:
            return False
        order = order_of(action, key=new_id(now=now))
        try:
            if effect.read_back(order) is not InForce.NO:
                return False
            found = effect.apply(order)
        except (Unavailable, NotFound):
            return False  # the next look comes soon
        before = action.memory or {}
        action.memory = {
            **before,
            "members": sorted({*before.get("members", ()), *_members(found.get("members"))}),
        }
        action.save(update_fields=["memory"])
    return True


def _members(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
