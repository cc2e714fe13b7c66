"""A published day stands in the log, and is recomputed from it by anybody."""

import json
import shutil
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from tests.integration.test_reports import DAY, NEXT_DAY, many, record

from evenhand.base.clock import now as clock
from evenhand.base.ids import new_id
from evenhand.base.lists import LegalLane, RecordKind
from evenhand.base.sealing import make_keys
from evenhand.proof.openings import Openings, from_value
from evenhand.proof.recount import Difference, check
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.records.entries import NewRecord
from evenhand.records.log_steps import append_records
from evenhand.records.models import LogBatch, Record
from evenhand.records.steps import append_many, end_gag
from evenhand.transparency.command import run
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Breakdown, Figure
from evenhand.transparency.proving import Prover, site_prover
from evenhand.transparency.publish import is_logged, publish, recounted

pytestmark = pytest.mark.usefixtures("committed")


def logged(prover: Prover) -> None:
    append_records(prover.log, now=NEXT_DAY)


def files(folder: Path) -> dict[str, bytes]:
    day = folder / "reports" / DAY.isoformat()
    return {path.name: path.read_bytes() for path in day.iterdir()}


def recomputed(folder: Path, day: date = DAY) -> list[Difference]:
    """Does what a stranger does who has the public files and nothing else."""
    published = folder / "reports" / day.isoformat()
    report = json.loads((published / "report.json").read_text())
    openings: Openings = from_value(json.loads((published / "openings.json").read_text()))
    tiles = TileReader(FolderFiles(folder / "log"), openings.first + openings.leaves)
    places = range(openings.first, openings.first + openings.leaves)
    return check(report, openings, [tiles.entry(place) for place in places])


def test_a_published_day_is_recomputed_from_the_log(folder: Path, prover: Prover) -> None:
    record(*many(20, "m.spam"), *many(9, "m.spam.fraud"), *many(2, "m.violence", market="DE"))
    logged(prover)

    report = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)

    assert report.in_log is not None
    assert report.public.figures[Figure.REFUSED] == 31
    assert recomputed(folder) == []


def test_a_late_edition_has_leaves_of_its_own(folder: Path, prover: Prover) -> None:
    record(*many(20, "m.spam"))
    logged(prover)
    first = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    record(*many(6, "m.spam.fraud"))
    logged(prover)

    second = publish(DAY, now=NEXT_DAY + timedelta(hours=1), folder=folder, prover=prover)

    assert second.revision == 2
    assert second.public == recounted(DAY)
    assert first.in_log is not None
    assert second.in_log is not None
    assert second.in_log.first >= first.in_log.first + first.in_log.leaves
    assert recomputed(folder) == []


def test_what_is_not_in_the_log_is_not_counted_yet(folder: Path, prover: Prover) -> None:
    record(*many(20, "m.spam"))
    logged(prover)
    record(*many(7, "m.spam"))

    assert not is_logged(DAY)
    report = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)

    assert report.public.figures[Figure.DECISIONS] == 20
    logged(prover)
    assert is_logged(DAY)
    later = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    assert later.public.figures[Figure.DECISIONS] == 27


def test_lost_files_come_back_with_their_openings_and_nothing_new_is_logged(
    folder: Path, prover: Prover
) -> None:
    record(*many(20, "m.spam"), *many(3, "m.violence"))
    logged(prover)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    before, batches = files(folder), LogBatch.objects.count()
    shutil.rmtree(folder / "reports")

    publish(DAY, now=NEXT_DAY + timedelta(days=4), folder=folder, prover=prover)

    assert files(folder) == before
    assert LogBatch.objects.count() == batches
    assert Record.objects.filter(kind=RecordKind.REPORT_PUBLISHED).count() == 1


def test_killed_between_log_and_files_it_writes_the_same_edition(
    folder: Path, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(*many(20, "m.spam"))
    logged(prover)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("evenhand.transparency.publish.write_site", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    report = publish(DAY, now=NEXT_DAY + timedelta(hours=2), folder=folder, prover=prover)

    assert (report.revision, report.generated_at) == (1, NEXT_DAY.replace(microsecond=0))
    assert Record.objects.filter(kind=RecordKind.REPORT_PUBLISHED).count() == 1
    assert recomputed(folder) == []


def test_openings_tell_nothing_of_what_is_withheld(folder: Path, prover: Prover) -> None:
    record(*many(20, "m.spam"), *many(2, "m.violence", market="DE"))
    logged(prover)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)

    text = (folder / "reports" / DAY.isoformat() / "openings.json").read_text()

    assert "m.violence" not in text
    assert '"DE"' not in text
    assert "withheld" not in text


def request(kind: RecordKind, *, at: datetime, matter: NewRecord | None = None) -> NewRecord:
    new = new_id(now=at)
    return NewRecord(
        id=new,
        at=at,
        kind=kind,
        subject=matter.subject if matter else new,
        market="KZ",
        regime="kz",
        request="disclosure",
        lane=LegalLane.ORDINARY,
        outcome="refused" if kind is RecordKind.LEGAL_REFUSED else "",
        milliseconds=1_000 if kind is RecordKind.LEGAL_REFUSED else None,
    )


def test_what_a_gag_hides_is_counted_on_the_day_it_ends() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    received = replace(request(RecordKind.LEGAL_RECEIVED, at=noon), gagged=True)
    refused = replace(request(RecordKind.LEGAL_REFUSED, at=noon, matter=received), gagged=True)
    open_one = request(RecordKind.LEGAL_RECEIVED, at=noon)
    record(received, refused, open_one)

    assert exact(DAY).figures == {Figure.LEGAL_RECEIVED: 1}

    lifted = noon + timedelta(days=1)
    with transaction.atomic():
        assert end_gag(received.subject, now=lifted) == 2
        assert end_gag(received.subject, now=lifted) == 0

    assert exact(DAY).figures == {Figure.LEGAL_RECEIVED: 1}
    after = exact(DAY + timedelta(days=1))
    assert after.figures == {Figure.LEGAL_RECEIVED: 1, Figure.LEGAL_REFUSED: 1}
    assert after.breakdown(Breakdown.LEGAL_REFUSED_BY_MARKET) == {"KZ": 1}
    assert [duration.quantity for duration in after.durations.values()] == [1]


def test_a_drill_is_not_counted() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    drill = replace(request(RecordKind.LEGAL_RECEIVED, at=noon), lane=LegalLane.DRILL)
    with transaction.atomic():
        append_many([drill])

    assert exact(DAY).figures == {}


def test_the_command_publishes_through_the_log_of_the_installation(
    folder: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.PUBLIC_FILES = folder
    settings.KEYS = folder.parent / "keys-of-a-test"
    make_keys(settings.KEYS)
    yesterday = clock().date() - timedelta(days=1)
    record(*many(12, "m.spam", day=yesterday))
    asked = Namespace(date=yesterday, exact=False)

    run(asked)
    assert "wait for the log" in capsys.readouterr().err
    append_records(site_prover(now=clock()).log, now=clock())
    assert run(asked) == 0

    report = json.loads((folder / "reports" / yesterday.isoformat() / "report.json").read_text())
    assert report["figures"]["refused"] == 12
    assert recomputed(folder, yesterday) == []
