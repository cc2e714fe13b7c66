"""The journal: killed at any byte, nothing acknowledged is lost and nothing is invented."""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.actions.journal import (
    Answered,
    CountedEntry,
    Counter,
    Entry,
    EventFacts,
    FlaggedEntry,
    JournalLimits,
    JournalReader,
    JournalUnavailable,
    JournalWriter,
    ShadowEntry,
    entry_bytes,
    entry_of,
)
from evenhand.base.errors import Misconfigured
from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.verdicts.schema import RuleHit, Verdict

KEY = bytes(range(32))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

moments = st.datetimes(timezones=st.just(UTC))
texts = st.text(max_size=20)
verdicts = st.builds(
    Verdict,
    event_id=texts,
    harm=texts,
    severity=st.integers(1, 4),
    score=st.floats(0, 1),
    rules=st.lists(st.builds(RuleHit, id=texts, version=texts), max_size=3).map(tuple),
    action=st.sampled_from(ActionKind),
    exact=st.booleans(),
    language=st.none() | texts,
    reason=texts,
    over_budget=st.booleans(),
    noticed=st.lists(st.tuples(texts, texts | st.floats(0, 1)), max_size=2).map(tuple),
)
facts = st.builds(
    EventFacts,
    event_id=texts,
    kind=st.sampled_from(EventKind),
    time=moments,
    channel_kind=st.sampled_from(ChannelKind),
    account=texts,
    account_created=st.none() | moments,
    channel=texts,
    territory=texts,
    language=texts,
    media=st.lists(texts, max_size=2).map(tuple),
)
flagged = st.builds(
    FlaggedEntry,
    id=st.uuids(),
    at=moments,
    event=facts,
    verdict=verdicts,
    answered=st.sampled_from(Answered),
    content=st.binary(max_size=30),
    market=texts,
    milliseconds=st.integers(0, 10_000),
)
counted = st.builds(
    CountedEntry,
    id=st.uuids(),
    hour=moments,
    counter=st.sampled_from(Counter),
    channel_kind=st.sampled_from(ChannelKind),
    reason=texts,
    quantity=st.integers(1, 10**6),
)
shadows = st.builds(
    ShadowEntry,
    id=st.uuids(),
    hour=moments,
    rule=texts,
    version=texts,
    market=texts,
    channel_kind=st.sampled_from(ChannelKind),
    quantity=st.integers(1, 10**9),
)
entries = flagged | counted | shadows
groups = st.lists(st.lists(entries, min_size=1, max_size=2), min_size=1, max_size=4)


def count(number: int) -> CountedEntry:
    return CountedEntry(UUID(int=number), NOON, Counter.SCREENED, ChannelKind.PUBLIC, "", number)


def everything(folder: Path) -> list[Entry]:
    """Drains the journal as the worker does."""
    reader, found = JournalReader(folder, KEY), []
    while True:
        drained = reader.read(2)
        reader.commit(drained)
        if not drained.entries:
            return found
        found.extend(drained.entries)


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("segment-*.journal"))


def writer(folder: Path, **limits: int) -> JournalWriter:
    return JournalWriter(folder, KEY, JournalLimits(**limits))


@given(entry=entries)
@settings(max_examples=50)
def test_an_entry_comes_back_as_it_was(entry):
    assert entry_of(entry_bytes(entry)) == entry


@given(groups=groups, more=st.lists(entries, min_size=1, max_size=2), data=st.data())
@settings(max_examples=30, deadline=None)
def test_killed_at_any_byte_nothing_acknowledged_is_lost_and_nothing_is_invented(
    groups, more, data
):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "journal"
        journal = writer(folder)
        ends = [0]
        for group in groups:
            journal.append(group)
            ends.append(segments(folder)[0].stat().st_size)
        journal.close()
        # Killed while the group after `acknowledged` was being written.
        acknowledged = data.draw(st.integers(0, len(groups) - 1))
        cut = data.draw(st.integers(ends[acknowledged], ends[acknowledged + 1]))
        torn = data.draw(st.sampled_from([b"", b"\0" * 50, b"EHJ1", b"EHJ1\xff\xff\xff\xff"]))
        content = segments(folder)[0].read_bytes()[:cut]
        segments(folder)[0].write_bytes(content + torn)

        again = writer(folder)
        again.append(more)
        again.close()
        found = everything(folder)

        whole = (
            groups[: acknowledged + 1] if cut == ends[acknowledged + 1] else groups[:acknowledged]
        )
        assert found == [entry for group in whole for entry in group] + more


@given(groups=groups, sizes=st.integers(1, 400), data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_reader_killed_between_reading_and_committing_reads_the_same_again(groups, sizes, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = writer(folder, segment_bytes=sizes)
        expected, found = [], []
        for group in groups:
            journal.append(group)
            expected.extend(group)
            reader = JournalReader(folder, KEY)
            first = reader.read(1)
            assert JournalReader(folder, KEY).read(1) == first
            if data.draw(st.booleans()):
                reader.commit(first)
                found.extend(first.entries)
        journal.close()

        assert found + everything(folder) == expected


def test_a_damaged_frame_costs_no_other_frame(tmp_path):
    journal = writer(tmp_path)
    ends = []
    for number in range(1, 4):
        journal.append([count(number)])
        ends.append(segments(tmp_path)[0].stat().st_size)
    journal.close()
    content = bytearray(segments(tmp_path)[0].read_bytes())
    content[ends[0] + 40] ^= 1
    segments(tmp_path)[0].write_bytes(content)

    drained = JournalReader(tmp_path, KEY).read()

    assert drained.entries == (count(1), count(3))
    assert drained.skipped_bytes == ends[1] - ends[0]


def test_what_is_drained_is_deleted_and_what_is_not_is_kept(tmp_path):
    journal = writer(tmp_path, segment_bytes=1)
    journal.append([count(1)])
    journal.append([count(2)])
    reader = JournalReader(tmp_path, KEY)
    assert len(segments(tmp_path)) == 2

    reader.commit(reader.read(1))
    reader.commit(reader.read(1))
    journal.append([count(3)])

    assert [path.name for path in segments(tmp_path)] == [
        "segment-000000000002.journal",
        "segment-000000000003.journal",
    ]
    assert everything(tmp_path) == [count(3)]
    journal.close()


def test_a_full_journal_says_so_and_takes_entries_again_once_it_is_drained(tmp_path):
    journal = writer(tmp_path, segment_bytes=1, total_bytes=600)
    errors = [journal.submit([count(number)]).exception() for number in range(20)]
    full = [isinstance(error, JournalUnavailable) for error in errors]
    written = full.index(True)
    assert written > 0
    assert not any(full[:written])
    assert all(full[written:])

    assert everything(tmp_path) == [count(number) for number in range(written)]
    journal.append([count(200)])

    assert everything(tmp_path) == [count(200)]
    journal.close()


def test_a_folder_that_went_away_says_so_and_the_writer_lives_on(tmp_path):
    folder = tmp_path / "journal"
    journal = writer(folder, segment_bytes=1)
    journal.append([count(1)])
    shutil.move(folder, tmp_path / "elsewhere")

    with pytest.raises(JournalUnavailable):
        journal.append([count(2)])
    shutil.move(tmp_path / "elsewhere", folder)
    journal.append([count(3)])

    assert everything(folder) == [count(1), count(3)]
    journal.close()


def test_two_writers_of_one_folder_are_refused(tmp_path):
    journal = writer(tmp_path)

    with pytest.raises(Misconfigured):
        writer(tmp_path)

    journal.close()
    writer(tmp_path).close()


def test_entries_of_many_threads_are_all_there(tmp_path):
    journal = writer(tmp_path, segment_bytes=2_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: journal.append([count(number)]), range(200)))
    journal.close()

    assert sorted(entry.quantity for entry in everything(tmp_path)) == list(range(200))


def test_a_reader_beside_a_busy_writer_misses_nothing_and_sees_nothing_twice(tmp_path):
    journal = writer(tmp_path, segment_bytes=300)
    reader, found = JournalReader(tmp_path, KEY), []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [journal.append([count(number)]) for number in range(300)])
        while not writing.done():
            drained = reader.read(3)
            reader.commit(drained)
            found.extend(drained.entries)
    found.extend(everything(tmp_path))
    journal.close()

    assert [entry.quantity for entry in found] == list(range(300))


def test_a_cancelled_entry_is_not_written_and_stops_nothing(tmp_path):
    journal = writer(tmp_path)
    futures = [journal.submit([count(number)]) for number in range(50)]
    cancelled = {number for number, future in enumerate(futures) if future.cancel()}
    journal.append([count(99)])
    journal.close()

    found = {entry.quantity for entry in everything(tmp_path)}
    assert found == (set(range(50)) - cancelled) | {99}


def test_nothing_readable_is_on_disk(tmp_path):
    journal = writer(tmp_path)
    entry = CountedEntry(
        UUID(int=1), NOON, Counter.UNSCREENED, ChannelKind.PUBLIC, "readable-reason", 1
    )
    journal.append([entry])
    journal.close()

    assert b"readable-reason" not in segments(tmp_path)[0].read_bytes()
    assert segments(tmp_path)[0].stat().st_mode & 0o077 == 0


def test_another_key_reads_nothing(tmp_path):
    journal = writer(tmp_path)
    journal.append([count(1)])
    journal.close()

    assert JournalReader(tmp_path, bytes(32)).read().entries == ()
