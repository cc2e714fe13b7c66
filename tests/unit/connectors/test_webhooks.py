import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from evenhand.connectors.webhooks import post, public_address

URL = "https://spoc.example.org/evenhand?x=1"


def taking(seen: list[httpx.Request], status: int = 204) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers={"location": "http://127.0.0.1/"})

    return httpx.MockTransport(answer)


def test_a_message_goes_to_the_address_that_was_looked_at() -> None:
    seen: list[httpx.Request] = []

    taken = post(
        URL,
        "{}",
        {"webhook-id": "1"},
        resolver=lambda _: ["93.184.215.14"],
        transport=taking(seen),
    )

    assert taken
    assert str(seen[0].url) == "https://93.184.215.14/evenhand?x=1"
    assert seen[0].headers["host"] == "spoc.example.org"
    assert seen[0].extensions["sni_hostname"] == "spoc.example.org"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1"],
        ["::ffff:127.0.0.1"],
        ["::127.0.0.1"],
        ["::ffff:0:7f00:1"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b:1::a00:1"],
        ["2002:7f00:1::1"],
        ["2001:0:7f00:1::1"],
        ["fec0::1"],
        ["ff0e::1"],
        ["93.184.215.14", "192.168.1.1"],
        [],
    ],
)
def test_an_address_inside_a_network_gets_nothing(addresses: list[str]) -> None:
    seen: list[httpx.Request] = []

    taken = post(URL, "{}", {}, resolver=lambda _: addresses, transport=taking(seen))

    assert not taken
    assert seen == []


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
def test_only_success_counts_and_nobody_is_followed(status: int) -> None:
    seen: list[httpx.Request] = []

    taken = post(
        URL, "{}", {}, resolver=lambda _: ["93.184.215.14"], transport=taking(seen, status)
    )

    assert not taken
    assert len(seen) == 1


def test_a_name_that_nobody_knows_has_no_address() -> None:
    def unknown(_: str) -> list[str]:
        raise OSError

    assert public_address("nowhere.example", resolver=unknown) is None


class Endless(httpx.AsyncByteStream):
    """A body that drips for ever and counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 1
            yield b"x"
            await asyncio.sleep(0.01)


def test_the_body_of_an_answer_is_not_read() -> None:
    endless = Endless()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=endless))

    taken = post(URL, "{}", {}, resolver=lambda _: ["93.184.215.14"], transport=transport)

    assert taken
    assert endless.taken == 0


def test_an_answer_that_never_begins_ends_at_the_deadline() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    taken = post(
        URL,
        "{}",
        {},
        resolver=lambda _: ["93.184.215.14"],
        transport=httpx.MockTransport(never),
        seconds=0.05,
    )

    assert not taken


def test_a_name_that_is_never_answered_ends_at_the_deadline() -> None:
    seen: list[httpx.Request] = []

    def slow(_: str) -> list[str]:
        time.sleep(0.3)
        return ["93.184.215.14"]

    assert not post(URL, "{}", {}, resolver=slow, transport=taking(seen), seconds=0.05)
    assert seen == []
