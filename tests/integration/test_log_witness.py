"""Witnesses sign what goes on from what they signed; without them the log works as well."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path
from threading import Thread

import pytest
from tests.integration.test_log import NOW, SIGNER

from evenhand.base.errors import Misconfigured
from evenhand.connectors.witness import Asking, Witness, witnesses
from evenhand.connectors.witness_twin import WitnessTwin, serve
from evenhand.proof.notes import Checkpoint, open_note, sign
from evenhand.proof.tiles import TileWriter
from evenhand.records.log_steps import Log, append_records, cosign, standing_checkpoint

SECOND = 1_770_000_000


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log", SIGNER, SIGNER.name)


@pytest.fixture
def twin() -> WitnessTwin:
    return WitnessTwin("witness.example", bytes([2]) * 32, SIGNER.verifier, lambda: SECOND)


@pytest.fixture
def witness(twin: WitnessTwin) -> Iterator[Witness]:
    server = serve(twin)
    yield Witness(twin.key, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("committed")
def test_a_witness_signs_each_head_once_and_goes_on_from_it(log: Log, twin, witness):
    asking = Asking([witness])
    for _ in range(3):
        append_records(log, now=NOW)
        signed = [cosign(log, asking.lines) for _ in range(2)]
        note = (log.folder / "checkpoint").read_text()

        assert signed == [1, 0]
        assert set(open_note(note, [SIGNER.verifier, twin.key]).signed_by) == {
            SIGNER.verifier,
            twin.key,
        }
        assert twin.signed == standing_checkpoint(log)


@pytest.mark.usefixtures("committed")
def test_who_asks_anew_learns_from_the_witness_what_it_signed(log: Log, twin, witness):
    append_records(log, now=NOW)
    cosign(log, Asking([witness]).lines)
    append_records(log, now=NOW)

    assert cosign(log, Asking([witness]).lines) == 1
    assert twin.signed == standing_checkpoint(log)


@pytest.mark.usefixtures("committed")
def test_a_witness_signs_no_fork_and_no_smaller_tree(log: Log, tmp_path: Path, twin, witness):
    append_records(log, now=NOW)
    smaller = (log.folder / "checkpoint").read_text()
    head = append_records(log, now=NOW)
    cosign(log, Asking([witness]).lines)

    forked = Log(tmp_path / "forked", SIGNER, SIGNER.name)
    forked.folder.mkdir()
    root = TileWriter(forked.folder, 0).append([bytes(32)] * (head.size + 256))
    fork = sign(Checkpoint(SIGNER.name, head.size + 256, root), [SIGNER])

    assert Asking([witness]).lines(fork, forked.folder) == []
    assert Asking([witness]).lines(smaller, log.folder) == []
    assert twin.signed == head


@pytest.mark.usefixtures("committed")
def test_a_witness_that_is_silent_or_lies_holds_nothing_up(log: Log, twin, witness):
    append_records(log, now=NOW)
    nobody = Witness(twin.key, "http://127.0.0.1:9")
    stranger = Witness(WitnessTwin("other", bytes(32), SIGNER.verifier, int).key, witness.url)

    assert cosign(log, Asking([nobody, stranger]).lines) == 0
    assert cosign(log, Asking([nobody, witness]).lines) == 1


@contextmanager
def dripping(parts: Iterable[bytes], pause_seconds: float) -> Iterator[str]:
    """Gives the address of a server that answers one caller after the other, part by part."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(peer: socket.socket) -> None:
        with suppress(OSError), peer:
            peer.recv(1 << 16)
            for part in parts:
                peer.sendall(part)
                time.sleep(pause_seconds)

    def take() -> None:
        with suppress(OSError):
            while True:
                Thread(target=answer, args=[listening.accept()[0]], daemon=True).start()

    Thread(target=take, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


@pytest.fixture
def note(tmp_path: Path) -> str:
    root = TileWriter(tmp_path / "log", 0).append([bytes(32)] * 256)
    return sign(Checkpoint(SIGNER.name, 256, root), [SIGNER])


@pytest.mark.parametrize(
    ("parts", "pause_seconds"),
    [
        (repeat(b"H"), 0.2),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 60_000], 0.2),
        ([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 60_000], 0.2),
        ([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 60_000], 0.0),
        ([b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00"], 0.0),
        ([b"HTTP/1.1 409 Conflict\r\n\r\n" + b"9" * 5_000], 0.0),
        ([b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"], 0.0),
    ],
)
def test_a_witness_that_drips_floods_or_babbles_takes_nobody_elses_time(
    tmp_path: Path, note: str, twin, witness, parts, pause_seconds: float
):
    with dripping(parts, pause_seconds) as url:
        hostile = Witness(WitnessTwin("slow.example", bytes(32), SIGNER.verifier, int).key, url)

        lines = Asking([hostile, witness], seconds=2.0).lines(note, tmp_path / "log")

    assert len(lines) == 1
    assert lines[0].startswith("\N{EM DASH} witness.example ")


def test_a_witness_is_named_by_its_key_and_an_encrypted_address(tmp_path: Path, twin):
    named = tmp_path / "witnesses"
    named.write_text(f"# ours\n\n{twin.key} https://witness.example/log/\n")

    assert witnesses(named) == (Witness(twin.key, "https://witness.example/log"),)
    for line in (f"{SIGNER.verifier} https://a.example", f"{twin.key} http://a.example", "x"):
        named.write_text(line)
        with pytest.raises(Misconfigured, match="EVENHAND_LOG_WITNESSES"):
            witnesses(named)
