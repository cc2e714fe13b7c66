"""Pages reach a real receiver, are tried again when they fail, and leave a record."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from evenhand.base.errors import Misconfigured
from evenhand.base.lists import RecordKind
from evenhand.connectors.paging import (
    TRIED_FOR,
    AppriseChannels,
    NoChannels,
    PageFolder,
    send_pages,
)
from evenhand.records.models import Record, RecordOpening

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Receiver:
    """A receiver on loopback, as a telephone's provider would be."""

    got: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    server: HTTPServer | None = None

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/pages"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that keeps what it got."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(json.loads(body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    receiver.server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=receiver.server.serve_forever, daemon=True).start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def pages(tmp_path: Path) -> PageFolder:
    """A folder of pages at noon."""
    return PageFolder(tmp_path / "pages", clock=lambda: NOW)


def channels(tmp_path: Path, *addresses: str) -> AppriseChannels:
    file = tmp_path / "pager.urls"
    file.write_text("# who is on duty\n" + "\n".join(addresses) + "\n")
    return AppriseChannels(file)


def recorded(key: UUID) -> list[dict[str, object]]:
    rows = Record.objects.filter(subject=key, kind=RecordKind.PAGED.value).order_by("serial")
    return [RecordOpening.objects.get(record_id=row.id).body for row in rows]


def test_a_page_reaches_the_receiver_once_and_is_recorded(
    pages: PageFolder, receiver: Receiver, tmp_path: Path
):
    key = uuid4()
    pages.page("EH-2026-000001: an emergency waits", urgent=True, key=key)
    pages.page("EH-2026-000001: an emergency waits", urgent=True, key=key)

    send_pages(pages, channels(tmp_path, receiver.address), now=NOW)
    pages.page("EH-2026-000001: an emergency waits", urgent=True, key=key)
    send_pages(pages, channels(tmp_path, receiver.address), now=NOW)

    assert [one["message"] for one in receiver.got] == ["EH-2026-000001: an emergency waits"]
    assert receiver.got[0]["title"] == "Evenhand: urgent"
    assert [one["sent"] for one in recorded(key)] == [True]


def test_a_page_that_fails_is_tried_again_and_both_are_recorded(
    pages: PageFolder, receiver: Receiver, tmp_path: Path
):
    key, to = uuid4(), channels(tmp_path, receiver.address)
    pages.page("a clock ran out", urgent=False, key=key)

    receiver.status = 500
    first = send_pages(pages, to, now=NOW)
    too_soon = send_pages(pages, to, now=NOW + timedelta(seconds=1))
    receiver.status = 200
    later = send_pages(pages, to, now=NOW + timedelta(seconds=5))

    assert (first, too_soon, later) == (0, 0, 1)
    assert len(receiver.got) == 2
    assert [(one["sent"], one["attempts"]) for one in recorded(key)] == [(False, 1), (True, 2)]


def test_one_channel_that_fails_hinders_no_other(
    pages: PageFolder, receiver: Receiver, tmp_path: Path
):
    key = uuid4()
    pages.page("a clock ran out", urgent=False, key=key)

    send_pages(pages, channels(tmp_path, "json://127.0.0.1:9/x", receiver.address), now=NOW)

    assert len(receiver.got) == 1
    assert [(one["channels"], one["channels_failed"]) for one in recorded(key)] == [(1, 1)]


def test_urgent_pages_go_first(pages: PageFolder, receiver: Receiver, tmp_path: Path):
    pages.page("later", urgent=False, key=uuid4())
    pages.page("now", urgent=True, key=uuid4())

    send_pages(pages, channels(tmp_path, receiver.address), now=NOW)

    assert [one["message"] for one in receiver.got] == ["now", "later"]


def test_a_page_is_given_up_after_a_day_and_that_is_recorded(pages: PageFolder, tmp_path: Path):
    key, to = uuid4(), channels(tmp_path, "json://127.0.0.1:9/x")
    pages.page("nobody hears", urgent=True, key=key)

    send_pages(pages, to, now=NOW)
    send_pages(pages, to, now=NOW + TRIED_FOR + timedelta(seconds=1))

    assert [(one["sent"], one["attempts"]) for one in recorded(key)] == [(False, 1), (False, 2)]
    assert pages.due(now=NOW + timedelta(days=9)) == []


def test_without_channels_it_is_recorded_that_nobody_was_told(pages: PageFolder):
    key = uuid4()
    pages.page("nobody is named", urgent=True, key=key)

    send_pages(pages, NoChannels(), now=NOW)

    assert [(one["sent"], one["channels"]) for one in recorded(key)] == [(False, 0)]


def test_a_page_killed_between_sending_and_settling_leaves_one_record(
    pages: PageFolder, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key, to = uuid4(), channels(tmp_path, receiver.address)
    pages.page("twice rather than never", urgent=True, key=key)

    with monkeypatch.context() as patched:
        patched.setattr(pages, "settle", lambda _page: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send_pages(pages, to, now=NOW)
    send_pages(pages, to, now=NOW)

    assert len(receiver.got) == 2
    assert len(recorded(key)) == 1


def test_a_file_of_channels_that_cannot_be_read_is_a_failure_on_the_record(
    pages: PageFolder, tmp_path: Path
):
    key = uuid4()
    pages.page("no file", urgent=True, key=key)

    send_pages(pages, AppriseChannels(tmp_path / "missing.urls"), now=NOW)

    assert [one["sent"] for one in recorded(key)] == [False]
    assert pages.due(now=NOW + timedelta(minutes=5))


def test_an_address_that_no_plugin_knows_is_named_by_its_line(tmp_path: Path):
    with pytest.raises(Misconfigured) as caught:
        channels(tmp_path, "nosuchthing://secret").send("x", urgent=False)

    assert "secret" not in str(caught.value)
