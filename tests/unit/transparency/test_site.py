"""The public site: what one day's publication writes, and what a killed one leaves to the next."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from tests.days_of_tests import report_of

from evenhand.transparency import site
from evenhand.transparency.all_days import past_days
from evenhand.transparency.days import read_days
from evenhand.transparency.documents import as_json, schema_text
from evenhand.transparency.figures import Breakdown, Figure
from evenhand.transparency.subjects import (
    Subject,
    SubjectKind,
    known_subjects,
    latest_past,
    read_history,
)

DAY = date(2026, 11, 21)
EDITIONS = Path(__file__).parents[2] / "data" / "editions"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of one day; it is made once, since each page of it is."""
    folder = tmp_path_factory.mktemp("first") / "reports"
    folder.mkdir()
    site.write_site(report_of(DAY - timedelta(days=1)), folder)
    return folder


@pytest.fixture(scope="module")
def whole(first_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two days, written without interruption."""
    folder = tmp_path_factory.mktemp("whole") / "reports"
    shutil.copytree(first_day, folder, symlinks=True)
    site.write_site(report_of(DAY), folder)
    return folder


@pytest.fixture
def reports(first_day: Path, tmp_path: Path) -> Path:
    """A site of one day, to change."""
    return Path(shutil.copytree(first_day, tmp_path / "reports", symlinks=True))


@pytest.fixture
def two_days(whole: Path, tmp_path: Path) -> Path:
    """A site of two days, to change."""
    return Path(shutil.copytree(whole, tmp_path / "two", symlinks=True))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_day_changes_what_is_about_it_and_nothing_of_other_days(reports: Path) -> None:
    before = contents(reports)

    site.write_site(report_of(DAY), reports)

    after = contents(reports)
    untouched = [name for name, content in before.items() if after[name] == content]
    assert f"{DAY - timedelta(days=1)}.1/en.html" in untouched
    assert "check/en.html" in untouched
    assert {"index.html", "feed.kk.atom", "days.parquet", "countries/KZ/de.html"} <= {
        name for name in after if after[name] != before.get(name)
    }
    assert not list((reports / site.UNFINISHED).iterdir())
    assert not [name for name in after if name.endswith(".partial")]


def test_a_subjects_history_is_the_row_of_each_day_and_nothing_more(two_days: Path) -> None:
    for kind in SubjectKind:
        for subject in known_subjects(kind, two_days):
            for past in read_history(subject, two_days):
                public = report_of(past.day).public
                for figure, quantity in past.quantities.items():
                    cells = public.breakdowns[
                        Breakdown(f"{figure.value}_by_{kind.dimension.value}")
                    ]
                    assert (subject.key, quantity) in {
                        (row.key, row.quantity) for row in cells.rows
                    }
    assert {one.key for one in known_subjects(SubjectKind.COUNTRIES, two_days)} >= {
        "KZ",
        "DE",
        "ZZ",
    }


def test_a_history_of_another_version_is_read_as_far_as_it_is_known(reports: Path) -> None:
    (subject,) = [s for s in known_subjects(SubjectKind.COUNTRIES, reports) if s.key == "KZ"]
    path = reports / subject.folder / "history.csv"
    known = read_history(subject, reports)
    path.write_text(path.read_text() + "2020-01-01,1,counted_once_upon_a_time,7\n")

    assert [past for past in read_history(subject, reports) if past.quantities] == known


def test_a_corrected_day_stands_once_everywhere(two_days: Path) -> None:
    second = report_of(DAY, late=0.2)

    site.write_site(second, two_days)

    listed = {entry.day: entry for entry in read_days(two_days)}
    assert listed[DAY].revision == 2
    assert listed[DAY].screened == second.public.figures[Figure.SCREENED]
    rows = pq.read_table(two_days / "days.parquet").to_pylist()
    assert {row["revision"] for row in rows if row["day"] == DAY} == {2}
    titles = [e.findtext(f"{ATOM}title") for e in feed(two_days).iter(f"{ATOM}entry")]
    assert titles[0] == "Transparency report, 21 November 2026 · corrected, edition 2"
    assert (two_days / f"{DAY}.1" / "en.html").is_file()
    assert "What was corrected" in (two_days / str(DAY) / "en.html").read_text()


def test_the_file_of_all_days_holds_what_the_reports_say(two_days: Path) -> None:
    rows = pq.read_table(two_days / "days.parquet").to_pylist()

    for day in (DAY, DAY - timedelta(days=1)):
        public = report_of(day).public
        shown = {
            (row["part"], row["key"]): row["quantity"]
            for row in rows
            if row["day"] == day and row["part"] == "decisions_by_harm" and row["key"]
        }
        harms = public.breakdowns[Breakdown.DECISIONS_BY_HARM].rows
        assert shown == {("decisions_by_harm", row.key): row.quantity for row in harms}


def feed(reports: Path, language: str = "en") -> ET.Element:
    return ET.fromstring((reports / f"feed.{language}.atom").read_text("utf-8"))


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru", "kk"])
def test_the_feed_has_what_atom_asks_for(reports: Path, language: str) -> None:
    root = feed(reports, language)

    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}")
        links = [link.get("href", "") for link in element.findall(f"{ATOM}link")]
        assert links
        assert all(link.startswith("http") for link in links)
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids)) == 1


class Killed(BaseException):
    """Stands for a process that ends here."""


def dying(after: int, real: Callable[[Path, str | bytes], None]) -> Callable[..., None]:
    """Gives a writer that dies before its next file."""
    written = 0

    def write(path: Path, content: str | bytes) -> None:
        nonlocal written
        if written == after:
            raise Killed
        written += 1
        real(path, content)

    return write


@pytest.mark.parametrize("after", [0, 1, 60, 240])
def test_who_is_killed_between_two_files_leaves_the_rest_to_the_next_run(
    reports: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(site, "swap_in", dying(after, site.swap_in))
        with pytest.raises(Killed):
            site.write_site(report_of(DAY), reports)

    site.finish_site(reports, standing=report_of(DAY))

    assert contents(reports) == contents(whole)


def test_what_got_lost_is_written_again(reports: Path) -> None:
    standing = report_of(DAY - timedelta(days=1))
    before = contents(reports)
    (reports / "index.html").unlink()
    (reports / "countries/KZ/en.html").unlink()
    (reports / "days.parquet").unlink()

    site.finish_site(reports, standing=standing)

    assert contents(reports) == before


@pytest.mark.parametrize("broken", [None, b"", b"{}", b'{"days": [1]}', b"PAR1\xff"])
@pytest.mark.parametrize("name", ["index.json", "days.parquet"])
def test_a_list_of_days_that_is_lost_or_broken_is_made_anew(
    two_days: Path, name: str, broken: bytes | None
) -> None:
    before = contents(two_days)
    (two_days / name).unlink()
    if broken is not None:
        (two_days / name).write_bytes(broken)

    listed = [entry.day for entry in read_days(two_days)]
    site.finish_site(two_days, standing=report_of(DAY))

    assert listed == [DAY, DAY - timedelta(days=1)]
    assert contents(two_days) == before


def test_the_whole_site_can_be_built_anew_from_its_reports(two_days: Path) -> None:
    before = contents(two_days)
    for name in ("index.json", "days.parquet", "harms/m.spam/history.csv"):
        (two_days / name).unlink()

    found = site.rebuild_site(two_days)

    assert found == site.Rebuilt((DAY - timedelta(days=1), DAY), ())
    assert contents(two_days) == before


def test_an_edition_of_an_earlier_version_gets_new_pages_and_stays_what_it_was(
    two_days: Path,
) -> None:
    shutil.rmtree(two_days / f"{DAY}.1")
    (two_days / str(DAY)).unlink()
    earlier = EDITIONS / "daily-report-2" / "reports" / "2026-11-21.1"
    shutil.copytree(earlier, two_days / f"{DAY}.1")

    found = site.rebuild_site(two_days)

    assert DAY in found.days
    for name in ("report.json", "openings.json"):
        assert (two_days / str(DAY) / name).read_bytes() == (earlier / name).read_bytes()
    assert (two_days / str(DAY) / "kk.html").is_file()
    assert read_days(two_days)[0].decisions == 49


def test_what_cannot_be_built_anew_is_named(two_days: Path) -> None:
    shutil.rmtree(two_days / f"{DAY}.1")
    (two_days / "2026-99-99.1").mkdir()

    found = site.rebuild_site(two_days)

    assert found == site.Rebuilt((DAY - timedelta(days=1),), (DAY,))


@pytest.mark.parametrize(
    "broken", [None, b"", b"\xff", b"day\nx\n", b"day,revision,figure,quantity\n2026-11-2"]
)
def test_a_history_that_is_lost_or_broken_is_made_anew(
    two_days: Path, broken: bytes | None
) -> None:
    subject = Subject(SubjectKind.COUNTRIES, "KZ")
    before = read_history(subject, two_days)
    path = two_days / subject.folder / "history.csv"
    path.unlink()
    if broken is not None:
        path.write_bytes(broken)

    assert read_history(subject, two_days) is None
    assert latest_past(subject, two_days) is None if broken is not None else True
    assert past_days(subject, two_days) == before


def test_a_broken_history_hinders_no_publication(two_days: Path) -> None:
    before = contents(two_days)
    (two_days / "countries" / "KZ" / "history.csv").write_bytes(b"\xff")

    site.finish_site(two_days, standing=report_of(DAY))
    site.write_site(report_of(DAY), two_days)

    assert contents(two_days) == before


def test_a_report_of_another_version_counts_as_missing(reports: Path) -> None:
    path = reports / str(DAY - timedelta(days=1)) / "report.json"
    path.write_text(path.read_text().replace("daily-report:3", "daily-report:1"))

    assert site.published(DAY - timedelta(days=1), folder=reports.parent) is None


def test_a_report_fits_its_schema() -> None:
    value = json.loads(as_json(report_of(DAY, late=0.1)))

    assert list(Draft202012Validator(json.loads(schema_text())).iter_errors(value)) == []
    harms = value["breakdowns"]["decisions_by_harm"]
    assert (harms["figure"], harms["dimension"]) == ("decisions", "harm")


@pytest.mark.parametrize("name", ["day", "decisions", "harms"])
def test_a_small_figure_stands_alone(reports: Path, name: str) -> None:
    picture = (reports / "embed" / f"{name}.kk.svg").read_text("utf-8")
    page = (reports / "embed" / f"{name}.kk.html").read_text("utf-8")

    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    assert "href" not in picture
    assert "url(" not in picture
    assert "<caption>" in page
    assert "<script" not in page
