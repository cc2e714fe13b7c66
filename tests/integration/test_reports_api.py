"""The API for reports: anybody's, trusted flaggers', XARF; broken, huge, hostile and empty."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from nacl.public import PrivateKey
from pytest_django.fixtures import Settings
from tests.integration.cases_of_tests import reviewer
from tests.integration.test_reports_received import from_form

from evenhand.base.clock import now
from evenhand.base.errors import InputRefused
from evenhand.base.sealing import make_keys, read_key, unseal
from evenhand.desk.limits import FORM_SENDS_MAX
from evenhand.desk.proof_words import proof_words
from evenhand.desk.review.reported import report_rows
from evenhand.evidence.models import Hold
from evenhand.people.roles import Role
from evenhand.reports import flagger_steps
from evenhand.reports.drafts import FlaggerDraft
from evenhand.reports.keys import installed
from evenhand.reports.lists import ProofLevel, ReportState, Way
from evenhand.reports.models import Report
from evenhand.reports.ports import Proof
from evenhand.reports.proving_steps import prove_due
from evenhand.reports.steps import admit_waiting, receive
from evenhand.standing.subjects import account_subject

pytestmark = pytest.mark.django_db

REPORT: dict[str, Any] = {
    "about": "https://matrix.to/#/!room:x.test/$e1",
    "harm": "m.spam.fraud",
    "text": "It promises to double a payment.",
}
ORG = {"org": "Abuse Desk", "contact": "abuse@example.org", "domain": "example.org"}
XARF: dict[str, Any] = {
    "xarf_version": "4.2.0",
    "report_id": "a1b2c3d4-e5f6-4890-abcd-ef1234567890",
    "timestamp": "2026-11-22T10:30:00Z",
    "reporter": ORG,
    "sender": ORG,
    "source_identifier": "@sender:x.test",
    "category": "content",
    "type": "fraud",
    "fraud_type": "investment",
    "url": "https://matrix.to/#/!room:x.test/$e1",
    "description": "Doubling of payments",
}


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
def token() -> str:
    one, two = (reviewer(name, Role.LEGAL_OFFICER) for name in ("One Example", "Two Example"))
    draft = FlaggerDraft("Flag e.V.", "DE", "https://example.org/", date(2030, 1, 1), ("m.spam",))
    flagger = flagger_steps.enter(draft, by=one, now=now())
    flagger_steps.confirm(flagger.id, by=two, now=now())
    return flagger_steps.give_token(flagger.id, by=two, now=now())


def post(path: str, body: object, **headers: str) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(headers=headers).post(
        f"/api/v1/reports{path}", content, content_type="application/json"
    )


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_report_is_taken_and_followed() -> None:
    answer = post("", REPORT)
    assert answer.status_code == 201
    code = answer.json()["receipt_code"]

    status = post("/status", {"receipt_code": code})

    assert status.status_code == 200
    assert status.json()["state"] == "waiting"
    assert status.json()["outcome"] is None
    assert Report.objects.get().about == "event:$e1"
    assert admit_waiting(now=now(), rows_max=1) == 1
    assert post("/status", {"receipt_code": code}).json()["state"] == "open"


class Homeserver:
    """A homeserver that made one token."""

    def account_of(self, token: str) -> str:
        if token != "made-here":
            raise InputRefused(what="identity", why="the homeserver does not know it any more")
        return "@ada:x.test"


def test_who_shows_an_identity_is_known_again_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evenhand.wiring.identities", Homeserver)

    answer = post("", {**REPORT, "identity": "made-here"})
    wrong = post("", {**REPORT, "identity": "made-up"})

    assert answer.status_code == 201
    report = Report.objects.get()
    known = account_subject("@ada:x.test", token_key=installed().token)
    assert (report.state, bytes(report.reporter.key)) == (ReportState.OPEN, known)
    assert report_rows([report], {})[0].by == "by somebody who is known again"
    assert wrong.status_code == 422
    assert wrong.json()["findings"] == ["identity: the homeserver does not know it any more"]


def test_an_identity_that_nobody_can_check_is_an_unknown_persons(settings: Settings) -> None:
    settings.SYNAPSE_URL = ""

    assert post("", {**REPORT, "identity": "made-here"}).status_code == 201

    assert Report.objects.get().reporter.kind == "anonymous"


def test_a_trusted_flaggers_notice_does_not_wait(token: str) -> None:
    answers = [post("", REPORT, **bearer(token)), post("/xarf", XARF, **bearer(token))]

    assert [one.status_code for one in answers] == [201, 201]
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.OPEN.value}


def test_reports_of_one_way_in_hold_up_no_other() -> None:
    for number in range(3):
        post("", {**REPORT, "about": f"@u{number}:x.test"})
    mailed = receive(replace(from_form(), way=Way.MAIL, slow=True), now=now()).report

    assert admit_waiting(now=now(), rows_max=1) == 2

    mailed.refresh_from_db()
    assert mailed.state == ReportState.OPEN


def test_the_same_key_is_the_same_report() -> None:
    first, again = (post("", REPORT, **{"idempotency-key": "k1"}) for _ in range(2))
    other = post("", {**REPORT, "text": "Other"}, **{"idempotency-key": "k1"})

    assert first.json() == again.json()
    assert (other.status_code, other.json()["findings"]) == (422, ["form_used"])
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[" * 50_000, 400),
        (b"\xff\xfe", 400),
        (b"null", 422),
        ([], 422),
        ({}, 422),
        ({**REPORT, "text": ""}, 422),
        ({**REPORT, "text": "x" * 10_001}, 422),
        ({**REPORT, "text": "a\0b"}, 422),
        (json.dumps({**REPORT, "text": "x\ud800"}).encode(), 422),
        ({**REPORT, "about": "nothing"}, 422),
        ({**REPORT, "harm": "m.none"}, 422),
        ({**REPORT, "extra": 1}, 422),
        ({**REPORT, "mailbox": "a@b.c\nBcc: x@y.z"}, 422),
        ({**REPORT, "good_faith": True}, 422),
        ({**REPORT, "disclosure": {"room_id": "!r:x", "event_id": "$e1"}}, 422),
        ({**REPORT, "disclosure": "all of it"}, 422),
    ],
)
def test_what_is_broken_is_a_problem_and_leaves_nothing(body: object, status: int) -> None:
    answer = post("", body)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Report.objects.count() == 0


def test_a_missing_field_is_named_as_its_sender_knows_it() -> None:
    answer = post("", {key: value for key, value in REPORT.items() if key != "about"})

    assert answer.json()["findings"] == ["about: missing"]


def test_a_huge_body_is_refused() -> None:
    assert post("", {**REPORT, "text": "x" * 300_000}).status_code == 413


def test_nobody_floods_it() -> None:
    answers = [post("", REPORT).status_code for _ in range(FORM_SENDS_MAX + 1)]

    assert answers == [201] * FORM_SENDS_MAX + [429]


def test_more_than_one_message_is_refused_with_the_reason() -> None:
    block = {"room_id": "!r:x.test", "event_id": "$e1", "prk": base64.b64encode(b"k" * 80).decode()}
    answer = post("", {**REPORT, "disclosure": block})

    assert answer.status_code == 422
    assert "prove nothing" in answer.json()["findings"][0]
    assert Report.objects.count() == 0


def test_a_disclosed_message_is_checked_and_its_key_forgotten(home: Path) -> None:
    key = base64.b64encode(b"k" * 32).decode().rstrip("=")
    disclosure = {"room_id": "!room:x.test", "event_id": "$e1", "prk": key}
    assert post("", {**REPORT, "disclosure": disclosure}).status_code == 201
    waiting = Report.objects.get()
    assert bytes(waiting.disclosure) != b""
    assert b"k" * 32 not in bytes(waiting.disclosure)

    class Proves:
        def prove(self, given: Any) -> Proof:
            assert (given.room_id, given.event_id, given.prk) == ("!room:x.test", "$e1", b"k" * 32)
            return Proof(ProofLevel.PROVED, "send me ten", "@sender:x.test", "x.test")

    assert prove_due(Proves(), now=now(), keys=installed()) == 1
    assert prove_due(Proves(), now=now()) == 0
    report = Report.objects.select_related("proof_text").get()
    assert (report.proof, report.account) == ("proved", "@sender:x.test")
    assert bytes(report.disclosure) == b""
    opener = PrivateKey(read_key(home / "keys" / "opener" / "evidence.key"))
    assert report.proof_text is not None
    assert unseal(bytes(report.proof_text.sealed), key=opener) == b"send me ten"


def disclosed(account: str) -> Report:
    """A report that names an account, with a message of it that nobody checked yet."""
    key = base64.b64encode(b"k" * 32).decode().rstrip("=")
    disclosure = {"room_id": "!room:x.test", "event_id": "$e1", "prk": key}
    assert post("", {**REPORT, "disclosure": disclosure}).status_code == 201
    Report.objects.update(account=account)
    return Report.objects.get()


def proof_of_sender() -> Proof:
    return Proof(ProofLevel.PROVED, "send me ten", "@sender:x.test", "x.test")


def test_nothing_is_locked_while_the_homeserver_is_asked() -> None:
    report = disclosed("@sender:x.test")

    class Looks:
        def prove(self, given: Any) -> Proof:
            assert Report.objects.filter(pk=report.pk).exists()
            return proof_of_sender()

    with CaptureQueriesContext(connection) as asked:
        prove_due(Looks(), now=now(), keys=installed())

    begun = [one["sql"] for one in asked.captured_queries]
    looked = next(at for at, sql in enumerate(begun) if "SELECT 1" in sql)
    assert not any("FOR UPDATE" in sql or "SAVEPOINT" in sql for sql in begun[:looked])
    assert any("FOR UPDATE" in sql for sql in begun[looked:])


def test_what_another_worker_noted_meanwhile_stands() -> None:
    report = disclosed("@sender:x.test")

    class Late:
        def prove(self, given: Any) -> Proof:
            Report.objects.filter(pk=report.pk).update(disclosure=b"", proof="claimed")
            return proof_of_sender()

    assert prove_due(Late(), now=now(), keys=installed()) == 0
    assert Report.objects.get().proof == "claimed"


@pytest.mark.parametrize(
    ("account", "differs"), [("@other:x.test", True), ("@sender:x.test", False)]
)
def test_a_report_that_names_another_than_the_proved_sender_says_so(
    account: str, differs: bool
) -> None:
    disclosed(account)

    class Proves:
        def prove(self, given: Any) -> Proof:
            return proof_of_sender()

    prove_due(Proves(), now=now(), keys=installed())

    report = Report.objects.get()
    words = proof_words(report.proof, report.proof_findings)
    assert words is not None
    assert report.account == account
    assert any("another account" in said for said in words.against) is differs


def test_what_was_proved_of_a_waiting_report_is_held_by_its_case() -> None:
    disclosed("@sender:x.test")

    class Proves:
        def prove(self, given: Any) -> Proof:
            return proof_of_sender()

    prove_due(Proves(), now=now(), keys=installed())
    admit_waiting(now=now(), rows_max=1)

    report = Report.objects.get()
    assert Hold.objects.filter(item=report.proof_text, holder=report.case_id).exists()
    (row,) = report_rows([report], {})
    assert (row.way, row.by) == ("by a program", "by an unknown person")


def test_a_trusted_flagger_sees_its_notices_and_figures_and_nobody_elses(token: str) -> None:
    post("", REPORT)
    sent = post("", REPORT, **bearer(token), **{"idempotency-key": "n1"})
    post("", {**REPORT, "harm": "m.violence", "about": "@b:x.test"}, **bearer(token))
    client = Client(headers=bearer(token))

    listed = client.get("/api/v1/reports").json()
    year = client.get(f"/api/v1/reports/statistics/{now().year}").json()

    assert sent.json()["kind"] == "trusted_flagger_notice"
    assert [one["kind"] for one in listed] == ["notice", "trusted_flagger_notice"]
    assert listed[1]["receipt_code"] == sent.json()["receipt_code"]
    assert (year["notices"], year["open"], year["median_hours"]) == (2, 2, None)
    assert year["by_harm"] == [
        {"harm": "m.spam.fraud", "notices": 1},
        {"harm": "m.violence", "notices": 1},
    ]
    assert Report.objects.get(kind="trusted_flagger_notice").source == "trusted_flagger"


@pytest.mark.parametrize("token", ["wrong", "evf_" + "x" * 43, "x" * 500, ""])
def test_a_token_that_is_none_opens_nothing(token: str) -> None:
    assert post("", REPORT, authorization=f"Bearer {token}").status_code == 401
    assert Client(headers=bearer(token)).get("/api/v1/reports").status_code == 401
    assert Client().get("/api/v1/reports/statistics/2026").status_code == 401
    assert Report.objects.count() == 0


def test_a_report_in_xarf_is_taken_once(home: Path) -> None:
    first, again = post("/xarf", XARF), post("/xarf", XARF)

    assert (first.status_code, first.json()) == (201, again.json())
    report = Report.objects.select_related("content").get()
    assert (report.harm, report.about, report.way) == ("m.spam.fraud", "event:$e1", "api")


def test_what_is_attached_in_xarf_is_kept_as_a_hash(home: Path) -> None:
    picture = base64.b64encode(b"not looked at").decode()
    rows = [
        {"content_type": "image/png", "payload": picture},
        {"content_type": "text/plain", "payload": base64.b64encode(b"words").decode()},
    ]
    assert post("/xarf", {**XARF, "evidence": rows}).status_code == 201

    content = Report.objects.select_related("content").get().content
    assert content is not None
    opener = PrivateKey(read_key(home / "keys" / "opener" / "evidence.key"))
    kept = json.loads(unseal(bytes(content.sealed), key=opener))["evidence"]
    assert "payload" not in kept[0]
    assert kept[0]["bytes"] == len(b"not looked at")
    assert len(kept[0]["sha256"]) == 64
    assert kept[1]["payload"] == rows[1]["payload"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
     {"Version": "3"}, {**XARF, "xarf_version": "3.1"}, {**XARF, "category": ["x"]},
     {**XARF, "type": "none"}, {**XARF, "reporter": "me"}, {**XARF, "report_id": 5},
     {**XARF, "url": "javascript:alert(1)"},
     {**XARF, "url": None, "source_identifier": "192.0.2.1"},
     {**XARF, "evidence": [{"payload": {"$ref": "file:///etc/passwd"}}]}],
)  # fmt: skip
def test_what_is_no_xarf_is_named_and_not_kept(body: object) -> None:
    answer = post("/xarf", body)

    assert answer.status_code == 422
    assert answer.json()["findings"]
    assert Report.objects.count() == 0


def test_the_document_names_every_call() -> None:
    document = Client().get("/api/v1/reports/openapi.json").json()

    assert set(document["paths"]) == {
        "/api/v1/reports",
        "/api/v1/reports/xarf",
        "/api/v1/reports/status",
        "/api/v1/reports/statistics/{year}",
    }


def test_an_unknown_code_is_a_problem() -> None:
    assert post("/status", {"receipt_code": str(uuid4().int)[:16]}).status_code == 404
    assert post("/status", {"receipt_code": ""}).status_code == 404
