"""Reports of a period from real records: the EU's parts, and the export of all statements."""

from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from tests.drafts_of_tests import EVENT, by_person

from evenhand.actions.drafts import Measure
from evenhand.actions.steps import decide
from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, LegalLane, RecordKind
from evenhand.records.entries import NewRecord
from evenhand.records.period_queries import crossed, medians
from evenhand.records.steps import append_many
from evenhand.statements.export_command import FIELDS, NEVER, rows
from evenhand.statements.models import Submission
from evenhand.statements.steps import enter
from evenhand.transparency.eu_command import PeriodRefused, check_period, run
from evenhand.wiring import statement_terms

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)

pytestmark = pytest.mark.usefixtures("committed")


def received(day: date, *, milliseconds: int | None = None, **columns: object) -> NewRecord:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    entry = NewRecord(
        id=new_id(now=at),
        at=at,
        kind=RecordKind.LEGAL_RELEASED if milliseconds else RecordKind.LEGAL_RECEIVED,
        subject=uuid4(),
        market="DE",
        request="removal",
        milliseconds=milliseconds,
    )
    return replace(entry, **columns)  # type: ignore[arg-type]


def record(*entries: NewRecord) -> None:
    with transaction.atomic():
        append_many(list(entries))


def test_a_period_counts_its_days_and_neither_drills_nor_what_is_gagged() -> None:
    gagged = received(FIRST, gagged=True)
    later = received(LAST, gagged=True)
    record(
        received(FIRST),
        received(LAST),
        received(FIRST - timedelta(days=1)),
        received(LAST + timedelta(days=1)),
        received(FIRST, lane=LegalLane.DRILL),
        gagged,
        later,
        received(LAST, kind=RecordKind.GAG_ENDED, subject=later.id, market="ZZ", request=""),
    )

    found = {cell.kind: cell.quantity for cell in crossed(FIRST, LAST)}

    assert found[RecordKind.LEGAL_RECEIVED.value] == 3


def test_medians_are_told_of_all_and_of_each_country() -> None:
    record(
        *(received(FIRST, milliseconds=number) for number in (10, 20, 90)),
        received(FIRST, milliseconds=1_000, market="FR"),
    )

    found = {
        (row.request, row.market): row.milliseconds
        for row in medians(FIRST, LAST)
        if row.kind == RecordKind.LEGAL_RELEASED
    }

    assert found["removal", "DE"] == 20
    assert found["removal", "FR"] == 1_000
    assert found["removal", None] == 20


def test_the_command_writes_ten_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(received(FIRST))

    assert run(Namespace(first=FIRST, last=LAST, out=tmp_path / "eu")) == 0

    assert len(list((tmp_path / "eu").glob("*.csv"))) == 10
    assert "Wrote 10 parts" in capsys.readouterr().out


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (FIRST, date(2026, 11, 22))])
def test_a_period_that_is_upside_down_or_not_over_is_refused(first: date, last: date) -> None:
    with pytest.raises(PeriodRefused):
        check_period(first, last, today=date(2026, 11, 22))


def test_the_export_has_every_statement_of_the_period_and_names_nobody() -> None:
    moment = now()
    decision = decide(by_person(Measure(ActionKind.REDACT, EVENT)), now=moment)
    submission = enter(decision.id, statement_terms(), now=moment)
    assert submission is not None
    Submission.objects.filter(pk=submission.pk).update(
        entry={**submission.entry, "source_identity": "Somebody"}
    )
    day = decision.at.date()

    (row,) = rows(day, day)

    text = ",".join(row)
    assert row[0] == submission.puid
    assert submission.entry["decision_facts"] in row
    for name in (decision.account, decision.channel, decision.event, "Somebody"):
        assert not name or name not in text
    assert set(FIELDS) > NEVER
    assert list(rows(day - timedelta(days=9), day - timedelta(days=8))) == []
    assert UUID(str(decision.id)).hex not in text.replace("-", "")


def test_the_columns_are_those_of_the_database_once_each() -> None:
    assert len(FIELDS) == len(set(FIELDS))
