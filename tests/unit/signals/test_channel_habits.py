"""What happens in a channel: growth, flagged posts, links to blocked ones, copies of them."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.signals.channel_habits import DAY_MS, ChannelHabits, Happenings
from evenhand.signals.table import Values

HOUR_MS = 3_600_000
NOON = 500 * DAY_MS + 12 * HOUR_MS
OLD, NEW, OTHER = 11, 22, 33
ADA, BEN = 101, 102


def posts(
    channel: int, texts: list[int], *, at: int = NOON, leads: bool = False, own: bool = True
) -> Happenings:
    rows = len(texts)
    no = np.zeros(rows, np.bool_)
    return Happenings(
        channels=np.full(rows, channel, np.uint64),
        accounts=np.full(rows, ADA, np.uint64),
        times=np.full(rows, at, np.int64),
        joined=no,
        posted=~no,
        published=no,
        leads=np.full(rows, leads),
        texts=np.array(texts, np.uint64),
        own=np.full(rows, own),
        reports=np.zeros(rows, np.int32),
    )


def joins(channel: int, count: int, *, at: int = NOON) -> Happenings:
    one = posts(channel, [0] * count, at=at)
    return replace(one, posted=np.zeros(count, np.bool_), joined=np.ones(count, np.bool_))


def published(channel: int, account: int, *, at: int = NOON) -> Happenings:
    one = posts(channel, [0], at=at)
    return replace(
        one,
        accounts=np.array([account], np.uint64),
        posted=np.zeros(1, np.bool_),
        published=np.ones(1, np.bool_),
    )


def last(values: Values) -> object:
    """Gives the last row's value, None where it is not known."""
    if values.known is not None and not values.known[-1]:
        return None
    value = values.values[-1].item()
    return values.words[value] if values.words else value


def test_joins_are_counted_by_hour_and_day_and_growth_compares_them() -> None:
    habits = ChannelHabits()
    for hour in range(20):
        habits.columns(joins(NEW, 2, at=NOON + hour * HOUR_MS))

    calm = habits.columns(joins(NEW, 2, at=NOON + 20 * HOUR_MS))
    rush = habits.columns(joins(NEW, 80, at=NOON + 21 * HOUR_MS))

    assert last(calm["channel_joins_1h"]) == 4
    assert last(rush["channel_joins_1d"]) == 122
    assert float(str(last(calm["channel_growth"]))) < 4
    assert float(str(last(rush["channel_growth"]))) > 10


def test_the_share_of_flagged_posts_is_known_from_twenty_posts_on() -> None:
    habits = ChannelHabits()
    few = habits.columns(posts(NEW, [0] * 10))
    habits.flag(np.full(8, NEW, np.uint64))

    more = habits.columns(posts(NEW, [0] * 10))

    assert last(few["channel_flagged_share"]) is None
    assert last(more["channel_flagged_share"]) == 0.4
    assert last(more["channel_signs"]) == "mostly flagged"


def test_a_channel_nobody_remembers_is_not_flagged() -> None:
    habits = ChannelHabits()

    habits.flag(np.array([NEW, 0], np.uint64))

    assert not habits.table.any()


def test_a_channel_that_posts_what_a_blocked_one_posted_is_found() -> None:
    habits = ChannelHabits()
    habits.columns(posts(OLD, [1001, 1002, 1003, 1004]))
    before = habits.columns(posts(NEW, [1001]))
    habits.know_blocked(frozenset({OLD}), at_ms=NOON)

    again = habits.columns(posts(NEW, [1002, 1003, 1004]))
    harmless = habits.columns(posts(OTHER, [2001, 2002, 1004]))

    assert last(before["channel_copies"]) == 0
    assert last(again["channel_copies"]) == 3
    assert last(again["channel_recreated"]) is True
    assert last(again["channel_news"]) is True
    assert last(again["channel_signs"]) == "texts of a blocked channel"
    assert last(harmless["channel_recreated"]) is False


def test_what_a_blocked_channel_only_passed_on_speaks_against_nobody() -> None:
    habits = ChannelHabits()
    habits.columns(posts(OLD, [1001, 1002, 1003], own=False))
    habits.know_blocked(frozenset({OLD}), at_ms=NOON)

    columns = habits.columns(posts(OTHER, [1001, 1002, 1003]))

    assert last(columns["channel_copies"]) == 0


def test_a_few_copies_among_many_posts_of_its_own_are_no_sign() -> None:
    habits = ChannelHabits()
    habits.columns(posts(OLD, [1001, 1002, 1003]))
    habits.know_blocked(frozenset({OLD}), at_ms=NOON)

    columns = habits.columns(posts(OTHER, [*range(1, 60), 1001, 1002, 1003]))

    assert last(columns["channel_copies"]) == 3
    assert last(columns["channel_recreated"]) is False


def test_who_published_a_blocked_channel_is_known_again() -> None:
    habits = ChannelHabits()
    habits.columns(published(OLD, BEN))
    habits.know_blocked(frozenset({OLD}), at_ms=NOON)

    found = habits.columns(published(NEW, BEN))
    other = habits.columns(published(OTHER, ADA))

    assert last(found["channel_signs"]) == "published by who published a blocked channel"
    assert last(found["channel_recreated"]) is True
    assert last(other["channel_recreated"]) is False


def test_a_channel_that_is_blocked_no_more_speaks_against_nobody() -> None:
    habits = ChannelHabits()
    habits.columns(published(OLD, BEN))
    habits.columns(posts(OLD, [1001, 1002, 1003]))
    habits.know_blocked(frozenset({OLD, OTHER}), at_ms=NOON)

    habits.know_blocked(frozenset({OTHER}), at_ms=NOON)
    columns = habits.columns(posts(NEW, [1001, 1002, 1003]))

    assert last(columns["channel_copies"]) == 0
    assert not habits.admins.any()


def test_what_remains_blocked_is_still_found_after_another_is_freed() -> None:
    habits = ChannelHabits()
    habits.columns(posts(OLD, list(range(1000, 1016))))
    habits.columns(posts(OTHER, list(range(2000, 2016))))
    habits.know_blocked(frozenset({OLD, OTHER}), at_ms=NOON)

    habits.know_blocked(frozenset({OLD}), at_ms=NOON)
    columns = habits.columns(posts(NEW, list(range(1000, 1016))))

    assert last(columns["channel_copies"]) == 16


def test_links_to_blocked_channels_and_reports_are_signs() -> None:
    habits = ChannelHabits()

    links = habits.columns(posts(NEW, [0] * 3, leads=True))
    reported = habits.columns(replace(posts(OTHER, [0] * 20), reports=np.full(20, 6, np.int32)))

    assert last(links["channel_blocked_links"]) == 3
    assert last(links["channel_signs"]) == "leads to blocked channels"
    assert last(reported["channel_report_rate"]) == 30
    assert last(reported["channel_signs"]) == "much reported"


def test_a_sign_is_news_once_a_day_and_nothing_is_known_of_no_channel() -> None:
    habits = ChannelHabits()

    first = habits.columns(posts(NEW, [0] * 5, leads=True))["channel_news"]
    tomorrow = habits.columns(posts(NEW, [0], at=NOON + DAY_MS))["channel_news"]
    nowhere = habits.columns(posts(0, [0]))

    assert first.values.tolist() == [False, False, True, False, False]
    assert tomorrow.values.tolist() == [True]
    assert all(last(one) is None for one in nowhere.values())


Doing = tuple[int, str, int]
"""A channel, what happens there, and minutes since the event before."""

DOINGS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["join", "post", "link"]), st.integers(0, 700)),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(DOINGS)
def test_counts_are_those_of_a_slow_reference(doings: list[Doing]) -> None:
    moments = NOON + 60_000 * np.cumsum([minutes for _, _, minutes in doings], dtype=np.int64)
    whats = np.array([what for _, what, _ in doings], dtype=object)
    columns = ChannelHabits().columns(
        replace(
            posts(NEW, [0] * len(doings)),
            channels=np.array([channel for channel, _, _ in doings], np.uint64),
            times=moments,
            joined=whats == "join",
            posted=whats != "join",
            leads=whats == "link",
        )
    )

    for row, (channel, _, _) in enumerate(doings):
        now = int(moments[row])
        before = [
            (what, int(moment))
            for (other, what, _), moment in zip(doings[: row + 1], moments, strict=False)
            if other == channel
        ]
        days = [what for what, moment in before if moment // DAY_MS >= now // DAY_MS - 1]
        hours = [what for what, moment in before if moment // HOUR_MS >= now // HOUR_MS - 1]
        assert columns["channel_joins_1d"].values[row] == days.count("join")
        assert columns["channel_joins_1h"].values[row] == hours.count("join")
        assert columns["channel_blocked_links"].values[row] == days.count("link")
