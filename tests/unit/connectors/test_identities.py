"""Who reports is asked of the homeserver: what it cannot say is nobody, a lie is refused."""

import httpx
import pytest

from evenhand.connectors.matrix.identities import IdentityUnknown, SynapseIdentities


def identities(answer: httpx.Response | Exception) -> SynapseIdentities:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/_matrix/federation/v1/openid/userinfo"
        if isinstance(answer, Exception):
            raise answer
        return answer

    return SynapseIdentities("http://x.test/", transport=httpx.MockTransport(handle))


def test_the_homeserver_says_whose_token_it_is() -> None:
    found = identities(httpx.Response(200, json={"sub": "@ada:x.test"}))

    assert found.account_of("token") == "@ada:x.test"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"sub": 7}),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b"no json"),
        httpx.Response(404, json={"errcode": "M_UNRECOGNIZED"}),
        httpx.Response(503),
        httpx.ConnectError("away"),
    ],
)
def test_what_it_cannot_say_is_nobody(answer: httpx.Response | Exception) -> None:
    assert identities(answer).account_of("token") == ""


def test_a_token_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(IdentityUnknown):
        identities(httpx.Response(401, json={"errcode": "M_UNKNOWN_TOKEN"})).account_of("token")


def test_without_a_homeserver_nobody_is_known() -> None:
    assert SynapseIdentities("").account_of("token") == ""
