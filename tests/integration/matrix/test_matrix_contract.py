"""What every messenger promises to actions, on the twin and on a real Synapse."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from evenhand.actions.checks import UNDO
from evenhand.actions.ports import InForce, Messenger, Notice, Order, Target
from evenhand.base.errors import NotAllowed
from evenhand.base.lists import ActionKind, TargetKind, UndoResult
from evenhand.connectors.matrix.messenger import MatrixMessenger
from evenhand.connectors.memory import MemoryMessenger

ELSEWHERE = frozenset({ActionKind.NONE, ActionKind.LABEL, ActionKind.DEINDEX})
"""Kinds that are no messenger's business."""


@dataclass
class Placed:
    """Accounts in countries, as the resolver would say."""

    countries: dict[str, str] = field(default_factory=dict)

    def accounts_in(self, territory: Sequence[str], among: Collection[str]) -> Collection[str]:
        return [one for one in among if self.countries.get(one) in territory]


class TwinStage:
    """The twin, and what people can do in it."""

    def __init__(self) -> None:
        self.places = Placed()
        self.twin = MemoryMessenger(places=self.places)
        self.messenger: Messenger = self.twin

    def person(self) -> str:
        account = f"@p{uuid4().hex[:10]}:twin.test"
        self.twin.register(account)
        return account

    def room(self, owner: str) -> str:
        room = f"!{uuid4().hex}:twin.test"
        self.twin.create_room(room, owner, name="Market")
        return room

    def join(self, room: str, account: str) -> bool:
        return self._allowed(lambda: self.twin.join(room, account))

    def post(self, room: str, account: str, text: str = "good morning") -> str:
        event = f"${uuid4().hex}"
        posted = self._allowed(lambda: self.twin.post(event, room, account, text))
        return event if posted else ""

    def upload(self, account: str) -> str:
        media = f"mxc://twin.test/{uuid4().hex}"
        self.twin.upload(media)
        return media

    def members(self, room: str) -> set[str]:
        return set(self.twin.look().rooms[room].members)

    def listed(self, room: str) -> bool:
        return self.twin.look().rooms[room].listed

    def notices(self, account: str) -> list[str]:
        return list(self.twin.look().notices.get(account, {}).values())

    def _allowed(self, do: Callable[[], None]) -> bool:
        try:
            do()
        except NotAllowed:
            return False
        return True


class SynapseStage:
    """A real Synapse, and what people can do in it."""

    def __init__(self, town) -> None:
        self.town = town
        self.places = Placed()
        self.client = town.client()
        self.messenger: Messenger = MatrixMessenger(self.client, places=self.places)
        self.people = {}

    def person(self) -> str:
        person = self.town.person()
        self.people[person.id] = person
        return person.id

    def room(self, owner: str) -> str:
        return self.people[owner].public_room(name="Market")

    def join(self, room: str, account: str) -> bool:
        return self.people[account].join(room).status_code == 200

    def post(self, room: str, account: str, text: str = "good morning") -> str:
        return self.people[account].send(room, text).json().get("event_id", "")

    def upload(self, account: str) -> str:
        return self.people[account].upload(b"a file")

    def members(self, room: str) -> set[str]:
        return set(self.client.members(room)) - {self.client.whoami()}

    def listed(self, room: str) -> bool:
        return self.client.listed(room)

    def notices(self, account: str) -> list[str]:
        person, found = self.people[account], []
        for room in person.call("GET", "/joined_rooms").json()["joined_rooms"]:
            page = person.call("GET", f"/rooms/{room}/messages?dir=b&limit=50").json()
            found += [
                event["content"]["body"]
                for event in page["chunk"]
                if "eu.evenhand.delivery" in event["content"]
            ]
        return found


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """A messenger with people in it."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


@dataclass
class Scene:
    """An owner and a member in a room, and what the member did there."""

    owner: str
    member: str
    room: str
    event: str
    media: str

    def order(self, action: ActionKind) -> Order:
        account = Target(TargetKind.ACCOUNT, account=self.member)
        channel = Target(TargetKind.CHANNEL, channel=self.room)
        targets = {
            ActionKind.WARN: account,
            ActionKind.UNLIST: channel,
            ActionKind.HOLD: Target(TargetKind.EVENT, event="$never-posted"),
            ActionKind.REFUSE: Target(TargetKind.EVENT, event="$never-posted"),
            ActionKind.QUARANTINE: Target(TargetKind.MEDIA, media=self.media),
            ActionKind.RESTRICT: replace(account, channel=self.room),
            ActionKind.GEO_WITHHOLD: channel,
            ActionKind.REDACT: Target(TargetKind.EVENT, channel=self.room, event=self.event),
            ActionKind.SUSPEND: account,
            ActionKind.LOCK: account,
            ActionKind.BLOCK_CHANNEL: channel,
            ActionKind.DEACTIVATE: account,
        }
        territory = ("KZ",) if action is ActionKind.GEO_WITHHOLD else ()
        return Order(uuid4(), action, targets[action], territory)


@pytest.fixture
def scene(stage) -> Scene:
    """A public room with two people in it."""
    owner, member = stage.person(), stage.person()
    room = stage.room(owner)
    assert stage.join(room, member)
    event = stage.post(room, member)
    stage.places.countries[member] = "KZ"
    return Scene(owner, member, room, event, stage.upload(member))


def _undone(order: Order, memory: object) -> Order:
    return replace(order, key=uuid4(), memory=memory)


def test_a_messenger_does_every_kind_that_is_its_business(stage):
    assert set(stage.messenger.effects()) == set(UNDO) - ELSEWHERE


@pytest.mark.parametrize("action", sorted(set(UNDO) - ELSEWHERE), ids=str)
def test_undoing_returns_what_the_table_says(stage, scene, action):
    effect, order = stage.messenger.effects()[action], scene.order(action)
    nothing_to_do = action in (ActionKind.WARN, ActionKind.HOLD, ActionKind.REFUSE)
    assert effect.read_back(order) is (InForce.YES if nothing_to_do else InForce.NO)

    memory = effect.apply(order)
    assert effect.read_back(order) is InForce.YES
    assert effect.apply(order) == memory
    assert effect.read_back(order) is InForce.YES

    undo = _undone(order, memory)
    match UNDO[action]:
        case UndoResult.UNDONE:
            effect.undo(undo)
            effect.undo(undo)
            assert effect.read_back(order) is InForce.NO
            assert stage.members(scene.room) == {scene.owner, scene.member}
            assert stage.listed(scene.room)
            assert stage.post(scene.room, scene.member)
        case UndoResult.COMPENSATED:
            effect.undo(undo)
            effect.undo(undo)
            assert effect.read_back(order) is InForce.YES
        case UndoResult.NOT_POSSIBLE:
            with pytest.raises(NotAllowed):
                effect.undo(undo)
            assert effect.read_back(order) is InForce.YES


@pytest.mark.parametrize(
    "action",
    [ActionKind.SUSPEND, ActionKind.LOCK, ActionKind.DEACTIVATE, ActionKind.RESTRICT],
    ids=str,
)
def test_an_account_that_is_stopped_cannot_write(stage, scene, action):
    stage.messenger.effects()[action].apply(scene.order(action))

    assert stage.post(scene.room, scene.member) == ""
    assert stage.post(scene.room, scene.owner) != ""


def test_an_owner_can_be_silenced_in_their_own_room_and_given_their_voice_back(stage, scene):
    effect = stage.messenger.effects()[ActionKind.RESTRICT]
    order = scene.order(ActionKind.RESTRICT)
    order = replace(order, target=replace(order.target, account=scene.owner))

    memory = effect.apply(order)
    assert stage.post(scene.room, scene.owner) == ""
    effect.undo(_undone(order, memory))

    assert stage.post(scene.room, scene.owner) != ""


def test_a_restriction_needs_an_account_and_a_channel(stage, scene):
    effect, order = (
        stage.messenger.effects()[ActionKind.RESTRICT],
        scene.order(ActionKind.RESTRICT),
    )

    for name in ("account", "channel"):
        with pytest.raises(NotAllowed):
            effect.apply(replace(order, target=replace(order.target, **{name: ""})))


def test_a_blocked_room_is_empty_unlisted_and_shut(stage, scene):
    effect = stage.messenger.effects()[ActionKind.BLOCK_CHANNEL]

    memory = effect.apply(scene.order(ActionKind.BLOCK_CHANNEL))

    assert sorted(memory["members"]) == sorted([scene.owner, scene.member])
    assert stage.members(scene.room) == set()
    assert not stage.listed(scene.room)
    assert not stage.join(scene.room, scene.member)
    assert not stage.join(scene.room, stage.person())


def test_a_block_that_died_halfway_still_remembers_who_was_inside(stage, scene):
    effect, order = (
        stage.messenger.effects()[ActionKind.BLOCK_CHANNEL],
        scene.order(ActionKind.BLOCK_CHANNEL),
    )
    effect.apply(order)

    memory = effect.apply(order)
    effect.undo(_undone(order, memory))

    assert stage.members(scene.room) == {scene.owner, scene.member}


def test_a_suspended_member_stays_out_when_a_room_is_opened_again(stage, scene):
    effects = stage.messenger.effects()
    order = scene.order(ActionKind.BLOCK_CHANNEL)
    memory = effects[ActionKind.BLOCK_CHANNEL].apply(order)
    effects[ActionKind.SUSPEND].apply(scene.order(ActionKind.SUSPEND))

    effects[ActionKind.BLOCK_CHANNEL].undo(_undone(order, memory))

    assert stage.members(scene.room) == {scene.owner}


def test_a_room_with_a_suspended_owner_and_a_locked_member_can_be_blocked(stage, scene):
    effects = stage.messenger.effects()
    suspend, lock = scene.order(ActionKind.SUSPEND), scene.order(ActionKind.LOCK)
    suspend = replace(suspend, target=replace(suspend.target, account=scene.owner))
    effects[ActionKind.SUSPEND].apply(suspend)
    effects[ActionKind.LOCK].apply(lock)
    order = scene.order(ActionKind.BLOCK_CHANNEL)

    effects[ActionKind.BLOCK_CHANNEL].apply(order)

    assert effects[ActionKind.BLOCK_CHANNEL].read_back(order) is InForce.YES
    assert effects[ActionKind.SUSPEND].read_back(suspend) is InForce.YES
    assert effects[ActionKind.LOCK].read_back(lock) is InForce.YES


@pytest.mark.synapse
def test_a_private_room_of_a_suspended_owner_can_be_blocked_and_opened_again(town):
    stage = SynapseStage(town)
    owner, member = stage.person(), stage.person()
    config = {"preset": "private_chat", "invite": [member]}
    room = stage.people[owner].create_room(**config).json()["room_id"]
    assert stage.join(room, member)
    effects = stage.messenger.effects()
    suspend = Order(uuid4(), ActionKind.SUSPEND, Target(TargetKind.ACCOUNT, account=owner))
    effects[ActionKind.SUSPEND].apply(suspend)
    block = Order(uuid4(), ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, channel=room))

    memory = effects[ActionKind.BLOCK_CHANNEL].apply(block)
    assert effects[ActionKind.BLOCK_CHANNEL].read_back(block) is InForce.YES
    assert effects[ActionKind.SUSPEND].read_back(suspend) is InForce.YES
    effects[ActionKind.SUSPEND].undo(suspend)
    effects[ActionKind.BLOCK_CHANNEL].undo(_undone(block, memory))

    assert stage.members(room) == {owner, member}
    assert stage.post(room, owner) != ""


@pytest.mark.synapse
def test_a_room_of_version_12_can_be_blocked_and_opened_again(town):
    stage = SynapseStage(town)
    owner, member = stage.person(), stage.person()
    room = stage.people[owner].public_room(room_version="12")
    assert stage.join(room, member)
    effect = stage.messenger.effects()[ActionKind.BLOCK_CHANNEL]
    block = Order(uuid4(), ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, channel=room))

    memory = effect.apply(block)
    assert effect.read_back(block) is InForce.YES
    effect.undo(_undone(block, memory))

    assert effect.read_back(block) is InForce.NO
    assert stage.members(room) == {owner, member}


@pytest.mark.synapse
def test_the_creator_of_a_room_of_version_12_cannot_be_silenced(town):
    stage = SynapseStage(town)
    owner = stage.person()
    room = stage.people[owner].public_room(room_version="12")
    target = Target(TargetKind.ACCOUNT, account=owner, channel=room)

    with pytest.raises(NotAllowed):
        stage.messenger.effects()[ActionKind.RESTRICT].apply(
            Order(uuid4(), ActionKind.RESTRICT, target)
        )


@pytest.mark.synapse
def test_a_suspension_lifted_for_a_moment_by_a_process_that_died_is_restored(town):
    stage = SynapseStage(town)
    owner = stage.person()
    room = stage.room(owner)
    safety = stage.client.whoami()
    stage.client.keep_note(safety, room, "eu.evenhand.lifted", {"account": owner, "locked": False})

    block = Order(uuid4(), ActionKind.BLOCK_CHANNEL, Target(TargetKind.CHANNEL, channel=room))
    stage.messenger.effects()[ActionKind.BLOCK_CHANNEL].apply(block)

    assert stage.client.account(owner).suspended


def test_a_room_that_was_not_listed_is_not_listed_by_an_undo(stage, scene):
    effect = stage.messenger.effects()[ActionKind.UNLIST]
    first, second = scene.order(ActionKind.UNLIST), scene.order(ActionKind.UNLIST)
    effect.apply(first)
    memory = effect.apply(second)

    effect.undo(_undone(second, memory))

    assert not stage.listed(scene.room)


def test_withholding_touches_only_the_accounts_of_that_country(stage, scene):
    effect = stage.messenger.effects()[ActionKind.GEO_WITHHOLD]
    order = scene.order(ActionKind.GEO_WITHHOLD)

    memory = effect.apply(order)

    assert memory["members"] == [scene.member]
    assert stage.members(scene.room) == {scene.owner}
    assert stage.listed(scene.room)


def test_everything_an_account_wrote_can_be_redacted_even_where_it_left(stage, scene):
    other = stage.room(scene.owner)
    assert stage.join(other, scene.member)
    stage.post(other, scene.member)
    kept = stage.post(other, scene.owner)
    effect = stage.messenger.effects()[ActionKind.REDACT]
    order = Order(uuid4(), ActionKind.REDACT, Target(TargetKind.ACCOUNT, account=scene.member))
    assert effect.read_back(order) is InForce.NO

    memory = effect.apply(order)

    assert {scene.room, other} <= set(memory["rooms"])
    assert effect.read_back(order) is InForce.YES
    untouched = Order(uuid4(), ActionKind.REDACT, Target(TargetKind.EVENT, event=kept))
    assert effect.read_back(untouched) is InForce.NO


@pytest.mark.parametrize(
    "state", [ActionKind.SUSPEND, ActionKind.LOCK, ActionKind.DEACTIVATE], ids=str
)
def test_a_message_is_redacted_whatever_happened_to_its_author(stage, scene, state):
    effects = stage.messenger.effects()
    effects[state].apply(scene.order(state))
    order = scene.order(ActionKind.REDACT)

    effects[ActionKind.REDACT].apply(order)

    assert effects[ActionKind.REDACT].read_back(order) is InForce.YES


def test_a_refused_event_that_exists_after_all_is_found_out(stage, scene):
    effect = stage.messenger.effects()[ActionKind.REFUSE]
    order = Order(uuid4(), ActionKind.REFUSE, Target(TargetKind.EVENT, event=scene.event))

    assert effect.read_back(order) is InForce.NO


def test_a_refused_name_of_a_listed_room_counts_as_refused(stage, scene):
    effect = stage.messenger.effects()[ActionKind.REFUSE]
    channel = Target(TargetKind.CHANNEL, channel=scene.room)
    renamed = Order(uuid4(), ActionKind.REFUSE, replace(channel, event="$never-sent"))
    published = Order(uuid4(), ActionKind.REFUSE, replace(channel, event="room_publication:1"))

    assert effect.read_back(renamed) is InForce.YES
    assert effect.read_back(published) is InForce.NO


def test_what_is_gone_is_said_to_be_gone(stage, scene):
    for action in (ActionKind.SUSPEND, ActionKind.BLOCK_CHANNEL, ActionKind.REDACT):
        order = scene.order(action)
        nobody = replace(
            order.target, account="@nobody:evenhand.test", channel="!none:evenhand.test",
            event="$none" if order.target.event else "",
        )  # fmt: skip
        found = stage.messenger.effects()[action].read_back(replace(order, target=nobody))
        assert found is InForce.GONE


def test_a_notice_sent_twice_arrives_once(stage, scene):
    notice = Notice(uuid4(), scene.member, "Your message was refused.", uuid4())
    assert not stage.messenger.notice_arrived(notice)

    stage.messenger.send_notice(notice)
    stage.messenger.send_notice(notice)

    assert stage.messenger.notice_arrived(notice)
    assert stage.notices(scene.member) == ["Your message was refused."]


def test_a_suspended_account_reads_its_notice(stage, scene):
    stage.messenger.effects()[ActionKind.SUSPEND].apply(scene.order(ActionKind.SUSPEND))
    notice = Notice(uuid4(), scene.member, "You are suspended.", uuid4())

    stage.messenger.send_notice(notice)

    assert stage.messenger.notice_arrived(notice)
    assert stage.notices(scene.member) == ["You are suspended."]


def test_a_snapshot_holds_what_was_written(stage, scene):
    event = stage.messenger.snapshot(Target(TargetKind.EVENT, event=scene.event))
    channel = stage.messenger.snapshot(Target(TargetKind.CHANNEL, channel=scene.room))
    account = stage.messenger.snapshot(Target(TargetKind.ACCOUNT, account=scene.member))
    nothing = stage.messenger.snapshot(Target(TargetKind.EVENT, event="$none"))

    assert b"good morning" in event.content
    assert b"Market" in channel.content
    assert b"good morning" in channel.content
    assert scene.member.encode() in account.content
    assert nothing is None
