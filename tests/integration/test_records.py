"""Records: added with what they speak of, read in a settled order, forgotten by one way alone."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.conftest import Site

from evenhand.base.errors import Misconfigured, NotFound
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.database.addresses import APP, FORGET
from evenhand.records.entries import NewRecord
from evenhand.records.models import Cursor, Record, RecordOpening
from evenhand.records.outbox import Consumer, News, Reaction, react
from evenhand.records.queries import BEGINNING, Place, about, settled_after
from evenhand.records.steps import append, append_many, append_missing, forget

NOW = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)


def record(kind: RecordKind = RecordKind.DECISION, **changes: object) -> NewRecord:
    facts: dict[str, object] = {
        "id": uuid4(),
        "at": NOW,
        "subject": uuid4(),
        "kind": kind,
        **changes,
    }
    return NewRecord(**facts)  # type: ignore[arg-type]


def written(*records: NewRecord) -> None:
    with transaction.atomic():
        append_many(records)


@pytest.mark.django_db
def test_a_record_falls_on_its_day_in_utc() -> None:
    late = record(at=datetime.fromisoformat("2026-11-23T01:30:00+02:00"))

    written(late)

    assert Record.objects.get(id=late.id).day == date(2026, 11, 22)


@pytest.mark.django_db
def test_each_opening_has_its_own_salt() -> None:
    salts = iter([b"a" * 32, b"b" * 32])

    with transaction.atomic():
        append_many([record(), record()], random=lambda _size: next(salts))

    assert {bytes(salt) for salt in RecordOpening.objects.values_list("salt", flat=True)} == {
        b"a" * 32,
        b"b" * 32,
    }


def append_and_fail(one: NewRecord) -> None:
    append(one)
    raise RuntimeError


def test_a_record_stands_or_falls_with_its_transaction(committed: Site) -> None:
    one = record()

    with pytest.raises(RuntimeError), transaction.atomic():
        append_and_fail(one)

    assert committed.database
    assert not Record.objects.filter(id=one.id).exists()


def test_a_record_outside_a_transaction_is_our_own_mistake(committed: Site) -> None:
    assert committed.database
    with pytest.raises(AssertionError):
        append(record())


@pytest.mark.django_db
def test_what_is_drained_twice_counts_once() -> None:
    hours = [record(RecordKind.SCREENED, quantity=7) for _ in range(3)]

    with transaction.atomic():
        append_missing(hours[:2])
        append_missing(hours)

    assert Record.objects.count() == RecordOpening.objects.count() == 3


@pytest.mark.django_db
def test_the_records_about_one_subject_come_in_order() -> None:
    subject = uuid4()
    kinds = [RecordKind.DECISION, RecordKind.EFFECT_CONFIRMED, RecordKind.EFFECT_UNDONE]

    written(*[record(kind, subject=subject) for kind in kinds], record())

    assert [one.kind for one in about(subject)] == kinds


def test_the_outbox_gives_nothing_that_an_earlier_transaction_may_still_precede(
    committed: Site,
) -> None:
    first, second = record(), record()
    with psycopg.connect(committed.url(APP)) as slow:
        slow.execute("SELECT pg_current_xact_id()")  # begins, and has not written yet
        written(second)

        seen_meanwhile = ids(settled_after(BEGINNING, rows_max=10))
        slow.execute(
            "INSERT INTO records_record (id, at, day, kind, subject, harm, action, market,"
            " automation, source, language, channel_kind, quantity)"
            " VALUES (%s, now(), current_date, 'decision', %s, '', '', 'ZZ', '', '', '', '', 1)",
            [first.id, first.subject],
        )
        slow.commit()

    assert seen_meanwhile == []
    assert ids(settled_after(BEGINNING, rows_max=10)) == [first.id, second.id]


def test_the_outbox_goes_on_after_a_place_and_in_limited_number(committed: Site) -> None:
    assert committed.database
    records = [record() for _ in range(5)]
    for one in records:
        written(one)

    page = settled_after(BEGINNING, rows_max=2)
    rest = settled_after(Place(page[-1].transaction, page[-1].serial), rows_max=10)

    assert ids(page) == [one.id for one in records[:2]]
    assert ids(rest) == [one.id for one in records[2:]]


def test_a_reaction_sees_each_record_of_its_kinds_once(committed: Site) -> None:
    assert committed.database
    failed = [record(RecordKind.EFFECT_FAILED) for _ in range(3)]
    written(record(), *failed, record())
    seen: list[UUID] = []
    reaction = Reaction(
        "test.failures",
        frozenset({RecordKind.EFFECT_FAILED}),
        lambda one, _now: seen.append(one.id),
    )

    passed = [react(reaction, now=NOW, rows_max=2) for _ in range(4)]

    assert passed == [2, 2, 1, 0]
    assert seen == [one.id for one in failed]


def test_a_reaction_that_fails_begins_where_it_was(committed: Site) -> None:
    assert committed.database
    one = record(RecordKind.EFFECT_FAILED)
    written(one)
    follow_up = record(RecordKind.CASE_OPENED)

    def fail_after_writing(_record: Record, _now: datetime) -> None:
        append(follow_up)
        raise RuntimeError

    kinds = frozenset({RecordKind.EFFECT_FAILED})
    with pytest.raises(RuntimeError):
        react(Reaction("test.failing", kinds, fail_after_writing), now=NOW)
    written_meanwhile = Record.objects.filter(id=follow_up.id).exists()
    passed = react(Reaction("test.failing", kinds, lambda *_: append(follow_up)), now=NOW)

    assert not written_meanwhile
    assert passed == 1
    assert Record.objects.filter(id=follow_up.id).exists()


def test_two_consumers_have_places_of_their_own(committed: Site) -> None:
    assert committed.database
    written(record(), record())
    kinds = frozenset(RecordKind)

    react(Reaction("test.one", kinds, lambda *_: None), now=NOW, rows_max=1)
    react(Reaction("test.two", kinds, lambda *_: None), now=NOW)

    serials = dict(Cursor.objects.values_list("consumer", "serial"))
    assert serials["test.one"] < serials["test.two"]


def test_a_consumer_is_asked_only_once_there_is_news(committed: Site) -> None:
    assert committed.database
    asked: list[UUID] = []

    def take(one: Record, _now: datetime) -> None:
        asked.append(one.id)
        if len(asked) == 1:
            raise RuntimeError

    consumer = Consumer(Reaction("test.news", frozenset(RecordKind), take), News(0))
    first, second = record(), record()
    nothing = consumer.work(now=NOW)
    written(first)
    with pytest.raises(RuntimeError):
        consumer.work(now=NOW)
    passed = [consumer.work(now=NOW) for _ in range(2)]
    with CaptureQueriesContext(connection) as idle:
        assert consumer.work(now=NOW) == 0
    written(second)
    passed += [consumer.work(now=NOW) for _ in range(2)]

    assert nothing == 0
    assert passed == [1, 0, 1, 0]
    assert asked == [first.id, first.id, second.id]
    assert len(idle.captured_queries) == 1


def test_many_consumers_look_together(committed: Site) -> None:
    assert committed.database
    written(record())
    news = News(60)

    with CaptureQueriesContext(connection) as asked:
        places = {news.latest() for _ in range(5)}

    assert len(places) == 1
    assert places != {None}
    assert len(asked.captured_queries) == 1


def test_forgetting_deletes_the_opening_and_writes_a_record_of_it(committed: Site) -> None:
    one = record(action=ActionKind.REFUSE, body={"case": "1"})
    written(one)
    staff = uuid4()

    forget(
        one.id,
        by=staff,
        reason="asked to",
        now=NOW + timedelta(days=1),
        forget_url=committed.url(FORGET),
    )

    kept = Record.objects.get(id=one.id)
    (forgotten,) = Record.objects.filter(kind="record_forgotten")
    assert kept.action == "refuse"
    assert not RecordOpening.objects.filter(record=kept).exists()
    assert (forgotten.subject, forgotten.day) == (one.id, date(2026, 11, 23))
    opening = RecordOpening.objects.get(record=forgotten)
    assert opening.body == {"by": str(staff), "reason": "asked to"}
    assert len(bytes(opening.salt)) == 32


def test_what_has_no_opening_cannot_be_forgotten_again(committed: Site) -> None:
    one = record()
    written(one)
    url = committed.url(FORGET)
    forget(one.id, by=uuid4(), reason="asked to", now=NOW, forget_url=url)

    with pytest.raises(NotFound):
        forget(one.id, by=uuid4(), reason="asked to", now=NOW, forget_url=url)

    assert Record.objects.filter(kind="record_forgotten").count() == 1


def test_without_the_role_nothing_is_forgotten() -> None:
    with pytest.raises(Misconfigured):
        forget(new_id(now=NOW), by=uuid4(), reason="asked to", now=NOW, forget_url="")


@pytest.mark.django_db
def test_the_application_is_connected_as_its_own_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("evenhand_app",)


def ids(records: object) -> list[UUID]:
    assert isinstance(records, list)
    return [one.id for one in records]
