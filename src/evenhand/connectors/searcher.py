"""The searcher as its clients see it: over HTTP on loopback, with a token."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from evenhand.actions.ports import Target
from evenhand.base.errors import InputRefused, Unavailable
from evenhand.connectors.searcher_wire import ask_json, page_of
from evenhand.search.asking import Ask, Page

SECONDS_MAX = 5.0
"""Seconds that a query may take; half a second is already long."""

CONNECT_SECONDS_MAX = 1.0


class SearcherAway(Unavailable):
    """The searcher does not answer, or does not know yet what is hidden."""

    remedy = "Try again in a moment; if it persists, look at the log of the searcher."


class SearcherClient:
    """Asks the searcher; safe to use from several threads."""

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(SECONDS_MAX, connect=CONNECT_SECONDS_MAX),
            transport=transport,
        )

    def search(self, ask: Ask) -> Page:
        """Gives one page of hits; `InputRefused` where the query or its token cannot be read."""
        return page_of(self._post("/search", ask_json(ask)))

    def suggest(self, prefix: str, *, country: str | None, language: str) -> Sequence[str]:
        """Gives queries that begin so, the best first."""
        body = {"prefix": prefix, "country": country, "language": language}
        return [str(one) for one in self._post("/suggest", body)["suggestions"]]

    def trending(self, *, country: str | None, language: str) -> Sequence[str]:
        """Gives what many look for these days."""
        body = {"country": country, "language": language}
        return [str(one) for one in self._post("/trending", body)["terms"]]

    def reload(self) -> None:
        """Has what is hidden read anew; returns when that is in force."""
        self._post("/reload", {})

    def hidden(self, target: Target, territory: Sequence[str]) -> bool:
        """Tells whether a target was taken out of search in a territory; empty is the world."""
        body = {
            "kind": target.kind.value,
            "account": target.account,
            "channel": target.channel,
            "event": target.event,
            "territory": [*territory],
        }
        return self._post("/hidden", body)["hidden"] is True

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TransportError as error:
            raise SearcherAway(process="searcher", why=type(error).__name__) from error
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise InputRefused(**answer.json())
        if not answer.is_success:
            raise SearcherAway(process="searcher", status=answer.status_code)
        value: Mapping[str, Any] = answer.json()
        return value
