"""A Synapse module that asks Evenhand's door: a thin HTTP client that fails open.

It speaks the protocol of synapse-http-antispam and adds what that lacks: the facts of the channel
and the account, registrations, uploaded files, room configurations and profile changes. Each call
has a time budget. If the door does not answer in it, or anything here fails, what was asked about
is allowed and counted, and the door is told with the next call, so that it screens it afterwards.
"""

import hashlib
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from synapse.api.errors import Codes, HttpResponseException
from synapse.events import EventBase
from synapse.events.utils import format_event_for_client_v2
from synapse.logging.context import make_deferred_yieldable, run_in_background
from synapse.module_api import NOT_SPAM, ModuleApi
from synapse.spam_checker_api import RegistrationBehaviour
from twisted.internet import reactor

from evenhand_synapse.pokes import Pokes

log = logging.getLogger(__name__)

BUDGET_MS = 400
"""Milliseconds that a sender waits for the door at most, unless configured."""

MEDIA_SECONDS = 10.0
"""Seconds for hashing an uploaded file: it is read from disk, and no sender waits for a verdict."""

HASHES = ("sha256", "sha1", "md5")
"""What the door is told of a file."""

HEAD_BYTES = 16
"""Bytes at the beginning of a file that tell of what kind it is."""

FACTS_SECONDS = 60.0
"""Seconds that the facts of a room are kept; a change that passes by here ends them at once."""

FACTS_KEPT = 10_000
"""Rooms and accounts whose facts are kept."""

LOG_SECONDS = 10.0
"""Seconds between two lines about a door that does not answer."""

DIRECT_MEMBERS_MAX = 50
"""Rooms with more members are not looked through for the mark of a direct chat."""

FORBIDDEN = 403

ROOM_STATE = frozenset({"m.room.join_rules", "m.room.encryption", "m.room.member"})
"""State on which the facts of a room rest."""

WORDLESS = frozenset({"m.room.member", "m.room.encrypted", "m.room.redaction"})
"""Events that the door has nothing to say about."""

OPENING = frozenset(
    {
        *("m.room.join_rules", "m.room.history_visibility", "m.room.encryption"),
        *("m.room.tombstone", "eu.evenhand.search"),
    }
)
"""State by which a room becomes public, or ceases to be: the searcher looks, whatever it was."""

Json = dict[str, Any]


class EvenhandModule:
    """The module: `door_url`, `token_file` and, if wanted, `budget_ms` and `search_url`."""

    def __init__(self, config: Json, api: ModuleApi) -> None:
        self._api = api
        self._url = str(config["door_url"]).rstrip("/")
        token = Path(config["token_file"]).read_text(encoding="utf-8").strip()
        self._headers = {b"Authorization": [f"Bearer {token}".encode()]}
        self._budget_seconds = int(config.get("budget_ms", BUDGET_MS)) / 1000
        self._facts: OrderedDict[str, tuple[float, Json]] = OrderedDict()
        self._created: OrderedDict[str, int] = OrderedDict()
        self._missed = 0
        self._logged_at = 0.0
        api.register_spam_checker_callbacks(
            check_event_for_spam=self.check_event_for_spam,
            user_may_join_room=self.user_may_join_room,
            user_may_create_room=self.user_may_create_room,
            user_may_create_room_alias=self.user_may_create_room_alias,
            user_may_publish_room=self.user_may_publish_room,
            check_registration_for_spam=self.check_registration_for_spam,
            check_media_file_for_spam=self.check_media_file_for_spam,
        )
        api.register_third_party_rules_callbacks(on_profile_update=self.on_profile_update)
        search_url = str(config.get("search_url") or "").rstrip("/")
        self._pokes = Pokes(search_url, self._headers, api) if search_url else None
        if search_url:
            api.register_third_party_rules_callbacks(
                check_visibility_can_be_modified=self.check_visibility_can_be_modified,
                on_user_deactivation_status_changed=self.on_user_deactivation_status_changed,
            )

    @staticmethod
    def parse_config(config: Json) -> Json:
        """Gives the configuration, or says what is missing."""
        for name in ("door_url", "token_file"):
            if name not in config:
                raise ValueError(f"evenhand_synapse: {name} is missing")
        return config

    # The hooks of Synapse

    async def check_event_for_spam(self, event: EventBase) -> Any:
        """Asks about an event before it enters its room."""
        if event.type in ROOM_STATE:
            self._facts.pop(event.room_id, None)
        await self._poke(event)
        if event.type in WORDLESS:
            return NOT_SPAM
        return await self._answer("check_event_for_spam", lambda: self._event(event))

    async def user_may_join_room(self, user: str, room: str, is_invited: bool) -> Any:
        """Asks whether somebody may join."""

        async def body() -> Json:
            facts = await self._about(user, room)
            return {"user": user, "room": room, "is_invited": is_invited, "evenhand": facts}

        return await self._answer("user_may_join_room", body)

    async def user_may_create_room(self, user: str, room_config: Json) -> Any:
        """Asks about a room before it is made."""

        async def body() -> Json:
            facts = await self._about(user)
            return {"user_id": user, "room_config": dict(room_config), "evenhand": facts}

        return await self._answer("user_may_create_room", body)

    async def user_may_create_room_alias(self, user: str, room_alias: Any) -> Any:
        """Asks about an address for a room."""

        async def body() -> Json:
            alias = room_alias if isinstance(room_alias, str) else room_alias.to_string()
            return {"user_id": user, "room_alias": alias, "evenhand": await self._about(user)}

        return await self._answer("user_may_create_room_alias", body)

    async def user_may_publish_room(self, user: str, room_id: str) -> Any:
        """Asks whether a room may enter the public directory."""

        async def body() -> Json:
            facts = await self._about(user, room_id)
            return {"user_id": user, "room_id": room_id, "evenhand": facts}

        return await self._answer("user_may_publish_room", body)

    async def check_registration_for_spam(
        self,
        email_threepid: Json | None,  # noqa: ARG002  Synapse passes it; the door must not have it
        username: str | None,
        request_info: Collection[tuple[str, str]],
        auth_provider_id: str | None = None,
    ) -> RegistrationBehaviour:
        """Asks about a new account; a refusal reaches the client without a reason (429)."""

        async def body() -> Json:
            return {
                "username": username,
                "request_info": [list(pair) for pair in request_info],
                "auth_provider_id": auth_provider_id,
                "evenhand": await self._about(),
            }

        answer = await self._answer("check_registration_for_spam", body)
        return RegistrationBehaviour.ALLOW if answer == NOT_SPAM else RegistrationBehaviour.DENY

    async def check_media_file_for_spam(self, file_wrapper: Any, file_info: Any) -> Any:
        """Tells the door the hashes of a file; it is judged at the event that posts it.

        By how a file begins the door knows a picture, which it then reads itself.

        Lists of known files hold MD5 and SHA-1 too: they find files, and prove nothing.
        """
        if file_info.url_cache or file_info.thumbnail:
            return NOT_SPAM

        async def body() -> Json:
            digests = {name: hashlib.new(name, usedforsecurity=False) for name in HASHES}
            head = bytearray()

            def update(chunk: bytes) -> None:
                head.extend(chunk[: HEAD_BYTES - len(head)])
                for digest in digests.values():
                    digest.update(chunk)

            await file_wrapper.write_chunks_to(update)
            return {
                "server": file_info.server_name or self._api.server_name,
                "media": file_info.file_id,
                **{name: digest.hexdigest() for name, digest in digests.items()},
                "head": head.hex(),
                "evenhand": await self._about(),
            }

        await self._answer("check_media_file_for_spam", body, seconds=MEDIA_SECONDS)
        return NOT_SPAM

    async def on_profile_update(
        self,
        user_id: str,
        new_profile: Any,
        by_admin: bool,
        deactivation: bool,
    ) -> None:
        """Tells the door a new display name; Synapse lets nobody refuse it."""
        if self._pokes is not None:
            self._pokes.tell("accounts", user_id)
        if by_admin or deactivation:
            return

        async def body() -> Json:
            return {
                "user_id": user_id,
                "display_name": new_profile.display_name,
                "evenhand": await self._about(user_id),
            }

        await self._answer("on_profile_update", body)

    async def on_user_deactivation_status_changed(
        self,
        user_id: str,
        deactivated: bool,
        by_admin: bool,  # noqa: ARG002  Synapse passes it
    ) -> None:
        """Tells the searcher that an account was closed, or is there again."""
        assert self._pokes is not None, "registered with a searcher"
        self._pokes.tell("closed" if deactivated else "accounts", user_id)

    async def check_visibility_can_be_modified(
        self,
        room_id: str,
        state_events: Any,  # noqa: ARG002  Synapse passes it
        new_visibility: str,  # noqa: ARG002  Synapse passes it
    ) -> bool:
        """Tells the searcher that a room enters or leaves the directory; refuses nothing."""
        assert self._pokes is not None, "registered with a searcher"
        self._pokes.tell("leaving", room_id)
        return True

    async def _poke(self, event: EventBase) -> None:
        """Tells the searcher where something may be new: in public rooms, and as one opens."""
        if self._pokes is None:
            return
        if event.type not in OPENING:
            try:
                facts = await self._channel(event.room_id)
            except Exception:  # noqa: BLE001  an exception here would stop the message
                return
            if facts["join_rule"] not in ("public", "knock", "knock_restricted"):
                return
            if facts["encrypted"]:
                return
        leaves = event.type in OPENING or event.type == "m.room.redaction"
        self._pokes.tell("leaving" if leaves else "rooms", event.room_id)

    # What is told beside the protocol

    async def _event(self, event: EventBase) -> Json:
        value = format_event_for_client_v2(event.get_dict())
        value["event_id"] = event.event_id
        return {"event": value, "evenhand": await self._about(event.sender, event.room_id)}

    async def _about(self, account: str = "", room: str = "") -> Json:
        facts: Json = {"server": self._api.server_name, "missed": self._missed}
        if account:
            facts["account_created_ts"] = await self._created_ms(account)
        if room:
            facts["channel"] = await self._channel(room)
        return facts

    async def _created_ms(self, account: str) -> int | None:
        if account not in self._created:
            user = await self._api.get_userinfo_by_id(account)
            if user is None:
                return None
            self._created[account] = int(user.creation_ts) * 1000
            _forget_oldest(self._created)
        return self._created[account]

    async def _channel(self, room: str) -> Json:
        kept = self._facts.get(room)
        if kept is not None and time.monotonic() - kept[0] < FACTS_SECONDS:
            return kept[1]
        facts = await self._ask_state(room)
        self._facts[room] = (time.monotonic(), facts)
        _forget_oldest(self._facts)
        return facts

    async def _ask_state(self, room: str) -> Json:
        named = ("m.room.join_rules", "m.room.encryption", "m.room.name", "m.room.topic")
        state = await self._api.get_room_state(room, [(name, "") for name in named])
        values = {kind: event.content for (kind, _), event in state.items()}
        join_rule = _get(values, "m.room.join_rules", "join_rule")
        facts: Json = {
            "join_rule": join_rule,
            "encrypted": "m.room.encryption" in values,
            "name": _get(values, "m.room.name", "name"),
            "topic": _get(values, "m.room.topic", "topic"),
        }
        if join_rule == "public":
            return facts
        members = await self._api.get_room_state(room, [("m.room.member", None)])
        return {**facts, **_company(list(members.values()))}

    # Asking

    async def _answer(
        self, hook: str, body: Callable[[], Awaitable[Json]], *, seconds: float = 0.0
    ) -> Any:
        """Gives the door's answer; allows where there is none in time, or anything fails."""
        try:
            asked = run_in_background(self._post, hook, body)
            asked.addTimeout(seconds or self._budget_seconds, reactor)
            await make_deferred_yieldable(asked)
        except HttpResponseException as error:
            refusal = _refusal(error)
            if refusal is not None:
                return refusal
            self._failed(hook, f"status {error.code}")
        except Exception as error:  # noqa: BLE001  an exception here would stop the message
            self._failed(hook, type(error).__name__)
        return NOT_SPAM

    async def _post(self, hook: str, body: Callable[[], Awaitable[Json]]) -> None:
        value = await body()
        told = value["evenhand"]["missed"]
        address = f"{self._url}/{hook}"
        try:
            await self._api.http_client.post_json_get_json(address, value, self._headers)
        except HttpResponseException as error:
            if error.code == FORBIDDEN:
                self._missed -= min(told, self._missed)
            raise
        self._missed -= min(told, self._missed)

    def _failed(self, hook: str, why: str) -> None:
        """Counts what passed unasked; says so now and then, without any content."""
        self._missed += 1
        if time.monotonic() - self._logged_at > LOG_SECONDS:
            self._logged_at = time.monotonic()
            log.warning("evenhand_door_failed hook=%s why=%s missed=%d", hook, why, self._missed)


def _refusal(error: HttpResponseException) -> tuple[Codes, Json] | None:
    """Gives what the door said to a sender; None if it did not refuse but failed."""
    if error.code != FORBIDDEN:
        return None
    try:
        value = json.loads(error.response)
        code = Codes(value.pop("errcode"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return code, value


def _company(members: list[EventBase]) -> Json:
    """Gives how many are in a room, and whether it was made as a direct chat."""
    joined = sum(1 for event in members if event.content.get("membership") == "join")
    invited = sum(1 for event in members if event.content.get("membership") == "invite")
    few = len(members) <= DIRECT_MEMBERS_MAX
    direct = few and any(_marked_direct(event) for event in members)
    return {"members": joined + invited, "is_direct": direct}


def _marked_direct(event: EventBase) -> bool:
    """Tells whether an invitation said `is_direct`; a join keeps it as its previous content."""
    before = event.unsigned.get("prev_content") or {}
    return event.content.get("is_direct") is True or before.get("is_direct") is True


def _get(values: Mapping[str, Any], kind: str, name: str) -> Any:
    content = values.get(kind)
    return content.get(name) if content is not None else None


def _forget_oldest(kept: "OrderedDict[str, Any]") -> None:
    if len(kept) > FACTS_KEPT:
        kept.popitem(last=False)
