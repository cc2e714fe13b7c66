"""What follows from strikes and from unfounded filings, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.base.lists import ActionKind
from evenhand.standing.checks import (
    CountedStrikes,
    Filed,
    Finding,
    Given,
    Led,
    check_lift,
    counted,
    ends_of,
    next_misuse,
    next_penalty,
    suspended_days,
    weigh,
)
from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.policy import penalties

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = penalties()
REPORTS = POLICY.misuse[MisuseKind.REPORT]


def days(number: float) -> timedelta:
    return timedelta(days=number)


def struck(count: int, ago: float = 0.0) -> CountedStrikes:
    return CountedStrikes(count, NOW - days(ago), NOW + days(400))


def warned(ago: float = 10) -> Given:
    return Given(ActionKind.WARN, NOW - days(ago))


def name_of(strikes: list[CountedStrikes], standing: list[Given], *, done: float = 0) -> str:
    step = next_penalty(POLICY, strikes, standing, done_at=NOW - days(done), now=NOW)
    return step.name if step else ""


def test_the_first_strikes_warn_however_many_they_are() -> None:
    assert name_of([struck(1)], []) == "warning"
    assert name_of([struck(10)], []) == "warning"


def test_after_a_warning_the_number_decides() -> None:
    assert name_of([struck(1, 20), struck(1)], [warned()]) == "warning"
    assert name_of([struck(3, 20), struck(1)], [warned()]) == "week"
    assert name_of([struck(6, 20), struck(1)], [warned()]) == "month"
    assert name_of([struck(9, 20), struck(1)], [warned()]) == "open"


def test_what_came_before_the_warning_leads_no_further() -> None:
    assert name_of([struck(4, 11), struck(4)], [warned(10)], done=11) == ""
    assert name_of([struck(4, 11), struck(4)], [warned(10)], done=9) == "month"


def test_a_warning_of_long_ago_has_to_be_given_again() -> None:
    assert name_of([struck(4)], [warned(POLICY.warning_days + 1)]) == "warning"


def test_strikes_that_ended_or_lie_too_far_back_do_not_count() -> None:
    ended = CountedStrikes(4, NOW - days(80), NOW - days(1))

    assert counted([ended, struck(2, 91), struck(1, 5)], days=90, now=NOW) == 1
    assert name_of([struck(3, 91), struck(1)], [warned()]) == "warning"


def test_a_longer_suspension_that_stands_is_not_shortened() -> None:
    out = Given(ActionKind.SUSPEND, NOW - days(2), None)
    ends_soon = Given(ActionKind.SUSPEND, NOW - days(2), NOW + days(5))

    assert name_of([struck(4)], [warned(), out]) == ""
    assert name_of([struck(4)], [warned(), ends_soon]) == "week"


def test_a_step_ends_when_the_policy_says() -> None:
    week = POLICY.ladder[1]

    assert ends_of(week, now=NOW) == NOW + days(7)
    assert ends_of(replace(week, ends_after_days=None), now=NOW) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(1, 10), st.floats(0, 400)), max_size=8),
    st.lists(st.floats(0.01, 800), max_size=3),
    st.floats(0, 800),
)
def test_nobody_is_suspended_without_a_warning_that_came_before(
    strikes: list[tuple[int, float]], warnings: list[float], done: float
) -> None:
    given_before = [warned(ago) for ago in warnings]

    step = next_penalty(
        POLICY,
        [struck(count, ago) for count, ago in strikes],
        given_before,
        done_at=NOW - days(done),
        now=NOW,
    )

    if step is not None and step.does is ActionKind.SUSPEND:
        standing = [ago for ago in warnings if ago < POLICY.warning_days]
        assert standing
        assert done < min(standing)


def filed(ago: float = 0, *, severity: int = 2, intended: bool = False) -> Filed:
    return Filed(NOW - days(ago) - days(0.1), NOW - days(ago), severity, intended)


def misuse(filings: list[Filed], led: list[Led], judged: int) -> MisuseStep | None:
    return next_misuse(REPORTS, filings, led, judged=judged, now=NOW)


def test_two_unfounded_reports_lead_to_nothing_and_three_to_a_warning() -> None:
    assert misuse([filed(), filed()], [], 2) is None
    assert misuse([filed(), filed(), filed()], [], 3) is MisuseStep.WARNED


def test_who_is_mostly_right_is_never_warned() -> None:
    assert misuse([filed()] * 10, [], 100) is None
    assert misuse([filed()] * 10, [], 20) is MisuseStep.WARNED


def test_grave_and_intended_misuse_weighs_more() -> None:
    assert misuse([filed(severity=4), filed()], [], 2) is MisuseStep.WARNED
    assert misuse([filed(intended=True), filed()], [], 2) is MisuseStep.WARNED


def test_a_suspension_needs_a_warning_and_more_after_it() -> None:
    warning = Led(MisuseStep.WARNED, NOW - days(5))
    before, after = [filed(6)] * 3, [filed(1)] * 2

    assert misuse([*before, *after], [], 5) is MisuseStep.WARNED
    assert misuse([*before, *after], [warning], 5) is MisuseStep.SUSPENDED
    assert misuse([*before, filed(1)], [warning], 4) is None


def test_what_was_filed_before_the_warning_suspends_nobody() -> None:
    warning = Led(MisuseStep.WARNED, NOW - days(5))
    judged_later = Filed(NOW - days(6), NOW, 2, intended=False)

    assert misuse([filed(6)] * 3 + [judged_later] * 5, [warning], 8) is None


def test_nobody_is_suspended_twice_at_once_and_the_second_time_lasts_longer() -> None:
    warning = Led(MisuseStep.WARNED, NOW - days(60))
    running = Led(MisuseStep.SUSPENDED, NOW - days(3), NOW + days(27))
    over = Led(MisuseStep.SUSPENDED, NOW - days(40), NOW - days(10))
    many = [filed(1)] * 6

    assert misuse(many, [warning, running], 6) is None
    assert misuse(many, [warning, over], 6) is MisuseStep.SUSPENDED
    assert suspended_days(REPORTS, [warning], now=NOW) == 30
    assert suspended_days(REPORTS, [warning, over], now=NOW) == 90


def test_what_is_weighed_is_said() -> None:
    facts = weigh(REPORTS, [filed(severity=4), filed(intended=True)], judged=1)

    assert (facts.unfounded, facts.judged, facts.severity, facts.intended) == (2, 2, 4, 1)
    assert facts.share == 1.0


@pytest.mark.parametrize(
    ("senior", "lifted", "reason", "found"),
    [
        (True, False, "It was a mistake.", []),
        (False, False, "It was a mistake.", [Finding.ROLE_MISSING]),
        (True, True, "Again.", [Finding.LIFTED_ALREADY]),
        (True, False, " ", [Finding.REASON_MISSING]),
        (True, False, "x" * 1001, [Finding.REASON_TOO_LONG]),
    ],
)
def test_only_a_senior_lifts_and_with_a_reason(
    senior: bool, lifted: bool, reason: str, found: list[Finding]
) -> None:
    assert check_lift(senior=senior, lifted=lifted, reason=reason) == found
