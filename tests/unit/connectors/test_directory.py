"""The directory proxy when Synapse answers oddly: closed for what is withheld, else open."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.connectors.matrix.directory import Directory
from evenhand.connectors.matrix.hiding import Ask, Tokens, parsed, route_of, without
from evenhand.connectors.matrix.limits import DIRECTORY_ANSWER_BYTES_MAX
from evenhand.connectors.matrix.serving import Answer, Request
from evenhand.connectors.matrix.snapshot import SnapshotFile
from evenhand.markets.places import Places

ROOMS = "/_matrix/client/v3/publicRooms"
ALIAS = "/_matrix/client/v3/directory/room/%23market%3Ax.test"
HIDDEN, SHOWN = "!hidden:x.test", "!shown:x.test"
BEARER = {"authorization": "Bearer one"}


def directory(tmp_path: Path, synapse: Callable[[httpx.Request], httpx.Response]) -> Directory:
    path = tmp_path / "snapshot.json"
    path.write_text(
        json.dumps({"withheld": {HIDDEN: ["KZ"]}, "account_countries": {"@kz:x.test": "KZ"}})
    )
    return Directory(
        synapse=httpx.AsyncClient(
            transport=httpx.MockTransport(synapse), base_url="http://synapse"
        ),
        snapshot=SnapshotFile(path),
        table=Places({}, {}),
        tokens=Tokens(os.urandom(32)),
    )


def ask(proxy: Directory, path: str, **headers: str) -> tuple[int, dict[str, object]]:
    answer: Answer = asyncio.run(proxy.handle(Request("GET", path, headers, b"", "203.0.113.1")))
    return answer.status, json.loads(answer.body)


def test_when_nobody_says_who_asks_what_is_withheld_is_hidden_and_the_rest_is_not(tmp_path: Path):
    def synapse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("whoami"):
            return httpx.Response(500)
        return httpx.Response(200, json={"chunk": [{"room_id": HIDDEN}, {"room_id": SHOWN}]})

    status, page = ask(directory(tmp_path, synapse), ROOMS, **BEARER)

    assert status == 200
    assert page == {"chunk": [{"room_id": SHOWN}]}


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"room_id": 5}', b"\xff", b"[" * 100_000, b'{"room_id": null}'],
)
def test_an_answer_of_another_shape_is_not_handed_on(tmp_path: Path, body: bytes):
    def synapse(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("whoami"):
            return httpx.Response(200, json={"user_id": "@kz:x.test"})
        return httpx.Response(200, content=body)

    assert ask(directory(tmp_path, synapse), ALIAS, **BEARER)[0] == 502


def test_an_answer_that_does_not_end_is_not_read_to_its_end(tmp_path: Path):
    big = json.dumps({"chunk": [], "x": "y" * DIRECTORY_ANSWER_BYTES_MAX}).encode()

    status, _ = ask(directory(tmp_path, lambda _: httpx.Response(200, content=big)), ROOMS)

    assert status == 502


def test_synapse_away_is_said_and_nothing_else(tmp_path: Path):
    def synapse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    status, said = ask(directory(tmp_path, synapse), ROOMS, **BEARER)

    assert (status, said["errcode"]) == (502, "M_UNKNOWN")


def test_an_error_of_synapse_is_handed_on_with_the_time_to_wait(tmp_path: Path):
    def synapse(request: httpx.Request) -> httpx.Response:
        body = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}
        return httpx.Response(429, json=body, headers={"Retry-After": "7"})

    proxy = directory(tmp_path, synapse)
    answer = asyncio.run(proxy.handle(Request("GET", ROOMS, BEARER, b"")))

    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


def test_who_asks_is_asked_of_synapse_once_and_with_the_clients_own_token(tmp_path: Path):
    asked = []

    def synapse(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, request.headers["authorization"]))
        if request.url.path.endswith("whoami"):
            return httpx.Response(200, json={"user_id": "@kz:x.test"})
        return httpx.Response(200, json={"room_id": HIDDEN, "servers": ["x.test"]})

    proxy = directory(tmp_path, synapse)

    async def both() -> list[int]:
        request = Request("GET", ALIAS, BEARER, b"")
        return [(await proxy.handle(request)).status for _ in range(2)]

    assert asyncio.run(both()) == [404, 404]
    assert [path.endswith("whoami") for path, _ in asked] == [True, False, False]
    assert {token for _, token in asked} == {"Bearer one"}


def test_a_directory_of_hidden_rooms_ends(tmp_path: Path):
    calls = []

    def synapse(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.params.get("since"))
        return httpx.Response(200, json={"chunk": [{"room_id": HIDDEN}], "next_batch": HIDDEN})

    status, page = ask(directory(tmp_path, synapse), f"{ROOMS}?limit=1")

    assert status == 200
    assert page["chunk"] == []
    assert HIDDEN not in str(page["next_batch"])
    assert len(calls) == 20


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ROOMS, Ask.ROOMS),
        (f"{ROOMS}?limit=3", Ask.ROOMS),
        ("/_matrix/client/r0/publicRooms", Ask.ROOMS),
        ("/_matrix/client/api/v1/publicRooms", Ask.ROOMS),
        (ALIAS, Ask.ALIAS),
        ("/_matrix/client/v1/rooms/!a%3Ax/hierarchy?from=x", Ask.HIERARCHY),
        ("/_matrix/client/v1/room_summary/!a%3Ax", Ask.SUMMARY),
        ("/_matrix/client/unstable/im.nheko.summary/rooms/!a%3Ax/summary", Ask.SUMMARY),
        ("/_matrix/client/v3/rooms/!a/messages", None),
        ("//_matrix/client/v3/publicRooms", None),
        ("/_matrix/client/v3/../v3/publicRooms", None),
        ("http://elsewhere/_matrix/client/v3/publicRooms", None),
    ],
)
def test_only_calls_about_rooms_are_ours(path: str, expected: Ask | None):
    route = route_of(path)

    assert (route.ask if route else None) is expected


rooms = st.sampled_from([HIDDEN, SHOWN, "!other:x.test"])
links = st.lists(st.fixed_dictionaries({"state_key": rooms, "content": st.just({})}), max_size=4)
summaries = st.fixed_dictionaries({"room_id": rooms, "children_state": links})


@settings(max_examples=100, deadline=None)
@given(st.lists(summaries, max_size=6))
def test_a_space_never_names_a_hidden_room(found: list[dict[str, object]]):
    route = route_of("/_matrix/client/v1/rooms/!space/hierarchy")
    assert route is not None

    shown = without({"rooms": found}, route, lambda room: room == HIDDEN)

    assert HIDDEN not in json.dumps(shown)
    kept = [one["room_id"] for one in found if one["room_id"] != HIDDEN]
    assert shown is not None
    assert [one["room_id"] for one in shown["rooms"]] == kept


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_tokens_come_back_as_they_were_and_others_do_not(token: str):
    tokens = Tokens(bytes(32))

    assert tokens.open(tokens.close(token)) == token
    with pytest.raises(InputRefused):
        tokens.open(token)


def test_a_body_that_is_no_object_is_refused():
    for body in (b"[]", b"5", b"{", b"[" * 100_000):
        with pytest.raises(InputRefused):
            parsed(body)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (
            ALIAS,
            404,
            b'{"errcode":"M_NOT_FOUND","error":"Room alias #market:x.test not found"}',
        ),
        (
            f"/_matrix/client/v1/room_summary/{HIDDEN}",
            400,
            b'{"errcode":"M_UNKNOWN","error":"Missing via to query remote room"}',
        ),
        (
            f"/_matrix/client/v1/room_summary/{HIDDEN}?via=x.test",
            404,
            b'{"errcode":"M_NOT_FOUND","error":"Room not found or is not accessible"}',
        ),
    ],
)
def test_what_is_hidden_is_refused_in_synapses_own_bytes(
    tmp_path: Path, path: str, status: int, body: bytes
):
    proxy = directory(tmp_path, lambda _: httpx.Response(200, json={"room_id": HIDDEN}))

    answer = asyncio.run(proxy.handle(Request("GET", path, {}, b"", "203.0.113.1")))

    assert (answer.status, answer.body) == (status, body)


def test_the_number_of_all_rooms_is_never_said(tmp_path: Path):
    page = {"chunk": [{"room_id": SHOWN}], "total_room_count_estimate": 2}
    proxy = directory(tmp_path, lambda _: httpx.Response(200, json=page))
    (tmp_path / "snapshot.json").write_text(json.dumps({"withheld": {}}))

    assert ask(proxy, ROOMS) == (200, {"chunk": [{"room_id": SHOWN}]})
