"""The door's own questions to Synapse about files: all kinds of hash, read once, in a moment."""

import asyncio
import hashlib
import threading
from collections.abc import Callable

import httpx
import pytest

from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.intake import FileHashes
from evenhand.connectors.matrix.limits import MEDIA_READ_BYTES_MAX
from evenhand.connectors.matrix.lookup import Lookup

CONTENT = b"a file"
ADDRESS = "mxc://x.test/abc"
SHA256 = hashlib.sha256(CONTENT).digest()
WHOLE = FileHashes(
    SHA256, hashlib.sha1(CONTENT).digest(), hashlib.md5(CONTENT).digest(), pdq=(), nudity=()
)

Answer = Callable[[httpx.Request], httpx.Response]


class Synapse:
    """A homeserver that knows one file's SHA-256, and gives its bytes as it is told to."""

    def __init__(self, download: Answer) -> None:
        self.downloads = 0
        self._download = download

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "download" in request.url.path:
            self.downloads += 1
            return self._download(request)
        return httpx.Response(200, json={"media_info": {"sha256": SHA256.hex()}})

    def lookup(self) -> Lookup:
        transport = httpx.MockTransport(self)
        return Lookup(MatrixClient("http://x.test", "secret", transport=transport))


def test_a_file_that_nobody_told_of_is_read_once() -> None:
    synapse = Synapse(lambda _: httpx.Response(200, content=CONTENT))
    lookup = synapse.lookup()

    async def ask() -> list[FileHashes | None]:
        return [await lookup.hashes(ADDRESS) for _ in range(3)]

    assert asyncio.run(ask())[-1] == WHOLE
    assert synapse.downloads == 1


def test_a_file_that_takes_long_is_known_by_its_sha256_until_it_was_read() -> None:
    allowed = threading.Event()

    def slowly(_: httpx.Request) -> httpx.Response:
        allowed.wait()
        return httpx.Response(200, content=CONTENT)

    lookup = Synapse(slowly).lookup()

    async def ask() -> tuple[FileHashes | None, FileHashes | None]:
        first = await lookup.hashes(ADDRESS)
        allowed.set()
        later = await lookup.hashes(ADDRESS)
        while later == first:
            await asyncio.sleep(0.01)
            later = await lookup.hashes(ADDRESS)
        return first, later

    assert asyncio.run(ask()) == (FileHashes(SHA256), WHOLE)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"errcode": "M_NOT_FOUND"}),
        httpx.Response(500),
        httpx.Response(200, content=bytes(MEDIA_READ_BYTES_MAX + 1)),
    ],
)
def test_a_file_that_cannot_be_read_is_not_read_for_every_event(answer: httpx.Response) -> None:
    synapse = Synapse(lambda _: answer)
    lookup = synapse.lookup()

    async def ask() -> set[FileHashes | None]:
        return {await lookup.hashes(ADDRESS) for _ in range(3)}

    assert asyncio.run(ask()) == {FileHashes(SHA256)}
    assert synapse.downloads == 1


def test_without_a_homeserver_to_ask_a_file_has_no_hash() -> None:
    assert asyncio.run(Lookup(None).hashes(ADDRESS)) is None
