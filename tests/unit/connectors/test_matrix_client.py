"""What Synapse answers becomes one of three errors, and never carries a person's data."""

import httpx
import pytest

from evenhand.base.errors import EvenhandError, NotAllowed, NotFound, Unavailable
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.effects import media_parts, server_of

PERSON = "@somebody:x.test"


def client(answer) -> MatrixClient:
    return MatrixClient("http://x.test", "secret", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, Unavailable),
        (502, Unavailable),
        (429, Unavailable),
        (404, NotFound),
        (401, NotAllowed),
        (403, NotAllowed),
        (400, NotAllowed),
    ],
)
def test_a_status_becomes_the_error_that_says_whether_to_try_again(status, error):
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"errcode": "M_X", "error": f"about {PERSON}"})

    with pytest.raises(error) as caught:
        client(answer).account(PERSON)

    assert type(caught.value) is error
    assert caught.value.fields["errcode"] == "M_X"
    assert PERSON not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_token_that_is_not_known_today_is_an_outage_and_a_locked_account_is_none():
    def answering(code: str) -> MatrixClient:
        return client(lambda _request: httpx.Response(401, json={"errcode": code}))

    with pytest.raises(Unavailable):
        answering("M_UNKNOWN_TOKEN").account(PERSON)
    with pytest.raises(NotAllowed):
        answering("M_USER_LOCKED").account(PERSON)


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
def test_no_answer_means_try_again(fault):
    def answer(_request: httpx.Request) -> httpx.Response:
        raise fault("lost")

    with pytest.raises(Unavailable):
        client(answer).blocked("!r:x.test")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"'])
def test_an_answer_that_is_no_object_means_try_again(body):
    with pytest.raises(Unavailable):
        client(lambda _request: httpx.Response(200, content=body)).blocked("!r:x.test")


def test_identifiers_cannot_change_the_path():
    paths = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"block": True})

    assert client(answer).blocked("!r/../../x?y#z:x.test")
    assert paths == [b"/_synapse/admin/v1/rooms/%21r%2F..%2F..%2Fx%3Fy%23z%3Ax.test/block"]


def test_a_token_for_acting_as_somebody_is_ended_even_if_the_act_fails():
    calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append((request.url.path.rpartition("/")[2], request.headers["authorization"]))
        if request.url.path.endswith("/leave"):
            return httpx.Response(403, json={"errcode": "M_FORBIDDEN"})
        return httpx.Response(200, json={"access_token": "puppet"})

    synapse = client(answer)
    with pytest.raises(NotAllowed), synapse.acting_as(PERSON) as token:
        synapse.leave("!r:x.test", token=token, reason="why")

    assert calls == [
        ("login", "Bearer secret"),
        ("leave", "Bearer puppet"),
        ("logout", "Bearer puppet"),
    ]


@pytest.mark.parametrize("uri", ["", "mxc://", "mxc://x.test", "mxc:///1"])
def test_a_media_address_without_server_or_id_is_refused(uri):
    with pytest.raises(EvenhandError):
        media_parts(uri)


def test_addresses_are_taken_apart():
    assert media_parts("mxc://x.test/abc") == ("x.test", "abc")
    assert server_of("@a:x.test:8448") == "x.test:8448"
