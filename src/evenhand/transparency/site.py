"""Writing the public site: static files that any web server can carry, and reading them back.

    public/reports/index.json            every published day
    public/reports/2026-11-21            a link to the day's latest edition, swapped whole
    public/reports/2026-11-21.1/         an edition: report.json, report.csv, index.html, de.html …

Earlier editions stay where they are. Each file is swapped in whole, so that readers never see half
of one; whoever is killed between two files writes what is missing the next time.
"""

import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path

from evenhand.proof.tiles import synced
from evenhand.transparency.all_days import days_in, write_all_days
from evenhand.transparency.changes import Change, changes
from evenhand.transparency.days import PublishedDay, listed_days, read_days, with_day, write_days
from evenhand.transparency.documents import SCHEMA_NAME, as_csv, as_json, schema_text
from evenhand.transparency.editions import read_report
from evenhand.transparency.embeds import embeds
from evenhand.transparency.feed import feed_files
from evenhand.transparency.figures import Report
from evenhand.transparency.files import swap_in, write_synced
from evenhand.transparency.living import (
    check_pages,
    index_pages,
    list_pages,
    month_pages,
    subject_pages,
)
from evenhand.transparency.pages import day_pages, house_style
from evenhand.transparency.subjects import (
    PastDay,
    Subject,
    SubjectKind,
    known_subjects,
    latest_past,
    past_day,
    read_history,
    subjects_of,
    with_past,
    write_history,
)

NOTHING: Mapping[str, str] = {}
UNFINISHED = ".unfinished"
"""A folder of days whose other pages may not be written yet."""


def published(day: date, *, folder: Path) -> Report | None:
    """Gives the latest publication of a day from its file; None where none can be read."""
    return read_report(folder / "reports" / day.isoformat())


def published_days(*, folder: Path) -> list[PublishedDay]:
    """Gives every published day, the latest first."""
    return read_days(folder / "reports")


def write_site(report: Report, reports: Path, *, beside: Mapping[str, str] = NOTHING) -> None:
    """Writes an edition of a day with the files that belong beside it, then what it changes."""
    mark = reports / UNFINISHED / report.day.isoformat()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    _write_edition(report, reports, beside)
    finish_site(reports)


def finish_site(reports: Path, *, standing: Report | None = None) -> None:
    """Writes what a killed run left out, and what is missing although `standing` is published."""
    marks = reports / UNFINISHED
    days = {date.fromisoformat(path.name) for path in marks.glob("*-*-*")}
    if standing is not None and not _is_whole(standing, reports):
        days.add(standing.day)
    for day in sorted(days):
        report = read_report(reports / day.isoformat())
        if report is not None:
            _write_what_follows(report, reports)
        (marks / day.isoformat()).unlink(missing_ok=True)


def rebuild_site(reports: Path) -> list[date]:
    """Writes every page anew from the published reports, and gives their days."""
    days = sorted(
        date.fromisoformat(path.name) for path in reports.glob("????-??-??") if path.is_dir()
    )
    for day in days:
        report = read_report(reports / day.isoformat())
        if report is not None:
            _write_edition(report, reports, _beside(report, reports))
            _write_what_follows(report, reports)
    return days


def _write_what_follows(report: Report, reports: Path) -> None:
    """Writes all that one day's edition changes; of other days and subjects nothing."""
    before = _edition(report.day, report.revision - 1, reports)
    subjects = subjects_of(report) | (subjects_of(before) if before else set())
    for subject in sorted(subjects, key=lambda one: (one.kind, one.key)):
        history = with_past(read_history(subject, reports), past_day(report, subject))
        write_history(subject, history, reports)
        _write_all(subject_pages(subject, history) if history else {}, reports / subject.folder)
    for kind in SubjectKind:
        _write_all(list_pages(kind, _latest_of(kind, reports)), reports / kind.value)
    write_all_days(report, reports)
    days = with_day(read_days(reports), PublishedDay.of(report))
    month = report.day.replace(day=1)
    _write_all(month_pages(month, days), reports / "months" / f"{month:%Y-%m}")
    _write_all(check_pages(), reports / "check")
    _write_all(embeds(days, read_report(reports / days[0].day.isoformat())), reports / "embed")
    _write_all(feed_files(days), reports)
    _write_all(_frame(), reports)
    _write_all(index_pages(days), reports)
    write_days(days, reports)


def _latest_of(kind: SubjectKind, reports: Path) -> Iterable[tuple[Subject, PastDay]]:
    for subject in known_subjects(kind, reports):
        if latest := latest_past(subject, reports):
            yield subject, latest


def _is_whole(report: Report, reports: Path) -> bool:
    """Tells whether all that follows from a day is there."""
    listed = {entry.day: entry.revision for entry in listed_days(reports) or []}
    wanted = [
        "index.html",
        "feed.en.atom",
        "check/en.html",
        "embed/day.en.svg",
        f"months/{report.day:%Y-%m}/en.html",
        *(f"{subject.folder}/en.html" for subject in subjects_of(report)),
    ]
    return (
        listed.get(report.day) == report.revision
        and report.day in days_in(reports)
        and all((reports / name).is_file() for name in wanted)
    )


def _write_edition(report: Report, reports: Path, beside: Mapping[str, str]) -> None:
    """Writes an edition beside the others, then swaps the day's link to it."""
    edition = reports / f"{report.day.isoformat()}.{report.revision}"
    partial = edition.with_name(f".{edition.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    before = _edition(report.day, report.revision - 1, reports)
    changed = changes(before, report) if before else ()
    for file, content in {**_files(report, changed), **beside}.items():
        write_synced(partial / file, content.encode())
    synced(partial)
    if edition.exists():
        shutil.rmtree(edition)
    partial.replace(edition)
    link = reports / f".{report.day.isoformat()}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(edition.name, target_is_directory=True)
    link.replace(reports / report.day.isoformat())


def _edition(day: date, revision: int, reports: Path) -> Report | None:
    return read_report(reports / f"{day.isoformat()}.{revision}")


def _beside(report: Report, reports: Path) -> Mapping[str, str]:
    """Gives the files of an edition that others wrote beside it."""
    own = _files(report, ())
    folder = reports / report.day.isoformat()
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.name not in own}


def _files(report: Report, changed: tuple[Change, ...]) -> dict[str, str]:
    return {
        "report.json": as_json(report),
        "report.csv": as_csv(report),
        **day_pages(report, changed),
    }


def _frame() -> Mapping[str, str]:
    """Gives the files that every page refers to."""
    mark = files("evenhand.transparency").joinpath("static/evenhand/mark.svg").read_text("utf-8")
    return {"house.css": house_style(), "mark.svg": mark, SCHEMA_NAME: schema_text()}


def _write_all(contents: Mapping[str, str], folder: Path) -> None:
    for name, content in contents.items():
        swap_in(folder / name, content)
