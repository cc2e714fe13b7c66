"""What every messenger promises to the desk's own account, on the twin and on a real Synapse."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from evenhand.appeals.ports import DeskAccount
from evenhand.base.errors import Unavailable
from evenhand.connectors.desk_account import MemoryDeskAccount
from evenhand.connectors.matrix.bot import MatrixDeskAccount


class TwinStage:
    """The twin, and somebody who writes there."""

    def __init__(self) -> None:
        self.twin = MemoryDeskAccount()
        self.account: DeskAccount = self.twin
        self.person = "@p:twin.test"

    def invite(self, *, direct: bool = True, encrypted: bool = False) -> str:
        return self.twin.invite(self.person, direct=direct, encrypted=encrypted)

    def write(self, room: str, text: str | None, *, answers: str = "") -> str:
        return self.twin.write(self.person, room, text, answers=answers)

    def bring_another(self, room: str) -> None:
        self.twin.chats[room].members.add("@q:twin.test")

    def heard(self, room: str) -> list[str]:
        return self.twin.heard_by(room)

    def last(self, room: str) -> str:
        return self.twin.last_event(room)


class SynapseStage:
    """A real Synapse, and somebody who writes there."""

    def __init__(self, town) -> None:
        self.town = town
        self.writer, own = town.person(), town.person()
        self.person = self.writer.id
        self.account: DeskAccount = MatrixDeskAccount(town.homeserver.settings.url, own.token)

    def invite(self, *, direct: bool = True, encrypted: bool = False) -> str:
        state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        made = self.writer.create_room(
            preset="trusted_private_chat",
            invite=[self.account.name],
            is_direct=direct,
            initial_state=state if encrypted else [],
        )
        return made.json()["room_id"]

    def write(self, room: str, text: str | None, *, answers: str = "") -> str:
        content: dict[str, object] = {"msgtype": "m.text", "body": text}
        if text is None:
            content = {"msgtype": "m.image", "body": "picture", "url": "mxc://evenhand.test/none"}
        if answers:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": answers}
        kind = "m.room.message"
        encrypted = self.writer.call("GET", f"/rooms/{room}/state/m.room.encryption/")
        if encrypted.status_code == httpx.codes.OK:
            kind = "m.room.encrypted"
            content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA"}
        path = f"/rooms/{room}/send/{kind}/{uuid4().hex}"
        return self.writer.call("PUT", path, content).json()["event_id"]

    def bring_another(self, room: str) -> None:
        other = self.town.person()
        self.writer.call("POST", f"/rooms/{room}/invite", {"user_id": other.id})
        assert other.join(room).status_code == httpx.codes.OK

    def heard(self, room: str) -> list[str]:
        return [event["content"]["body"] for event in self._own(room)]

    def last(self, room: str) -> str:
        return self._own(room)[-1]["event_id"]

    def _own(self, room: str) -> list[dict]:
        page = self.writer.call("GET", f"/rooms/{room}/messages?dir=b&limit=50").json()
        own = [
            event
            for event in page["chunk"]
            if event["sender"] == self.account.name and event["type"] == "m.room.message"
        ]
        return own[::-1]


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """The twin and the real one."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def entered(stage: TwinStage | SynapseStage, **how: bool) -> tuple[str, str]:
    """A chat that the account has entered, and the place from which it reads on."""
    since = stage.account.listen("").since
    room = stage.invite(**how)
    heard = stage.account.listen(since)
    assert [(one.room, one.sender) for one in heard.invited] == [(room, stage.person)]
    stage.account.join(room)
    return room, heard.since


def test_an_invitation_says_whether_it_is_to_a_direct_chat(stage: TwinStage | SynapseStage):
    since = stage.account.listen("").since
    rooms = {stage.invite(direct=True): True, stage.invite(direct=False): False}

    heard = stage.account.listen(since)

    assert {one.room: one.direct for one in heard.invited} == rooms
    for room in rooms:
        stage.account.leave(room)
    assert stage.account.listen(heard.since).invited == ()


def test_what_is_written_is_heard_once_and_in_order(stage: TwinStage | SynapseStage):
    since = stage.account.listen("").since
    room = stage.invite()
    written = [stage.write(room, "before it entered")]
    begin = stage.account.listen(since).since
    stage.account.join(room)
    written.append(stage.write(room, "objection"))

    heard = stage.account.listen(begin)

    assert [(one.event, one.room, one.sender) for one in heard.said] == [
        (event, room, stage.person) for event in written
    ]
    assert [one.text for one in heard.said] == ["before it entered", "objection"]
    assert stage.account.listen(heard.since).said == ()
    assert stage.account.listen(begin).said == heard.said


def test_what_it_says_arrives_once_and_is_not_heard_by_itself(stage: TwinStage | SynapseStage):
    room, since = entered(stage)

    for _ in range(2):
        stage.account.say(room, "Hello.", key="one")
    stage.account.say(room, "And.", key="two")

    assert stage.heard(room) == ["Hello.", "And."]
    assert stage.account.listen(since).said == ()


def test_an_answer_in_a_thread_names_the_decision(stage: TwinStage | SynapseStage):
    room, since = entered(stage)
    decision = uuid4()
    stage.account.say(room, "About your account.", key="one", decision=decision)
    own = stage.last(room)

    theirs = stage.write(room, "It was a joke.", answers=own)
    (said,) = stage.account.listen(since).said

    assert (said.event, said.answers) == (theirs, own)
    assert stage.account.decision_in(room, own) == decision
    assert stage.account.decision_in(room, theirs) is None
    assert stage.account.decision_in(room, "$nowhere") is None


def test_an_encrypted_message_is_known_and_not_read(stage: TwinStage | SynapseStage):
    room, since = entered(stage, encrypted=True)

    stage.write(room, "nobody reads this")
    (said,) = stage.account.listen(since).said

    assert (said.encrypted, said.text) == (True, None)


def test_what_is_no_text_is_known_too(stage: TwinStage | SynapseStage):
    room, since = entered(stage)

    stage.write(room, None)
    (said,) = stage.account.listen(since).said

    assert (said.encrypted, said.text) == (False, None)


def test_it_counts_who_listens(stage: TwinStage | SynapseStage):
    room, _ = entered(stage)
    assert stage.account.members(room) == 2

    stage.bring_another(room)

    assert stage.account.members(room) == 3
    stage.account.leave(room)


def test_a_chat_that_is_over_is_no_fault(stage: TwinStage | SynapseStage):
    room, _ = entered(stage)

    stage.account.leave(room)
    stage.account.leave(room)


@pytest.mark.parametrize("status", [401, 429, 500, 502])
def test_an_outage_is_worth_trying_again(status: int):
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={}))
    account = MatrixDeskAccount("http://homeserver.test", "token", transport=transport)

    with pytest.raises(Unavailable):
        account.listen("")


@pytest.mark.parametrize(
    "content",
    [{}, {"body": 7, "msgtype": "m.text"}, {"m.relates_to": [], "body": "x", "msgtype": "m.text"}],
)
def test_whatever_is_sent_is_read_without_a_fault(content: dict[str, object]):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("whoami"):
            return httpx.Response(200, json={"user_id": "@desk:x"})
        event = {"type": "m.room.message", "sender": "@p:x", "event_id": "$e", "content": content}
        rooms = {"join": {"!r:x": {"timeline": {"events": [event, 3, None]}}}, "invite": []}
        return httpx.Response(200, json={"next_batch": "s1", "rooms": rooms})

    account = MatrixDeskAccount(
        "http://homeserver.test", "token", transport=httpx.MockTransport(answer)
    )

    assert len(account.listen("s0").said) <= 1
