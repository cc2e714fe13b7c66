"""Tells the searcher where something is new: ids of rooms and accounts, and nothing else.

What is new the searcher reads itself, as a stranger would. A poke that is lost is made good by its
sweep; so a poke never delays a message, and what cannot be sent now is sent later, up to a limit.
"""

import logging
from typing import Any

from synapse.module_api import ModuleApi
from twisted.internet import reactor

log = logging.getLogger(__name__)

SOON_SECONDS = (0.15, 0.9)
"""Seconds after Synapse asks about something until it is likely to be there, and surely."""

AGAIN_SECONDS_MAX = 60.0
"""Seconds until a searcher that does not answer is told again, at most."""

KEPT_MAX = 10_000
"""Ids that wait; more are left to the searcher's sweep."""

KINDS = ("rooms", "leaving", "accounts", "closed")
"""What is told of: rooms with something new, rooms that may be public no longer or where something
was redacted, accounts that say something new of themselves, accounts that were closed."""


class Pokes:
    """What the searcher is to be told, gathered and sent in the background."""

    def __init__(self, url: str, headers: dict[bytes, list[bytes]], api: ModuleApi) -> None:
        self._url, self._headers, self._api = f"{url}/poke", headers, api
        self._waiting: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self._sending = False
        self._failures = 0

    def tell(self, kind: str, name: str) -> None:
        """Tells of a room or an account soon, and once more when it is surely done."""
        for seconds in SOON_SECONDS:
            reactor.callLater(seconds, self._take, kind, name)

    def _take(self, kind: str, name: str) -> None:
        if sum(map(len, self._waiting.values())) < KEPT_MAX:
            self._waiting[kind].add(name)
        if not self._sending:
            self._sending = True
            self._api.run_as_background_process("evenhand_poke", self._send)

    async def _send(self) -> None:
        told, self._waiting = self._waiting, {kind: set() for kind in KINDS}
        body: dict[str, Any] = {kind: sorted(names) for kind, names in told.items()}
        try:
            await self._api.http_client.post_json_get_json(self._url, body, self._headers)
            self._failures = 0
        except Exception as error:  # noqa: BLE001  whatever broke, it is tried again
            self._failures += 1
            if self._failures == 1:
                log.warning("evenhand_poke_failed why=%s", type(error).__name__)
            for kind, names in told.items():
                self._waiting[kind] |= names
            seconds = min(AGAIN_SECONDS_MAX, 2.0 ** min(self._failures, 10))
            reactor.callLater(seconds, self._again)
            return
        self._sending = False
        if any(self._waiting.values()):
            self._sending = True
            self._api.run_as_background_process("evenhand_poke", self._send)

    def _again(self) -> None:
        self._api.run_as_background_process("evenhand_poke", self._send)
