"""A report from its door to its end: kept under seal, one case per thing, told what came of it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from nacl.public import PrivateKey
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import reviewer

from evenhand.base.errors import Unavailable
from evenhand.base.lists import ActionKind, ChannelKind, Language, RecordKind
from evenhand.base.personal import IpAddress, MailAddress, MessageText
from evenhand.base.sealing import make_keys, read_key, unseal
from evenhand.cases import steps as cases
from evenhand.cases.lists import CaseLane
from evenhand.cases.models import Case
from evenhand.connectors.mail import MailedReporters, Outbox
from evenhand.connectors.memory import MemoryMessenger
from evenhand.people.roles import Role
from evenhand.records.models import Record
from evenhand.reports import flagger_steps, steps
from evenhand.reports.checks import FlaggerRefused, ReportRefused
from evenhand.reports.drafts import FlaggerDraft, ReportDraft, ReporterDraft
from evenhand.reports.keys import Keys, installed
from evenhand.reports.lists import Mass, ReporterKind, ReportKind, ReportOutcome, ReportState, Way
from evenhand.reports.models import Report
from evenhand.reports.queries import flagger_year, report_by_code, reporter_record, reports_of
from evenhand.reports.reactions import note_outcome
from evenhand.reports.tell_steps import tell_due

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "He sells forged papers and knows where I live"
ADA = "@ada:example.test"
URL = "https://desk.example.test"


@dataclass
class MailTwin:
    """What would have been mailed."""

    sent: list[tuple[str, str, str, Language, str]] = field(default_factory=list)
    fails: bool = False

    def mail(self, mailbox: str, subject: str, text: str, *, language: Language, key: str) -> None:
        if self.fails:
            raise Unavailable(peer="mail server")
        self.sent.append((mailbox, subject, text, language, key))


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: Settings) -> Keys:
    make_keys(tmp_path / "keys")
    settings.KEYS = tmp_path / "keys"
    return installed()


def from_matrix(number: int = 1, *, account: str = ADA, event: str = "$e1") -> ReportDraft:
    return ReportDraft(
        origin=f"matrix:event:{number}",
        kind=ReportKind.USER_REPORT,
        way=Way.MATRIX,
        about=f"event:{event}",
        text=MessageText(SECRET),
        at=NOW,
        language=Language.DE,
        reporter=ReporterDraft(kind=ReporterKind.USER, account=account),
        account="@sender:example.test",
        channel="!r:example.test",
        channel_kind=ChannelKind.PUBLIC,
        event=event,
        content=b'{"body": "forged papers"}',
    )


def from_form(number: int = 1, *, network: str = "192.0.2.1", mailbox: str = "ada@example.org",
              text: str = SECRET) -> ReportDraft:  # fmt: skip
    return ReportDraft(
        origin=f"form:{number}",
        kind=ReportKind.NOTICE,
        way=Way.FORM,
        about="event:$e1",
        channel="!r:example.test",
        event="$e1",
        text=MessageText(text),
        at=NOW,
        language=Language.KK,
        reporter=ReporterDraft(name="Ada Example", mailbox=MailAddress(mailbox)),
        harm="m.tos.prohibited.papers",
        good_faith=True,
        network=IpAddress(network),
    )


def close(report: Report, kind: ActionKind = ActionKind.NONE) -> None:
    """A reviewer decides the case, and the reaction sees the record."""
    assert report.case_id is not None
    by = reviewer(f"Rosa {report.id}")
    harm = "m.tos.prohibited.papers"
    cases.decide_case(report.case_id, kind, by=by, reason="Looked at it.", harm=harm, now=NOW)
    record = Record.objects.get(subject=report.case_id, kind=RecordKind.CASE_CLOSED.value)
    note_outcome(record, NOW + timedelta(hours=1))


def test_a_report_opens_a_case_and_is_kept_under_seal(tmp_path: Path) -> None:
    received = steps.receive(from_matrix(), now=NOW)

    report = Report.objects.select_related("case", "text", "content").get()
    assert report.state == ReportState.OPEN
    assert report.case is not None
    assert (report.case.account, report.case.event) == ("@sender:example.test", "$e1")
    assert report.case.evidence_id == report.content_id
    assert len(received.receipt_code) == 16
    key = PrivateKey(read_key(tmp_path / "keys" / "opener" / "evidence.key"))
    assert report.text is not None
    assert unseal(bytes(report.text.sealed), key=key).decode() == SECRET


def test_nothing_personal_stands_in_the_clear() -> None:
    steps.receive(from_matrix(), now=NOW)
    steps.receive(from_form(), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(t, ' ') FROM (SELECT r::text t FROM reports_report r UNION ALL"
            " SELECT p::text FROM reports_reporter p UNION ALL SELECT o::text FROM"
            " records_recordopening o) rows"
        )
        (rows,) = cursor.fetchone()
    for secret in (SECRET, ADA, "ada@example.org", "Ada Example", "192.0.2.1"):
        assert secret not in rows


def test_reports_of_one_thing_are_one_case() -> None:
    first = steps.receive(from_matrix(1), now=NOW).report
    second = steps.receive(from_form(2), now=NOW).report
    other = steps.receive(from_matrix(3, event="$e2"), now=NOW).report

    assert first.case_id == second.case_id != other.case_id
    assert first.case_id is not None
    assert {one.id for one in reports_of(first.case_id)} == {first.id, second.id}


def test_after_the_case_is_closed_a_new_report_opens_another() -> None:
    first = steps.receive(from_matrix(1), now=NOW).report
    close(first)
    second = steps.receive(from_matrix(2), now=NOW).report

    assert second.case_id not in {None, first.case_id}


def test_the_same_report_again_is_the_same_report() -> None:
    first = steps.receive(from_form(), now=NOW)
    again = steps.receive(from_form(), now=NOW)

    assert first.report == again.report
    assert first.receipt_code == again.receipt_code
    assert Record.objects.filter(kind=RecordKind.REPORT_RECEIVED.value).count() == 1


def test_a_form_is_good_for_one_report() -> None:
    steps.receive(from_form(), now=NOW)

    with pytest.raises(ReportRefused, match="form_used"):
        steps.receive(from_form(text="Something else"), now=NOW)


def test_what_is_refused_leaves_nothing() -> None:
    with pytest.raises(ReportRefused, match="good_faith_missing"):
        steps.receive(replace(from_form(), good_faith=False), now=NOW)

    assert Report.objects.count() == Case.objects.count() == 0


def test_the_reporter_is_told_in_the_messenger_in_their_language() -> None:
    messenger, mails = MemoryMessenger(), MailTwin()
    messenger.register(ADA)
    received = steps.receive(from_matrix(), now=NOW)
    assert tell_due(messenger, mails, public_url=URL, now=NOW) == 0
    close(received.report, ActionKind.REDACT)

    at = NOW + timedelta(hours=2)
    assert tell_due(messenger, mails, public_url=URL, now=at) == 1
    assert tell_due(messenger, mails, public_url=URL, now=at) == 0

    report = Report.objects.get()
    assert (report.outcome, report.state, report.told_at) == ("acted", "answered", at)
    (text,) = messenger.look().notices[ADA].values()
    assert "Wir sind eingeschritten" in text
    assert f"{URL}/report/follow/" in text
    assert "@sender" not in text
    assert Record.objects.filter(kind=RecordKind.REPORT_ANSWERED.value).count() == 1


def test_a_notice_is_confirmed_and_answered_by_mail() -> None:
    messenger, mails = MemoryMessenger(), MailTwin()
    received = steps.receive(from_form(), now=NOW)
    assert tell_due(messenger, mails, public_url=URL, now=NOW) == 1
    close(received.report)
    assert tell_due(messenger, mails, public_url=URL, now=NOW + timedelta(days=1)) == 1

    (to, subject, text, language, key), (_, after, outcome, _, other) = mails.sent
    assert (to, language) == ("ada@example.org", Language.KK)
    assert subject == "Сіздің хабарламаңызды алдық"
    assert received.receipt_code[:4] in text
    assert after == "Сіздің хабарламаңыз: шара қолданбадық"
    assert "21" in outcome
    assert key != other


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    messenger, mails = MemoryMessenger(), MailTwin(fails=True)
    steps.receive(from_form(), now=NOW)

    assert tell_due(messenger, mails, public_url=URL, now=NOW) == 0
    mails.fails = False
    assert tell_due(messenger, mails, public_url=URL, now=NOW) == 0
    assert tell_due(messenger, mails, public_url=URL, now=NOW + timedelta(minutes=10)) == 1


def test_a_code_finds_its_report_and_no_other_does(keys: Keys) -> None:
    received = steps.receive(from_form(), now=NOW)

    assert report_by_code(received.receipt_code, key=keys.token) == received.report
    assert report_by_code("0" * 16, key=keys.token) is None
    assert report_by_code("x", key=keys.token) is None


def test_a_record_of_each_reporter_is_kept() -> None:
    for number in range(3):
        report = steps.receive(from_matrix(number, event=f"$e{number}"), now=NOW).report
        if number < 2:
            close(report, ActionKind.REDACT if number else ActionKind.NONE)

    record = reporter_record(report.reporter)
    assert (record.upheld, record.unfounded, record.open) == (1, 1, 1)


def test_reports_from_one_network_do_not_push_their_case() -> None:
    for number in range(4):
        draft = from_form(number, network="192.0.2.1", mailbox=f"p{number}@example.org",
                          text=f"Reason number {number}")  # fmt: skip
        report = steps.receive(draft, now=NOW).report

    assert report.masses == [Mass.SHARED_ORIGIN.value]
    assert Case.objects.count() == 1
    assert Case.objects.get().reports_raising == 2


def test_without_work_a_report_waits_in_the_slow_queue() -> None:
    slow = steps.receive(replace(from_form(), slow=True), now=NOW).report
    assert (slow.state, slow.case_id) == (ReportState.WAITING, None)

    assert steps.admit_waiting(now=NOW, rows_max=5) == 1
    slow.refresh_from_db()
    assert slow.state == ReportState.OPEN
    assert slow.case_id is not None


def test_a_reversal_reaches_the_reporter() -> None:
    report = steps.receive(from_form(), now=NOW).report
    close(report, ActionKind.REDACT)
    assert report.case_id is not None

    assert steps.answer_case(report.case_id, ReportOutcome.REVERSED, now=NOW) == 1
    assert steps.answer_case(report.case_id, ReportOutcome.REVERSED, now=NOW) == 0
    report.refresh_from_db()
    assert (report.outcome, report.told_at) == ("reversed", None)
    assert report.tell_due == NOW


def test_what_is_personal_is_forgotten_in_time() -> None:
    report = steps.receive(from_form(), now=NOW).report
    key = bytes(report.reporter.key)

    steps.forget(now=NOW + timedelta(days=8))
    report.refresh_from_db()
    assert bytes(report.network) == b""
    assert bytes(report.contact) != b""

    steps.forget(now=NOW + timedelta(days=800))
    report.refresh_from_db()
    report.reporter.refresh_from_db()
    assert bytes(report.contact) == b""
    assert bytes(report.reporter.key) != key


def test_a_trusted_flagger_needs_two_people_and_comes_first(keys: Keys) -> None:
    one, two = (reviewer(name, Role.LEGAL_OFFICER) for name in ("One Example", "Two Example"))
    draft = FlaggerDraft("Flag e.V.", "DE", "https://example.org/", date(2028, 1, 1),
                         ("m.tos.prohibited",))  # fmt: skip
    flagger = flagger_steps.enter(draft, by=one, now=NOW)
    with pytest.raises(FlaggerRefused, match="not_confirmed"):
        flagger_steps.give_token(flagger.id, by=one, now=NOW)
    with pytest.raises(FlaggerRefused, match="same_person"):
        flagger_steps.confirm(flagger.id, by=one, now=NOW)
    flagger_steps.confirm(flagger.id, by=two, now=NOW)
    assert flagger_steps.give_token(flagger.id, by=one, now=NOW).startswith("evf_")

    trusted = replace(from_form(), kind=ReportKind.TRUSTED_FLAGGER_NOTICE,
                      reporter=ReporterDraft(flagger=flagger.id))  # fmt: skip
    inside = steps.receive(replace(trusted, origin="api:1"), now=NOW).report
    outside = steps.receive(replace(trusted, origin="api:2", harm="m.spam"), now=NOW).report

    assert inside.kind == ReportKind.TRUSTED_FLAGGER_NOTICE
    assert outside.kind == ReportKind.NOTICE
    assert inside.case is not None
    assert inside.case.source == "trusted_flagger"
    year = flagger_year(flagger.id, 2026)
    assert (year.notices, year.open) == (2, 2)
    assert year.by_harm == (("m.spam", 1), ("m.tos.prohibited.papers", 1))


def test_a_form_that_comes_first_does_not_say_whose_message_it_is_or_where() -> None:
    steps.receive(replace(from_form(), channel="!victims:example.test"), now=NOW)

    steps.receive(from_matrix(), now=NOW)

    case = Case.objects.get()
    assert (case.account, case.channel) == ("@sender:example.test", "!r:example.test")


def test_the_same_end_twice_is_told_twice_and_one_tried_again_once(tmp_path: Path) -> None:
    mails = MailedReporters(Outbox(tmp_path / "out"), "desk@example.test")
    report = steps.receive(from_form(), now=NOW).report
    later = NOW + timedelta(days=3)
    assert report.case_id is not None

    def told(moment: datetime) -> int:
        tell_due(MemoryMessenger(), mails, public_url=URL, now=moment)
        return len(list((tmp_path / "out").glob("*.eml")))

    steps.answer_case(report.case_id, ReportOutcome.NOT_ACTED, now=NOW)
    assert told(NOW) == 1
    steps.answer_complaints([report.id], ReportOutcome.NOT_ACTED, now=later)
    assert told(later) == 2
    Report.objects.update(tell_due=later)  # killed after it was sent, before that was written
    assert told(later) == 2


def test_in_a_crowd_too_what_may_harm_a_child_goes_to_its_lane() -> None:
    for number in range(10):
        draft = from_matrix(number, account=f"@{number}:example.test")
        steps.receive(replace(draft, harm="m.spam", text=MessageText(str(number))), now=NOW)

    draft = replace(from_matrix(99, account="@rita:example.test"), harm="m.child_safety")
    report = steps.receive(draft, now=NOW).report

    assert report.masses == [Mass.BURST]
    case = Case.objects.get()
    assert case.lane == CaseLane.SEALED
    assert case.reports_received == 11
    assert case.reports_raising == 9
