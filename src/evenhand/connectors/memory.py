"""The messenger twin: what Synapse does for actions, in memory, for tests, benchmarks and demos.

With a file, every change is appended to it and every reader catches up first, so that several
processes share one messenger and a killed one loses nothing it was told is done.
"""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import BinaryIO, TypeVar

from evenhand.actions.ports import Effect, InForce, Notice, Order, Snapshot, Target
from evenhand.base.clock import now as moment_now
from evenhand.base.errors import NotAllowed, NotFound, Unavailable
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.base.personal import IpAddress, PhoneNumber, reveal
from evenhand.cases.context import Nearby
from evenhand.connectors.matrix.effects import NO_VOICE, AccountPlaces, NowhereKnown, is_event
from evenhand.legal.narrowing import Seen, chosen
from evenhand.legal.ports import AccountFacts, DataClass, PurposeClass

T = TypeVar("T")

Memory = Mapping[str, object]
Values = dict[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When anything was written in the twin: it keeps an order, and no times."""


@dataclass(slots=True)
class TwinAccount:
    """An account of the twin."""

    id: str
    suspended: bool = False
    locked: bool = False
    deactivated: bool = False
    phones: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


@dataclass(slots=True)
class TwinRoom:
    """A room of the twin; `levels` are power levels that differ from 0."""

    id: str
    creator: str
    name: str = ""
    listed: bool = False
    blocked: bool = False
    members: set[str] = field(default_factory=set)
    levels: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class TwinEvent:
    """A message of the twin."""

    id: str
    room: str
    sender: str
    text: str
    redacted: bool = False


@dataclass(slots=True)
class Faults:
    """Faults to come: each counts down by one per call of the port.

    fail_next  calls that do nothing and raise `Unavailable`
    lose_next  calls that do their work and then raise `Unavailable`, as a lost reply does
    """

    fail_next: int = 0
    lose_next: int = 0


class World:
    """What the twin holds; every change is one named step with JSON values, so it can be kept."""

    def __init__(self) -> None:
        self.accounts: dict[str, TwinAccount] = {}
        self.rooms: dict[str, TwinRoom] = {}
        self.events: dict[str, TwinEvent] = {}
        self.media: dict[str, bool] = {}
        self.notes: dict[str, Memory] = {}
        self.notices: dict[str, dict[str, str]] = {}
        self._steps: dict[str, Callable[..., None]] = {
            "account": self._account,
            "phone": self._phone,
            "seen": self._seen,
            "room": self._room,
            "event": self._event,
            "media": self._media,
            "mark": self._mark,
            "membership": self._membership,
            "level": self._level,
            "note": self._note,
            "notice": self._notice,
        }

    def change(self, step: str, values: Values) -> None:
        """Makes one change."""
        self._steps[step](**values)

    def account(self, account: str) -> TwinAccount:
        """Gives an account, or raises `NotFound`."""
        return _found(self.accounts, account, "account")

    def room(self, room: str) -> TwinRoom:
        """Gives a room, or raises `NotFound`."""
        return _found(self.rooms, room, "room")

    def event(self, event: str) -> TwinEvent:
        """Gives a message, or raises `NotFound`."""
        return _found(self.events, event, "event")

    def _account(self, id: str) -> None:  # noqa: A002  the column's name
        self.accounts.setdefault(id, TwinAccount(id))

    def _phone(self, account: str, phone: str) -> None:
        self.accounts[account].phones.append(phone)

    def _seen(self, account: str, address: str, port: int | None, at: str) -> None:
        self.accounts[account].seen.append(Seen(address, port, datetime.fromisoformat(at)))

    def _room(self, id: str, creator: str, name: str, listed: bool) -> None:  # noqa: A002
        room = TwinRoom(id, creator, name, listed, members={creator}, levels={creator: 100})
        self.rooms.setdefault(id, room)

    def _event(self, id: str, room: str, sender: str, text: str) -> None:  # noqa: A002
        self.events.setdefault(id, TwinEvent(id, room, sender, text))

    def _media(self, id: str, quarantined: bool) -> None:  # noqa: A002
        self.media[id] = quarantined

    def _mark(self, what: str, id: str, name: str, value: bool) -> None:  # noqa: A002
        things: Mapping[str, object] = {
            "account": self.accounts,
            "room": self.rooms,
            "event": self.events,
        }
        table = things[what]
        assert isinstance(table, dict)
        setattr(table[id], name, value)
        if name == "deactivated" and value:
            self.accounts[id].phones.clear()  # Synapse forgets them too

    def _membership(self, room: str, account: str, joined: bool) -> None:
        members = self.rooms[room].members
        if joined:
            members.add(account)
        else:
            members.discard(account)

    def _level(self, room: str, account: str, level: int | None) -> None:
        levels = self.rooms[room].levels
        if level is None:
            levels.pop(account, None)
        else:
            levels[account] = level

    def _note(self, key: str, content: Memory) -> None:
        self.notes[key] = content

    def _notice(self, account: str, key: str, text: str) -> None:
        self.notices.setdefault(account, {}).setdefault(key, text)


class MemoryMessenger:
    """The twin as the messenger that actions see, and as people who write in it."""

    name = "memory"

    def __init__(
        self,
        path: Path | None = None,
        *,
        places: AccountPlaces | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._world = World()
        self._lock = RLock()
        self._file = _opened(path) if path else None
        self._places = places or NowhereKnown()
        self.faults = faults or Faults()
        self._effects: dict[ActionKind, Effect] = {
            kind: _TwinEffect(self, how) for kind, how in _ways(self._places).items()
        }

    # The messenger port

    def effects(self) -> Mapping[ActionKind, Effect]:
        """Gives the kinds of action that the twin can do: those of Synapse."""
        return self._effects

    def send_notice(self, notice: Notice) -> None:
        """Sends a notice; the same key twice arrives once."""
        with self.called() as world:
            world.account(notice.account)
            if str(notice.key) not in world.notices.get(notice.account, {}):
                values: Values = {"account": notice.account, "key": str(notice.key)}
                self.change("notice", {**values, "text": notice.text})

    def notice_arrived(self, notice: Notice) -> bool:
        """Tells whether the notice is among the account's notices."""
        with self.called() as world:
            return str(notice.key) in world.notices.get(notice.account, {})

    def snapshot(self, target: Target) -> Snapshot | None:
        """Gives the content of a target before it is removed."""
        with self.called() as world:
            try:
                content = _content(world, target)
            except NotFound:
                return None
        return Snapshot("application/json", json.dumps(content, ensure_ascii=False).encode())

    # The people in it

    def register(self, account: str) -> None:
        """Makes an account."""
        with self.looking():
            self.change("account", {"id": account})

    def has_phone(self, account: str, phone: PhoneNumber) -> None:
        """Gives an account a phone number."""
        with self.looking():
            self.change("phone", {"account": account, "phone": reveal(phone)})

    def connects(self, account: str, address: IpAddress, port: int | None, at: datetime) -> None:
        """Lets an account be used from an address."""
        with self.looking():
            values: Values = {"account": account, "address": reveal(address), "port": port}
            self.change("seen", {**values, "at": at.isoformat()})

    def create_room(self, room: str, creator: str, *, name: str = "", listed: bool = True) -> None:
        """Makes a public room with its creator inside."""
        with self.looking() as world:
            world.account(creator)
            values: Values = {"id": room, "creator": creator, "name": name, "listed": listed}
            self.change("room", values)

    def join(self, room: str, account: str) -> None:
        """Joins an account to a room, if nothing forbids it."""
        with self.looking() as world:
            _check_join(world, room, account)
            self.change("membership", {"room": room, "account": account, "joined": True})

    def post(self, event: str, room: str, sender: str, text: str) -> None:
        """Writes a message, if nothing forbids it."""
        with self.looking() as world:
            _check_post(world, room, sender)
            values: Values = {"id": event, "room": room, "sender": sender, "text": text}
            self.change("event", values)

    def upload(self, media: str) -> None:
        """Uploads a file."""
        with self.looking():
            self.change("media", {"id": media, "quarantined": False})

    def look(self) -> World:
        """Gives the world as it is now, to be read."""
        with self.looking() as world:
            return world

    # How changes are made and kept

    @contextmanager
    def looking(self) -> Iterator[World]:
        """Gives the world, caught up and held still."""
        with self._lock:
            if self._file is None:
                yield self._world
                return
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                self._catch_up(self._file)
                yield self._world
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def called(self) -> Iterator[World]:
        """Gives the world to a call of the port, with the faults that are due."""
        with self.looking() as world:
            if self.faults.fail_next > 0:
                self.faults.fail_next -= 1
                raise Unavailable(peer="memory", why="fault injected")
            yield world
            if self.faults.lose_next > 0:
                self.faults.lose_next -= 1
                raise Unavailable(peer="memory", why="reply lost")

    def change(self, step: str, values: Values) -> None:
        """Makes one change, and keeps it if there is a file; the caller holds the world."""
        self._world.change(step, values)
        if self._file is not None:
            self._file.write(json.dumps([step, values]).encode() + b"\n")
            self._file.flush()

    def _catch_up(self, file: BinaryIO) -> None:
        for line in file:
            step, values = json.loads(line)
            self._world.change(step, values)


class MemoryCrowds:
    """Counts people in the twin, for cases."""

    def __init__(self, twin: MemoryMessenger) -> None:
        self._twin = twin

    def members(self, channel: str) -> int:
        """Gives how many accounts are in a channel."""
        with self._twin.called() as world:
            return len(world.room(channel).members)

    def channels(self, account: str) -> int:
        """Gives in how many channels an account is."""
        with self._twin.called() as world:
            world.account(account)
            return sum(account in room.members for room in world.rooms.values())


class MemoryOpeners:
    """The port `Openers` on the twin."""

    def __init__(self, twin: MemoryMessenger) -> None:
        self._twin = twin

    def opened_by(self, room: str) -> str:
        """Gives the account; `NotFound` if the room is gone."""
        with self._twin.called() as world:
            return world.room(room).creator


class MemorySurroundings:
    """The port `Surroundings` on the twin."""

    def __init__(self, twin: MemoryMessenger) -> None:
        self._twin = twin

    def around(self, channel: str, event: str, *, each_side: int) -> Sequence[Nearby]:
        """Gives the messages around one, the oldest first."""
        with self._twin.called() as world:
            world.event(event)
            known = [one for one in world.events.values() if one.room == channel]
            at = next((at for at, one in enumerate(known) if one.id == event), None)
            if at is None:
                raise NotFound(what="event", id=event)
            near = known[max(0, at - each_side) : at + each_side + 1]
            return tuple(
                Nearby(one.id, one.sender, EPOCH, one.text, asked=one.id == event)
                for one in near
                if not one.redacted
            )


class MemoryAccountData:
    """The port `AccountData` on the twin; unlike Synapse it keeps source ports."""

    def __init__(self, twin: MemoryMessenger, clock: Callable[[], datetime] = moment_now) -> None:
        self._twin = twin
        self._clock = clock

    def read(
        self,
        account: str,
        *,
        want: frozenset[DataClass],
        since: datetime | None,
        until: datetime | None,
        purpose: PurposeClass,
    ) -> AccountFacts:
        """Gives what is wanted of an account."""
        with self._twin.called() as world:
            known = world.accounts.get(account) or TwinAccount(account)
            lines = known.seen if DataClass.CONNECTIONS in want else []
            phones = known.phones if DataClass.PHONE in want else []
            return AccountFacts(
                account=account,
                known=account in world.accounts,
                phones=tuple(PhoneNumber(one) for one in phones),
                connections=chosen(lines, since=since, until=until, purpose=purpose),
                source="the messenger in memory",
                read_at=self._clock(),
            )

    def account_of(self, phone: PhoneNumber) -> str | None:
        """Gives the account that has this phone number."""
        with self._twin.called() as world:
            owners = (one.id for one in world.accounts.values() if reveal(phone) in one.phones)
            return next(owners, None)


@dataclass(frozen=True, slots=True)
class _Way:
    """How one kind of action is done, undone and seen."""

    apply: "Callable[[MemoryMessenger, World, Order], Memory]"
    undo: "Callable[[MemoryMessenger, World, Order], None]"
    seen: Callable[[World, Order], InForce]


class _TwinEffect:
    def __init__(self, twin: MemoryMessenger, way: _Way) -> None:
        self._twin = twin
        self._way = way

    def apply(self, order: Order) -> Memory:
        with self._twin.called() as world:
            return self._way.apply(self._twin, world, order)

    def undo(self, order: Order) -> None:
        with self._twin.called() as world:
            self._way.undo(self._twin, world, order)

    def read_back(self, order: Order) -> InForce:
        with self._twin.called() as world:
            try:
                return self._way.seen(world, order)
            except NotFound:
                return InForce.GONE


def _ways(places: AccountPlaces) -> dict[ActionKind, _Way]:
    not_posted = _Way(_nothing_done, _nothing_undone, _not_posted)
    withheld = _Withheld(places)
    return {
        ActionKind.WARN: _Way(_nothing_done, _nothing_undone, lambda _world, _order: InForce.YES),
        ActionKind.UNLIST: _Way(_unlist, _relist, lambda w, o: _is(not w.room(_ch(o)).listed)),
        ActionKind.HOLD: not_posted,
        ActionKind.REFUSE: not_posted,
        ActionKind.QUARANTINE: _Way(_quarantine(True), _release, _quarantined),
        ActionKind.RESTRICT: _Way(_restrict, _give_voice, _silenced),
        ActionKind.GEO_WITHHOLD: _Way(withheld.apply, _let_members_back, withheld.seen),
        ActionKind.REDACT: _Way(_redact, _nothing_undone, _redacted),
        ActionKind.SUSPEND: _marking("suspended"),
        ActionKind.LOCK: _marking("locked"),
        ActionKind.BLOCK_CHANNEL: _Way(_block, _unblock, _blocked),
        ActionKind.DEACTIVATE: _marking("deactivated", final=True),
    }


def _nothing_done(twin: MemoryMessenger, world: World, order: Order) -> Memory:  # noqa: ARG001
    return {}


def _nothing_undone(twin: MemoryMessenger, world: World, order: Order) -> None:
    """Leaves the twin as it is: the compensation happens elsewhere."""


def _not_posted(world: World, order: Order) -> InForce:
    return _is(not _exists(world, order.target))


def _exists(world: World, target: Target) -> bool:
    match target.kind:
        case TargetKind.REGISTRATION | TargetKind.ACCOUNT:
            return target.account in world.accounts
        case TargetKind.CHANNEL if not is_event(target.event):
            room = world.rooms.get(target.channel)
            return room is not None and room.listed
        case TargetKind.CHANNEL | TargetKind.EVENT | TargetKind.MEDIA:
            return target.event in world.events


def _unlist(twin: MemoryMessenger, world: World, order: Order) -> Memory:
    before = _note_once(twin, world, order, {"listed": world.room(_ch(order)).listed})
    _mark(twin, "room", _ch(order), "listed", value=False)
    return before


def _relist(twin: MemoryMessenger, world: World, order: Order) -> None:
    world.room(_ch(order))
    if (order.memory or {}).get("listed") is True:
        _mark(twin, "room", _ch(order), "listed", value=True)


def _quarantine(
    quarantined: bool,
) -> Callable[[MemoryMessenger, World, Order], Memory]:
    def apply(twin: MemoryMessenger, world: World, order: Order) -> Memory:
        _found(world.media, order.target.media, "media")
        twin.change("media", {"id": order.target.media, "quarantined": quarantined})
        return {}

    return apply


def _release(twin: MemoryMessenger, world: World, order: Order) -> None:
    _quarantine(False)(twin, world, order)


def _quarantined(world: World, order: Order) -> InForce:
    return _is(_found(world.media, order.target.media, "media"))


def _restrict(twin: MemoryMessenger, world: World, order: Order) -> Memory:
    if not order.target.channel or not order.target.account:
        raise NotAllowed(action=order.action, why="names no account in a channel")
    room, account = world.room(_ch(order)), order.target.account
    before = _note_once(twin, world, order, {"level": room.levels.get(account)})
    twin.change("level", {"room": room.id, "account": account, "level": NO_VOICE})
    return before


def _give_voice(twin: MemoryMessenger, world: World, order: Order) -> None:
    level = (order.memory or {}).get("level")
    room, account = world.room(_ch(order)), order.target.account
    twin.change("level", {"room": room.id, "account": account, "level": level})


def _silenced(world: World, order: Order) -> InForce:
    return _is(world.room(_ch(order)).levels.get(order.target.account, 0) < 0)


class _Withheld:
    """Withholding in countries, with the resolver that places accounts."""

    def __init__(self, places: AccountPlaces) -> None:
        self._places = places

    def apply(self, twin: MemoryMessenger, world: World, order: Order) -> Memory:
        """Makes the accounts placed there leave."""
        inside = self._inside(world, order)
        before = _note_once(twin, world, order, {"members": inside})
        for account in inside:
            _leave(twin, _ch(order), account)
        return before

    def seen(self, world: World, order: Order) -> InForce:
        """Looks whether any of them is inside."""
        return _is(not self._inside(world, order))

    def _inside(self, world: World, order: Order) -> list[str]:
        members = sorted(world.room(_ch(order)).members)
        return sorted(self._places.accounts_in(order.territory, members))


def _redact(twin: MemoryMessenger, world: World, order: Order) -> Memory:
    if order.target.event:
        world.event(order.target.event)
        _mark(twin, "event", order.target.event, "redacted", value=True)
        return {}
    rooms = set()
    for event in world.events.values():
        if event.sender == order.target.account:
            rooms.add(event.room)
            _mark(twin, "event", event.id, "redacted", value=True)
    return {"rooms": sorted(rooms)}


def _redacted(world: World, order: Order) -> InForce:
    if order.target.event:
        return _is(world.event(order.target.event).redacted)
    sent = (one for one in world.events.values() if one.sender == order.target.account)
    return _is(all(event.redacted for event in sent))


def _marking(name: str, *, final: bool = False) -> _Way:
    def apply(twin: MemoryMessenger, world: World, order: Order) -> Memory:
        world.account(order.target.account)
        _mark(twin, "account", order.target.account, name, value=True)
        return {}

    def undo(twin: MemoryMessenger, world: World, order: Order) -> None:
        if final:
            raise NotAllowed(action=order.action, why="a closed account cannot be opened again")
        world.account(order.target.account)
        _mark(twin, "account", order.target.account, name, value=False)

    def seen(world: World, order: Order) -> InForce:
        return _is(getattr(world.account(order.target.account), name) is True)

    return _Way(apply, undo, seen)


def _block(twin: MemoryMessenger, world: World, order: Order) -> Memory:
    room = world.room(_ch(order))
    content: Memory = {"members": sorted(room.members), "listed": room.listed}
    before = _note_once(twin, world, order, content)
    _mark(twin, "room", room.id, "blocked", value=True)
    _mark(twin, "room", room.id, "listed", value=False)
    for account in sorted(room.members):
        _leave(twin, room.id, account)
    return before


def _unblock(twin: MemoryMessenger, world: World, order: Order) -> None:
    room = world.room(_ch(order))
    _mark(twin, "room", room.id, "blocked", value=False)
    if (order.memory or {}).get("listed") is True:
        _mark(twin, "room", room.id, "listed", value=True)
    _let_members_back(twin, world, order)


def _blocked(world: World, order: Order) -> InForce:
    room = world.room(_ch(order))
    if not room.blocked:
        return InForce.NO
    return InForce.PARTLY if room.listed or room.members else InForce.YES


def _let_members_back(twin: MemoryMessenger, world: World, order: Order) -> None:
    room = world.room(_ch(order))
    members = (order.memory or {}).get("members")
    for member in members if isinstance(members, list) else []:
        account = world.account(str(member))
        if not (account.suspended or account.locked or account.deactivated):
            values: Values = {"room": room.id, "account": account.id, "joined": True}
            twin.change("membership", values)


def _leave(twin: MemoryMessenger, room: str, account: str) -> None:
    twin.change("membership", {"room": room, "account": account, "joined": False})


def _mark(twin: MemoryMessenger, what: str, subject: str, name: str, *, value: bool) -> None:
    twin.change("mark", {"what": what, "id": subject, "name": name, "value": value})


def _note_once(twin: MemoryMessenger, world: World, order: Order, content: Memory) -> Memory:
    key = str(order.key)
    if key not in world.notes:
        twin.change("note", {"key": key, "content": dict(content)})
    return world.notes[key]


def _check_join(world: World, room: str, account: str) -> None:
    who = world.account(account)
    if world.room(room).blocked or who.suspended or who.locked or who.deactivated:
        raise NotAllowed(call="join")


def _check_post(world: World, room: str, sender: str) -> None:
    who, where = world.account(sender), world.room(room)
    closed = who.suspended or who.locked or who.deactivated
    if closed or sender not in where.members or where.levels.get(sender, 0) < 0:
        raise NotAllowed(call="post")


def _content(world: World, target: Target) -> dict[str, object]:
    match target.kind:
        case TargetKind.EVENT:
            event = world.event(target.event)
            return {"kind": "event", "event": event.id, "text": event.text}
        case TargetKind.CHANNEL:
            room = world.room(target.channel)
            texts = [one.text for one in world.events.values() if one.room == room.id]
            messages = [{"text": text} for text in texts[-50:]]
            return {"kind": "channel", "name": room.name, "messages": messages}
        case TargetKind.ACCOUNT | TargetKind.REGISTRATION:
            return {"kind": "account", "account": world.account(target.account).id}
        case TargetKind.MEDIA:
            _found(world.media, target.media, "media")
            return {"kind": "media", "media": target.media}


def _ch(order: Order) -> str:
    return order.target.channel


def _is(held: bool) -> InForce:
    return InForce.YES if held else InForce.NO


def _found(table: Mapping[str, T], key: str, what: str) -> T:
    if key not in table:
        raise NotFound(peer="memory", what=what)
    return table[key]


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return path.open("r+b")
