"""What an auditor sees: readings, changes of roles, releases; filtered, paged, and as CSV."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration.pages import faults
from tests.integration.people_of_tests import member

from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import RecordKind
from evenhand.desk.audit import FORMULA, KINDS
from evenhand.desk.limits import ROWS_PER_PAGE
from evenhand.desk.words import ROLES
from evenhand.people import steps
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import STAFF_ROLES, Role
from evenhand.records.audit_queries import AuditFilter, audit_page
from evenhand.records.entries import NewRecord
from evenhand.records.models import AUDITED_KINDS, Record
from evenhand.records.steps import append

pytestmark = pytest.mark.django_db

PAGE = "/staff/audit/"
CASE = UUID("00000000-0000-7000-8000-00000000000c")


@pytest.fixture(autouse=True)
def site(settings: Settings) -> Iterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def auditor() -> Client:
    client = Client()
    client.force_login(member("Aud Itor", Role.AUDITOR), backend=BACKEND)
    return client


def read(by: Person, reason: str, *, at: datetime | None = None, subject: UUID = CASE) -> None:
    steps.read_personal(subject, "identifiers", by=by, reason=reason, now=at or now())


def text_of(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def exported(answer: HttpResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(text_of(answer).splitlines()))


def test_a_reading_is_shown_with_person_and_reason(auditor: Client) -> None:
    read(member("Rita Reviewer", Role.REVIEWER), "The sender asked for it by letter.")

    page = text_of(auditor.get(PAGE))

    what = "What a request or a case names"
    for said in ("Rita Reviewer", "The sender asked for it by letter.", str(CASE), what):
        assert said in page


def test_a_change_of_roles_is_shown_with_the_roles(auditor: Client) -> None:
    operator, approver = member("Olga", Role.OPERATOR), member("Ann", Role.APPROVER)
    proposal = steps.propose("Ben", [Role.BOARD, Role.SENIOR], by=operator, now=now())
    steps.confirm(proposal.id, by=approver, now=now())

    page = text_of(auditor.get(f"{PAGE}?kind=staff_changed"))

    assert "Confirmed by a second person" in page
    for role in (Role.BOARD, Role.SENIOR):
        assert ROLES[role] in page


def test_every_audited_kind_has_its_words() -> None:
    assert set(KINDS) == AUDITED_KINDS


def test_what_is_not_audited_is_not_shown(auditor: Client) -> None:
    with transaction.atomic():
        append(NewRecord(id=new_id(now=now()), at=now(), kind=RecordKind.DECISION, subject=CASE))

    assert str(CASE) not in text_of(auditor.get(PAGE))


def test_filters_leave_what_was_asked_for(auditor: Client) -> None:
    one, two = member("Rita", Role.REVIEWER), member("Rob", Role.REVIEWER)
    day = datetime(2026, 11, 2, 23, 59, tzinfo=UTC)
    read(one, "reason one", at=day)
    read(two, "reason two", at=day + timedelta(minutes=1), subject=one.id)

    answers = {
        query: text_of(auditor.get(f"{PAGE}?{query}"))
        for query in (
            f"by={one.id}", f"subject={CASE}", "until=2026-11-02",
            f"by={two.id}", f"subject={one.id}", "since=2026-11-03&kind=personal_data_read",
            "kind=disclosed",
        )
    }  # fmt: skip

    found = [("reason one" in page, "reason two" in page) for page in answers.values()]
    assert found == [(True, False)] * 3 + [(False, True)] * 3 + [(False, False)]


@pytest.mark.parametrize(
    "query", ["kind=x", "by=x", "subject=%00", "since=2026-13-40", "page=-1", "page=999999"]
)
def test_a_filter_that_means_nothing_filters_nothing(auditor: Client, query: str) -> None:
    read(member("Rita", Role.REVIEWER), "reason one")

    page = text_of(auditor.get(f"{PAGE}?{query}"))

    assert "reason one" in page


def test_pages_turn_and_lose_nothing(auditor: Client) -> None:
    rita = member("Rita", Role.REVIEWER)
    for number in range(ROWS_PER_PAGE + 5):
        read(rita, f"reason {number:03}.", at=now() - timedelta(minutes=number))

    pages = [text_of(auditor.get(f"{PAGE}?by={rita.id}&page={number}")) for number in (1, 2)]

    seen = [sum(f"reason {n:03}." in page for page in pages) for n in range(ROWS_PER_PAGE + 5)]
    assert set(seen) == {1}
    assert f"by={rita.id}&amp;page=2" in pages[0]
    assert 'rel="next"' not in pages[1]


def test_taking_it_along_wants_a_reason_and_is_recorded(auditor: Client) -> None:
    rita = member("Rita", Role.REVIEWER)
    read(rita, "reason one")

    refused = auditor.post(f"{PAGE}export/", {"reason": "  "}, follow=True)
    taken = exported(auditor.post(f"{PAGE}export/", {"reason": "Yearly audit.", "by": rita.id}))

    assert "Give a reason" in text_of(refused)
    assert [(row["by"], row["by_id"], row["reason"]) for row in taken] == [
        ("Rita", str(rita.id), "reason one")
    ]
    last = audit_page(AuditFilter(), rows_max=1)[0]
    assert (last.body["what"], last.body["reason"]) == ("audit_export", "Yearly audit.")


@pytest.mark.parametrize("sign", FORMULA[:4])
def test_no_cell_becomes_a_formula(auditor: Client, sign: str) -> None:
    read(member("Rita", Role.REVIEWER), f'{sign}HYPERLINK("https://elsewhere.test")')

    rows = exported(auditor.post(f"{PAGE}export/", {"reason": "Yearly audit."}))

    assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULA)]


def test_what_was_forgotten_says_so(auditor: Client) -> None:
    with transaction.atomic():
        append(
            NewRecord(
                id=new_id(now=now()),
                at=now(),
                kind=RecordKind.PERSONAL_DATA_READ,
                subject=CASE,
                body={"what": "plan", "by": "", "reason": "to be forgotten"},
            )
        )
    entry = audit_page(AuditFilter(subject=CASE), rows_max=1)[0]

    assert not entry.forgotten
    assert "the desk itself" in text_of(auditor.get(PAGE))


@pytest.mark.parametrize("role", sorted(STAFF_ROLES - {Role.AUDITOR}))
def test_nobody_else_sees_it(role: Role) -> None:
    client = Client()
    client.force_login(member("Somebody", role), backend=BACKEND)

    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}export/", {"reason": "curious"}).status_code == 403
    assert not Record.objects.filter(kind=RecordKind.PERSONAL_DATA_READ.value).exists()


def test_auditors_begin_there(auditor: Client) -> None:
    answer = auditor.get("/staff/")

    assert answer["Location"] == PAGE
    assert f'href="{PAGE}"' in text_of(auditor.get(PAGE))


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru", "kk"])
def test_the_page_can_be_read_by_everybody(auditor: Client, language: str) -> None:
    read(member("Rita", Role.REVIEWER), "reason one")

    assert faults(text_of(auditor.get(f"{PAGE}?lang={language}"))) == []


def test_the_database_reads_an_index_of_its_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'records_audit'")
        (definition,) = cursor.fetchone()

    assert all(kind.value in definition for kind in AUDITED_KINDS)
