"""The screening plane of a door whose rules act within their budgets."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from evenhand.base.lists import ActionKind
from evenhand.connectors.matrix.lane import Row
from evenhand.connectors.matrix.spent import SpentFile
from evenhand.rules.rule import RuleSet
from evenhand.verdicts.budgets import Budgets, Place, hour_of, market_of
from evenhand.verdicts.schema import Verdict


class Plane(Protocol):
    """A screening plane, with the rules by which it judges."""

    @property
    def rules(self) -> RuleSet:
        """Gives the rules in force."""

    def screen_few(self, events: Sequence[Row]) -> Sequence[Verdict | None]:
        """Gives the verdict on each of a few events, or None."""


class Budgeted:
    """Screens by a plane, and leaves to a person what a rule may not do any more.

    kept  where it is kept what was spent, for the next door; None to forget it
    """

    def __init__(
        self, plane: Plane, *, clock: Callable[[], datetime], kept: SpentFile | None = None
    ) -> None:
        self._plane = plane
        self._clock = clock
        self._kept = kept
        self._budgets = Budgets()
        if kept is not None:
            self._budgets.restore(kept.read(clock()), now=clock())

    def screen_few(self, events: Sequence[Row]) -> list[Verdict | None]:
        """Gives the verdict on each of a few events, or None."""
        verdicts, rules, now = self._plane.screen_few(events), self._plane.rules, self._clock()
        spent: Counter[Place] = Counter()

        def within(event: Row, found: Verdict) -> Verdict:
            market = market_of(event.get("territory"))
            kept = self._budgets.within(found, market=market, rules=rules, now=now)
            if kept.action is not ActionKind.NONE and kept.rules:
                spent[kept.rules[0], market] += 1
            return kept

        stand = [
            found and within(event, found) for event, found in zip(events, verdicts, strict=True)
        ]
        if spent and self._kept is not None:
            self._kept.add(hour_of(now), spent)
        return stand
