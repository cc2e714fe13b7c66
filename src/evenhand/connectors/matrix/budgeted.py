"""The screening plane of a door whose rules act within their budgets."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from evenhand.connectors.matrix.lane import Row
from evenhand.rules.rule import RuleSet
from evenhand.verdicts.budgets import Budgets, market_of
from evenhand.verdicts.schema import Verdict


class Plane(Protocol):
    """A screening plane, with the rules by which it judges."""

    @property
    def rules(self) -> RuleSet:
        """Gives the rules in force."""

    def screen_few(self, events: Sequence[Row]) -> Sequence[Verdict | None]:
        """Gives the verdict on each of a few events, or None."""


class Budgeted:
    """Screens by a plane, and leaves to a person what a rule may not do any more."""

    def __init__(self, plane: Plane, *, clock: Callable[[], datetime]) -> None:
        self._plane = plane
        self._clock = clock
        self._budgets = Budgets()

    def screen_few(self, events: Sequence[Row]) -> list[Verdict | None]:
        """Gives the verdict on each of a few events, or None."""
        verdicts, rules, now = self._plane.screen_few(events), self._plane.rules, self._clock()
        return [
            found
            and self._budgets.within(
                found, market=market_of(event.get("territory")), rules=rules, now=now
            )
            for event, found in zip(events, verdicts, strict=True)
        ]
