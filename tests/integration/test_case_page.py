"""What the page of a case costs, and that a second look shows nothing of the first decision."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import case_draft, reviewer
from tests.integration.test_reports_received import from_matrix

from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.base.sealing import make_keys
from evenhand.cases import steps as cases
from evenhand.cases.models import Case
from evenhand.cases.quality_steps import draw_second_look
from evenhand.desk.evidence import shown
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.records.models import Record
from evenhand.reports.lists import ProofLevel
from evenhand.reports.models import Report
from evenhand.reports.reactions import note_outcome
from evenhand.reports.steps import receive
from evenhand.standing.reactions import keep_standing

pytestmark = pytest.mark.django_db

QUERIES_MAX = 15
HARM = "m.tos.prohibited.papers"
EARLIER = re.compile(r"Decided about this account \(\d+\)")
STRIKES = re.compile(r"\d+ strikes? counts?\.")
FOLLOWS = re.compile(r"If you act on it: [^<]+")
WARNED = "and the account is warned."


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield tmp_path
    cache.clear()


@pytest.fixture
def ada(client: Client) -> Person:
    member = reviewer("Ada Example")
    client.force_login(member, backend=BACKEND)
    return member


def reported(*, times: int = 1, event: str = "$e1", at: datetime | None = None) -> Case:
    """A case that so many people reported."""
    moment, report = at or now(), None
    for number in range(times):
        draft = from_matrix(0, account=f"@r{number}:example.test", event=event)
        origin = f"matrix:event:{event}:{number}"
        report = receive(replace(draft, origin=origin, at=moment, harm=HARM), now=moment).report
    assert report is not None
    assert report.case is not None
    return Case.objects.get(pk=report.case.id)


def asked(client: Client, path: str) -> list[str]:
    """The queries that a page makes, once everything that is cached is there."""
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [one["sql"] for one in seen.captured_queries]


def test_the_page_of_a_case_asks_little_and_nothing_twice(client: Client, ada: Person) -> None:
    earlier = reported(event="$e0")
    cases.decide_case(
        earlier.id, ActionKind.REDACT, by=reviewer("Bo"), reason="An offer.", now=now(), harm=HARM
    )
    case = reported(times=30)
    cases.note(case.id, "Look at the picture.", by=ada, now=now())

    found = asked(client, f"/staff/cases/{case.id}/")

    assert len(found) <= QUERIES_MAX, "\n".join(found)
    assert len(set(found)) == len(found)
    assert not any('"sealed"' in sql for sql in found if "evidence_sealeditem" in sql)


def test_the_list_of_cases_asks_little_however_many_there_are(client: Client, ada: Person) -> None:
    for number in range(20):
        reported(event=f"$e{number}")

    found = asked(client, "/staff/cases/")

    assert len(found) <= QUERIES_MAX, "\n".join(found)
    assert len(set(found)) == len(found)


def decided(case: Case, by: Person) -> Record:
    """Somebody decides a case; strikes and outcomes follow."""
    cases.decide_case(case.id, ActionKind.REDACT, by=by, reason="An offer.", harm=HARM, now=now())
    record = Record.objects.get(subject=case.id, kind=RecordKind.CASE_CLOSED.value)
    note_outcome(record, now())
    for made in Record.objects.filter(kind=RecordKind.DECISION.value):
        keep_standing(made, now())
    return record


def test_a_second_look_shows_nothing_of_the_first_decision(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = reported(times=2)
    record = decided(case, reviewer("Bo Example"))
    monkeypatch.setattr("evenhand.cases.quality_steps.drawn", lambda *_: True)

    draw_second_look(record, now())

    again = Case.objects.get(sampled_of=case)
    page = client.get(f"/staff/cases/{again.id}/").content.decode()
    assert "Decided about this account" not in page
    assert "Decided in this channel" not in page
    assert "Similar cases" not in page
    assert "0 strikes count." in page
    assert WARNED in page
    assert page.count("0 right, 0 unfounded") == Report.objects.count() == 2
    assert "An offer." not in page
    assert "These reports are manifestly unfounded" in page


def test_what_was_decided_before_the_original_stays_on_the_page(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(reported(event="$e0"), reviewer("Bo Example"))
    case = reported()
    before = client.get(f"/staff/cases/{case.id}/").content.decode()
    record = decided(case, reviewer("Di Example"))
    monkeypatch.setattr("evenhand.cases.quality_steps.drawn", lambda *_: True)

    draw_second_look(record, now())

    again = Case.objects.get(sampled_of=case)
    page = client.get(f"/staff/cases/{again.id}/").content.decode()
    for said in (EARLIER, STRIKES, FOLLOWS):
        assert said.findall(page) == said.findall(before) != []


def test_what_follows_is_said_before_a_decision(client: Client, ada: Person) -> None:
    first = reported(event="$e0")
    before = client.get(f"/staff/cases/{first.id}/").content.decode()

    decided(first, reviewer("Bo Example"))
    later = reported(at=now() + timedelta(seconds=1))

    after = client.get(f"/staff/cases/{later.id}/").content.decode()
    assert WARNED in before
    assert WARNED not in after
    assert len(FOLLOWS.findall(after)) == 1


def test_a_case_that_measures_looks_as_fresh_as_any_other() -> None:
    opened = datetime(2026, 11, 22, 12, tzinfo=UTC)
    content = b'{"text": "An offer.", "time": "2026-10-01T08:00:00+02:00"}'

    as_usual = dict(shown("application/json", content).fields)
    later = opened - datetime(2026, 10, 1, 7, tzinfo=UTC)
    moved = dict(shown("application/json", content, later=later, now=opened).fields)
    capped = dict(shown("application/json", content, later=2 * later, now=opened).fields)

    assert as_usual["time"] == "1 October 2026, 06:00 UTC"
    assert moved["time"] == "22 November 2026, 11:00 UTC"
    assert capped["time"] == "22 November 2026, 12:00 UTC"


def test_who_is_proved_to_have_sent_a_message_stands_beside_its_report(
    client: Client, ada: Person
) -> None:
    case = reported(times=2)
    proved, claimed = Report.objects.order_by("id")
    proved.proof, proved.proved_sender = ProofLevel.PROVED.value, "@sender:far.example"
    claimed.proof = ProofLevel.CLAIMED.value
    proved.save()
    claimed.save()

    page = client.get(f"/staff/cases/{case.id}/").content.decode()

    assert page.count("@sender:far.example") == 1
    assert "not the account of this case" in page


def test_what_a_rule_about_habits_saw_stands_on_the_page_and_on_its_second_look(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = (("fake_account_score", 0.79), ("fake_account_facts", "new, many channels"))
    draft = replace(case_draft(event="$e7"), noticed=seen)
    plain = reported(event="$e8")

    case = cases.open_case(draft, now=now())

    page = client.get(f"/staff/cases/{case.id}/").content.decode()
    assert "What the rule saw" in page
    assert "younger than three days; posts in many channels" in page
    assert "What the rule saw" not in client.get(f"/staff/cases/{plain.id}/").content.decode()
    later = replace(
        draft, id=new_id(now=now()), origin="rule:later", noticed=(("account_burst", 9.0),)
    )
    joined = cases.open_case(later, now=now())
    assert joined.id == case.id
    assert joined.noticed == {**dict(seen), "account_burst": 9.0}
    record = decided(joined, reviewer("Bo Example"))
    monkeypatch.setattr("evenhand.cases.quality_steps.drawn", lambda *_: True)
    draw_second_look(record, now())
    assert Case.objects.get(sampled_of=case).noticed == joined.noticed
