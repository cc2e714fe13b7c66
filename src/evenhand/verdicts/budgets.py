"""Circuit breakers: how often a version of a rule may act in one market, in an hour and in a day.

Beyond that what it proposes is left to a person: a rule that fires for everybody, or that somebody
learned to fire at others, does no more harm than its budget allows.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from evenhand.base.lists import UNKNOWN_MARKET, ActionKind
from evenhand.rules.rule import Budget, RuleSet
from evenhand.verdicts.schema import RuleHit, Verdict

Place = tuple[RuleHit, str]
"""A version of a rule, in a market."""

Spent = Counter[tuple[datetime, Place]]
"""How often each acted in an hour, named by its begin."""


class Budgets:
    """Counts what acts; one thread at a time. Memory: versions that acted today, by market."""

    def __init__(self) -> None:
        self._rules: RuleSet | None = None
        self._limits: Mapping[RuleHit, Budget] = {}
        self._hour: datetime | None = None
        self._in_hour: Counter[Place] = Counter()
        self._in_day: Counter[Place] = Counter()

    def restore(self, spent: Spent, *, now: datetime) -> None:
        """Counts what acted before, under the same hour and day."""
        self._begin(now)
        for (hour, place), count in spent.items():
            if hour == self._hour:
                self._in_hour[place] += count
            if hour.date() == now.date():
                self._in_day[place] += count

    def within(self, verdict: Verdict, *, market: str, rules: RuleSet, now: datetime) -> Verdict:
        """Gives the verdict as it may stand: beyond its rule's budget it asks a person."""
        if verdict.action is ActionKind.NONE or not verdict.rules:
            return verdict
        self._take(rules)
        self._begin(now)
        place, limit = (verdict.rules[0], market), self._limits.get(verdict.rules[0], Budget())
        if self._in_hour[place] >= limit.hour or self._in_day[place] >= limit.day:
            return replace(verdict, action=ActionKind.NONE, over_budget=True)
        self._in_hour[place] += 1
        self._in_day[place] += 1
        return verdict

    def _take(self, rules: RuleSet) -> None:
        if rules is not self._rules:
            self._rules = rules
            self._limits = {RuleHit(one.id, one.version): one.budget for one in rules.rules}

    def _begin(self, now: datetime) -> None:
        """Begins anew with each hour and day, UTC."""
        hour = hour_of(now)
        if hour == self._hour:
            return
        if self._hour is None or hour.date() != self._hour.date():
            self._in_day = Counter()
        self._hour, self._in_hour = hour, Counter()


def hour_of(moment: datetime) -> datetime:
    """Gives the begin of an hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def market_of(territory: object) -> str:
    """Gives the market in which an event counts."""
    return str(territory) if territory else UNKNOWN_MARKET
