"""Public pages need no database: pytest-django refuses it here, so that one query would fail."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from evenhand.transparency.figures import Exact, Figure, Report
from evenhand.transparency.protect import THRESHOLD, protect
from evenhand.transparency.site import write_site

DAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def public(tmp_path: Path, settings: Settings) -> None:
    settings.PUBLIC_FILES = tmp_path
    settings.ALLOWED_HOSTS = ["testserver"]
    report = Report(
        day=DAY,
        revision=1,
        generated_at=datetime(2026, 11, 22, tzinfo=UTC),
        complete=True,
        threshold=THRESHOLD,
        public=protect([Exact({Figure.EVIDENCE_OPENED: 12}, {}, {})]),
    )
    (tmp_path / "reports").mkdir()
    write_site(report, tmp_path / "reports")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/screened/", 200),
        ("/reports/", 200),
        (f"/reports/{DAY}/", 200),
        (f"/reports/{DAY}/report.json", 200),
        (f"/reports/{DAY}/kk.html", 200),
        (f"/reports/{DAY}.1/", 200),
        ("/reports/daily-report-3.schema.json", 200),
        ("/reports/feed.ru.atom", 200),
        ("/reports/days.parquet", 200),
        ("/reports/countries/", 200),
        ("/reports/check/", 200),
        ("/reports/embed/day.de.svg", 200),
        ("/reports/.unfinished/", 404),
        ("/reports/nothing.html", 404),
        (f"/reports/{DAY}", 301),
        ("/nowhere/", 404),
    ],
)
def test_public_pages_are_there_while_the_database_is_not(
    client: Client, path: str, status: int
) -> None:
    assert client.get(path).status_code == status


def test_a_folder_opens_in_the_language_of_the_visitor(client: Client) -> None:
    pages = {
        language: client.get(f"/reports/?lang={language}").content for language in ("de", "kk")
    }

    for language, page in pages.items():
        assert f'<html lang="{language}">'.encode() in page


def test_small_figures_may_stand_on_other_pages_and_nothing_else_may(client: Client) -> None:
    figure = client.get("/reports/embed/day.en.svg").headers
    page = client.get("/reports/").headers

    assert "frame-ancestors *" in figure["Content-Security-Policy"]
    assert "X-Frame-Options" not in figure
    assert figure["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_a_page_that_breaks_says_so_without_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evenhand.desk.public.scope_rows", lambda: 1 // 0)
    client.raise_request_exception = False

    answer = client.get("/screened/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "ZeroDivisionError" not in answer.content.decode()
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/screened/", "/staff/sign-in/"])
def test_a_request_for_somebody_elses_host_is_refused(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()
    assert answer.headers["Content-Security-Policy"]
