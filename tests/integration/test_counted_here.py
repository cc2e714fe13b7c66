"""Who holds a code sees in which published numbers their entry is counted, and can check it."""

import html
import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from tests.conftest import Site
from tests.integration.pages import faults
from tests.integration.test_reports import decision, record

from evenhand.base.clock import now
from evenhand.base.lists import Language
from evenhand.base.sealing import make_keys, read_key
from evenhand.cli import main
from evenhand.records.entries import NewRecord
from evenhand.records.log_steps import append_records
from evenhand.records.proof_codes import code_of
from evenhand.transparency.proving import Prover, site_prover
from evenhand.transparency.publish import publish

YESTERDAY = (now() - timedelta(days=1)).date()


def many(quantity: int, harm: str) -> list[NewRecord]:
    return [decision(harm, day=YESTERDAY) for _ in range(quantity)]


@pytest.fixture
def home(committed: Site, settings: Settings) -> Path:
    make_keys(committed.home / "keys")
    settings.PUBLIC_FILES = committed.home / "public"
    settings.PUBLIC_URL = "https://desk.example"
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    return committed.home


@pytest.fixture
def prover(home: Path) -> Prover:
    return site_prover(now=now())


def published(prover: Prover, home: Path, moment: datetime) -> None:
    append_records(prover.log, now=moment)
    publish(YESTERDAY, now=moment, folder=home / "public", prover=prover)
    append_records(prover.log, now=moment)


def asked(client: Client, home: Path, one: UUID, *, path: str = "/proof/") -> bytes:
    code = code_of(one, key=read_key(home / "keys" / "token.key"))
    return b"".join(client.post(path, {"code": code}))


def inclusion(client: Client, home: Path, one: UUID, *, log: str = "public") -> int:
    receipt = home / "receipt.json"
    receipt.write_bytes(asked(client, home, one, path="/proof/receipt.json"))
    return main(["verify", "inclusion", str(receipt), "--log", str(home / log)])


def test_an_entry_is_counted_where_the_report_shows_it(
    client: Client, home: Path, prover: Prover, capsys: pytest.CaptureFixture[str]
) -> None:
    spam, rare = many(20, "m.spam"), many(2, "m.violence")
    fraud = many(9, "m.spam.fraud")
    record(*spam, *rare, *fraud)
    published(prover, home, now())

    page = html.unescape(asked(client, home, spam[0].id).decode())
    hidden = html.unescape(asked(client, home, rare[0].id).decode())

    assert "Where it is counted" in page
    assert "Spam: 20" in page
    assert "Refused at posting" in page
    assert "Others, together: 11" in hidden
    assert "Violence: 2" not in hidden
    for language in Language:
        client.cookies["lang"] = language.value
        assert faults(asked(client, home, spam[0].id).decode()) == []

    assert inclusion(client, home, spam[0].id) == 0
    said = capsys.readouterr().out
    assert "refused by total: total (31); refused by harm: m.spam (20)" in said
    assert inclusion(client, home, rare[0].id) == 0
    assert 'refused by harm: "(merged)" (11)' in capsys.readouterr().out
    assert inclusion(client, home, spam[0].id, log="public/log") == 0
    assert "no report of" in capsys.readouterr().out


def test_a_report_that_cannot_have_counted_it_is_not_equal(
    client: Client, home: Path, prover: Prover, capsys: pytest.CaptureFixture[str]
) -> None:
    spam = many(20, "m.spam")
    record(*spam)
    published(prover, home, now())
    file = home / "public" / "reports" / YESTERDAY.isoformat() / "report.json"
    report = json.loads(file.read_text())
    report["breakdowns"]["refused_by_harm"]["rows"][0]["key"] = "m.violence"
    file.write_text(json.dumps(report))

    assert inclusion(client, home, spam[0].id) == 1
    said = capsys.readouterr().out
    assert "does not count this record" in said
    assert "refused by harm: m.spam" in said

    for text in ("", "[]", json.dumps({**report, "figures": 1})):
        file.write_text(text)
        assert inclusion(client, home, spam[0].id) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_what_came_late_is_counted_by_the_next_edition(
    client: Client, home: Path, prover: Prover, capsys: pytest.CaptureFixture[str]
) -> None:
    record(*many(20, "m.spam"))
    published(prover, home, now())
    late = many(6, "m.spam")
    record(*late)
    append_records(prover.log, now=now())

    assert "was counted before this entry" in html.unescape(
        asked(client, home, late[0].id).decode()
    )
    assert inclusion(client, home, late[0].id) == 0
    assert "after revision 1" in capsys.readouterr().out

    published(prover, home, now())

    assert inclusion(client, home, late[0].id) == 0
    assert "refused by harm: m.spam (26)" in capsys.readouterr().out
