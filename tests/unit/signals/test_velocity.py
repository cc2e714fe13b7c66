"""Counts over time: accounts, floods of one text, bursts of registrations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.events.text_column import TextColumn
from evenhand.signals.counting import WindowCounter
from evenhand.signals.registration import Registrations
from evenhand.signals.velocity import Velocity

MINUTE = 60_000
EVERY = np.ones(1, np.bool_)


def keys(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return np.array(values, np.uint64)


def times(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(values, np.int64)


def test_a_key_is_counted_within_its_window_and_forgotten_after_it():
    counter = WindowCounter((MINUTE,), 16)

    first, _ = counter.count(keys(7, 7, 7), times(0, 1, 2))
    later, _ = counter.count(keys(7), times(3 * MINUTE))

    assert first[0].tolist() == [1, 2, 3]
    assert later[0].tolist() == [1]


def test_part_of_the_bucket_before_still_counts():
    counter = WindowCounter((MINUTE,), 16)
    counter.count(keys(*[7] * 10), times(*[MINUTE - 1] * 10))

    counts, _ = counter.count(keys(7), times(MINUTE + MINUTE // 2))

    assert counts[0, 0] == 1 + 5


def test_two_keys_do_not_mix_and_nothing_counts_as_nothing():
    counter = WindowCounter((MINUTE,), 16)

    counts, _ = counter.count(keys(7, 8, 0, 7), times(0, 0, 0, 0))

    assert counts[0].tolist() == [1, 1, 0, 2]


def test_a_full_table_keeps_on_counting_and_forgets_the_quietest():
    counter = WindowCounter((MINUTE,), 16)
    counter.count(keys(*range(1, 200)), times(*range(1, 200)))

    counts, _ = counter.count(keys(999, 999), times(300, 301))

    assert counts[0].tolist() == [1, 2]


def test_an_event_that_comes_late_is_counted_in_its_own_time():
    counter = WindowCounter((MINUTE,), 16)
    counter.count(keys(7, 7), times(5 * MINUTE, 5 * MINUTE))

    late, _ = counter.count(keys(7, 7), times(4 * MINUTE, 4 * MINUTE + 1))
    now, _ = counter.count(keys(7), times(5 * MINUTE))

    assert late[0].tolist() == [1, 2]
    assert now[0, 0] == 3 + 2


def test_what_was_read_back_hours_later_makes_nobody_a_flooder():
    counter = WindowCounter((MINUTE,), 16)
    counter.count(keys(7), times(600 * MINUTE))

    old, _ = counter.count(keys(*[7] * 50), times(*(n * MINUTE for n in range(500, 550))))
    now, _ = counter.count(keys(7), times(600 * MINUTE))

    assert old[0].max() == 1
    assert now[0, 0] == 2


def slowly(
    lengths: tuple[int, ...], rows: list[tuple[list[int], int, bool]]
) -> tuple[list[list[int]], list[int]]:
    """Counts as the counter does, with a dictionary for each key and window."""
    seen: dict[int, int] = {}
    buckets: dict[tuple[int, int, int], int] = {}
    persons: dict[tuple[int, int], set[int]] = {}
    counts, told = [], []
    for row, (several, moment, counted) in enumerate(rows):
        best, people = [0] * len(lengths), 0
        for key in several:
            if key == 0:
                continue
            seen[key] = max(seen.get(key, moment), moment)
            for at, length in enumerate(lengths):
                bucket, newest = moment // length, seen[key] // length
                count = int(counted)
                if bucket >= newest - 1:
                    count = buckets[key, at, bucket] = buckets.get((key, at, bucket), 0) + counted
                    if at == 0 and counted:
                        persons.setdefault((key, bucket), set()).add(row % 7)
                if bucket == newest:
                    left = (bucket + 1) * length - moment
                    count += buckets.get((key, at, bucket - 1), 0) * left // length
                if count > best[at] and at == 0:
                    lately = (persons.get((key, newest - ago), set()) for ago in (0, 1))
                    people = len(set().union(*lately))
                best[at] = max(best[at], count)
        counts.append(best)
        told.append(people)
    return counts, told


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 9), min_size=2, max_size=2), st.integers(0, 400), st.booleans()
        ),
        max_size=120,
    ),
    st.integers(1, 50),
)
def test_many_keys_are_counted_as_a_dictionary_would(
    rows: list[tuple[list[int], int, bool]], apart: int
):
    counter = WindowCounter((40, 150), 256)
    counts, told = [], []

    for begin in range(0, len(rows), apart):
        part = rows[begin : begin + apart]
        people = np.arange(begin, begin + len(part)) % 7
        found, persons = counter.count(
            keys(*[key for several, _, _ in part for key in several]),
            times(*[moment for _, moment, _ in part]),
            counted=np.array([counted for _, _, counted in part], np.bool_),
            persons=people.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15),
        )
        counts += found.T.tolist()
        told += persons.tolist()

    expected, people_expected = slowly((40, 150), rows)
    assert counts == expected
    assert told == people_expected


def test_joins_between_the_messages_make_nobody_a_flooder():
    velocity = Velocity()
    rows = 16
    posted = np.arange(rows) % 2 == 1

    every = np.ones(rows, np.bool_)

    columns = velocity.posts(
        keys(*[7] * rows), times(*range(rows)), posted, every, linked=~posted, readable=every
    )

    assert columns["account_posts_10s"].values[-1] == rows // 2
    assert columns["account_links_10m"].values[-1] == rows // 2


@pytest.mark.parametrize("people", [1, 5, 20])
def test_persons_are_told_apart_about_right(people: int):
    counter = WindowCounter((MINUTE,), 16)
    rows = 60
    persons = np.arange(rows, dtype=np.uint64) % people * np.uint64(0x9E3779B97F4A7C15)

    _, found = counter.count(keys(*[7] * rows), times(*range(rows)), persons=persons)

    assert people * 0.6 <= found[-1] <= people * 1.6


LONG = "earn five hundred dollars a day from home without any experience, write to me number {}"


def test_nearly_the_same_text_is_counted_across_accounts():
    velocity = Velocity()
    text = TextColumn.of([LONG.format(n) for n in range(12)])
    accounts = np.arange(1, 13, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)

    columns = velocity.floods(text, accounts, times(*range(12)), np.ones(12, np.bool_))

    assert columns["near_duplicates_10m"].values[-1] >= 10
    assert columns["near_duplicate_accounts_10m"].values[-1] >= 7


def test_different_texts_and_short_greetings_are_no_flood():
    velocity = Velocity()
    sentences = [
        "the ferry to the island leaves at nine and comes back in the evening",
        "does anybody know a good recipe for plum jam without too much sugar",
        "our choir rehearses on thursday in the small hall behind the church",
        *["good morning everybody"] * 8,
    ]
    text = TextColumn.of(sentences)
    rows = len(sentences)
    accounts = np.arange(1, rows + 1, dtype=np.uint64)

    columns = velocity.floods(text, accounts, times(*range(rows)), np.ones(rows, np.bool_))

    assert columns["near_duplicates_10m"].values.max() <= 1


def test_rows_that_may_not_be_read_are_null():
    velocity = Velocity()
    text = TextColumn.of([LONG.format(1)])

    columns = velocity.floods(text, keys(5), times(0), np.zeros(1, np.bool_))

    known = columns["near_duplicates_10m"].known
    assert known is not None and not known[0]


def burst(names: list[str], network: int = 99) -> list[int]:
    registrations = Registrations()
    rows = len(names)
    columns = registrations.bursts(
        TextColumn.of(names), keys(*[network] * rows), times(*range(rows)), np.ones(rows, np.bool_)
    )
    return [int(value) for value in columns["similar_names_10m"].values]


@pytest.mark.parametrize(
    "pattern",
    ["gift_bot_{}", "crypto.helper.{:02}", "annaxyz{}", "{}winner_promo", "support-{}-team"],
)
def test_names_of_one_cloth_are_counted_together(pattern: str):
    assert burst([pattern.format(n) for n in range(1, 21)])[9] == 10


def test_twenty_different_people_behind_one_address_are_not_alike():
    people = [
        "aigerim", "bela_k", "chiara99", "dauren", "elif.y", "farid", "greta_1990", "hugo", "ines",
        "jonas.b", "kamila", "lukas7", "marta", "nurlan", "olga_p", "pavel", "quentin", "rosa",
        "samir", "tomiris",
    ]  # fmt: skip

    assert max(burst(people)) == 1


def test_the_same_name_from_another_network_is_not_alike():
    registrations = Registrations()
    columns = registrations.bursts(
        TextColumn.of(["gift1", "gift2"]), keys(1, 2), times(0, 1), np.ones(2, np.bool_)
    )

    assert columns["similar_names_10m"].values.tolist() == [1, 1]


def test_a_registration_from_an_unknown_network_is_null():
    registrations = Registrations()
    columns = registrations.bursts(TextColumn.of(["gift1"]), keys(0), times(0), EVERY)

    known = columns["similar_names_10m"].known
    assert known is not None and not known[0]
