"""Deadlines: calendar time in UTC, pauses with a reason, marks said once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.legal.clocks import (
    ClockFacts,
    ClockRefused,
    Mark,
    clocks_of,
    marks,
    paused,
    restarted,
    resumed,
)
from evenhand.legal.lists import ClockName
from evenhand.markets.regimes import law

LEAP_YEAR = datetime(2028, 1, 1, tzinfo=UTC)
minutes = st.integers(min_value=1, max_value=366 * 24 * 60).map(
    lambda count: timedelta(minutes=count)
)
moments = st.datetimes(
    min_value=datetime(2028, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(2028, 12, 31),  # noqa: DTZ001  the same
    timezones=st.just(UTC),
)


def clock(total: timedelta = timedelta(days=10), start: datetime = LEAP_YEAR) -> ClockFacts:
    return ClockFacts(started_at=start, total=total)


def test_ten_days_over_a_leap_day_are_ten_days() -> None:
    start = datetime(2028, 2, 25, 8, tzinfo=UTC)

    assert clock(start=start).due_at == datetime(2028, 3, 6, 8, tzinfo=UTC)


def test_ten_days_in_a_common_year_end_a_day_later_in_march() -> None:
    start = datetime(2027, 2, 25, 8, tzinfo=UTC)

    assert clock(start=start).due_at == datetime(2027, 3, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entry", "emergency", "hours", "statutory"),
    [
        ("eu-tco-removal", False, 1, True),
        ("eu-epoc-subscriber", False, 240, True),
        ("eu-epoc-subscriber", True, 8, True),
        ("in-3-1-d", False, 3, True),
        ("kz-authorised-body-request", False, 24, True),
        ("eu-dsa-art9", False, 24, False),
    ],
)
def test_each_entry_has_its_time(entry: str, emergency: bool, hours: int, statutory: bool) -> None:
    (answer, *_) = clocks_of(law().kind(entry), emergency=emergency)

    assert (answer.total, answer.statutory) == (timedelta(hours=hours), statutory)


def test_an_enforcing_authority_has_ten_days_and_none_in_an_emergency() -> None:
    kind = next(one for one in law().kinds.values() if one.enforcing_authority_notified)

    names = [plan.name for plan in clocks_of(kind, emergency=False)]

    assert names == [ClockName.ANSWER, ClockName.WINDOW]
    assert [plan.name for plan in clocks_of(kind, emergency=True)] == [ClockName.ANSWER]


def test_no_clock_of_the_law_is_without_an_end() -> None:
    for kind in law().kinds.values():
        for emergency in (False, True):
            for plan in clocks_of(kind, emergency=emergency):
                assert timedelta() < plan.total <= timedelta(days=366), kind.id


def test_a_pause_needs_a_reason() -> None:
    with pytest.raises(ClockRefused):
        paused(clock(), now=LEAP_YEAR, reason="  ")


def test_a_clock_that_stands_is_not_paused_twice() -> None:
    standing = paused(clock(), now=LEAP_YEAR, reason="asked")

    with pytest.raises(ClockRefused):
        paused(standing, now=LEAP_YEAR, reason="asked")


def test_the_whole_time_begins_anew_where_the_law_says_so() -> None:
    later = LEAP_YEAR + timedelta(days=9)
    standing = paused(clock(), now=later, reason="asked")

    assert restarted(standing, now=later + timedelta(days=3)).due_at == later + timedelta(days=13)


@given(total=minutes, before=minutes, stood=minutes, start=moments)
def test_a_pause_moves_the_end_by_as_long_as_it_lasted(
    total: timedelta, before: timedelta, stood: timedelta, start: datetime
) -> None:
    running = clock(total, start)
    at = start + before

    again = resumed(paused(running, now=at, reason="asked"), now=at + stood)

    assert again.due_at == running.due_at + stood
    assert again.spent(at + stood) == before


@given(total=minutes, start=moments, looks=st.lists(minutes, min_size=1, max_size=40))
def test_however_often_one_looks_each_mark_is_said_once_and_none_too_early(
    total: timedelta, start: datetime, looks: list[timedelta]
) -> None:
    running, said = clock(total, start), []

    for moment in sorted(start + look for look in looks):
        new = marks(running, reached=said, now=moment)
        said += new
        for mark in new:
            assert moment >= start + total * {"half": 0.5, "four_fifths": 0.8, "missed": 1}[mark]

    assert len(said) == len(set(said))
    last = max(looks)
    assert (Mark.MISSED in said) == (last >= total)
    assert (running.left(start + last) <= timedelta()) == (last >= total)


@given(total=minutes, start=moments, now=moments)
def test_a_clock_that_stands_says_nothing(total: timedelta, start: datetime, now: datetime) -> None:
    standing = paused(clock(total, start), now=start, reason="asked")

    assert marks(standing, reached=(), now=now) == ()
