"""Noticing ids that occur twice."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.connectors.files.events import event_batch
from evenhand.connectors.files.seen import SeenIds


def batch(ids: list[str], channels: list[str | None] | None = None) -> pa.RecordBatch:
    rows = np.arange(len(ids))
    columns = {
        "event_id": pa.array(ids, pa.string()),
        "channel": pa.array(channels or [None] * len(ids), pa.string()),
        "kind": pa.repeat("message", len(ids)),
        "channel_kind": pa.repeat("public", len(ids)),
    }
    return event_batch(columns, milliseconds=rows, rows=rows, offsets=None)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdefgh") | st.text(max_size=3), max_size=20)))
def test_exactly_the_repeated_ids_are_found(batches: list[list[str]]) -> None:
    seen, known = SeenIds(), set()

    for ids in batches:
        wanted = []
        for row, one in enumerate(ids):
            if one in known:
                wanted.append(row)
            known.add(one)
        assert seen.repeated(batch(ids)).tolist() == wanted


def test_the_same_id_in_another_channel_is_another_item() -> None:
    assert SeenIds().repeated(batch(["1", "1", "1"], ["a", "b", "a"])).tolist() == [2]


def test_columns_that_begin_inside_a_buffer_are_read_right() -> None:
    ids = batch([str(number) for number in range(100)])
    seen = SeenIds()

    seen.repeated(ids.slice(0, 50))

    assert seen.repeated(ids.slice(50)).tolist() == []
    assert seen.repeated(ids.slice(49, 1)).tolist() == [0]


def test_many_ids_are_remembered_up_to_the_limit() -> None:
    seen = SeenIds(ids_max=100_000)
    ids = [str(number) for number in range(60_000)]

    assert seen.repeated(batch(ids)).tolist() == []
    assert len(seen.repeated(batch(ids))) == 60_000
    assert not seen.full
    seen.repeated(batch([f"x{number}" for number in range(60_000)]))
    assert seen.full
    assert seen.repeated(batch(ids)).tolist() == []
