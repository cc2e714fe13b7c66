"""Writing the public site: static files that any web server can carry, and reading them back.

    public/reports/index.json            every published day
    public/reports/2026-11-21            a link to the day's latest edition, swapped whole
    public/reports/2026-11-21.1/         an edition: report.json, report.csv, index.html, de.html …

Earlier editions stay where they are. Each file is swapped in whole, so that readers never see half
of one; whoever is killed between two files writes what is missing the next time.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from evenhand.proof.tiles import synced
from evenhand.transparency.all_days import NAME, days_in, past_days, write_all_days
from evenhand.transparency.changes import changes
from evenhand.transparency.days import PublishedDay, listed_days, read_days, with_day, write_days
from evenhand.transparency.documents import SCHEMA_NAME, as_csv, as_json, schema_text
from evenhand.transparency.editions import DAYS, day_of, latest_folders, read_report
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


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The days whose pages were written anew, and those whose report is lost."""

    days: tuple[date, ...]
    lost: tuple[date, ...]


def rebuild_site(reports: Path) -> Rebuilt:
    """Writes every page anew from the published reports, which stay as they are."""
    named = {day for path in reports.glob(DAYS) if (day := day_of(path)) is not None}
    named |= {entry.day for entry in listed_days(reports) or []}
    (reports / NAME).unlink(missing_ok=True)
    histories: dict[Subject, list[PastDay]] = defaultdict(list)
    days: list[PublishedDay] = []
    last: Report | None = None
    for day, folder in latest_folders(reports).items():
        report = read_report(folder)
        assert report is not None, "its folder was found because it can be read"
        _write_pages(report, reports)
        _put_link(day, folder, reports)
        for subject in subjects_of(report):
            histories[subject].append(past_day(report, subject))
        days.append(PublishedDay.of(report))
        last = report
    if last is not None:
        write_all_days(last, reports)
        for subject, history in histories.items():
            _write_subject(subject, with_past(history[:-1], history[-1]), reports)
        _write_lists(days[::-1], reports, months={entry.day.replace(day=1) for entry in days})
    shutil.rmtree(reports / UNFINISHED, ignore_errors=True)
    found = {entry.day for entry in days}
    return Rebuilt(tuple(sorted(found)), tuple(sorted(named - found)))


def _write_what_follows(report: Report, reports: Path) -> None:
    """Writes all that one day's edition changes; of other days and subjects nothing."""
    write_all_days(report, reports)
    before = _edition(report.day, report.revision - 1, reports)
    subjects = subjects_of(report) | (subjects_of(before) if before else set())
    for subject in sorted(subjects, key=lambda one: (one.kind, one.key)):
        history = read_history(subject, reports)
        if history is None:
            history = past_days(subject, reports)
        _write_subject(subject, with_past(history, past_day(report, subject)), reports)
    days = with_day(read_days(reports), PublishedDay.of(report))
    _write_lists(days, reports, months={report.day.replace(day=1)})


def _write_subject(subject: Subject, history: Sequence[PastDay], reports: Path) -> None:
    write_history(subject, history, reports)
    _write_all(subject_pages(subject, history) if history else {}, reports / subject.folder)


def _write_lists(days: Sequence[PublishedDay], reports: Path, *, months: Iterable[date]) -> None:
    """Writes what tells of many days: of those months, and of all."""
    for kind in SubjectKind:
        _write_all(list_pages(kind, _latest_of(kind, reports)), reports / kind.value)
    for month in months:
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
    """Writes an edition beside the others, then swaps the day's link to it.

    One that stands gets what is missing or another in it, file by file.
    """
    edition = reports / f"{report.day.isoformat()}.{report.revision}"
    contents = {"report.json": as_json(report), "report.csv": as_csv(report), **beside}
    if edition.exists():
        _write_all(contents, edition)
        _write_pages(report, reports)
    else:
        partial = edition.with_name(f".{edition.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for file, content in {**contents, **_pages(report, reports)}.items():
            write_synced(partial / file, content.encode())
        synced(partial)
        partial.replace(edition)
    _put_link(report.day, edition, reports)


def _write_pages(report: Report, reports: Path) -> None:
    """Writes the pages of an edition that stands; its report stays what was published."""
    edition = reports / f"{report.day.isoformat()}.{report.revision}"
    _write_all(_pages(report, reports), edition)
    if not (edition / "report.csv").is_file():
        swap_in(edition / "report.csv", as_csv(report))


def _pages(report: Report, reports: Path) -> dict[str, str]:
    before = _edition(report.day, report.revision - 1, reports)
    return day_pages(report, changes(before, report) if before else ())


def _put_link(day: date, edition: Path, reports: Path) -> None:
    """Lets a day's name lead to an edition."""
    link = reports / f".{day.isoformat()}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(edition.name, target_is_directory=True)
    link.replace(reports / day.isoformat())


def _edition(day: date, revision: int, reports: Path) -> Report | None:
    return read_report(reports / f"{day.isoformat()}.{revision}")


def _frame() -> Mapping[str, str]:
    """Gives the files that every page refers to."""
    mark = files("evenhand.transparency").joinpath("static/evenhand/mark.svg").read_text("utf-8")
    return {"house.css": house_style(), "mark.svg": mark, SCHEMA_NAME: schema_text()}


def _write_all(contents: Mapping[str, str], folder: Path) -> None:
    for name, content in contents.items():
        swap_in(folder / name, content)
