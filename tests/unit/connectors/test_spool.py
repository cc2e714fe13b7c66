"""Reports of rooms between the proxy and the worker: sealed, whole, taken once."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from tests.unit.connectors.test_directory import BEARER, directory

from evenhand.base.sealing import make_keys
from evenhand.connectors.matrix import spool as spools
from evenhand.connectors.matrix.serving import Answer, Request
from evenhand.connectors.matrix.spool import FOLDER, Spool, spool_for, waiting

PATH = "/_matrix/client/v3/rooms/!r%3Ax.test/report"
REASON = "They trade stolen data here"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    make_keys(tmp_path / "keys")
    found = spool_for(tmp_path)
    assert found is not None
    return found


def send(
    tmp_path: Path, spool: Spool | None, body: bytes, *, status: int = 200, said: object = None
) -> Answer:
    def synapse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("whoami"):
            return httpx.Response(200, json={"user_id": "@ada:x.test"})
        return httpx.Response(status, json=said or {})

    proxy = directory(tmp_path, synapse)
    proxy._spool = spool
    return asyncio.run(proxy.handle(Request("POST", PATH, BEARER, body)))


def test_a_report_is_kept_sealed_before_it_is_answered(tmp_path: Path, spool: Spool) -> None:
    answer = send(tmp_path, spool, json.dumps({"reason": REASON}).encode())

    assert (answer.status, answer.body) == (200, b"{}")
    (file,) = (tmp_path / FOLDER).iterdir()
    assert REASON.encode() not in file.read_bytes()
    ((path, report),) = waiting(tmp_path)
    assert path == file
    assert (report.account, report.room, report.reason) == ("@ada:x.test", "!r:x.test", REASON)


def test_what_synapse_refuses_is_not_kept(tmp_path: Path, spool: Spool) -> None:
    said = {"errcode": "M_NOT_FOUND", "error": "Room not found"}

    answer = send(tmp_path, spool, b'{"reason": "x"}', status=404, said=said)

    assert answer.status == 404
    assert json.loads(answer.body) == said
    assert not (tmp_path / FOLDER).exists()


def test_where_it_cannot_be_kept_the_client_learns_to_send_it_again(
    tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "FILES_MAX", 0)

    assert send(tmp_path, spool, b'{"reason": "x"}').status == 502


def test_without_its_key_reports_are_passed_on_all_the_same(tmp_path: Path) -> None:
    assert spool_for(tmp_path) is None
    assert send(tmp_path, None, b'{"reason": "x"}').status == 200


def test_what_cannot_be_read_is_put_aside_and_stops_nothing(tmp_path: Path, spool: Spool) -> None:
    spool.put("@ada:x.test", "!r:x.test", REASON)
    (tmp_path / FOLDER / "0.sealed").write_bytes(b"\x00" * 90)
    (tmp_path / FOLDER / "1.partial").write_bytes(b"half")

    assert [report.reason for _, report in waiting(tmp_path)] == [REASON]
    assert (tmp_path / FOLDER / "0.refused").exists()
