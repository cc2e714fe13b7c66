"""What made-up accounts do: many channels, no answers, one text from many, made in a burst."""

from dataclasses import replace

import numpy as np

from evenhand.events.text_column import TextColumn
from evenhand.signals.account_habits import (
    CHANNELS_MIN,
    DAY_MS,
    FACTS_WEIGHED,
    REASONS,
    SCORES,
    AccountHabits,
    Doings,
)
from evenhand.signals.table import Values
from evenhand.signals.velocity import signatures

HOUR_MS = 3_600_000
NOON = 500 * DAY_MS + 12 * HOUR_MS


def posts(
    accounts: list[int],
    *,
    at: int = NOON,
    channels: list[int] | None = None,
    age_hours: float | None = 10.0,
    replies: bool = False,
    burst: int = 0,
    texts: list[str] | None = None,
) -> Doings:
    rows = len(accounts)
    column = TextColumn.of(texts or [])
    return Doings(
        accounts=np.array(accounts, np.uint64),
        times=np.full(rows, at, np.int64),
        channels=np.array(channels or [5] * rows, np.uint64),
        age_hours=Values(
            np.full(rows, 0.0 if age_hours is None else age_hours),
            np.full(rows, age_hours is not None),
        ),
        posted=np.ones(rows, np.bool_),
        replied=np.full(rows, replies),
        bursts=np.full(rows, burst, np.int32),
        repeated=np.arange(len(texts or []), dtype=np.int64),
        bands=signatures(column),
        links=np.zeros(rows, np.int32),
        posts=np.ones(rows, np.int32),
    )


def test_channels_of_an_account_are_counted_apart_and_forgotten() -> None:
    habits = AccountHabits()

    columns = habits.columns(posts([7] * 12, channels=list(range(100, 112))))
    same = AccountHabits().columns(posts([7] * 12, channels=[100] * 12))
    later = habits.columns(posts([7], at=NOON + 3 * HOUR_MS))

    assert 10 <= columns["account_channels_1h"].values[-1] <= 14
    assert same["account_channels_1h"].values[-1] == 1
    assert later["account_channels_1h"].values[-1] == 1


def test_the_share_of_replies_is_known_from_five_posts_on() -> None:
    habits = AccountHabits()

    first = habits.columns(posts([7] * 4, replies=True))["account_reply_share"]
    more = habits.columns(posts([7] * 4))["account_reply_share"]

    assert first.known is not None
    assert not first.known.any()
    assert more.known is not None
    assert more.known.all()
    assert more.values[-1] == 0.5


def test_an_account_that_is_long_known_is_left_out_and_nobody_counts_as_nobody() -> None:
    columns = AccountHabits().columns(posts([7, 0], age_hours=9_000.0))

    assert all(one.known is not None and not one.known.any() for one in columns.values())


def test_an_account_of_unknown_age_is_remembered_but_not_called_new() -> None:
    columns = AccountHabits().columns(posts([7], age_hours=None))

    assert columns["fake_account_score"].values.tolist() == [0.0]
    assert columns["fake_account_score"].known is not None
    assert columns["fake_account_score"].known.all()


def test_the_burst_in_which_an_account_was_made_stays_with_it() -> None:
    habits = AccountHabits()
    made = replace(posts([7], burst=9), posted=np.zeros(1, np.bool_))
    habits.columns(made)

    columns = habits.columns(posts([7], at=NOON + HOUR_MS))

    assert columns["account_burst"].values.tolist() == [9]
    facts = columns["fake_account_facts"]
    assert facts.words[facts.values[0]] == "new, made in a burst"


def ring(habits: AccountHabits, texts: list[str], accounts: int, seed: int = 3) -> Doings:
    """Gives a round in which each account posts each text, in an order of chance."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(accounts * len(texts))
    return posts(
        [1_000 + int(one) % accounts for one in order],
        texts=[texts[int(one) // accounts] for one in order],
    )


LONG = "the quickest way to earn from home is here and nobody tells you"
DIFFERENT = [
    LONG,
    "write to me and I show you how my cousin bought a flat in a month",
    "only today the private channel is open to the first hundred members",
    "сегодня последний день, когда можно войти в закрытую группу бесплатно",
]


def test_accounts_that_post_the_same_different_texts_are_one_cluster() -> None:
    habits = AccountHabits()

    habits.columns(ring(habits, DIFFERENT, 12))
    columns = habits.columns(posts([1_000 + number for number in range(12)]))

    sizes = columns["account_cluster"].values
    assert sizes.min() >= 8
    assert sizes.max() <= 16


def test_one_text_that_many_pass_on_makes_no_cluster() -> None:
    habits = AccountHabits()

    habits.columns(ring(habits, [LONG], 12))
    columns = habits.columns(posts([1_000 + number for number in range(12)]))

    assert columns["account_cluster"].values.max() == 0


def test_the_score_grows_with_each_fact_and_one_alone_is_never_enough() -> None:
    alone = [SCORES[1 << bit] for bit in range(len(FACTS_WEIGHED))]

    assert SCORES[0] == 0
    assert max(alone) < 0.75
    assert all(
        SCORES[facts | 1 << bit] >= SCORES[facts]
        for facts in range(len(SCORES))
        for bit in range(len(FACTS_WEIGHED))
    )
    assert SCORES[-1] < 1
    assert REASONS[0b1001] == "new, many channels"


def test_a_fact_is_news_once_a_day() -> None:
    habits = AccountHabits()
    many = list(range(100, 105 + CHANNELS_MIN))

    columns = habits.columns(posts([7] * len(many), channels=many))
    again = habits.columns(posts([7]))
    tomorrow = habits.columns(posts([7], at=NOON + DAY_MS))

    assert columns["fake_account_news"].values.sum() == 2  # new, and later many channels
    assert not again["fake_account_news"].values.any()
    assert tomorrow["fake_account_news"].values.any()


def test_a_full_table_keeps_on_counting() -> None:
    habits = AccountHabits(table=np.zeros((16, 16), np.int64))

    columns = habits.columns(posts(list(range(1, 400))))

    assert (columns["account_channels_1h"].values == 1).all()
