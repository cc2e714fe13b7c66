"""The doorkeeper: judges what Synapse asks about, writes refusals down, and answers.

It fails open. An event passes unscreened if the screening is late, overloaded or broken, or if
the journal cannot be written; each is counted with its reason, and the sweep screens the event
again afterwards.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TypeVar

import structlog
from nacl.public import PublicKey

from evenhand.actions.journal import (
    Answered,
    EventFacts,
    FlaggedEntry,
    JournalUnavailable,
    JournalWriter,
)
from evenhand.base.errors import InputRefused
from evenhand.base.ids import new_id
from evenhand.base.lists import UNKNOWN_MARKET, ActionKind, ChannelKind, EventKind
from evenhand.base.sealing import seal
from evenhand.connectors.matrix import answers, counting, intake
from evenhand.connectors.matrix.effects import server_of
from evenhand.connectors.matrix.intake import FileHashes, Json, Seen, mapping_at, name_at, text_at
from evenhand.connectors.matrix.lane import Overloaded, ScreeningLane
from evenhand.connectors.matrix.limits import ANSWERED_KEPT, BUDGET_MS
from evenhand.connectors.matrix.lookup import Lookup
from evenhand.connectors.matrix.serving import Answer, Request, json_answer, text_answer
from evenhand.connectors.matrix.snapshot import SnapshotFile
from evenhand.signals.scope import may_judge_pictures
from evenhand.verdicts.schema import Verdict

log = structlog.get_logger()

T = TypeVar("T")

ALLOWED = json_answer(200, {})

ANSWERS = frozenset({ActionKind.REFUSE, ActionKind.HOLD})
"""Kinds that are done by the answer: on Synapse, to hold is to refuse and to ask a person."""


@dataclass(frozen=True, slots=True)
class DoorKeys:
    """What the door holds: no key with which anything sealed could be opened.

    token     what Synapse shows
    objection key of the codes in objection links
    network   key of the hashes of networks
    evidence  public key to which content is sealed
    """

    token: str
    objection: bytes
    network: bytes
    evidence: PublicKey


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """Where the desk is, and which accounts of the homeserver are the desk's own."""

    public_url: str
    server_name: str = ""
    own_accounts: tuple[str, ...] = ("safety", "evenhand-notices")


class DoorKeeper:
    """Answers one request at a time per connection; every hook is one method."""

    def __init__(
        self,
        *,
        lane: ScreeningLane,
        journal: JournalWriter,
        lookup: Lookup,
        snapshot: SnapshotFile,
        keys: DoorKeys,
        facts: DoorFacts,
        clock: Callable[[], datetime],
        missed: Callable[[], None],
        budget_ms: int = BUDGET_MS,
        gauges: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._lane = lane
        self._journal = journal
        self._lookup = lookup
        self._snapshot = snapshot
        self._keys = keys
        self._facts = facts
        self._clock = clock
        self._missed = missed
        self._budget_seconds = budget_ms / 1000
        self._gauges = gauges
        self.counters = counting.Counters()
        self.answered = counting.Answered(ANSWERED_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        if facts.server_name:
            lookup.learn_server(facts.server_name)
        self._hooks: dict[str, Callable[[Json], Awaitable[Answer]]] = {
            "ping": self._ping,
            "check_event_for_spam": self._event,
            "user_may_join_room": self._join,
            "accept_make_join": self._join,
            "user_may_create_room": self._creation,
            "user_may_create_room_alias": self._alias,
            "user_may_publish_room": self._publication,
            "check_registration_for_spam": self._registration,
            "check_media_file_for_spam": self._media,
            "on_profile_update": self._profile,
        }

    async def handle(self, request: Request) -> Answer:
        """Answers a request, whatever happens inside."""
        begun = time.perf_counter()
        path = request.path.partition("?")[0]
        hook = path.rpartition("/")[2]
        if request.method == "GET":
            return self._looked_at(hook)
        if not self._knows(request):
            # Plain text: see `serving`. A wrong token must not stop every message of the server.
            return text_answer(401, "token missing or wrong")
        answer = await self._answer(hook, request.body)
        known = hook if hook in self._hooks else "other"
        self.counters.answered(known, answer.status, seconds=time.perf_counter() - begun)
        return answer

    def entry(self, seen: Seen, verdict: Verdict, answer: Answered, *, ms: int) -> FlaggedEntry:
        """Gives the journal's entry of a flagged event, its content under seal."""
        now = self._clock()
        return FlaggedEntry(
            id=new_id(now=now),
            at=now,
            event=_facts_of(seen, verdict),
            verdict=verdict,
            answered=answer,
            content=seal(_evidence(seen), to=self._keys.evidence),
            market=seen.territory or UNKNOWN_MARKET,
            milliseconds=ms,
        )

    async def complete(self, seen: Seen) -> Seen:
        """Adds what the event alone does not say: account's age, country, hashes of files."""
        created = seen.account_created
        if created is None and seen.account:
            created = await self._lookup.created(seen.account)
        hashes: tuple[FileHashes, ...] = ()
        if seen.media:
            judge = may_judge_pictures(seen.kind, seen.channel_kind)
            asked = (self._lookup.hashes(one, judge=judge) for one in seen.media)
            known = await asyncio.gather(*asked)
            hashes = tuple(one for one in known if one is not None)
        country = self._snapshot.current().account_countries.get(seen.account, "")
        if (created, country) == (seen.account_created, seen.territory) and not hashes:
            return seen
        return replace(seen, account_created=created, territory=country, hashes=hashes)

    def is_own(self, account: str) -> bool:
        """Tells whether an account is one of the desk's own on this homeserver."""
        if not self._lookup.server or server_of(account) != self._lookup.server:
            return False
        return account[1:].partition(":")[0] in self._facts.own_accounts

    # How a request becomes an answer

    def _looked_at(self, hook: str) -> Answer:
        if hook == "health":
            return json_answer(200, {"status": "ok"})
        if hook == "metrics":
            gauges = {
                "evenhand_door_waiting_events": self._lane.waiting,
                "evenhand_door_journal_bytes": self._journal.size_bytes,
                **self._gauges(),
            }
            text = self.counters.text(gauges)
            return Answer(200, text.encode(), "text/plain; version=0.0.4; charset=utf-8")
        return text_answer(404, "no such page")

    def _knows(self, request: Request) -> bool:
        shown = request.headers.get("authorization", "")
        return compare_digest(shown.encode(), f"Bearer {self._keys.token}".encode())

    async def _answer(self, hook: str, body: bytes) -> Answer:
        try:
            value = json.loads(body)
        except ValueError:
            return text_answer(400, "body is not JSON")
        if not isinstance(value, dict):
            return text_answer(400, "body is not an object")
        method = self._hooks.get(hook)
        if method is None:
            return ALLOWED  # a hook that is not ours to judge; another answer would refuse it
        try:
            self._learn(value)
            return await method(value)
        except InputRefused:
            self._pass_unscreened(ChannelKind.PRIVATE, "malformed")
        except Exception as error:  # noqa: BLE001  the door fails open, whatever broke
            log.error("door_hook_failed", hook=hook, why=type(error).__name__)  # noqa: TRY400
            self._pass_unscreened(ChannelKind.PRIVATE, "failure")
        return ALLOWED

    def _learn(self, body: Json) -> None:
        """Takes what our own module says beside the protocol."""
        ours = mapping_at(body, "evenhand")
        if server := text_at(ours, "server"):
            self._lookup.learn_server(server)
        missed = ours.get("missed")
        if isinstance(missed, int) and missed > 0:
            self._missed()

    async def _channel(self, body: Json, room: str) -> intake.Channel:
        facts = mapping_at(mapping_at(body, "evenhand"), "channel")
        if facts:
            channel = intake.channel_of(facts)
            self._lookup.remember_channel(room, channel)
            return channel
        return await self._within_budget(self._lookup.channel(room), intake.Channel())

    async def _within_budget(self, asked: Awaitable[T], otherwise: T) -> T:
        try:
            return await asyncio.wait_for(asked, self._budget_seconds / 2)
        except TimeoutError:
            return otherwise

    # The hooks

    async def _ping(self, body: Json) -> Answer:
        return json_answer(200, {"id": body.get("id"), "status": "ok"})

    async def _event(self, body: Json) -> Answer:
        event = mapping_at(body, "event")
        channel = await self._channel(body, name_at(event, "room_id"))
        if channel.encrypted or channel.kind is ChannelKind.DIRECT:
            return ALLOWED
        seen = intake.message_seen(event, channel, now=self._clock())
        return await self._judge(body, seen)

    async def _join(self, body: Json) -> Answer:
        account, room = name_at(body, "user"), name_at(body, "room")
        if self._snapshot.current().bars(account, room) and not self.is_own(account):
            return json_answer(403, answers.closed())
        channel = await self._channel(body, room)
        if channel.encrypted or channel.kind is ChannelKind.DIRECT:
            return ALLOWED
        return await self._judge(body, intake.join_seen(body, channel, now=self._clock()))

    async def _creation(self, body: Json) -> Answer:
        seen = intake.creation_seen(body, now=self._clock())
        if seen is not None and seen.channel_kind is not ChannelKind.PUBLIC:
            return ALLOWED
        return await self._judge(body, seen)

    async def _alias(self, body: Json) -> Answer:
        alias = name_at(body, "room_alias")
        if alias in self._snapshot.current().blocked_aliases:
            return json_answer(403, answers.closed())
        return await self._judge(body, intake.creation_seen(body, now=self._clock()))

    async def _publication(self, body: Json) -> Answer:
        room = name_at(body, "room_id")
        own = self.is_own(name_at(body, "user_id"))
        if room in self._snapshot.current().blocked_channels and not own:
            return json_answer(403, answers.closed())
        facts = mapping_at(mapping_at(body, "evenhand"), "channel")
        named = "\n".join(filter(None, (text_at(facts, "name"), text_at(facts, "topic"))))
        if not facts:
            named = await self._within_budget(self._lookup.room_words(room), "")
        now = self._clock()
        return await self._judge(body, intake.publication_seen(body, named=named, now=now))

    async def _registration(self, body: Json) -> Answer:
        now = self._clock()
        server = self._lookup.server
        if not server:
            self._pass_unscreened(ChannelKind.PUBLIC, "server_unknown")
            return ALLOWED
        seen = intake.registration_seen(body, server=server, key=self._keys.network, now=now)
        return await self._judge(body, seen)

    async def _media(self, body: Json) -> Answer:
        address = f"mxc://{name_at(body, 'server')}/{name_at(body, 'media')}"
        hashes = intake.hashes_of_file(body)
        self._lookup.remember_media(address, hashes)
        if self._lookup.wants_picture(hashes):
            self._beside(self._lookup.read_soon(address))
        return ALLOWED

    async def _profile(self, body: Json) -> Answer:
        return await self._judge(body, intake.profile_seen(body, now=self._clock()))

    # The judgement

    async def _judge(self, body: Json, seen: Seen | None) -> Answer:
        if seen is None or self.is_own(seen.account):
            return ALLOWED
        begun = time.perf_counter()
        created = mapping_at(body, "evenhand").get("account_created_ts")
        if isinstance(created, int) and seen.account:
            seen = replace(seen, account_created=datetime.fromtimestamp(created / 1000, tz=UTC))
        try:
            async with asyncio.timeout(self._budget_seconds):
                seen = await self.complete(seen)
                verdict = await self._lane.screen(seen.row())
        except TimeoutError:
            return self._pass_unscreened(seen.channel_kind, "late")
        except Overloaded:
            return self._pass_unscreened(seen.channel_kind, "overload")
        except Exception as error:  # noqa: BLE001  the door fails open, whatever broke
            log.error("screening_failed", why=type(error).__name__)  # noqa: TRY400
            return self._pass_unscreened(seen.channel_kind, "failure")
        milliseconds = round((time.perf_counter() - begun) * 1000)
        answer = ALLOWED
        if verdict is not None:
            answer = await self._write_down(seen, verdict, milliseconds)
            if answer is JOURNAL_FAILED:
                return self._pass_unscreened(seen.channel_kind, "journal")
        self.counters.screened(seen.channel_kind, at=self._clock())
        self.answered.add(seen.event_id)
        if answer is ALLOWED and any(self._lookup.is_read(one) for one in seen.media):
            self._beside(self._look_again(seen))
        return answer

    async def _look_again(self, seen: Seen) -> None:
        """Judges the files of an event once more when it is known what its pictures show.

        The event has passed meanwhile. Nothing but its files is looked at, and nobody is counted.
        """
        begun = time.perf_counter()
        await self._lookup.read_through(seen.media)
        whole = await self.complete(seen)
        if whole.hashes == seen.hashes:
            return
        files = replace(whole, event_id=f"{seen.event_id} files", account="", text=None, urls=())
        try:
            verdict = await self._lane.screen(files.row())
        except Exception as error:  # noqa: BLE001  the event has passed: this is counted
            log.error("screening_failed", why=type(error).__name__)  # noqa: TRY400
            self._pass_unscreened(seen.channel_kind, "failure")
            return
        if verdict is None:
            return
        milliseconds = round((time.perf_counter() - begun) * 1000)
        verdict = replace(verdict, event_id=seen.event_id)
        entry = self.entry(whole, verdict, Answered.PASSED, ms=milliseconds)
        try:
            await asyncio.wrap_future(self._journal.submit([entry]))
        except JournalUnavailable as error:
            log.error("door_journal_unavailable", why=error.fields.get("why"))  # noqa: TRY400
            self._pass_unscreened(seen.channel_kind, "journal")

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        """Has something done that no sender waits for."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_down(self, seen: Seen, verdict: Verdict, milliseconds: int) -> Answer:
        """Writes a verdict to the journal, and gives the answer that follows from it."""
        refused = _refuses(seen, verdict)
        answered = Answered.REFUSED if refused else Answered.PASSED
        entry = self.entry(seen, verdict, answered, ms=milliseconds)
        try:
            await asyncio.wrap_future(self._journal.submit([entry]))
        except JournalUnavailable as error:
            log.error("door_journal_unavailable", why=error.fields.get("why"))  # noqa: TRY400
            return JOURNAL_FAILED
        if not refused:
            return ALLOWED
        body = answers.refusal(
            verdict, entry.id, public_url=self._facts.public_url, key=self._keys.objection
        )
        return json_answer(403, body)

    def _pass_unscreened(self, kind: ChannelKind, reason: str) -> Answer:
        self.counters.unscreened(kind, reason, at=self._clock())
        self._missed()
        return ALLOWED


JOURNAL_FAILED = Answer(200, b"{}")
"""Told apart from `ALLOWED` by identity: the event passes, and counts as unscreened."""


def _refuses(seen: Seen, verdict: Verdict) -> bool:
    """Tells whether a verdict is carried out by the answer.

    A registration is refused only where the rule says so; to hold it means that the account is
    made and suspended until its holder answers. A profile change cannot be refused on Synapse.
    """
    if seen.kind is EventKind.PROFILE:
        return False
    if seen.kind is EventKind.REGISTRATION:
        return verdict.action is ActionKind.REFUSE
    return verdict.action in ANSWERS


def _facts_of(seen: Seen, verdict: Verdict) -> EventFacts:
    return EventFacts(
        event_id=seen.event_id,
        kind=seen.kind,
        time=seen.time,
        channel_kind=seen.channel_kind,
        account=seen.account,
        account_created=seen.account_created,
        channel=seen.channel,
        territory=seen.territory,
        language=verdict.language or "",
        media=seen.media,
        hashes=tuple(name for one in seen.hashes for name in one.named()),
    )


def _evidence(seen: Seen) -> bytes:
    """Gives what is put under seal: what was said, in the shape that snapshots have too."""
    value = {
        "kind": seen.kind.value,
        "event": seen.event_id,
        "channel": seen.channel,
        "channel_name": seen.channel_name,
        "account": seen.account,
        "time": seen.time.isoformat(),
        "text": seen.text,
        "display_name": seen.display_name,
        "user_agent": seen.user_agent,
        "urls": list(seen.urls),
        "media": list(seen.media),
        "content": dict(seen.content),
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode(errors="replace")
