"""Complaints: who reported may ask for another look, by somebody else than the first."""

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from tests.integration.cases_of_tests import NOW, TOKEN_KEY, Keys, case_draft, reviewer, token_of

from evenhand.actions.models import Decision
from evenhand.appeals import queries, talk_steps
from evenhand.appeals.checks import (
    NotOpen,
    ObjectionExists,
    TokenWrong,
    TooMuchSaid,
    WindowClosed,
    window_ends,
)
from evenhand.appeals.complaint_steps import complain, complaint_path
from evenhand.appeals.limits import MESSAGES_MAX
from evenhand.appeals.models import Complaint
from evenhand.appeals.steps import object_to
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.base.personal import MessageText
from evenhand.base.sealing import unseal
from evenhand.cases import steps as cases
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.models import Case
from evenhand.records.models import Record
from evenhand.reports.drafts import ReportDraft, ReporterDraft
from evenhand.reports.keys import Keys as ReportKeys
from evenhand.reports.lists import ReporterKind, ReportKind, Way
from evenhand.reports.models import Report
from evenhand.reports.reactions import note_outcome, note_reversal
from evenhand.reports.steps import receive

pytestmark = pytest.mark.django_db


def turned_down(keys: Keys, kind: ActionKind = ActionKind.NONE) -> Case:
    case = cases.open_case(case_draft(keys), now=NOW)
    cases.decide_case(case.id, kind, by=reviewer(), reason="It is a quotation.", now=NOW)
    return Case.objects.get(id=case.id)


def complained(keys: Keys, case: Case, report: UUID | None = None, **changes: object) -> Complaint:
    name = report or uuid4()
    token = complaint_path(name, case.id, key=TOKEN_KEY).split("/")[-2]
    given = {
        "informed_at": NOW,
        "complainant": b"",
        "token_key": TOKEN_KEY,
        "evidence_key": keys.evidence.public_key,
        "now": NOW,
    }
    return complain(name, case.id, token, "It is no quotation.", **{**given, **changes})  # type: ignore[arg-type]


def test_a_complaint_is_sealed_and_looked_at_by_somebody_else() -> None:
    keys = Keys.fresh()
    earlier = turned_down(keys)

    complaint = complained(keys, earlier)

    case = complaint.case
    assert (case.kind, case.state) == ("complaint", "open")
    assert case.barred_staff == earlier.closed_by_id
    assert unseal(bytes(complaint.item.sealed), key=keys.evidence) == b"It is no quotation."
    assert earlier.closed_by is not None
    with pytest.raises(CaseNotClosed):
        cases.decide_case(
            case.id, ActionKind.SUSPEND, by=earlier.closed_by, reason="Again.", now=NOW
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(id=case.id).update(
            state="closed",
            outcome="no_action",
            closed_by=earlier.closed_by,
            closed_at=NOW,
        )


def test_somebody_else_may_decide_otherwise() -> None:
    keys = Keys.fresh()
    complaint = complained(keys, turned_down(keys))

    decision = cases.decide_case(
        complaint.case_id,
        ActionKind.SUSPEND,
        by=reviewer("Ben Example"),
        reason="It is an offer.",
        now=NOW,
    )

    assert decision is not None
    (told,) = queries.complaints_of(complaint.case_id)
    assert (told.report, told.outcome, told.reason) == (
        complaint.report,
        "acted",
        "It is an offer.",
    )


def test_complaints_about_one_end_are_looked_at_together() -> None:
    keys = Keys.fresh()
    earlier = turned_down(keys)

    first, second = complained(keys, earlier), complained(keys, earlier)

    assert first.case_id == second.case_id
    kinds = list(Record.objects.values_list("kind", flat=True))
    assert kinds.count(RecordKind.COMPLAINT_RECEIVED) == 2
    cases.decide_case(
        first.case_id, ActionKind.NONE, by=reviewer("Ben Example"), reason="It is.", now=NOW
    )
    third = complained(keys, earlier)
    assert third.case_id != first.case_id
    assert third.case.barred_staff == earlier.closed_by_id


def test_a_report_is_complained_about_once() -> None:
    keys = Keys.fresh()
    earlier, report = turned_down(keys), uuid4()
    complained(keys, earlier, report)

    with pytest.raises(ObjectionExists):
        complained(keys, earlier, report)

    assert Complaint.objects.count() == 1


def test_nobody_complains_about_what_was_acted_on() -> None:
    keys = Keys.fresh()

    with pytest.raises(NotOpen):
        complained(keys, turned_down(keys, ActionKind.SUSPEND))


def test_a_complaint_too_late_is_refused_with_the_day() -> None:
    keys = Keys.fresh()

    with pytest.raises(WindowClosed) as closed:
        complained(keys, turned_down(keys), now=window_ends(NOW))

    assert closed.value.fields["last_day"] == "2027-05-21"


def test_a_link_of_another_report_opens_nothing() -> None:
    keys = Keys.fresh()
    earlier = turned_down(keys)
    token = complaint_path(uuid4(), earlier.id, key=TOKEN_KEY).split("/")[-2]

    with pytest.raises(TokenWrong):
        complain(
            uuid4(),
            earlier.id,
            token,
            "It is no quotation.",
            informed_at=NOW,
            complainant=b"",
            token_key=TOKEN_KEY,
            evidence_key=keys.evidence.public_key,
            now=NOW,
        )


def test_no_row_says_who_complained_or_what() -> None:
    keys = Keys.fresh()
    complained(keys, turned_down(keys))

    with connection.cursor() as cursor:
        for table in ("appeals_complaint", "cases_case", "records_record"):
            cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%no quot%'")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("kind", "outcome"), [(ActionKind.SUSPEND, "acted"), (ActionKind.NONE, "not_acted")]
)
def test_who_complained_is_told_how_that_ended(kind: ActionKind, outcome: str) -> None:
    keys = Keys.fresh()
    received = receive(
        ReportDraft(
            origin="api:test:1",
            kind=ReportKind.USER_REPORT,
            way=Way.MATRIX,
            about="event:$e7",
            text=MessageText("It is an offer of drugs."),
            at=NOW,
            reporter=ReporterDraft(kind=ReporterKind.USER, account="@rita:example.test"),
            harm="m.harassment.hate",
            account="@sender:example.test",
            channel="!r:x",
            event="$e7",
        ),
        now=NOW,
        keys=ReportKeys(evidence=keys.evidence.public_key, token=TOKEN_KEY),
    )
    earlier = received.report.case
    assert earlier is not None
    cases.decide_case(earlier.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW)
    note_outcome(Record.objects.get(kind=RecordKind.CASE_CLOSED), NOW)
    Report.objects.update(told_at=NOW, tell_due=None)
    complaint = complained(keys, Case.objects.get(id=earlier.id), received.report.id)

    cases.decide_case(
        complaint.case_id, kind, by=reviewer("Ben Example"), reason="Looked again.", now=NOW
    )
    note_outcome(Record.objects.filter(kind=RecordKind.CASE_CLOSED).latest("serial"), NOW)

    report = Report.objects.get()
    assert (report.outcome, report.told_at, report.tell_due) == (outcome, None, NOW)


def test_who_complained_is_told_when_what_came_of_it_is_taken_back() -> None:
    keys = Keys.fresh()
    earlier = cases.open_case(case_draft(keys), now=NOW)
    report = receive(
        ReportDraft(
            origin="api:test:1",
            kind=ReportKind.USER_REPORT,
            way=Way.MATRIX,
            about=earlier.about,
            text=MessageText("It is an offer of drugs."),
            at=NOW,
            reporter=ReporterDraft(kind=ReporterKind.USER, account="@rita:example.test"),
        ),
        now=NOW,
        keys=ReportKeys(evidence=keys.evidence.public_key, token=TOKEN_KEY),
    ).report
    assert report.case_id == earlier.id
    cases.decide_case(earlier.id, ActionKind.NONE, by=reviewer(), reason="A quotation.", now=NOW)
    again = complained(keys, Case.objects.get(id=earlier.id), report.id).case
    ben = reviewer("Ben Example")
    cases.decide_case(again.id, ActionKind.SUSPEND, by=ben, reason="Looked again.", now=NOW)
    decision = Decision.objects.get(case=again.id)
    objection = object_to(
        decision.id,
        token_of(decision.id),
        "I quoted somebody.",
        token_key=TOKEN_KEY,
        evidence_key=keys.evidence.public_key,
        now=NOW,
    )

    note_reversal(SimpleNamespace(subject=objection.id), NOW)  # type: ignore[arg-type]

    assert Report.objects.get().outcome == "reversed"


def test_one_who_complained_does_not_use_up_what_the_others_may_say() -> None:
    keys = Keys.fresh()
    earlier = turned_down(keys)
    one, other = complained(keys, earlier), complained(keys, earlier)
    assert one.case == other.case

    def says(complaint: Complaint, number: int) -> None:
        talk_steps.answer(
            one.case_id,
            "A word more.",
            origin=f"link:{complaint.id}:{number}",
            evidence_key=keys.evidence.public_key,
            now=NOW,
            report=complaint.report,
        )

    for number in range(MESSAGES_MAX):
        says(one, number)
    with pytest.raises(TooMuchSaid):
        says(one, MESSAGES_MAX)
    says(other, 0)
