"""Whose token this is: asked of our own homeserver, which alone can say it (OpenID of Matrix).

Client-server API, `openid/request_token`; server-server API, `openid/userinfo`: the token tells who
somebody is and opens nothing else. Synapse answers where a listener has the resource `openid`.
"""

import httpx
import structlog

from evenhand.base.errors import InputRefused

log = structlog.get_logger()

SECONDS_MAX = 3.0
"""Seconds for the question: somebody waits for the answer to a report."""


class IdentityUnknown(InputRefused):
    """The homeserver does not know a token by which somebody says who they are."""

    remedy = "Ask the homeserver for a new one, or report without it."


class SynapseIdentities:
    """The port `Identities` on Synapse; without an address nobody is known."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._transport = transport

    def account_of(self, token: str) -> str:
        """Gives the account that a token was made for; empty where the homeserver cannot say."""
        if not self._url:
            return ""
        path = f"{self._url}/_matrix/federation/v1/openid/userinfo"
        try:
            with httpx.Client(transport=self._transport, timeout=SECONDS_MAX) as client:
                answer = client.get(path, params={"access_token": token})
            said = answer.json() if answer.is_success else {}
        except (httpx.TransportError, ValueError) as error:
            log.warning("identity_not_asked", why=type(error).__name__)
            return ""
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise IdentityUnknown(what="identity", why="the homeserver does not know it any more")
        account = said.get("sub") if isinstance(said, dict) else None
        return account if isinstance(account, str) and account.startswith("@") else ""
