"""Days whose publication, log or database is not as the last one left it."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pytest_django.fixtures import Settings
from tests.conftest import Site
from tests.integration.test_report_proof import recomputed
from tests.integration.test_reports import DAY, NEXT_DAY, many, record

from evenhand import appender
from evenhand.base.lists import ActionKind
from evenhand.base.sealing import make_keys
from evenhand.database.addresses import APP, OWNER
from evenhand.proof.openings import all_leaves, from_value
from evenhand.proof.tiles import FolderFiles, TileReader
from evenhand.records.log_queries import last_batch
from evenhand.records.log_steps import adopt, append_records
from evenhand.records.models import LogBatch
from evenhand.transparency import documents
from evenhand.transparency.editions import EditionLost
from evenhand.transparency.figures import Figure
from evenhand.transparency.proving import Prover
from evenhand.transparency.publish import is_logged, publish
from evenhand.transparency.site import published

pytestmark = pytest.mark.usefixtures("committed")

PUBLISHED = "SELECT id FROM records_record WHERE kind = 'report_published'"
UNDONE = (
    f"DELETE FROM records_recordopening WHERE record_id IN ({PUBLISHED})",
    "DELETE FROM records_record WHERE kind = 'report_published'",
    "DELETE FROM records_logbatch WHERE kind = 'classes'",
)
"""What a copy of the database from before the publication does not have."""


def logged(prover: Prover) -> None:
    append_records(prover.log, now=NEXT_DAY)


def restored(site: Site, prover: Prover) -> None:
    with psycopg.connect(site.url(OWNER)) as owner:
        for table in ("record", "recordopening", "logbatch"):
            owner.execute(f"ALTER TABLE records_{table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        for statement in UNDONE:
            owner.execute(statement)  # type: ignore[arg-type]
    adopt(prover.log, now=NEXT_DAY)


def last_entries(prover: Prover) -> set[bytes]:
    batch = last_batch()
    assert batch is not None
    tiles = TileReader(FolderFiles(prover.log.folder), batch.size)
    return set(tiles.entries(batch.first, batch.size))


def test_an_edition_that_the_database_lost_is_followed_by_the_next(
    site: Site, folder: Path, prover: Prover
) -> None:
    record(*many(20, "m.spam"), *many(3, "m.violence"))
    logged(prover)
    first = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    restored(site, prover)

    second = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    again = publish(DAY, now=NEXT_DAY + timedelta(hours=1), folder=folder, prover=prover)

    assert (first.revision, second.revision) == (1, 2)
    assert second.public == first.public
    assert again == second
    assert recomputed(folder) == []


def test_beside_a_lost_edition_no_small_group_is_shown(
    site: Site, folder: Path, prover: Prover
) -> None:
    record(*many(20, "m.spam"))
    logged(prover)
    first = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    restored(site, prover)
    record(*many(2, "m.spam"))
    logged(prover)

    held_back = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    record(*many(7, "m.spam"))
    logged(prover)
    second = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)

    assert held_back == first
    assert (second.revision, second.public.figures[Figure.DECISIONS]) == (2, 29)
    assert recomputed(folder) == []


def test_no_two_publications_have_leaves_in_common(
    site: Site, folder: Path, prover: Prover
) -> None:
    hidden = [replace(one, action=ActionKind.QUARANTINE) for one in many(3, "m.violence")]
    record(*many(20, "m.spam"), *hidden)
    logged(prover)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    one = last_entries(prover)
    text = (folder / "reports" / DAY.isoformat() / "openings.json").read_text()
    openings = from_value(json.loads(text))
    restored(site, prover)
    shutil.rmtree(folder / "reports")
    record(*many(7, "m.spam"))
    logged(prover)

    again = publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)

    assert again.revision == 1  # nobody knows any more that there was another
    assert set(all_leaves(openings.cells, day=DAY, edition=1)) <= one
    assert not one & last_entries(prover)
    assert recomputed(folder) == []


def test_an_edition_that_this_version_would_write_otherwise_is_not_written_over(
    folder: Path, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(*many(20, "m.spam"))
    logged(prover)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    kept = shutil.copytree(folder / "reports" / f"{DAY}.1", folder / "kept")
    monkeypatch.setattr(documents, "METHOD", "of a later version")

    standing = publish(DAY, now=NEXT_DAY + timedelta(days=1), folder=folder, prover=prover)
    shutil.rmtree(folder / "reports" / f"{DAY}.1")
    with pytest.raises(EditionLost, match="is not the report that is in the log"):
        publish(DAY, now=NEXT_DAY + timedelta(days=1), folder=folder, prover=prover)
    record(*many(2, "m.spam"))
    logged(prover)
    with pytest.raises(EditionLost):
        publish(DAY, now=NEXT_DAY + timedelta(days=2), folder=folder, prover=prover)
    shutil.copytree(kept, folder / "reports" / f"{DAY}.1")

    assert standing.revision == 1
    assert publish(DAY, now=NEXT_DAY + timedelta(days=3), folder=folder, prover=prover) == standing
    assert recomputed(folder) == []
    record(*many(9, "m.spam"))
    logged(prover)
    assert publish(DAY, now=NEXT_DAY, folder=folder, prover=prover).revision == 2
    assert recomputed(folder) == []


def test_what_was_altered_or_lost_is_put_back(folder: Path, prover: Prover) -> None:
    record(*many(20, "m.spam"))
    logged(prover)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    file = folder / "reports" / f"{DAY}.1" / "report.json"
    before = file.read_text()
    file.write_text(before.replace('"decisions": 20', '"decisions": 21'))
    publish(DAY, now=NEXT_DAY + timedelta(days=1), folder=folder, prover=prover)
    (file.parent / "openings.json").unlink()

    publish(DAY, now=NEXT_DAY + timedelta(days=2), folder=folder, prover=prover)

    assert file.read_text() == before
    assert recomputed(folder) == []
    assert LogBatch.objects.filter(day=DAY).count() == 1


def test_a_day_with_committed_records_that_wait_is_not_in_the_log(
    site: Site, prover: Prover
) -> None:
    with psycopg.connect(site.url(APP)) as running:
        running.execute("SELECT pg_current_xact_id()")
        record(*many(20, "m.spam"))
        logged(prover)
        waits = is_logged(DAY)
    logged(prover)

    assert (waits, is_logged(DAY)) == (False, True)


def test_what_comes_long_after_its_day_is_published_once_it_is_enough(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_FILES = folder
    settings.KEYS = folder.parent / "keys-of-a-test"
    settings.LOG_SECONDS = 3600
    make_keys(settings.KEYS)
    seen: dict[object, object] = {}
    looked: list[object] = []
    moment = NEXT_DAY

    def look(hours: int) -> int | None:
        at = moment + timedelta(hours=hours)
        with monkeypatch.context() as patch:
            patch.setattr(appender, "now", lambda: at)
            patch.setattr(appender, "publish", counted)
            appender.append()
            appender.publish_days(folder, seen)  # type: ignore[arg-type]
        report = published(DAY, folder=folder)
        return None if report is None else report.public.figures[Figure.DECISIONS]

    def counted(day: object, **more: object) -> object:
        looked.append(day)
        return publish(day, **more)  # type: ignore[arg-type]

    record(*many(20, "m.spam"))
    first = look(0)
    record(*many(2, "m.spam"))
    too_few = look(96)
    after_few = len(looked)
    look(97)
    unasked = len(looked) - after_few
    record(*many(20, "m.spam"))
    enough = look(98)

    assert (first, too_few, enough) == (20, 20, 42)
    # Too few are not counted again each minute.
    assert unasked == 0
    assert LogBatch.objects.filter(day=DAY).count() == 2
