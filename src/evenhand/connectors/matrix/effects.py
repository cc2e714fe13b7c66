"""What Evenhand does through Synapse: one effect per kind of action.

What an undo needs is noted at Synapse (in the safety account's own notes on the room) before
anything is changed: a delivery that dies halfway and runs again would else remember a room that
it has already emptied.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from evenhand.actions.ports import Effect, InForce, Order, Target
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.connectors.matrix.client import MatrixClient, MatrixEvent

Memory = Mapping[str, object]

REASON = "Removed by the safety desk; the account was told why."
"""What members read beside a removal; the statement of reasons goes to the account itself."""

WRITING = ("m.room.message", "m.room.encrypted")
"""Types of events that the redaction of an account is about."""

LIFTED = "eu.evenhand.lifted"
"""Name of the note on whose suspension or lock is lifted for a moment."""

NO_VOICE = -1
"""Power level of an account that may read but not write, where writing needs 0."""

BIRTH_SECONDS_MAX = 2.0
"""Seconds to wait for an account: Synapse asks the door before it makes one."""

REDACTION_SECONDS_MAX = 30.0
"""Seconds to wait for the redaction of an account; a larger one is looked at again later."""


class AccountPlaces(Protocol):
    """Where accounts are placed (`markets` knows; `wiring` binds it)."""

    def accounts_in(self, territory: Sequence[str], among: Collection[str]) -> Collection[str]:
        """Gives those of the accounts `among` that are placed in one of the countries."""


class NowhereKnown:
    """Places nobody: what stands in where no resolver is bound."""

    def accounts_in(self, territory: Sequence[str], among: Collection[str]) -> Collection[str]:  # noqa: ARG002
        """Gives nobody."""
        return ()


class Safety:
    """The safety account: the administrator, and what it does in rooms and on members' behalf."""

    def __init__(self, client: MatrixClient) -> None:
        self.client = client
        self._account = ""

    @property
    def account(self) -> str:
        """The safety account's own id."""
        if not self._account:
            self._account = self.client.whoami()
        return self._account

    def enter(self, room: str) -> None:
        """Joins the safety account to a room, with the power of its highest local member."""
        self._restore(room)
        if self.account in self.client.members(room) and self._has_power(room):
            return
        try:
            self.client.make_room_admin(room, self.account)
        except NotAllowed as error:
            self._enter_otherwise(room, error)
        self.client.enter(room)

    def remove(self, room: str, account: str) -> None:
        """Makes a local member leave on its behalf, even if it is locked."""
        try:
            self._leave(room, account)
        except NotAllowed as error:
            if error.fields["errcode"] != "M_USER_LOCKED":
                raise
            with self._lifted(room, account, locked=True):
                self._leave(room, account)

    def _leave(self, room: str, account: str) -> None:
        with self.client.acting_as(account) as token:
            self.client.leave(room, token=token, reason=REASON)

    def _has_power(self, room: str) -> bool:
        users = _users(self.client.state(room, "m.room.power_levels").get("", {}))
        local = [level for account, level in users.items() if self.is_local(account)]
        return users.get(self.account, 0) >= max(local, default=0)

    def _enter_otherwise(self, room: str, error: NotAllowed) -> None:
        """Goes on where nobody could give power: Synapse acts for the owner, who is suspended."""
        owner = self._highest_member(room)
        if error.fields["errcode"] == "M_USER_SUSPENDED" and owner:
            with self._lifted(room, owner, locked=False):
                self.client.make_room_admin(room, self.account)
        elif self.client.room(room).join_rule != "public":
            raise error

    def _highest_member(self, room: str) -> str:
        users = _users(self.client.state(room, "m.room.power_levels").get("", {}))
        members = set(self.client.members(room))
        local = [one for one in users if one in members and self.is_local(one)]
        return max(local, key=lambda one: users[one], default="")

    @contextmanager
    def _lifted(self, room: str, account: str, *, locked: bool) -> Iterator[None]:
        """Lifts an account's suspension or lock for the moment that one call needs.

        It is noted first: should this process die meanwhile, the delivery runs again, enters the
        room again, and restores what was lifted.
        """
        note = {"account": account, "locked": locked}
        self.client.keep_note(self.account, room, LIFTED, note)
        self._set_stopped(account, locked=locked, stopped=False)
        try:
            yield
        finally:
            self._restore(room)

    def _restore(self, room: str) -> None:
        note = self.client.note(self.account, room, LIFTED)
        if note:
            locked = note.get("locked") is True
            self._set_stopped(str(note["account"]), locked=locked, stopped=True)
            self.client.keep_note(self.account, room, LIFTED, {})

    def _set_stopped(self, account: str, *, locked: bool, stopped: bool) -> None:
        if locked:
            self.client.lock(account, locked=stopped)
        else:
            self.client.suspend(account, suspended=stopped)

    def is_local(self, account: str) -> bool:
        """Tells whether an account is of this homeserver."""
        return server_of(account) == server_of(self.account)

    def note_once(self, room: str, order: Order, content: Memory) -> Memory:
        """Keeps what was before an order, and gives what was kept the first time."""
        name = f"eu.evenhand.before.{order.key}"
        kept = self.client.note(self.account, room, name)
        if kept is not None:
            return kept
        self.client.keep_note(self.account, room, name, content)
        return content


class NotPosted:
    """Refuse and hold: the event never came to exist; there is nothing to do."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def apply(self, order: Order) -> Memory:  # noqa: ARG002
        """Does nothing: the door already said no."""
        return {}

    def undo(self, order: Order) -> None:
        """Does nothing: the author is told that it may be posted again."""

    def read_back(self, order: Order) -> InForce:
        """Looks whether the thing refused exists after all."""
        return InForce.NO if self._exists(order.target) else InForce.YES

    def _exists(self, target: Target) -> bool:
        try:
            match target.kind:
                case TargetKind.REGISTRATION | TargetKind.ACCOUNT:
                    self._client.account(target.account)
                case TargetKind.CHANNEL if not is_event(target.event):
                    return bool(target.channel) and self._client.listed(target.channel)
                case TargetKind.CHANNEL | TargetKind.EVENT | TargetKind.MEDIA:
                    self._client.event(target.event)
        except NotFound:
            return False
        return True


class Told:
    """Warn: the statement of reasons is the warning, and its delivery is confirmed by itself."""

    def apply(self, order: Order) -> Memory:  # noqa: ARG002
        """Does nothing beside the notice."""
        return {}

    def undo(self, order: Order) -> None:
        """Does nothing beside the notice."""

    def read_back(self, order: Order) -> InForce:  # noqa: ARG002
        """Says yes: there is nothing but the notice."""
        return InForce.YES


class Redact:
    """Removes one event's content, or that of everything an account wrote."""

    def __init__(self, safety: Safety) -> None:
        self._safety = safety
        self._client = safety.client

    def apply(self, order: Order) -> Memory:
        """Redacts on the author's own behalf, which works in every room."""
        if order.target.event:
            self._redact_event(order)
            return {}
        return self._redact_account(order.target.account)

    def undo(self, order: Order) -> None:
        """Changes nothing at Synapse: the author is compensated with the sealed copy."""

    def read_back(self, order: Order) -> InForce:
        """Looks at the events as members see them."""
        if order.target.event:
            return self._read_event(order.target)
        left = sum(1 for _ in self._unredacted(order.target.account))
        return InForce.NO if left else InForce.YES

    def _redact_event(self, order: Order) -> None:
        event = self._client.event(order.target.event)
        if self._client.event_in_room(event.room, event.id).redacted:
            return
        if not self._safety.is_local(event.sender):
            self._safety.enter(event.room)
            self._client.redact(event.room, event.id, transaction=str(order.key), reason=REASON)
            return
        try:
            with self._client.acting_as(event.sender) as token:
                self._client.redact(
                    event.room,
                    event.id,
                    transaction=str(order.key),
                    reason=REASON,
                    token=token,
                )
        except NotAllowed:
            # A locked or closed account cannot be acted for; the account redaction can.
            task = self._client.redact_account(
                event.sender, [event.room], reason=REASON, only=event
            )
            self._await(task)

    def _redact_account(self, account: str) -> Memory:
        rooms = sorted(self._client.memberships(account))
        failed: tuple[str, ...] = ()
        if rooms:
            task = self._client.redact_account(account, rooms, reason=REASON)
            failed = self._await(task)
        if failed:
            raise Unavailable(peer="synapse", call="redact_account", failed=len(failed))
        return {"rooms": rooms}

    def _await(self, task: str) -> tuple[str, ...]:
        give_up = time.monotonic() + REDACTION_SECONDS_MAX
        while not (state := self._client.redaction(task)).done:
            if time.monotonic() > give_up:
                raise Unavailable(peer="synapse", call="redaction", why="still running")
            time.sleep(0.05)
        return state.failed

    def _read_event(self, target: Target) -> InForce:
        try:
            room = self._client.event(target.event).room
            event = self._client.event_in_room(room, target.event)
        except NotFound:
            return InForce.GONE
        return InForce.YES if event.redacted else InForce.NO

    def _unredacted(self, account: str) -> Iterator[MatrixEvent]:
        for room in self._client.memberships(account):
            yield from _unredacted_in(self._client, room, account)


class Unlist:
    """Takes a room out of the public directory."""

    def __init__(self, safety: Safety) -> None:
        self._safety = safety
        self._client = safety.client

    def apply(self, order: Order) -> Memory:
        """Takes it out, and remembers whether it was in."""
        room = order.target.channel
        before = self._safety.note_once(room, order, {"listed": self._client.listed(room)})
        self._client.list_room(room, listed=False)
        return before

    def undo(self, order: Order) -> None:
        """Puts it back if it was in."""
        if _memory(order).get("listed") is True:
            self._client.list_room(order.target.channel, listed=True)

    def read_back(self, order: Order) -> InForce:
        """Looks into the directory."""
        try:
            return InForce.NO if self._client.listed(order.target.channel) else InForce.YES
        except NotFound:
            return InForce.GONE


class BlockChannel:
    """Blocks a room and empties it; the safety account stays, so that it can be opened again.

    A room that was deleted cannot be brought back, so it is never deleted.
    """

    def __init__(self, safety: Safety) -> None:
        self._safety = safety
        self._client = safety.client

    def apply(self, order: Order) -> Memory:
        """Enters, blocks, delists, and makes each member leave; in this order."""
        room = order.target.channel
        self._safety.enter(room)
        before = self._safety.note_once(
            room,
            order,
            {"members": self._others(room), "listed": self._client.listed(room)},
        )
        self._client.block(room, blocked=True)
        self._client.list_room(room, listed=False)
        for account in self._others(room):
            self._remove(room, account)
        return before

    def undo(self, order: Order) -> None:
        """Unblocks, relists and lets the members back in; who is suspended stays out."""
        room, before = order.target.channel, _memory(order)
        self._client.block(room, blocked=False)
        if before.get("listed") is True:
            self._client.list_room(room, listed=True)
        _let_back(self._safety, room, _accounts(before, "members"))

    def read_back(self, order: Order) -> InForce:
        """Looks at the block, the directory and the members."""
        room = order.target.channel
        try:
            signs = (
                self._client.blocked(room),
                not self._client.listed(room),
                not any(self._safety.is_local(account) for account in self._others(room)),
            )
        except NotFound:
            return InForce.GONE
        if all(signs):
            return InForce.YES
        return InForce.PARTLY if signs[0] else InForce.NO

    def _others(self, room: str) -> list[str]:
        return [one for one in self._client.members(room) if one != self._safety.account]

    def _remove(self, room: str, account: str) -> None:
        if self._safety.is_local(account):
            self._safety.remove(room, account)
            return
        try:
            self._client.kick(room, account, reason=REASON)
        except NotAllowed:
            return  # a remote owner stays on their own server's copy, which no one here serves


class Restrict:
    """Takes an account's voice in one room: it may read but not write."""

    def __init__(self, safety: Safety) -> None:
        self._safety = safety
        self._client = safety.client

    def apply(self, order: Order) -> Memory:
        """Lowers the account's power level, and remembers it."""
        room, account = order.target.channel, order.target.account
        if not room or not account:
            raise NotAllowed(action=order.action, why="names no account in a channel")
        self._safety.enter(room)
        levels = self._levels(room)
        before = self._safety.note_once(room, order, {"level": _users(levels).get(account)})
        if not self._silenced(room, account):
            self._set(room, account, NO_VOICE, levels)
        return before

    def undo(self, order: Order) -> None:
        """Gives the old level back."""
        room, account = order.target.channel, order.target.account
        level = _memory(order).get("level")
        levels = self._levels(room)
        if _users(levels).get(account) != level:
            self._set(room, account, level if isinstance(level, int) else None, levels)

    def read_back(self, order: Order) -> InForce:
        """Looks at the room's power levels."""
        try:
            silenced = self._silenced(order.target.channel, order.target.account)
        except NotFound:
            return InForce.GONE
        return InForce.YES if silenced else InForce.NO

    def _levels(self, room: str) -> Mapping[str, object]:
        return self._client.state(room, "m.room.power_levels").get("", {})

    def _silenced(self, room: str, account: str) -> bool:
        levels = self._levels(room)
        level = _users(levels).get(account, _number(levels.get("users_default"), 0))
        return level < _number(levels.get("events_default"), 0)

    def _set(
        self, room: str, account: str, level: int | None, levels: Mapping[str, object]
    ) -> None:
        """Sets the level as the safety account; an equal can only lower itself."""
        users = {name: value for name, value in _users(levels).items() if name != account}
        if level is not None:
            users[account] = level
        content = {**levels, "users": users}
        ours, theirs = _users(levels).get(self._safety.account, 0), _users(levels).get(account, 0)
        if theirs < ours:
            self._client.set_state(room, "m.room.power_levels", content)
            return
        with self._client.acting_as(account) as token:
            self._client.set_state(room, "m.room.power_levels", content, token=token)


class GeoWithhold:
    """Keeps a room from the accounts placed in some countries.

    They are made to leave, and the door refuses their joins (from the worker's snapshot). The
    room stays in the public directory unless the directory proxy stands before Synapse, and its
    name and address stay visible wherever members post them.
    """

    def __init__(self, safety: Safety, places: AccountPlaces) -> None:
        self._safety = safety
        self._client = safety.client
        self._places = places

    def apply(self, order: Order) -> Memory:
        """Makes the accounts placed there leave, and remembers them."""
        room = order.target.channel
        self._safety.enter(room)
        inside = self._inside(order)
        before = self._safety.note_once(room, order, {"members": inside})
        for account in inside:
            self._safety.remove(room, account)
        return before

    def undo(self, order: Order) -> None:
        """Lets them back in."""
        _let_back(self._safety, order.target.channel, _accounts(_memory(order), "members"))

    def read_back(self, order: Order) -> InForce:
        """Looks whether any account placed there is a member."""
        try:
            return InForce.NO if self._inside(order) else InForce.YES
        except NotFound:
            return InForce.GONE

    def _inside(self, order: Order) -> list[str]:
        members = self._client.members(order.target.channel)
        local = [one for one in members if self._safety.is_local(one)]
        local = [one for one in local if one != self._safety.account]
        return sorted(self._places.accounts_in(order.territory, local))


class Suspend:
    """Lets an account read and leave, but not write or join."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def apply(self, order: Order) -> Memory:
        """Suspends it; an account just let in at the door may take a moment to exist."""
        give_up = time.monotonic() + BIRTH_SECONDS_MAX
        while True:
            try:
                self._client.suspend(order.target.account, suspended=True)
            except NotFound:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)
            else:
                return {}

    def undo(self, order: Order) -> None:
        """Lifts the suspension."""
        self._client.suspend(order.target.account, suspended=False)

    def read_back(self, order: Order) -> InForce:
        """Asks whether it is suspended."""
        try:
            account = self._client.account(order.target.account)
        except NotFound:
            return InForce.GONE
        return InForce.YES if account.suspended else InForce.NO


class Lock:
    """Keeps an account's holder out of it altogether."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def apply(self, order: Order) -> Memory:
        """Locks it."""
        self._client.lock(order.target.account, locked=True)
        return {}

    def undo(self, order: Order) -> None:
        """Unlocks it."""
        self._client.lock(order.target.account, locked=False)

    def read_back(self, order: Order) -> InForce:
        """Asks whether it is locked."""
        try:
            account = self._client.account(order.target.account)
        except NotFound:
            return InForce.GONE
        return InForce.YES if account.locked else InForce.NO


class Deactivate:
    """Closes an account for good; Synapse forgets its phone numbers."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def apply(self, order: Order) -> Memory:
        """Closes it."""
        self._client.deactivate(order.target.account)
        return {}

    def undo(self, order: Order) -> None:
        """Refuses: what Synapse forgot cannot be given back."""
        raise NotAllowed(action=order.action, why="a closed account cannot be opened again")

    def read_back(self, order: Order) -> InForce:
        """Asks whether it is closed."""
        try:
            account = self._client.account(order.target.account)
        except NotFound:
            return InForce.GONE
        return InForce.YES if account.deactivated else InForce.NO


class Quarantine:
    """Keeps a file from being downloaded."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    def apply(self, order: Order) -> Memory:
        """Puts it into quarantine."""
        self._client.quarantine(*media_parts(order.target.media), quarantined=True)
        return {}

    def undo(self, order: Order) -> None:
        """Takes it out."""
        self._client.quarantine(*media_parts(order.target.media), quarantined=False)

    def read_back(self, order: Order) -> InForce:
        """Asks whether it is in quarantine."""
        try:
            quarantined = self._client.quarantined(*media_parts(order.target.media))
        except NotFound:
            return InForce.GONE
        return InForce.YES if quarantined else InForce.NO


def matrix_effects(client: MatrixClient, places: AccountPlaces) -> dict[ActionKind, Effect]:
    """Gives what can be done at a Synapse; labels and the search index are not Synapse's."""
    safety = Safety(client)
    return {
        ActionKind.WARN: Told(),
        ActionKind.UNLIST: Unlist(safety),
        ActionKind.HOLD: NotPosted(client),
        ActionKind.REFUSE: NotPosted(client),
        ActionKind.QUARANTINE: Quarantine(client),
        ActionKind.RESTRICT: Restrict(safety),
        ActionKind.GEO_WITHHOLD: GeoWithhold(safety, places),
        ActionKind.REDACT: Redact(safety),
        ActionKind.SUSPEND: Suspend(client),
        ActionKind.LOCK: Lock(client),
        ActionKind.BLOCK_CHANNEL: BlockChannel(safety),
        ActionKind.DEACTIVATE: Deactivate(client),
    }


def server_of(identifier: str) -> str:
    """Gives the server part of a Matrix identifier."""
    return identifier.partition(":")[2]


def is_event(identifier: str) -> bool:
    """Tells whether an id is an event's own; the door makes others for what is no event."""
    return identifier.startswith("$")


def media_parts(uri: str) -> tuple[str, str]:
    """Gives server and media id of an `mxc://` address."""
    server, _, media = uri.removeprefix("mxc://").partition("/")
    if not server or not media:
        raise NotAllowed(what="media address", why="not mxc://server/id")
    return server, media


def _let_back(safety: Safety, room: str, accounts: Sequence[str]) -> None:
    """Joins accounts again; who is suspended, locked or closed meanwhile stays out."""
    members = set(safety.client.members(room))
    for account in accounts:
        if account in members or not safety.is_local(account):
            continue
        try:
            safety.client.join(room, account)
        except NotAllowed:
            state = safety.client.account(account)
            if not (state.suspended or state.locked or state.deactivated):
                # The door may not yet have read that the room is open again.
                raise Unavailable(peer="synapse", call="join", why="refused") from None


def _unredacted_in(client: MatrixClient, room: str, account: str) -> Iterator[MatrixEvent]:
    start: str | None = None
    while True:
        page = client.messages(room, start=start, sender=account, types=WRITING)
        yield from (event for event in page.events if not event.redacted)
        if page.end is None or not page.events:
            return
        start = page.end


def _memory(order: Order) -> Memory:
    return order.memory or {}


def _accounts(memory: Memory, name: str) -> list[str]:
    value = memory.get(name)
    return [str(one) for one in value] if isinstance(value, list) else []


def _users(levels: Mapping[str, object]) -> dict[str, int]:
    users = levels.get("users")
    if not isinstance(users, dict):
        return {}
    return {str(name): _number(value, 0) for name, value in users.items()}


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
