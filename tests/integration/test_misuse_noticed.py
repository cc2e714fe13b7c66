"""From a reviewer's judgment to a pause: unfounded reports and appeals (DSA Art. 23(2))."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import Settings
from tests.integration import test_reporting as form
from tests.integration.cases_of_tests import NOW, TOKEN_KEY, case_draft, decided, reviewer, token_of
from tests.integration.cases_of_tests import Keys as CaseKeys
from tests.integration.test_reports_received import ADA, MailTwin, from_form, from_matrix

from evenhand.appeals import steps as appeals
from evenhand.appeals.checks import AppealsPaused
from evenhand.appeals.complaint_steps import complain, complaint_path
from evenhand.base.clock import now as moment_now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, RecordKind
from evenhand.base.sealing import make_keys
from evenhand.cases import steps as cases
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.connectors.memory import MemoryMessenger
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND
from evenhand.people.roles import Role
from evenhand.records.models import Record
from evenhand.reports.checks import ReporterSuspended
from evenhand.reports.drafts import ReportDraft
from evenhand.reports.keys import Keys, installed
from evenhand.reports.lists import Mass
from evenhand.reports.models import Report, Reporter
from evenhand.reports.reactions import note_outcome
from evenhand.reports.steps import receive
from evenhand.reports.tell_steps import tell_due
from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.misuse_steps import note_unfounded
from evenhand.standing.models import Misuse, Unfounded
from evenhand.standing.queries import filed_by, may_appeal
from evenhand.standing.subjects import account_subject

pytestmark = pytest.mark.django_db

URL = "https://desk.example.test"
HARM = "m.tos.prohibited.papers"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: Settings) -> Iterator[Keys]:
    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REPORT_WORK_BITS = 4
    cache.clear()
    yield installed()
    cache.clear()


@pytest.fixture
def judge() -> Person:
    return reviewer("Ben Example")


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def reported(number: int, *, hours: float) -> Report:
    draft = from_matrix(number, event=f"$e{number}")
    return receive(replace(draft, at=later(hours)), now=later(hours)).report


def judged(report: Report, by: Person, *, hours: float, unfounded: bool = True) -> None:
    """A reviewer closes the case of a report without an action; the reaction sees the record."""
    assert report.case_id is not None
    cases.decide_case(
        report.case_id,
        ActionKind.NONE,
        by=by,
        reason="A holiday picture.",
        harm=HARM,
        now=later(hours),
        unfounded=unfounded,
    )
    react(later(hours))


def react(at: datetime) -> None:
    note_outcome(Record.objects.filter(kind=RecordKind.CASE_CLOSED.value).latest("serial"), at)


def test_who_reports_for_nothing_is_warned_then_paused_then_heard_again(judge: Person) -> None:
    messenger, mails = MemoryMessenger(), MailTwin()
    messenger.register(ADA)
    for number in range(3):
        judged(reported(number, hours=number), judge, hours=number + 0.5)
    (warned,) = Misuse.objects.all()
    assert (warned.step, warned.unfounded, warned.judged) == (MisuseStep.WARNED, 3, 3)
    tell_due(messenger, mails, public_url=URL, now=later(4))
    tell_due(messenger, mails, public_url=URL, now=later(4))
    assert "Verwarnung" in messenger.look().notices[ADA][str(warned.id)]
    warned.refresh_from_db()
    assert warned.told_at == later(4)

    for number in (5, 6):
        judged(reported(number, hours=number), judge, hours=number + 0.5)

    paused = Misuse.objects.get(step=MisuseStep.SUSPENDED.value)
    assert paused.until is not None
    tell_due(messenger, mails, public_url=URL, now=later(7))
    assert f"{paused.until:%Y-%m-%d}" in messenger.look().notices[ADA][str(paused.id)]
    with pytest.raises(ReporterSuspended):
        reported(8, hours=8)
    after = from_matrix(9, event="$e9")
    receive(replace(after, at=paused.until), now=paused.until)
    assert Report.objects.filter(event="$e9").exists()


def test_a_report_that_was_only_wrong_counts_for_nothing(judge: Person) -> None:
    judged(reported(1, hours=0), judge, hours=1, unfounded=False)

    assert not Unfounded.objects.exists()


def test_the_same_record_again_counts_once(judge: Person) -> None:
    judged(reported(1, hours=0), judge, hours=1)
    react(later(2))

    (counted,) = Unfounded.objects.all()
    assert (counted.kind, counted.intended) == (MisuseKind.REPORT, False)


@pytest.mark.parametrize(
    ("masses", "intended"), [([Mass.SAME_WORDS], True), ([Mass.POOR_RECORD], False)]
)
def test_a_brigade_counts_as_meant_and_a_poor_record_does_not(
    judge: Person, masses: list[Mass], intended: bool
) -> None:
    report = reported(1, hours=0)
    Report.objects.update(masses=[mass.value for mass in masses])

    judged(report, judge, hours=1)

    assert Unfounded.objects.get().intended is intended


def test_each_of_those_who_reported_is_counted_by_themselves() -> None:
    keeper = reviewer("Kim Example", Role.CHILD_SAFETY)  # the fourth report seals the lane
    first = receive(from_matrix(1), now=NOW).report
    receive(from_matrix(2, account="@bo:example.test"), now=NOW)
    receive(from_form(3), now=NOW)
    receive(nameless(4), now=NOW)

    judged(first, keeper, hours=1)

    assert Unfounded.objects.count() == 3  # who named nobody is not known again


def nameless(number: int) -> ReportDraft:
    draft = from_form(number)
    given = replace(draft.reporter, name="", mailbox=None)
    return replace(draft, reporter=given, harm="m.child_safety.grooming")


def test_what_was_acted_on_is_not_unfounded(judge: Person) -> None:
    report = reported(1, hours=0)
    assert report.case_id is not None

    with pytest.raises(CaseNotClosed) as refused:
        cases.decide_case(
            report.case_id,
            ActionKind.REDACT,
            by=judge,
            reason="An offer.",
            harm=HARM,
            now=NOW,
            unfounded=True,
        )

    assert refused.value.fields["findings"] == "unfounded_and_acted"
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(id=report.case_id).update(manifestly_unfounded=True)


def test_refused_objections_lead_to_a_pause_that_the_door_names(judge: Person) -> None:
    case_keys = CaseKeys.fresh()
    account = "@sender:example.test"

    def objection(number: int) -> Case:
        decision = decided(case_keys, event=f"$x{number}")
        return appeals.object_to(
            decision.id,
            token_of(decision.id),
            "No.",
            token_key=TOKEN_KEY,
            evidence_key=case_keys.evidence.public_key,
            now=later(number),
        )

    for number in range(7):
        case = objection(number)
        appeals.refuse(
            case.id,
            by=judge,
            reason="As before.",
            now=later(number + 0.5),
            unfounded=True,
            token_key=TOKEN_KEY,
        )

    steps = list(Misuse.objects.order_by("at").values_list("step", "kind", "account"))
    assert steps == [("warned", "appeal", account), ("suspended", "appeal", account)]
    with pytest.raises(AppealsPaused):
        objection(8)
    paused = Misuse.objects.get(step="suspended")
    assert paused.until is not None
    assert may_appeal(account_subject(account, token_key=TOKEN_KEY), paused.until)


def test_a_pause_of_objections_holds_for_complaints_and_the_other_way_round(
    judge: Person, keys: Keys
) -> None:
    account = "@sender:example.test"
    draft = from_matrix(1, event="$e1")
    reporter = replace(draft.reporter, account=account)
    theirs = replace(draft, at=later(0), reporter=reporter, account="@other:example.test")
    report = receive(theirs, now=later(0)).report
    judged(report, judge, hours=1, unfounded=False)
    subject = account_subject(account, token_key=keys.token)

    assert bytes(report.reporter.key) == subject
    paused_until(subject, MisuseKind.APPEAL, later(48))
    case_keys = CaseKeys.fresh()
    decision = decided(case_keys)
    with pytest.raises(AppealsPaused):
        complained(report, keys)
    with pytest.raises(AppealsPaused):
        appeals.object_to(
            decision.id,
            token_of(decision.id, key=keys.token),
            "No.",
            token_key=keys.token,
            evidence_key=case_keys.evidence.public_key,
            now=later(6),
        )


def test_objections_and_complaints_are_weighed_each_against_its_own_number() -> None:
    subject = b"s" * 32
    for number in range(6):
        draft = replace(case_draft(event=f"$w{number}"), kind=CaseKind.COMPLAINT)
        if number % 2:
            decision = decided(CaseKeys.fresh(), event=f"$d{number}")
            draft = replace(
                draft,
                kind=CaseKind.OBJECTION,
                decision=decision.id,
                evidence=decision.evidence_id,
                objection=decision.evidence_id,
            )
        case = cases.open_case(draft, now=NOW)
        note_unfounded(
            subject, MisuseKind.APPEAL, case.id, later(number), filed_at=later(number), judged=9
        )

    counted = filed_by(
        subject, MisuseKind.APPEAL, days=90, now=later(9), case_kind=CaseKind.OBJECTION
    )

    assert len(counted) == 3


def test_complaints_count_as_appeals_and_a_pause_holds_for_them(judge: Person, keys: Keys) -> None:
    report = reported(1, hours=0)
    judged(report, judge, hours=1, unfounded=False)
    assert report.case_id is not None
    complaint = complained(report, keys)
    cases.decide_case(
        complaint,
        ActionKind.NONE,
        by=reviewer("Cy Example"),
        reason="Looked again.",
        harm=HARM,
        now=later(3),
        unfounded=True,
    )
    react(later(3))
    (counted,) = Unfounded.objects.all()
    assert (counted.kind, bytes(counted.key)) == ("appeal", bytes(report.reporter.key))

    second = reported(2, hours=4)
    judged(second, judge, hours=5, unfounded=False)
    paused_until(bytes(report.reporter.key), MisuseKind.APPEAL, later(48))
    with pytest.raises(AppealsPaused):
        complained(second, keys)


def complained(report: Report, keys: Keys) -> UUID:
    assert report.case_id is not None
    token = complaint_path(report.id, report.case_id, key=keys.token).split("/")[-2]
    made = complain(
        report.id,
        report.case_id,
        token,
        "Please look again.",
        informed_at=None,
        complainant=bytes(report.reporter.key),
        token_key=keys.token,
        evidence_key=keys.evidence,
        now=later(6),
    )
    return made.case_id


def paused_until(key: bytes, kind: MisuseKind, until: datetime) -> None:
    weighed = {"days": 180, "unfounded": 5, "judged": 5, "weight": 5, "severity": 2, "intended": 0}
    given = {"key": key, "kind": kind.value, "at": NOW, **weighed}
    warning = Misuse.objects.create(id=new_id(now=NOW), step="warned", **given)
    Misuse.objects.create(
        id=new_id(now=NOW), step="suspended", warning=warning, until=until, **given
    )


def test_the_form_says_it_and_the_code_shows_the_statement(client: Client) -> None:
    code = form.code_on(form.sent(client))
    until = moment_now() + timedelta(days=3)
    paused_until(bytes(Reporter.objects.get().key), MisuseKind.REPORT, until)

    refused = form.sent(client, place="https://matrix.to/#/!room:example.test/$event2")
    followed = client.post("/report/follow/", {"code": code}).content.decode()

    assert refused.status_code == 403
    assert "Your reports are not handled now" in refused.content.decode()
    assert Report.objects.count() == 1
    assert "What you file is not handled for a time" in followed
    assert f"{until:%Y-%m-%d %H:%M} UTC" in followed


def test_the_box_on_the_page_of_the_case_is_what_counts(client: Client, judge: Person) -> None:
    report = receive(from_matrix(1), now=moment_now()).report
    client.force_login(judge, backend=BACKEND)
    path = f"/staff/cases/{report.case_id}/"
    fields = {"reason": "A holiday picture.", "harm": HARM, "unfounded": "yes"}
    page = client.get(path).content.decode()
    assert "These reports are manifestly unfounded" in page

    refused = client.post(f"{path}decide/", {**fields, "kind": "redact"}, follow=True)
    assert "Only what is closed without an action" in refused.content.decode()
    client.post(f"{path}decide/", {**fields, "kind": "none"})

    assert Case.objects.get().manifestly_unfounded


def test_the_box_for_an_objection_goes_with_a_refusal_alone(client: Client, judge: Person) -> None:
    case_keys = CaseKeys.fresh()
    decision = decided(case_keys)
    case = appeals.object_to(
        decision.id,
        token_of(decision.id),
        "No.",
        token_key=TOKEN_KEY,
        evidence_key=case_keys.evidence.public_key,
        now=NOW,
    )
    client.force_login(judge, backend=BACKEND)
    path = f"/staff/cases/{case.id}/"
    assert "This appeal is manifestly unfounded" in client.get(path).content.decode()
    fields = {"reason": "As before.", "unfounded": "yes"}

    refused = client.post(f"{path}judge/", {**fields, "verdict": "uphold"}, follow=True)
    assert "Only what is closed without an action" in refused.content.decode()
    client.post(f"{path}judge/", {**fields, "verdict": "refuse"})

    assert Unfounded.objects.get().kind == MisuseKind.APPEAL
