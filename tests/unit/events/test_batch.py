from datetime import UTC, datetime

import pyarrow as pa
import pytest

from evenhand.base.errors import InputRefused
from evenhand.events.batch import Refusal, check_batch, event_batch, one_event
from evenhand.events.schema import EVENT_SCHEMA

EVENT = {
    "event_id": "$1",
    "kind": "message",
    "time": datetime(2026, 1, 1, tzinfo=UTC),
    "channel_kind": "public",
    "text": "hello",
}


def test_rows_become_a_batch_of_the_schema():
    checked = event_batch([EVENT, {**EVENT, "urls": ["https://a.example"], "network": bytes(16)}])

    assert checked.refusals == ()
    assert checked.batch.schema == EVENT_SCHEMA
    assert checked.batch["urls"].to_pylist() == [None, ["https://a.example"]]


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"text": "x" * 65_537}, "text", "longer than 65536 bytes"),
        ({"event_id": None}, "event_id", "missing"),
        ({"kind": "shout"}, "kind", "not one of"),
        ({"time": datetime(2026, 1, 1)}, "time", "time zone"),  # noqa: DTZ001
        ({"text": 3}, "text", "not a text"),
        ({"text": "\ud800"}, "text", "not valid Unicode"),
        ({"network": b"short"}, "network", "not 16 bytes"),
        ({"media_sha256": [bytes(32), None]}, "media_sha256", "not 32 bytes"),
        ({"urls": "https://a.example"}, "urls", "not a list"),
        ({"urls": ["x"] * 1001}, "urls", "more than 1000"),
        ({"colour": "red"}, "colour", "no such field"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(change, field, why):
    checked = event_batch([EVENT, {**EVENT, **change}, EVENT])

    (refusal,) = checked.refusals
    assert refusal == Refusal(1, field, refusal.why)
    assert why in refusal.why
    assert checked.places == (0, 2)


@pytest.mark.parametrize("kind", [None, "secret", "PUBLIC", ""])
def test_a_channel_kind_that_is_unknown_is_private(kind):
    assert one_event({**EVENT, "channel_kind": kind})["channel_kind"].to_pylist() == ["private"]


def test_one_event_that_does_not_fit_raises():
    with pytest.raises(InputRefused) as refusal:
        one_event({**EVENT, "kind": "shout"})

    assert refusal.value.fields["field"] == "kind"


def test_no_rows_give_an_empty_batch():
    assert event_batch([]).batch.num_rows == 0


def test_a_batch_may_have_further_columns():
    batch = one_event(EVENT).append_column("row", pa.array([7]))

    assert check_batch(batch).schema == EVENT_SCHEMA


def broken_text():
    offsets = pa.py_buffer(bytes([0, 0, 0, 0, 2, 0, 0, 0]))
    return pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xff\xfe"))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("text", broken_text()),
        ("text", pa.array([1])),
        ("media_sha256", pa.array([[None]], pa.list_(pa.binary(32)))),
    ],
)
def test_a_batch_that_kernels_could_trip_over_is_refused(column, values):
    batch = one_event(EVENT)
    place = batch.schema.get_field_index(column)

    with pytest.raises(InputRefused):
        check_batch(batch.set_column(place, pa.field(column, values.type), values))


def many(column, values):
    """Gives a batch of a hundred events with these values in one column."""
    batch = event_batch([EVENT] * 100).batch
    return batch.set_column(
        batch.schema.get_field_index(column), EVENT_SCHEMA.field(column), values
    )


def test_text_that_is_not_utf8_is_refused_in_a_large_batch_by_its_field():
    values = pa.concat_arrays([pa.array(["a" * 1000] * 99), broken_text()])

    with pytest.raises(InputRefused) as refusal:
        check_batch(many("text", values))

    assert refusal.value.fields["field"] == "text"


def text_of(ends, content, valid=None):
    """Gives a column of a hundred texts by its buffers, whatever they say."""
    offsets = b"".join(end.to_bytes(4, "little", signed=True) for end in ends)
    buffers = [valid and pa.py_buffer(valid), pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.string(), 100, buffers)


def test_a_row_that_leads_nowhere_is_refused_in_a_large_batch():
    ends = [0, 9_000_000, *range(1_000, 100_000, 1_000)]

    with pytest.raises(InputRefused) as refusal:
        check_batch(many("text", text_of(ends, b"a" * 100_000)))

    assert refusal.value.fields["field"] == "text"


def test_what_a_null_stands_on_is_no_ones_text():
    ends = [0, *range(1_000, 101_000, 1_000)]
    values = text_of(ends, b"\xff" * 1_000 + b"a" * 99_000, valid=b"\xfe" + b"\xff" * 12)

    assert check_batch(many("text", values))["text"].null_count == 1


def test_a_batch_without_a_column_is_refused():
    with pytest.raises(InputRefused):
        check_batch(one_event(EVENT).drop_columns(["text"]))
