"""The API for single points of contact: filed like in the portal, and nothing it does not say."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pyrage
import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.conftest import START_SECONDS_MAX
from tests.integration.matters_of_tests import (
    ACCOUNT,
    CHANNEL,
    Desk,
    desk,
    officer_for,
    refusal,
)

from evenhand.authorities import steps as registry
from evenhand.authorities.machine_models import WebhookMessage
from evenhand.authorities.machines.checks import signed_headers
from evenhand.authorities.machines.steps import (
    end_token,
    make_token,
    register_webhook,
    sweep_messages,
)
from evenhand.base.clock import now
from evenhand.base.sealing import make_keys, read_key
from evenhand.desk.api.telling import tell_programs
from evenhand.legal import steps
from evenhand.legal.models import Matter
from evenhand.legal.queries import history
from evenhand.markets.regimes import law
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
TCO = "eu-tco-removal"
HOOK = "https://spoc.example.org/evenhand"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    from evenhand import wiring

    make_keys(tmp_path / "keys")
    settings.EVENHAND_HOME = tmp_path
    settings.KEYS = tmp_path / "keys"
    settings.PUBLIC_URL = "http://localhost:8600"
    settings.ALLOWED_HOSTS = ["localhost"]
    cache.clear()
    wiring.pager.cache_clear()
    yield tmp_path
    cache.clear()
    wiring.pager.cache_clear()


@pytest.fixture
def office() -> Desk:
    return desk(now=now())


@pytest.fixture
def token(office: Desk) -> str:
    return make_token(office.officer, "case system", by=office.officer.person, now=now()).text


@pytest.fixture
def program(token: str) -> Client:
    return Client(
        HTTP_HOST="localhost:8600", HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT="*/*"
    )


def body(entry: str, **more: Any) -> dict[str, Any]:
    kind = law().kind(entry)
    data = ["subscriber", "identification"] if kind.data_categories else []
    return {
        "entry": entry,
        "purpose": "identify_only",
        "categories": [one for one in data if one in kind.data_categories],
        "identifiers": [CHANNEL if entry == TCO else ACCOUNT],
        "fields": dict.fromkeys(kind.mandatory_fields, "given"),
        "reference": "12 Js 345/26",
        **more,
    }


def filed(program: Client, entry: str, key: str = "k1", **more: Any) -> Any:
    return program.post(
        "/api/v1/requests",
        json.dumps(body(entry, **more)),
        content_type="application/json",
        headers={"idempotency-key": key},
    )


def test_a_program_files_and_follows(program: Client, office: Desk) -> None:
    answer = filed(program, TCO)

    matter = Matter.objects.get()
    assert answer.status_code == 201
    assert answer.json()["number"] == matter.number
    assert matter.officer == office.officer
    assert program.get(f"/api/v1/requests/{matter.id}").json()["state"] == "received"
    assert [one["id"] for one in program.get("/api/v1/requests").json()] == [str(matter.id)]


def test_the_same_key_is_the_same_request(program: Client) -> None:
    first, again = filed(program, TCO), filed(program, TCO)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Matter.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "another"},
        {"identifiers": ["@other:market.test"]},
        {"categories": ["subscriber"]},
        {"emergency": True},
        {"fields": {}},
        {"since": "2026-01-01T00:00:00Z"},
    ],
)
def test_the_same_key_for_another_body_is_refused(program: Client, change: dict[str, Any]) -> None:
    first, other = filed(program, EPOC), filed(program, EPOC, **change)

    assert (first.status_code, other.status_code) == (201, 409)
    assert other.headers["Content-Type"] == "application/problem+json"
    assert other.json()["findings"] == ["key_used_for_another_request"]
    assert Matter.objects.count() == 1


def test_what_was_refused_leaves_its_key_free(program: Client) -> None:
    refused, corrected = filed(program, EPOC, fields={}), filed(program, EPOC)

    assert (refused.status_code, corrected.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"entry": "kz-authorised-body-request"}, 403),
        ({"entry": "no-such-entry"}, 404),
        ({"identifiers": ["0301 2345"]}, 422),
        ({"fields": {}}, 422),
        ({"fields": {"no_such_field": "x"}}, 422),
        ({"categories": ["content"]}, 403),
        ({"document": "bm90IGEgcGRm"}, 422),
        ({"document": "not base64!"}, 422),
        ({"unknown": 1}, 422),
        ({"purpose": "curiosity"}, 422),
    ],
)
def test_what_the_law_or_the_api_does_not_allow_is_a_problem(
    program: Client, change: dict[str, Any], status: int
) -> None:
    answer = program.post(
        "/api/v1/requests",
        json.dumps(body(EPOC) | change),
        content_type="application/json",
        headers={"idempotency-key": "k1"},
    )

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert Matter.objects.count() == 0


def test_without_a_living_token_nothing_is_said(program: Client, token: str, office: Desk) -> None:
    stranger = Client(HTTP_HOST="localhost:8600")
    assert stranger.get("/api/v1/requests").status_code == 401
    assert program.get("/api/v1/requests").status_code == 200
    made = office.officer.tokens.get()  # type: ignore[attr-defined]

    end_token(office.officer, made.id, by=office.officer.person, now=now())

    assert program.get("/api/v1/requests").status_code == 401
    assert token not in repr(list(office.officer.tokens.values()))  # type: ignore[attr-defined]


def test_a_suspended_officer_has_no_access(program: Client, office: Desk) -> None:
    registry.suspend(office.officer.id, by=office.lawyer, why="In doubt.", now=now())

    assert program.get("/api/v1/requests").status_code == 403


def test_another_officers_request_does_not_exist(program: Client, office: Desk) -> None:
    matter = office.received(TCO, now())
    other = officer_for(office.authority, "Olga Officer", office.lawyer, office.approver, now=now())
    text = make_token(other, "theirs", by=other.person, now=now()).text
    stranger = Client(HTTP_HOST="localhost:8600", HTTP_AUTHORIZATION=f"Bearer {text}")

    assert stranger.get(f"/api/v1/requests/{matter.id}").status_code == 404
    assert stranger.post(f"/api/v1/requests/{matter.id}/answer").status_code == 404


def test_the_sealed_answer_is_fetched_once(program: Client, office: Desk) -> None:
    matter = office.released(EPOC, None, now() - timedelta(minutes=1))
    path = f"/api/v1/requests/{matter.id}/answer"

    first, again = program.post(path), program.post(path)

    assert pyrage.decrypt(first.content, [office.identity]) == b"198.51.100.7"
    assert again.status_code == 409
    assert again.json()["findings"] == ["already_handed_out"]


def test_a_question_is_answered(program: Client, office: Desk) -> None:
    matter = office.received(TCO, now())
    question = steps.ask(matter.id, by=office.lawyer, text="Which post?", now=now())
    path = f"/api/v1/requests/{matter.id}/questions/{question.id}/answer"

    answer = program.post(
        path, json.dumps({"answer": "The first one."}), content_type="application/json"
    )

    assert answer.json()["state"] == "received"
    assert (
        program.post(
            path, json.dumps({"answer": "Once more."}), content_type="application/json"
        ).status_code
        == 404
    )


def test_the_checker_never_says_whether_something_exists(program: Client, office: Desk) -> None:
    office.received(EPOC, now())

    said = [
        program.post(
            "/api/v1/identifiers/check",
            json.dumps({"identifier": text}),
            content_type="application/json",
        ).json()
        for text in (ACCOUNT, "@nobody:example.test")
    ]

    for one in said:
        one.pop("value")
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "url",
    [
        "http://spoc.example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://user:x@spoc.example.org/",
        "https://spoc.example.org:8443/",
        "https://2130706433/",
        "file:///etc/passwd",
    ],
)
def test_an_address_inside_a_network_is_no_webhook(program: Client, url: str) -> None:
    answer = program.post(
        "/api/v1/webhooks", json.dumps({"url": url}), content_type="application/json"
    )

    assert answer.status_code == 422


def test_a_webhook_is_told_once_and_signed(program: Client, office: Desk, home: Path) -> None:
    made = program.post(
        "/api/v1/webhooks", json.dumps({"url": HOOK}), content_type="application/json"
    ).json()
    matter = office.received(TCO, now())
    sent: list[tuple[str, str, dict[str, str]]] = []
    record = Record.objects.filter(subject=matter.id, kind="legal_received").get()

    tell_programs(record, now())
    tell_programs(record, now())
    moment = now()
    key = read_key(home / "keys" / "token.key")
    taken = sweep_messages(lambda *one: bool(sent.append(one)) or True, key=key, now=moment)
    again = sweep_messages(lambda *one: bool(sent.append(one)) or True, key=key, now=moment)

    assert (taken, again, len(sent)) == (1, 0, 1)
    url, text, headers = sent[0]
    assert url == HOOK
    assert json.loads(text)["data"]["number"] == matter.number
    assert CHANNEL not in text
    secret = b64decode(made["secret"].removeprefix("whsec_"))
    message = WebhookMessage.objects.get()
    assert headers == signed_headers(message.id, text, secret=secret, at=moment)


def test_a_message_that_is_not_taken_is_tried_later_and_given_up(office: Desk, home: Path) -> None:
    from evenhand.authorities.machines.steps import tell

    register_webhook(office.officer, HOOK, now=now())
    tell(office.officer.id, "{}", about=office.authority.id, now=now())
    key, at = read_key(home / "keys" / "token.key"), now()

    for _ in range(12):
        sweep_messages(lambda *_: False, key=key, now=at)
        at += timedelta(days=2)

    message = WebhookMessage.objects.get()
    assert message.attempts == 9
    assert message.given_up_at is not None


def test_a_slow_address_does_not_keep_the_others_waiting(office: Desk, home: Path) -> None:
    from evenhand.authorities.machines.steps import tell

    slow = "https://slow.example.org/"
    for url in (slow, HOOK):
        register_webhook(office.officer, url, now=now())
    tell(office.officer.id, "{}", about=office.authority.id, now=now())
    told = Event()

    def post(url: str, _body: str, _headers: dict[str, str]) -> bool:
        if url == slow:
            return told.wait(START_SECONDS_MAX)
        told.set()
        return True

    assert sweep_messages(post, key=read_key(home / "keys" / "token.key"), now=now()) == 2


def test_a_suspended_officers_programs_are_told_nothing(office: Desk, home: Path) -> None:
    from evenhand.authorities.machines.steps import tell

    register_webhook(office.officer, HOOK, now=now())
    waiting = tell(office.officer.id, "{}", about=office.authority.id, now=now())
    registry.suspend(office.officer.id, by=office.lawyer, why="In doubt.", now=now())

    told = tell(office.officer.id, "{}", about=office.officer.id, now=now())
    key = read_key(home / "keys" / "token.key")

    assert (waiting, told) == (1, 0)
    assert sweep_messages(lambda *_: True, key=key, now=now() + timedelta(days=1)) == 0


def test_an_address_gets_one_message_at_a_time(office: Desk, home: Path) -> None:
    from evenhand.authorities.machines.steps import tell

    register_webhook(office.officer, HOOK, now=now())
    at, key = now(), read_key(home / "keys" / "token.key")
    for number, about in enumerate((office.authority.id, office.officer.id)):
        tell(office.officer.id, str(number), about=about, now=at + timedelta(seconds=number))
    sent: list[str] = []
    later = at + timedelta(minutes=1)

    counts = [
        sweep_messages(lambda *one: bool(sent.append(one[1])) or True, key=key, now=later)
        for _ in range(3)
    ]

    assert counts == [1, 1, 0]
    assert sent == ["0", "1"]


def test_the_answers_in_words_are_read_as_json_and_pdf(program: Client, office: Desk) -> None:
    matter = office.released(TCO, refusal(), now() - timedelta(minutes=1))
    path = f"/api/v1/requests/{matter.id}/papers"

    listed = program.get(path).json()
    content = program.get(f"{path}/tco_not_executed").json()
    pdf = program.get(f"{path}/tco_not_executed/pdf")

    assert [one["name"] for one in listed] == ["receipt", "tco_not_executed"]
    assert content["facts"]["ground"] == matter.ground
    assert content["language"] == "de"
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert [one.what for one in history(matter.id)].count("answer_given") == 1
    assert program.get(f"{path}/effect").status_code == 404
    assert program.get(f"{path}/EFFECT").status_code == 422
