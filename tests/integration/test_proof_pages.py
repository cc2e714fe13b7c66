"""The page that shows an entry of the log: entered, waiting, forgotten, altered, no code at all."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from tests.conftest import Site
from tests.integration.pages import faults

from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.base.lists import ActionKind, Automation, Language, RecordKind, Source
from evenhand.base.sealing import make_keys, read_key
from evenhand.cli import main
from evenhand.database.addresses import FORGET, OWNER
from evenhand.desk.proof import LOOKS_MAX
from evenhand.desk.proof_rows import shown_rows
from evenhand.proof.receipts import Receipt
from evenhand.records.entries import NewRecord
from evenhand.records.log_keys import site_log
from evenhand.records.log_steps import Log, append_records
from evenhand.records.models import Record
from evenhand.records.proof_codes import code_of
from evenhand.records.steps import append, end_gag, forget


@pytest.fixture(autouse=True)
def home(committed: Site, settings: Settings) -> Iterator[Path]:
    make_keys(committed.home / "keys")
    settings.PUBLIC_FILES = committed.home / "public"
    settings.PUBLIC_URL = "https://desk.example"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    yield committed.home
    cache.clear()


@pytest.fixture
def log(home: Path) -> Log:
    return site_log(now=now())


def code(record_id: UUID, home: Path) -> str:
    return code_of(record_id, key=read_key(home / "keys" / "token.key"))


def written(*, gagged: bool = False) -> UUID:
    moment = now()
    record = NewRecord(
        id=new_id(now=moment),
        at=moment,
        kind=RecordKind.DECISION,
        subject=new_id(now=moment),
        harm="m.spam",
        action=ActionKind.REDACT,
        market="KZ",
        automation=Automation.NONE,
        source=Source.USER,
        language="kk",
        gagged=gagged,
        body={"rule": "casino"},
    )
    with transaction.atomic():
        append(record)
    return record.id


def asked(client: Client, typed: str, **more: str) -> HttpResponse:
    return client.post("/proof/", {"code": typed}, **more)


def text(page: HttpResponse) -> str:
    return html.unescape(page.content.decode())


def test_each_state_stands_in_every_language(client: Client, home: Path, log: Log):
    entered = written()
    append_records(log, now=now())
    waiting = written()

    for language in Language:
        client.cookies["lang"] = language.value
        pages = [client.get("/proof/"), asked(client, "nonsense")]
        pages += [asked(client, code(one, home)) for one in (entered, waiting)]

        assert [page.status_code for page in pages] == [200, 422, 200, 200]
        for page in pages:
            assert page.headers["Content-Language"] == language.value
            assert page.headers["Cache-Control"] == "no-store"
            assert faults(page.content.decode()) == []


def test_an_entry_is_shown_with_its_classes_and_nothing_else(client: Client, home: Path, log: Log):
    record = written()
    append_records(log, now=now())

    said = text(asked(client, code(record, home).lower().replace(" ", "-")))

    assert "It is in the log" in said
    for word in ("A decision", "Kazakhstan", str(record), log.origin):
        assert word in said
    assert "casino" not in said


def test_an_entry_that_must_not_be_told_looks_like_one_that_waits(
    client: Client, home: Path, log: Log
):
    held = written(gagged=True)
    append_records(log, now=now())
    waiting = written()

    pages = [asked(client, code(one, home)) for one in (held, waiting)]
    said = [
        text(page).replace(code(one, home), "")
        for page, one in zip(pages, (held, waiting), strict=True)
    ]
    files = [client.post("/proof/receipt.json", {"code": code(held, home)}).status_code]
    subject = Record.objects.get(id=held).subject
    with transaction.atomic():
        end_gag(subject, now=now())

    assert without_tokens(said[0]) == without_tokens(said[1])
    assert "It waits for the log" in said[0]
    assert files == [404]
    assert "It is in the log" in text(asked(client, code(held, home)))


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def test_the_receipt_is_handed_out_and_verifies_without_the_desk(
    client: Client, home: Path, log: Log, tmp_path: Path
):
    record = written()
    append_records(log, now=now())
    answer = client.post("/proof/receipt.json", {"code": code(record, home)})
    file = tmp_path / "receipt.json"
    file.write_bytes(answer.content)

    key = json.loads((log.folder / "keys.json").read_text())["first"]
    words = ["verify", "inclusion", str(file), "--log", str(log.folder), "--key", key]

    assert main(words) == 0
    assert Receipt.from_json(file.read_text()).shown["harm"] == "m.spam"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_page_carries_the_receipt_that_the_browser_checks(client: Client, home, log: Log):
    record = written()
    append_records(log, now=now())

    page = asked(client, code(record, home)).content.decode()
    held = re.search(r'<script id="receipt" type="application/json">(.+?)</script>', page)

    assert held is not None
    assert json.loads(held[1])["shown"]["id"] == str(record)
    assert "<script>" not in page


def test_an_entry_that_waits_is_told_when_it_enters(client: Client, home: Path, log: Log):
    append_records(log, now=now())

    page = asked(client, code(written(), home))

    assert "The next time is" in text(page)
    assert "Save the receipt" not in text(page)
    assert client.post("/proof/receipt.json", {"code": code(written(), home)}).status_code == 404


def test_a_forgotten_entry_is_said_to_be_forgotten(
    client: Client, committed: Site, home: Path, log: Log
):
    record = written()
    append_records(log, now=now())
    forget(
        record,
        by=new_id(now=now()),
        reason="a court said so",
        now=now(),
        forget_url=committed.url(FORGET),
    )

    said = text(asked(client, code(record, home)))

    assert "What it held was deleted" in said
    assert "Kazakhstan" not in said


def test_a_record_that_was_altered_in_the_database_is_told(
    client: Client, committed: Site, home: Path, log: Log
):
    record = written()
    append_records(log, now=now())
    with psycopg.connect(committed.url(OWNER)) as owner:
        # Who owns the tables can take the guard away; the log is what tells.
        owner.execute("ALTER TABLE records_record DISABLE TRIGGER USER")
        owner.execute("UPDATE records_record SET harm = 'm.harassment' WHERE id = %s", [record])

    page = asked(client, code(record, home))

    assert page.status_code == 200
    assert "This does not fit the log" in text(page)
    assert "Save the receipt" not in text(page)


NO_CODES = (
    *("", " ", "A" * 39, "A" * 10_000, "<script>alert(1)</script>", "\x00", "Ж" * 39, "{{1}}"),
)


def test_what_is_no_code_is_refused_in_words(client: Client, home: Path):
    for typed in (*NO_CODES, code(new_id(now=now()), home)):
        page = asked(client, typed)

        assert page.status_code == 422, typed
        assert "This is no code of ours" in text(page)
        assert "<script>alert" not in page.content.decode()


def test_nobody_looks_up_codes_without_end(client: Client):
    answers = [asked(client, "x").status_code for _ in range(LOOKS_MAX + 1)]

    assert answers[-1] == 429
    assert set(answers[:-1]) == {422}


def test_the_logs_files_are_served_as_they_lie(client: Client, log: Log):
    written()
    append_records(log, now=now())

    for name in ("checkpoint", "keys.json", "tile/0/000", "tile/entries/000", "tile/1/000.p/1"):
        answer = client.get(f"/log/{name}")
        content = b"".join(answer.streaming_content)
        assert answer.status_code == 200
        assert content == (log.folder / name).read_bytes()
    assert client.get("/log/checkpoint").headers["Cache-Control"] == "public, max-age=5"


def test_only_what_the_checkpoint_covers_is_served_and_that_for_long(client: Client, log: Log):
    written()
    head = append_records(log, now=now())
    covered = f"tile/1/000.p/{head.size // 256}"
    beyond = ("tile/entries/900", "tile/0/900", "tile/0/900.p/7", "tile/1/000.p/9", "tile/1/000")
    for name in beyond:
        (log.folder / name).parent.mkdir(exist_ok=True)
        (log.folder / name).write_bytes(b"left by a writer that was killed")

    kept = client.get(f"/log/{covered}").headers["Cache-Control"]
    refused = [client.get(f"/log/{name}").status_code for name in beyond]
    (log.folder / "checkpoint").unlink()

    assert kept == "public, max-age=86400"
    assert refused == [404] * len(beyond)
    assert client.get("/log/tile/0/000").status_code == 404


NOT_SERVED = (
    ".lock",
    "checkpoint.partial",
    "../keys/token.key",
    "..%2fkeys%2ftoken.key",
    "tile/0/../../checkpoint",
    "tile/0/000/",
    "tile/0",
    "tile/64/000",
    "tile/0/000.p/0",
    "tile/0/0000",
    "tile/0/x000",
    "//etc/passwd",
    "%00",
    "tile/0/999",
)


def test_nothing_else_is_served_below_the_log(client: Client, log: Log):
    append_records(log, now=now())

    found = {name: client.get(f"/log/{name}").status_code for name in NOT_SERVED}

    assert {name: status for name, status in found.items() if status not in {400, 404}} == {}


def test_each_class_is_shown_in_words():
    shown = {
        "kind": "legal_refused",
        "regime": "eu-tco",
        "request": "removal",
        "lane": "emergency",
        "outcome": "refused",
        "language": "de",
        "quantity": 3,
        "gagged": True,
        "later_column": "something",
    }

    rows = dict(shown_rows(shown))

    assert rows["Language"] == "Deutsch"
    assert rows["Outcome"] == "Refused"
    assert rows["How many"] == "3"
    assert rows["What was asked"] == "Removal"
    assert rows["later_column"] == "something"
    assert "How many" not in dict(shown_rows({"quantity": 1}))
    assert dict(shown_rows({"market": "XX", "harm": "m.new", "action": "new"})) == {
        "What it was about": "m.new",
        "What was done": "new",
        "Country": "XX",
    }
