"""The only readers of decisions, actions and deliveries."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evenhand.actions.checks import overlap
from evenhand.actions.limits import HISTORY_ROWS_MAX
from evenhand.actions.lists import END_CAME, ActionState, DeliveryState, Verb
from evenhand.actions.models import Action, Decision, Delivery
from evenhand.actions.ports import Order, Target
from evenhand.actions.statements import ToldDecision, ToldMeasure
from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    Ground,
    Source,
    TargetKind,
)
from evenhand.evidence.models import SealedItem


def decision_of(decision_id: UUID) -> Decision | None:
    """Gives a decision, with its actions at hand."""
    return Decision.objects.prefetch_related("actions").filter(id=decision_id).first()


def decisions_by_rule(*, since: datetime) -> dict[str, int]:
    """Gives how often each rule decided since a moment."""
    rows = Decision.objects.filter(at__gte=since).exclude(rule_id="")
    return dict(rows.values_list("rule_id").annotate(Count("id")))


def actions_of(decision_id: UUID) -> list[Action]:
    """Gives the actions of a decision, in the order of their making."""
    return list(Action.objects.filter(decision_id=decision_id).order_by("id"))


CLOSING_KINDS = (ActionKind.BLOCK_CHANNEL, ActionKind.GEO_WITHHOLD, ActionKind.DEINDEX)
"""Kinds after which a channel is not in the directory, or not everywhere."""


def closed_channels() -> dict[str, object]:
    """Gives the channels that the door keeps closed or the directory hides, and where."""
    rows = Action.objects.filter(
        kind__in=[kind.value for kind in CLOSING_KINDS],
        state__in=(ActionState.PENDING.value, ActionState.IN_FORCE.value),
        target_kind=TargetKind.CHANNEL.value,
    ).values_list("kind", "channel", "territory", "memory")
    blocked, aliases = set(), set()
    withheld: dict[str, set[str]] = {}
    deindexed: dict[str, list[set[str]]] = {}
    for kind, channel, territory, memory in rows:
        if kind == ActionKind.BLOCK_CHANNEL:
            blocked.add(channel)
            aliases.update((memory or {}).get("aliases", ()))
        elif kind == ActionKind.DEINDEX:
            deindexed.setdefault(channel, []).append(set(territory))
        else:
            withheld.setdefault(channel, set()).update(territory)
    return {
        "blocked_channels": sorted(blocked),
        "blocked_aliases": sorted(aliases),
        "withheld": {channel: sorted(withheld[channel]) for channel in sorted(withheld)},
        # An empty list is the whole world, and the widest holds.
        "deindexed": {
            channel: sorted(set.union(*where)) if all(where) else []
            for channel, where in sorted(deindexed.items())
        },
    }


HIDING_KINDS = (
    ActionKind.UNLIST,
    ActionKind.DEINDEX,
    ActionKind.GEO_WITHHOLD,
    ActionKind.REDACT,
    ActionKind.SUSPEND,
    ActionKind.LOCK,
    ActionKind.BLOCK_CHANNEL,
    ActionKind.DEACTIVATE,
)
"""Kinds after which something may not be found, or not everywhere."""

ROWS_AT_ONCE = 10_000
"""Rows that the database hands over at once where there may be millions."""


class HidingAction(NamedTuple):
    """An action after which something may not be found.

    name       the messenger's id of the target
    territory  ISO 3166-1 alpha-2 codes; empty means the whole world
    undoing    it no longer stands, and what it did is being undone
    """

    kind: ActionKind
    target_kind: TargetKind
    name: str
    territory: tuple[str, ...]
    undoing: bool


Named = tuple[TargetKind, str]
"""A target, by what it is and its id."""

NAME_OF = {TargetKind.CHANNEL: "channel", TargetKind.EVENT: "event", TargetKind.ACCOUNT: "account"}
"""The column with the id of a target that can be found."""


def hiding_actions(targets: Collection[Named] | None = None) -> Iterator[HidingAction]:
    """Gives what stands, or is being undone, of the kinds after which something is not found.

    targets  these alone; all of them if left out
    """
    states = (ActionState.PENDING, ActionState.IN_FORCE, ActionState.UNDOING)
    rows = Action.objects.filter(state__in=[state.value for state in states])
    if targets is None:
        yield from _hiding(rows.filter(kind__in=[kind.value for kind in HIDING_KINDS]))
        return
    names = sorted({name for _, name in targets})
    lasting = [kind.value for kind in HIDING_KINDS if kind is not ActionKind.DEACTIVATE]
    yield from _hiding(rows.filter(lasting_on__in=names, kind__in=lasting))
    # A closed account stays closed: nothing lasts on it, and it has an index of its own.
    yield from _hiding(rows.filter(account__in=names, kind=ActionKind.DEACTIVATE.value))


def _hiding(rows: QuerySet[Action]) -> Iterator[HidingAction]:
    kinds = {kind.value: kind for kind in ActionKind}
    for target_kind, column in NAME_OF.items():
        found = rows.filter(target_kind=target_kind.value)
        for kind, state, name, territory in found.values_list(
            "kind", "state", column, "territory"
        ).iterator(ROWS_AT_ONCE):
            undoing = state == ActionState.UNDOING
            yield HidingAction(kinds[kind], target_kind, name, tuple(territory), undoing)


def hiding_changed(since: int) -> frozenset[Named]:
    """Gives the targets of hiding actions that changed in a transaction from `since` on."""
    rows = Action.objects.filter(changed__gte=since, kind__in=[kind.value for kind in HIDING_KINDS])
    return frozenset(
        (kind, name)
        for kind, column in NAME_OF.items()
        for name in rows.filter(target_kind=kind.value).values_list(column, flat=True)
    )


TAKING_AWAY_KINDS = (
    ActionKind.UNLIST,
    ActionKind.DEINDEX,
    ActionKind.GEO_WITHHOLD,
    ActionKind.BLOCK_CHANNEL,
)
"""Kinds by which a channel is closed to those who look for it."""


def decisions_against_channels(
    *, since: datetime, channels: Collection[str] | None = None
) -> dict[str, int]:
    """Gives how many decisions closed channels everywhere, those that nobody took back.

    since     decided from then on
    channels  these alone; all of them if left out. One against which nothing counts is not given

    What stands counts, and what ended with its time; not what a person or an appeal undid.
    """
    ended = (ActionState.UNDOING.value, ActionState.UNDONE.value, ActionState.COMPENSATED.value)
    upheld = Delivery.objects.filter(
        statement_id=OuterRef("decision_id"), verb=Verb.ANSWER.value, answer__upheld=True
    )
    rows = Action.objects.filter(
        Q(state=ActionState.IN_FORCE.value) | Q(state__in=ended, undo_reason=END_CAME),
        target_kind=TargetKind.CHANNEL.value,
        kind__in=[kind.value for kind in TAKING_AWAY_KINDS],
        territory=[],
        decision__at__gte=since,
    ).exclude(Exists(upheld))
    if channels is not None:
        rows = rows.filter(channel__in=sorted(channels))
    return dict(rows.values_list("channel").annotate(Count("decision", distinct=True)))


def transactions_ended() -> int:
    """Gives a transaction before which all have ended: what they did is seen by who reads now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


@dataclass(frozen=True, slots=True)
class ActionDelivery:
    """What a batch has to do at the messenger; values, since hundreds are read at once."""

    verb: Verb
    action: UUID
    order: Order


def action_deliveries(batch_id: UUID) -> list[ActionDelivery]:
    """Gives what a batch has to do, read back or undo."""
    rows = (
        Delivery.objects.filter(
            batch=batch_id, state=DeliveryState.CLAIMED.value, action__isnull=False
        )
        .order_by("created_at", "id")
        .values_list(
            "id",
            "verb",
            "action_id",
            "action__kind",
            "action__target_kind",
            "action__account",
            "action__channel",
            "action__event",
            "action__media",
            "action__territory",
            "action__memory",
        )
    )
    found = []
    for key, verb, action, kind, target_kind, *names, territory, memory in rows:
        target = Target(TargetKind(target_kind), *names)
        order = Order(key, ActionKind(kind), target, tuple(territory), memory)
        found.append(ActionDelivery(Verb(verb), action, order))
    return found


def statement_deliveries(batch_id: UUID) -> list[Delivery]:
    """Gives what a batch has to tell, with statement, decision and actions at hand."""
    return list(
        Delivery.objects.select_related("statement__decision")
        .prefetch_related("statement__decision__actions")
        .filter(batch=batch_id, state=DeliveryState.CLAIMED.value, statement__isnull=False)
        .order_by("created_at", "id")
    )


def order_of(action: Action, *, key: UUID) -> Order:
    """Gives an action as the messenger is asked for it."""
    return Order(
        key=key,
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


def standing_beside(action: Action) -> list[Action]:
    """Gives the other actions of the same kind that need the same effect, the oldest first.

    One that is about to be undone counts: undos of one effect are carried out one at a time.
    """
    if not action.lasting_on:
        return []
    others = Action.objects.filter(
        kind=action.kind,
        lasting_on=action.lasting_on,
        state__in=(ActionState.IN_FORCE.value, ActionState.UNDOING.value),
        in_force_at__isnull=False,
    ).exclude(id=action.id)
    return [
        other
        for other in others.order_by("in_force_at", "id")
        if overlap(action.territory, other.territory)
    ]


@dataclass(frozen=True, slots=True)
class SettledDelivery:
    """What settling reads of a delivery, of its action, and of the decision.

    waited  the time since the delivery was made
    action  with its kind and state; None if a statement or an answer was delivered
    """

    id: UUID
    verb: Verb
    attempts: int
    waited: timedelta
    action: UUID | None
    kind: ActionKind | None
    state: ActionState | None
    in_force_at: datetime | None
    decision: UUID
    harm: str
    market: str
    automation: Automation
    source: Source
    language: str
    channel_kind: ChannelKind

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "SettledDelivery":
        """Gives what a row says; its columns are in the order of the fields."""
        (key, verb, attempts, waited, action, kind, state, in_force_at, *told) = row
        decision, harm, market, automation, source, language, channel_kind = told
        return cls(
            key,
            Verb(verb),
            attempts,
            waited,
            action,
            ActionKind(kind) if kind else None,
            ActionState(state) if state else None,
            in_force_at,
            decision,
            harm,
            market,
            Automation(automation),
            Source(source),
            language,
            ChannelKind(channel_kind),
        )


# Models would cost more than everything else that settling does.
TO_SETTLE = """
SELECT delivery.id, delivery.verb, delivery.attempts, %s - delivery.created_at,
    action.id, action.kind, action.state, action.in_force_at,
    decision.id, decision.harm, decision.market, decision.automation, decision.source,
    decision.language, decision.channel_kind
FROM actions_delivery AS delivery
LEFT JOIN actions_action AS action ON action.id = delivery.action_id
JOIN actions_decision AS decision
    ON decision.id = COALESCE(action.decision_id, delivery.statement_id)
WHERE delivery.batch = %s AND delivery.state = 'claimed'
ORDER BY delivery.id
FOR UPDATE OF delivery
"""


def deliveries_to_settle(batch_id: UUID, *, now: datetime) -> list[SettledDelivery]:
    """Gives the claimed deliveries of a batch, and locks them until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(TO_SETTLE, [now, batch_id])
        return [SettledDelivery.of(row) for row in cursor.fetchall()]


def claimed_batches() -> list[UUID]:
    """Gives the batches that are claimed and not settled."""
    rows = Delivery.objects.filter(state=DeliveryState.CLAIMED.value)
    batches = rows.order_by().values_list("batch", flat=True).distinct()
    return [batch for batch in batches if batch is not None]


def unfinished_deliveries() -> int:
    """Gives the number of deliveries that wait or are under way."""
    return Delivery.objects.filter(
        state__in=(DeliveryState.WAITING.value, DeliveryState.CLAIMED.value)
    ).count()


def evidence_of(decision: Decision) -> list[SealedItem]:
    """Gives what was put under seal for a decision and for its actions, the latest first."""
    subjects = [decision.id, *Action.objects.filter(decision=decision).values_list("id", flat=True)]
    items = SealedItem.objects.filter(Q(subject__in=subjects) | Q(id=decision.evidence_id))
    return list(items.order_by("-at"))


def lacks_evidence(action: Action) -> bool:
    """Tells whether what an action is done to has yet to be put under seal.

    What the door sealed is the event itself; a channel or a file is more than its event.
    """
    if action.target_kind == TargetKind.EVENT and action.decision.evidence_id is not None:
        return False
    return not SealedItem.objects.filter(subject=action.id).exists()


def told(decision: Decision) -> ToldDecision:
    """Gives what a statement of reasons tells of a decision."""
    return ToldDecision(
        id=decision.id,
        at=decision.at,
        ground=Ground(decision.ground),
        harm=decision.harm,
        reason=decision.reason,
        source=Source(decision.source),
        automation=Automation(decision.automation),
        detection_automated=decision.detection_automated,
        channel=decision.channel,
        event=decision.event,
        measures=tuple(
            ToldMeasure(
                kind=ActionKind(action.kind),
                target_kind=TargetKind(action.target_kind),
                territory=tuple(action.territory),
                ends_at=action.ends_at,
            )
            for action in sorted(decision.actions.all(), key=lambda action: action.id)
        ),
    )


def latest_actions(
    *, kind: str = "", state: str = "", without_harm: str = "", rows_max: int, skip: int = 0
) -> list[Action]:
    """Gives actions with their decisions, the latest first; an empty filter lets all through.

    `without_harm` leaves out the harms that begin so: what lies in a lane of its own.
    """
    rows = Action.objects.select_related("decision").order_by("-id")
    if without_harm:
        rows = rows.exclude(decision__harm__startswith=without_harm)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    return list(rows[skip : skip + rows_max])


def actions_around(
    account: str,
    channel: str,
    *,
    rows_max: int = HISTORY_ROWS_MAX,
    before: datetime | None = None,
    without_harm: str = "",
) -> tuple[list[Action], list[Action]]:
    """Gives what was decided about an account, and what was done to a channel and in it.

    Each the latest first, and only of what was decided before; both in one question.
    `without_harm` leaves out the harms that begin so: what lies in a lane of its own.
    """
    rows = Action.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(decision__at__lt=before)
    if without_harm:
        rows = rows.exclude(decision__harm__startswith=without_harm)
    parts = [
        *([rows.filter(decision__account=account).values("id")[:rows_max]] if account else []),
        *([rows.filter(channel=channel).values("id")[:rows_max]] if channel else []),
    ]
    if not parts:
        return [], []
    wanted = parts[0].union(*parts[1:])
    found = list(Action.objects.select_related("decision").filter(id__in=wanted).order_by("-id"))
    against = [one for one in found if account and one.decision.account == account]
    inside = [one for one in found if channel and one.channel == channel]
    return against[:rows_max], inside[:rows_max]


def action_of(action_id: UUID) -> Action | None:
    """Gives an action with its decision."""
    return Action.objects.select_related("decision").filter(id=action_id).first()


def deliveries_about(action: Action) -> list[Delivery]:
    """Gives what was delivered for an action and for the statement of its decision, in order."""
    rows = Delivery.objects.filter(
        Q(action=action) | Q(statement_id=action.decision_id)
    ).prefetch_related("outcomes")
    return list(rows.order_by("created_at", "id"))
