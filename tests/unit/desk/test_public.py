"""Public pages need no database: pytest-django refuses it here, so that one query would fail."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from evenhand.transparency.documents import as_json
from evenhand.transparency.figures import Exact, Figure, Report
from evenhand.transparency.protect import THRESHOLD, protect

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
    folder = tmp_path / "reports" / DAY.isoformat()
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(as_json(report))
    (tmp_path / "reports" / "index.json").write_text(
        '{"days": [{"day": "2026-11-21", "revision": 1, "screened": 0, "decisions": null}]}'
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/screened/", 200),
        ("/reports/", 200),
        (f"/reports/{DAY}/", 200),
        (f"/reports/{DAY}/report.json", 200),
        ("/reports/daily-report-1.schema.json", 200),
        ("/nowhere/", 404),
    ],
)
def test_public_pages_are_there_while_the_database_is_not(
    client: Client, path: str, status: int
) -> None:
    assert client.get(path).status_code == status


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
