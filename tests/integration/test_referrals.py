"""What an authority refers comes before the reviewers as reports; nobody has to act on it."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import reviewer
from tests.integration.matters_of_tests import NOW, Desk, desk, withhold

from evenhand.base.lists import ActionKind, RecordKind, Source
from evenhand.base.sealing import make_keys
from evenhand.cases import steps as cases
from evenhand.cases.models import Case
from evenhand.desk.matter_rows import history_rows
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import IdentifierDraft
from evenhand.legal.lists import Finding, IdentifierKind
from evenhand.legal.models import Matter, Step
from evenhand.markets.lists import AuthorityKind
from evenhand.records.models import Record
from evenhand.reports.lists import ReportOutcome
from evenhand.reports.models import Report
from evenhand.reports.reactions import note_outcome, take_referral

pytestmark = pytest.mark.django_db

REFERRAL = "eu-tco-referral"
NAMED = (
    IdentifierDraft(IdentifierKind.LINK, "https://matrix.to/#/!room:example.test/$post"),
    IdentifierDraft(IdentifierKind.EVENT, "$other"),
    IdentifierDraft(IdentifierKind.CHANNEL, "!room:example.test"),
    IdentifierDraft(IdentifierKind.CHANNEL, "!room:example.test"),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> None:
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"


@pytest.fixture
def office() -> Desk:
    return desk(kind=AuthorityKind.POLICE)


def referred(office: Desk) -> Matter:
    """A referral, whose record the worker shows the reports room; a kill shows it twice."""
    matter = office.received(REFERRAL, identifiers=NAMED)
    record = Record.objects.get(kind=RecordKind.LEGAL_RECEIVED, subject=matter.id)
    for _ in range(2):
        take_referral(record, NOW)
    return matter


def test_each_thing_that_is_referred_is_one_report_with_its_case(office: Desk) -> None:
    matter = referred(office)

    reports = list(Report.objects.order_by("about"))
    assert [one.about for one in reports] == [
        "channel:!room:example.test",
        "event:$other",
        "event:$post",
    ]
    assert {(one.kind, one.way, one.source) for one in reports} == {
        ("referral", "legal", Source.AUTHORITY.value)
    }
    assert {one.reporter.kind for one in reports} == {"authority"}
    cases_opened = Case.objects.values_list("source", "harm").distinct()
    assert list(cases_opened) == [(Source.AUTHORITY.value, "m.violence.extremist")]
    counted = Record.objects.filter(kind=RecordKind.REPORT_RECEIVED)
    assert {one.source for one in counted} == {Source.AUTHORITY.value}
    noted = Step.objects.filter(matter=matter, what="referred_to_review")
    assert [one.facts for one in noted] == [{"reports": 3}]


def test_reviewers_may_leave_a_referral_alone_like_any_report(office: Desk) -> None:
    matter = referred(office)
    report = Report.objects.get(about="event:$post")
    assert report.case_id is not None

    cases.decide_case(
        report.case_id, ActionKind.NONE, by=reviewer(), reason="News coverage.", now=NOW
    )
    note_outcome(Record.objects.get(kind="case_closed", subject=report.case_id), NOW)

    report.refresh_from_db()
    assert report.outcome == ReportOutcome.NOT_ACTED
    assert Step.objects.filter(matter=matter, what="review_left").count() == 1
    shown = [row["name"] for row in history_rows(matter.id, for_officer=True)]
    assert shown[-2:] == [
        "The reviewers have it, as reports",
        "The reviewers left one thing that it names as it is",
    ]


def test_a_referral_is_never_carried_out_as_an_order(office: Desk) -> None:
    matter = office.validated(REFERRAL)

    with pytest.raises(StepRefused) as refused:
        steps.prepare(
            matter.id, withhold("DE"), by=office.lawyer, violations=office.nobody, now=NOW
        )

    assert Finding.REFERRAL_IS_NO_ORDER in refused.value.fields["findings"]


def test_an_order_makes_no_report(office: Desk) -> None:
    matter = office.received("eu-tco-removal", identifiers=NAMED)

    take_referral(Record.objects.get(kind=RecordKind.LEGAL_RECEIVED, subject=matter.id), NOW)

    assert Report.objects.count() == 0
