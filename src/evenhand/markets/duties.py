"""Pure: which duties a country's users bring, and which are near."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from evenhand.markets.entries import ANYWHERE, OwnDuty, Regime, Threshold
from evenhand.markets.limits import NEAR_PERCENT
from evenhand.markets.lists import DutyState, UserCount
from evenhand.markets.regimes import Law


@dataclass(frozen=True, slots=True)
class Users:
    """People who used the messenger in a country: in a month, and on its average day."""

    monthly: int
    daily: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One threshold, and how far a country's users (or the Union's) are towards it."""

    threshold: Threshold
    users: int
    state: DutyState

    @property
    def percent(self) -> int:
        """Gives how much of the threshold is reached, in whole per cent."""
        return self.users * 100 // self.threshold.at_least


def standings(
    country: str, users: Mapping[str, Users], law: Law, *, on: date
) -> tuple[Standing, ...]:
    """Gives every threshold that a country's laws set, with how near it is.

    `users` holds every country with figures: some thresholds count a union together.
    """
    return tuple(
        _standing(threshold, regime, country, users)
        for regime in _binding(country, law, on=on)
        for threshold in regime.thresholds
    )


def own_duties(country: str, law: Law, *, on: date) -> tuple[OwnDuty, ...]:
    """Gives what a country's laws ask of the messenger by itself."""
    return tuple(duty for one in _binding(country, law, on=on) for duty in one.own_duties)


def _binding(country: str, law: Law, *, on: date) -> list[Regime]:
    return [
        one
        for one in law.regimes.values()
        if country in one.jurisdictions
        and one.valid_from is not None
        and one.valid_from <= on
        and (one.valid_to is None or on <= one.valid_to)
    ]


def _standing(
    threshold: Threshold, regime: Regime, country: str, users: Mapping[str, Users]
) -> Standing:
    assert ANYWHERE not in regime.jurisdictions, "a law for anywhere counts nobody"
    counted = regime.jurisdictions if threshold.together else (country,)
    number = sum(
        one.daily if threshold.counts is UserCount.DAILY else one.monthly
        for code, one in users.items()
        if code in counted
    )
    if number >= threshold.at_least:
        state = DutyState.HOLDS
    elif number * 100 >= threshold.at_least * NEAR_PERCENT:
        state = DutyState.NEAR
    else:
        state = DutyState.BELOW
    return Standing(threshold, number, state)
