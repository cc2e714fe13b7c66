"""Users bring duties: near from 80 per cent of a threshold on, there from the number itself on."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from evenhand.markets.duties import Users, own_duties, standings
from evenhand.markets.lists import DutyState
from evenhand.markets.regimes import Law, law

TODAY = date(2026, 11, 22)


def states(country: str, users: dict[str, Users], on: date = TODAY) -> dict[str, DutyState]:
    return {one.threshold.id: one.state for one in standings(country, users, law(), on=on)}


@pytest.mark.parametrize(
    ("daily", "state"),
    [
        (0, DutyState.BELOW),
        (80_000, DutyState.BELOW),
        (80_001, DutyState.NEAR),
        (100_000, DutyState.NEAR),  # Art. 9(1): above 100,000
        (100_001, DutyState.HOLDS),
        (12_500_000, DutyState.HOLDS),
    ],
)
def test_kazakhstan_asks_for_a_representative_above_a_hundred_thousand_a_day(
    daily: int, state: DutyState
) -> None:
    users = {"KZ": Users(monthly=12_500_000, daily=daily)}

    assert states("KZ", users) == {"kz-rep-threshold": state}


@pytest.mark.parametrize(
    ("monthly", "state"),
    [
        (35_999_999, DutyState.BELOW),
        (36_000_000, DutyState.NEAR),
        (44_999_999, DutyState.NEAR),
        (45_000_000, DutyState.HOLDS),  # DSA Art. 33(1): equal to or higher than 45 million
    ],
)
def test_the_union_is_counted_together(monthly: int, state: DutyState) -> None:
    users = {
        "DE": Users(monthly=20_000_000, daily=0),
        "FR": Users(monthly=monthly - 20_000_000, daily=0),
        "KZ": Users(monthly=99_000_000, daily=99_000_000),
    }

    assert states("DE", users)["eu-dsa-vlop"] is state
    assert states("MT", users)["eu-dsa-vlop"] is state


def test_turkey_asks_twice() -> None:
    users = {"TR": Users(monthly=60_000_000, daily=8_500_000)}

    assert states("TR", users) == {
        "tr-rep-threshold": DutyState.HOLDS,
        "tr-entity-threshold": DutyState.NEAR,
    }


def test_a_country_without_figures_is_far_below() -> None:
    assert states("KZ", {}) == {"kz-rep-threshold": DutyState.BELOW}


def test_a_law_that_does_not_hold_yet_asks_for_nothing() -> None:
    users = {"KZ": Users(monthly=12_500_000, daily=9_000_000)}

    assert states("KZ", users, date(2023, 9, 9)) == {}
    assert states("KZ", users, date(2023, 9, 10)) == {"kz-rep-threshold": DutyState.HOLDS}


def test_a_law_asks_until_its_last_day() -> None:
    last = date(2027, 1, 31)
    ended = Law([replace(law().regime("kz"), valid_to=last)])

    assert standings("KZ", {}, ended, on=last)
    assert not standings("KZ", {}, ended, on=last + timedelta(days=1))


def test_the_percentage_is_told() -> None:
    (one,) = standings("KZ", {"KZ": Users(monthly=0, daily=90_000)}, law(), on=TODAY)

    assert one.percent == 89


def test_own_duties_are_those_of_the_laws_that_bind() -> None:
    ids = {duty.id for duty in own_duties("FR", law(), on=TODAY)}

    assert {"eu-dsa-art18", "eu-tco-art14-5", "eu-eed-rep"} <= ids
    assert "eu-eed-rep" not in {duty.id for duty in own_duties("DK", law(), on=TODAY)}
    assert own_duties("CH", law(), on=TODAY) == ()
