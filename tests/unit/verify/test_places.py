"""Files of strangers: whatever a server or a folder does, it ends in words and in time."""

import gzip
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import httpx
import pytest
from tests.logs_of_tests import KEY, SIGNER, MadeLog

from evenhand.cli import main
from evenhand.proof.keys import Believed
from evenhand.proof.notes import Checkpoint, sign
from evenhand.verify.findings import FileRefused, Unreadable
from evenhand.verify.places import Address, place_of
from evenhand.verify.proving import head_in
from evenhand.verify.trust import named_keys
from evenhand.verify.whole import check_whole

KEYS = Believed(named_keys(KEY))


class Endless(httpx.SyncByteStream):
    """A body that never ends."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield bytes(65_536)


def zipped(content: bytes, encoding: str = "gzip") -> httpx.Response:
    headers = {"Content-Encoding": encoding}
    return httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)


class Dripping(httpx.SyncByteStream):
    """A body that comes byte by byte, for ever."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"a"


def served(log: MadeLog) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        file = log.folder / request.url.path.removeprefix("/log/")
        if not file.is_file():
            return httpx.Response(404)
        return httpx.Response(200, stream=httpx.ByteStream(file.read_bytes()))

    return httpx.MockTransport(answer)


def address(answer: httpx.Response, **more: object) -> Address:
    return Address(
        "http://desk.example/log",
        transport=httpx.MockTransport(lambda request: answer),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def log(tmp_path: Path) -> MadeLog:
    made = MadeLog(tmp_path / "log")
    made.grow(600)
    return made


def test_a_log_is_read_from_an_address(log: MadeLog):
    place = Address("http://desk.example/log/", transport=served(log))

    assert check_whole(place, head_in(place, KEYS).checkpoint).entries == 600


class Obliging(BaseHTTPRequestHandler):
    """A server that keeps connections open and has every tile."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "32")
        self.end_headers()
        self.wfile.write(bytes(32))

    def log_message(self, *_args: object):
        """Says nothing."""


def test_tiles_and_entries_are_read_side_by_side_without_disturbing_each_other():
    paths = [[f"tile/{level}/{number:03d}" for number in range(256)] for level in ("0", "entries")]
    with ThreadingHTTPServer(("127.0.0.1", 0), Obliging) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = Address(f"http://127.0.0.1:{server.server_port}")

        found = list(zip(*map(place.ahead, paths), strict=True))

        server.shutdown()
    assert found == [(bytes(32), bytes(32))] * 256


def test_an_address_at_which_nobody_answers_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert main(["verify", "log", f"http://127.0.0.1:{port}"]) == 2
    assert "nobody answers there" in capsys.readouterr().err


def test_a_zipped_answer_is_unpacked():
    assert address(zipped(gzip.compress(b"a note"))).read("checkpoint") == b"a note"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"Location": "http://elsewhere.example/"}),
        httpx.Response(500),
        httpx.Response(200, stream=Endless()),
        zipped(gzip.compress(bytes(10**8))),
        zipped(b"no gzip"),
        zipped(b"?", "br"),
        httpx.Response(200, stream=httpx.ByteStream(bytes(9000))),
    ],
    ids=["redirect", "broken", "endless", "bomb", "no gzip", "encoding", "too long"],
)  # fmt: skip
def test_a_hostile_answer_is_refused(answer: httpx.Response):
    with pytest.raises((FileRefused, Unreadable)):
        address(answer).read("tile/0/000")


def test_a_body_that_drips_for_ever_is_given_up():
    seconds = iter(range(10**6))
    answer = httpx.Response(200, stream=Dripping())

    with pytest.raises(Unreadable):
        address(answer, clock=lambda: float(next(seconds))).read("checkpoint")


@pytest.mark.parametrize(
    "named",
    [
        "ftp://desk.example/log",
        "file:///etc/passwd",
        "http://",
        "http://name:word@desk.example/",
        "http://desk.example/log?x=1",
        "http://[::1/",
        "/nowhere/at/all",
    ],
)
def test_what_is_no_address_is_refused_in_words(named: str, capsys):
    assert main(["verify", "log", named, "--key", KEY]) == 2
    said = capsys.readouterr().err
    assert "what to do" in said
    assert "word@" not in said


def slowly(server: socket.socket) -> None:
    """Answers with headers that come byte by byte."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(40):
            sleep(0.05)
            connection.sendall(b"a")
        connection.sendall(b"\r\nContent-Length: 2\r\n\r\nok")


def test_headers_that_drip_end_with_the_time_of_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evenhand.verify.places.FILE_SECONDS_MAX", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = Thread(target=slowly, args=[server])
        answering.start()
        place = Address(f"http://127.0.0.1:{server.getsockname()[1]}")

        with pytest.raises(Unreadable) as refused:
            place.read("checkpoint")

        answering.join()
    assert "did not come whole" in str(refused.value.fields["why"])


@pytest.mark.parametrize("name", ["checkpoint", "keys.json", "tile/0/000", "tile/entries/001"])
@pytest.mark.parametrize(
    "as_what", ["pipe", "folder", "link to nothing", "huge", "empty", "device"]
)
def test_a_file_that_is_none_or_too_long_is_refused(log: MadeLog, name: str, as_what: str, capsys):
    file = log.folder / name
    file.unlink()
    match as_what:
        case "pipe":
            os.mkfifo(file)
        case "folder":
            file.mkdir()
        case "link to nothing":
            file.symlink_to("/nowhere")
        case "huge":
            with file.open("wb") as opened:
                opened.truncate(10**12)
        case "empty":
            file.touch()
        case _:
            file.symlink_to("/dev/zero")

    missing_keys = name == "keys.json" and as_what == "link to nothing"
    code = main(["verify", "log", str(log.folder), "--key", KEY])
    assert code == 0 if missing_keys else code in {1, 2}
    assert "Traceback" not in capsys.readouterr().err


def test_a_log_that_claims_too_many_leaves_is_refused(log: MadeLog):
    note = sign(Checkpoint("desk.example/log", 10**18, bytes(32)), [SIGNER])
    (log.folder / "checkpoint").write_text(note)

    with pytest.raises(FileRefused):
        head_in(place_of(str(log.folder)), KEYS)
