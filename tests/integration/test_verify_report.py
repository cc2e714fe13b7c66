"""`evenhand verify report`: a published day is equal, and every tampered copy of it is not."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Site
from tests.integration.test_reports import DAY, NEXT_DAY, many, record
from tests.logs_of_tests import ORIGIN, SIGNER, flip

from evenhand.cli import main
from evenhand.proof.keys import LogKeys
from evenhand.proof.notes import Checkpoint, sign
from evenhand.records.log_steps import Log, append_records
from evenhand.transparency.proving import Prover
from evenhand.transparency.publish import publish
from evenhand.verify.places import Folder

PUBLISHED = f"reports/{DAY.isoformat()}"
Change = Callable[[dict[str, Any]], object]

REPORT_CHANGES: dict[str, Change] = {
    "one more": lambda value: value["figures"].update(refused=value["figures"]["refused"] + 1),
    "one less in a row": lambda value: value["breakdowns"]["refused_by_harm"]["rows"][0].update(
        quantity=1
    ),
    "another day": lambda value: value.update(day="2026-11-20"),
    "another place": lambda value: value["log"].update(first=0),
    "another log": lambda value: value["log"].update(origin="other.example/log"),
    "another root": lambda value: value["log"].update(
        root="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    ),
    "another size": lambda value: value["log"].update(size=1),
    "another time": lambda value: value.update(generated_at="2020-01-01T00:00:00+00:00"),
    "not complete": lambda value: value.update(complete=False),
    "another schema": lambda value: value.update(schema="another"),
    "nothing withheld": lambda value: value["figures"].update(legal_received=None),
    "a table less": lambda value: value["breakdowns"].pop("legal_received_by_lane"),
}
OPENINGS_CHANGES: dict[str, Change] = {
    "a count": lambda value: value["cells"][0].update(quantity=value["cells"][0]["quantity"] + 1),
    "a huge count": lambda value: value["cells"][0].update(quantity=2**52),
    "a key": lambda value: value["cells"][0].update(key="00" * 32),
    "a cell less": lambda value: value["cells"].pop(),
    "a cell twice": lambda value: value["cells"].append(value["cells"][0]),
    "too many leaves": lambda value: value.update(leaves=2**40),
    "half a bundle": lambda value: value.update(leaves=10),
    "no leaves": lambda value: value.update(leaves=0),
}
REPORTS_REFUSED: dict[str, Change] = {
    "a name more": lambda value: value.update(more=1),
    "a row twice": lambda value: value["breakdowns"]["refused_by_harm"]["rows"].append(
        value["breakdowns"]["refused_by_harm"]["rows"][0]
    ),
    "a fraction": lambda value: value["figures"].update(refused=1.5),
    "a revision that is not there": lambda value: value.update(revision=2),
    "no revision": lambda value: value.update(revision="1"),
}
UNREADABLE = ("", "{", "[]", "null", '{"schema": 1}', "[" * 100_000)


@pytest.fixture
def site(committed: Site) -> Path:
    """A public site with one published day, whose log goes on afterwards."""
    folder = committed.home / "public"
    prover = Prover(Log(folder / "log", SIGNER, ORIGIN), b"\x07" * 32)
    record(*many(20, "m.spam"), *many(9, "m.spam.fraud"), *many(300, "m.violence", market="DE"))
    append_records(prover.log, now=NEXT_DAY)
    publish(DAY, now=NEXT_DAY, folder=folder, prover=prover)
    append_records(prover.log, now=NEXT_DAY)
    (folder / "log" / "keys.json").write_text(LogKeys(SIGNER.verifier).as_json())
    return folder


def verify(site: Path, day: str = DAY.isoformat()) -> int:
    return main(["verify", "report", day, str(site), "--key", str(SIGNER.verifier)])


@contextmanager
def changed(file: Path, change: Change) -> Iterator[None]:
    before = file.read_text()
    value = json.loads(before)
    change(value)
    file.write_text(json.dumps(value))
    yield
    file.write_text(before)


@contextmanager
def report_text(file: Path) -> Iterator[str]:
    before = file.read_text()
    yield before
    file.write_text(before)


def test_an_edition_that_comes_while_a_day_is_read_is_no_alarm(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = site / f"{PUBLISHED}.1"
    shutil.copytree(edition, site / f"{PUBLISHED}.2")
    (site / f"{PUBLISHED}.2" / "openings.json").write_text("{}")
    read = Folder.read

    def read_and_swap(place: Folder, path: str) -> bytes | None:
        content = read(place, path)
        if path == f"{PUBLISHED}/report.json":
            (site / PUBLISHED).unlink()
            (site / PUBLISHED).symlink_to(f"{DAY.isoformat()}.2")
        return content

    monkeypatch.setattr(Folder, "read", read_and_swap)

    assert verify(site) == 0


def test_a_day_that_shows_another_report_than_its_edition_is_not_equal(site: Path) -> None:
    (site / PUBLISHED).unlink()
    shutil.copytree(site / f"{PUBLISHED}.1", site / PUBLISHED)
    assert verify(site) == 0

    with changed(site / PUBLISHED / "report.json", lambda value: value.update(complete=False)):
        assert verify(site) == 1


def test_leaves_without_end_are_refused_before_any_is_read(site: Path, capsys) -> None:
    size = 2**36
    note = sign(Checkpoint(ORIGIN, size, bytes(32)), [SIGNER])
    (site / "log" / "checkpoint").write_text(note)
    openings = site / PUBLISHED / "openings.json"

    with changed(openings, lambda value: value.update(first=0, leaves=size)):
        assert verify(site) == 2

    assert "more than one day" in capsys.readouterr().err


def test_a_published_day_is_equal_and_each_tampered_copy_is_not(site: Path, capsys):
    assert verify(site) == 0
    assert "were counted again" in capsys.readouterr().out

    report, openings = site / PUBLISHED / "report.json", site / PUBLISHED / "openings.json"
    found = {}
    for file, changes in ((report, REPORT_CHANGES), (openings, OPENINGS_CHANGES)):
        for name, change in changes.items():
            with changed(file, change):
                found[name] = verify(site)
    assert found == dict.fromkeys(found, 1)
    assert len(found) == len(REPORT_CHANGES) + len(OPENINGS_CHANGES)

    for name, change in REPORTS_REFUSED.items():
        with changed(report, change):
            assert verify(site) == 2, name
    with report_text(report) as text:
        report.write_text(text.replace('"complete"', '"complete": true, "complete"'))
        assert verify(site) == 2

    bundles = sorted((site / "log/tile/entries").iterdir())
    first = json.loads(openings.read_text())["first"] // 256
    flip(bundles[first], 99)
    assert verify(site) == 1
    flip(bundles[first], 99)

    for text in UNREADABLE:
        for file in (report, openings):
            before = file.read_text()
            file.write_text(text)
            assert verify(site) == 2, (file, text[:20])
            file.write_text(before)

    assert verify(site, "2026-11-19") == 2
    bundles[first].unlink()
    assert verify(site) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_day_that_is_none_is_refused_in_words(tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as stopped:
        verify(tmp_path, "yesterday")

    assert stopped.value.code == 2
    assert "is no day" in capsys.readouterr().err
