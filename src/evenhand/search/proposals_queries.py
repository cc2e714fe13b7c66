"""The only readers of proposals, and of sweeps of the index."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from evenhand.actions.lists import ActionState
from evenhand.actions.models import Action
from evenhand.base.lists import TargetKind
from evenhand.search.lists import ProposalKind, ProposalState
from evenhand.search.models import ItemSweep, Proposal
from evenhand.search.queries import CLOSING_KINDS, STANDING

GIVEN_BACK = (ActionState.UNDOING.value, ActionState.UNDONE.value)


def held() -> frozenset[str]:
    """Gives the items that wait for a decision: re-creations, which nobody may find meanwhile.

    Read this before the masks: what is decided in between is in the one or the other.
    """
    rows = Proposal.objects.filter(
        kind=ProposalKind.RECREATION.value, state=ProposalState.WAITING.value
    )
    return frozenset(rows.values_list("item", flat=True))


def not_recreations() -> Mapping[str, frozenset[str]]:
    """Gives by room which closed rooms it was found not to be a re-creation of, on appeal."""
    return _given_back(ProposalKind.RECREATION, "closed")


def exempt_items() -> Mapping[str, frozenset[str]]:
    """Gives by item for which topics of the query policy it was given back, on appeal."""
    return _given_back(ProposalKind.POLICY, "topic")


def waiting(*, rows_max: int) -> list[Proposal]:
    """Gives proposals that nothing came of yet, the oldest first."""
    rows = Proposal.objects.filter(state=ProposalState.WAITING.value)
    return list(rows.order_by("at", "id")[:rows_max])


def followers_of_undone(*, rows_max: int) -> list[Action]:
    """Gives standing actions against re-creations of rooms that nothing closes any more."""
    closing = Action.objects.filter(
        decision_id=OuterRef("closing"),
        kind__in=CLOSING_KINDS,
        target_kind=TargetKind.CHANNEL.value,
        state__in=STANDING,
    )
    left = (
        Proposal.objects.filter(
            kind=ProposalKind.RECREATION.value, state=ProposalState.DECIDED.value
        )
        .filter(~Exists(closing))
        .values("decision")
    )
    rows = Action.objects.filter(decision_id__in=left, state__in=STANDING)
    return list(rows.order_by("id")[:rows_max])


def settled_topics(items: Collection[str]) -> frozenset[tuple[str, str]]:
    """Gives items with the topics for which nothing more is proposed.

    Something waits or stands for them, or an appeal gave the item back.
    """
    own = Action.objects.filter(decision_id=OuterRef("decision"))
    kept = own.filter(Q(state__in=STANDING) | Q(state__in=GIVEN_BACK, undo_by__isnull=False))
    rows = Proposal.objects.filter(kind=ProposalKind.POLICY.value, item__in=list(items)).filter(
        Q(state=ProposalState.WAITING.value) | Exists(kept)
    )
    return frozenset(rows.values_list("item", "topic"))


def standing_by_policy(items: Collection[str]) -> list[tuple[UUID, str, str]]:
    """Gives standing actions for words of these items: action, item, topic."""
    rows = Proposal.objects.filter(kind=ProposalKind.POLICY.value, item__in=list(items))
    decided = {
        decision: (item, topic)
        for decision, item, topic in rows.values_list("decision", "item", "topic")
        if decision is not None
    }
    actions = Action.objects.filter(decision_id__in=list(decided), state__in=STANDING)
    return [
        (action, *decided[decision])
        for action, decision in actions.order_by("id").values_list("id", "decision_id")
    ]


def sweep_of(version: str) -> ItemSweep | None:
    """Gives how far a version of the query policy was applied to the index; None: not begun."""
    return ItemSweep.objects.filter(version=version).first()


def _given_back(kind: ProposalKind, field: str) -> Mapping[str, frozenset[str]]:
    """Gives by item for what it was given back by a person."""
    undone = Action.objects.filter(
        decision_id=OuterRef("decision"), state__in=GIVEN_BACK, undo_by__isnull=False
    )
    rows = Proposal.objects.filter(kind=kind.value, state=ProposalState.DECIDED.value)
    found: dict[str, frozenset[str]] = {}
    for item, ground in rows.filter(Exists(undone)).values_list("item", field):
        found[item] = found.get(item, frozenset()) | {ground}
    return found
