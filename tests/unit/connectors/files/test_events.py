"""Batches of events: full ones whatever the chunks, and a clock that only goes on."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.events import (
    GAP_MS,
    SOURCE_SCHEMA,
    SteadyClock,
    event_batch,
    full_batches,
)
from evenhand.events.schema import EVENT_SCHEMA

DECADES_MS = 10**12


def batch(times: list[int], created: list[int | None] | None = None) -> pa.RecordBatch:
    count = len(times)
    columns = {
        "event_id": pa.array([str(row) for row in range(count)], pa.string()),
        "kind": pa.repeat("message", count),
        "channel_kind": pa.repeat("public", count),
    }
    if created is not None:
        columns["account_created"] = pa.array(created, pa.int64()).cast(pa.timestamp("ms", "UTC"))
    rows = np.arange(count)
    return event_batch(columns, milliseconds=np.array(times, np.int64), rows=rows, offsets=rows)


def times_of(events: pa.RecordBatch) -> list[int]:
    return [int(value) for value in events.column("time").cast(pa.int64()).to_pylist()]


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 8))
def test_batches_are_full_but_for_the_last(sizes: list[int], rows_max: int) -> None:
    given_batches = [batch(list(range(size))) for size in sizes]

    made = list(full_batches(given_batches, rows_max=rows_max))

    assert [one.num_rows for one in made[:-1]] == [rows_max] * (len(made) - 1)
    assert all(0 < one.num_rows <= rows_max for one in made)
    wanted = pa.Table.from_batches(given_batches, SOURCE_SCHEMA)
    assert pa.Table.from_batches(made, SOURCE_SCHEMA).equals(wanted)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, DECADES_MS), min_size=1, max_size=9), max_size=6))
def test_steady_times_never_step_back_and_keep_small_steps(batches: list[list[int]]) -> None:
    clock = SteadyClock()

    steady = [time for times in batches for time in times_of(clock.steady(batch(times)))]

    stated = [time for times in batches for time in times]
    assert steady[:1] == stated[:1]
    steps = [min(abs(after - before), GAP_MS) for before, after in pairwise(stated)]
    assert [after - before for before, after in pairwise(steady)] == steps


def test_times_that_only_go_on_are_left_as_they_are() -> None:
    clock = SteadyClock()

    first = clock.steady(batch([5, 5, 9], created=[1, None, 2]))

    assert first.schema == EVENT_SCHEMA
    assert times_of(first) == [5, 5, 9]


def test_the_age_of_an_account_stays_the_same() -> None:
    stated = batch([10 * GAP_MS, GAP_MS], created=[9 * GAP_MS, None])
    clock = SteadyClock()
    clock.steady(batch([50 * GAP_MS]))

    moved = clock.steady(stated)

    created = moved.column("account_created").cast(pa.int64()).to_pylist()
    assert times_of(moved) == [51 * GAP_MS, 52 * GAP_MS]
    assert created == [50 * GAP_MS, None]
