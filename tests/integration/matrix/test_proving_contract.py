"""What every messenger promises to a disclosed message, on the twin and on a real Synapse."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from nacl.signing import SigningKey
from signedjson.key import decode_signing_key_base64
from signedjson.sign import sign_json
from tests.megolm_of_tests import SENDER, Server, Talk
from unpaddedbase64 import encode_base64

from evenhand.base.errors import Unavailable
from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.proving import SynapseProving
from evenhand.connectors.memory_proving import MemoryProving
from evenhand.evidence.disclosures import Disclosure
from evenhand.reports.lists import ProofLevel
from evenhand.reports.ports import Proving

WORDS = "I know where your sister goes to school."


class TwinStage:
    """The twin, and who posts there."""

    def __init__(self) -> None:
        self.twin = MemoryProving()
        self.proving: Proving = self.twin
        self.server = "twin.test"

    def room(self, version: str = "11") -> str:
        return f"!{uuid4().hex}:twin.test"

    def post(self, room: str, content: dict[str, object]) -> tuple[str, str]:
        sender = f"@p{uuid4().hex[:10]}:twin.test"
        return self.twin.post(room, sender, content), sender


class SynapseStage:
    """A real Synapse, and who posts there."""

    def __init__(self, town) -> None:
        self.town = town
        self.sender = town.person()
        self.proving: Proving = SynapseProving(town.client())
        self.server = "evenhand.test"

    def room(self, version: str = "11") -> str:
        state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        answer = self.sender.create_room(initial_state=state, room_version=version)
        assert answer.status_code == 200, answer.text
        return answer.json()["room_id"]

    def post(self, room: str, content: dict[str, object]) -> tuple[str, str]:
        path = f"/rooms/{room}/send/m.room.encrypted/{uuid4().hex}"
        answer = self.sender.call("PUT", path, content)
        assert answer.status_code == 200, answer.text
        return answer.json()["event_id"], self.sender.id


@pytest.fixture(params=["twin", pytest.param("synapse", marks=pytest.mark.synapse)])
def stage(request: pytest.FixtureRequest) -> Iterator[TwinStage | SynapseStage]:
    """The twin and the real one."""
    if request.param == "twin":
        yield TwinStage()
    else:
        yield SynapseStage(request.getfixturevalue("town"))


def test_what_was_posted_is_proved(stage: TwinStage | SynapseStage):
    talk, room = Talk(), stage.room()
    text = talk.ciphertext(WORDS, room=room)
    event, sender = stage.post(room, talk.content(text))

    proof = stage.proving.prove(Disclosure(room, event, talk.prk(text)))

    assert proof.findings == ()
    assert proof.level == ProofLevel.PROVED
    assert (proof.plaintext, proof.sender, proof.server) == (WORDS, sender, stage.server)


@pytest.mark.synapse
@pytest.mark.parametrize("version", ["1", "2", "3", "6", "10", "12"])
def test_what_was_posted_is_proved_in_rooms_of_other_versions(town, version: str):
    stage = SynapseStage(town)
    talk, room = Talk(), stage.room(version)
    text = talk.ciphertext(WORDS, room=room)
    event, sender = stage.post(room, talk.content(text))

    proof = stage.proving.prove(Disclosure(room, event, talk.prk(text)))

    assert proof.findings == ()
    assert (proof.plaintext, proof.sender) == (WORDS, sender)


def test_the_key_of_another_message_opens_nothing(stage: TwinStage | SynapseStage):
    talk, room = Talk(), stage.room()
    texts = [talk.ciphertext(word, room=room) for word in ("a", "b")]
    events = [stage.post(room, talk.content(text))[0] for text in texts]

    proof = stage.proving.prove(Disclosure(room, events[1], talk.prk(texts[0])))

    assert proof.level == ProofLevel.CLAIMED
    assert proof.findings == ("key_does_not_open",)
    assert proof.plaintext == ""


def test_a_message_passed_off_as_one_of_another_room_is_not_proved(
    stage: TwinStage | SynapseStage,
):
    talk, room, other = Talk(), stage.room(), stage.room()
    text = talk.ciphertext(WORDS, room=room)
    event, _ = stage.post(room, talk.content(text))
    moved, _ = stage.post(other, talk.content(text))

    wrong_room = stage.proving.prove(Disclosure(other, event, talk.prk(text)))
    posted_again = stage.proving.prove(Disclosure(other, moved, talk.prk(text)))

    assert set(wrong_room.findings) == {"other_room", "room_inside_differs"}
    assert posted_again.findings == ("room_inside_differs",)
    assert wrong_room.plaintext == posted_again.plaintext == ""


def test_a_forged_text_posted_by_somebody_else_names_who_posted_it(
    stage: TwinStage | SynapseStage,
):
    """Who forges a message under the session id of another has no signature of that session."""
    talk, own, room = Talk(), Talk(), stage.room()
    text = own.ciphertext("I will kill you.", room=room)
    event, poster = stage.post(room, talk.content(text))

    proof = stage.proving.prove(Disclosure(room, event, own.prk(text)))

    assert proof.findings == ("session_signature_wrong",)
    assert proof.sender == poster
    assert proof.plaintext == ""


@pytest.mark.parametrize("event", ["$nothing", "$x:elsewhere.test", "$a/b?c#d", "$\u202e"])
def test_an_event_that_nobody_has_is_a_claim(stage: TwinStage | SynapseStage, event: str):
    proof = stage.proving.prove(Disclosure("!room:x.test", event, bytes(32)))

    assert proof.level == ProofLevel.CLAIMED
    assert proof.findings == ("event_gone",)


@pytest.mark.synapse
def test_a_message_is_proved_after_it_was_removed(town):
    """Synapse keeps the original for seven days, and administrators see it."""
    stage = SynapseStage(town)
    talk, room = Talk(), stage.room()
    text = talk.ciphertext(WORDS, room=room)
    event, _ = stage.post(room, talk.content(text))
    removed = stage.sender.call("PUT", f"/rooms/{room}/redact/{event}/1", {})
    assert removed.status_code == 200, removed.text

    proof = stage.proving.prove(Disclosure(room, event, talk.prk(text)))

    assert proof.level == ProofLevel.PROVED
    assert proof.plaintext == WORDS


class Elsewhere:
    """A Synapse that keeps an event of a remote server, and vouches for that server's keys."""

    def __init__(self, *, vouches: bool = True, keys: bool = True, away: bool = False) -> None:
        self.own, self.remote = Server("one.test"), Server("two.test")
        self.talk = Talk()
        self.text = self.talk.ciphertext(WORDS)
        sender = SENDER.replace("one.test", "two.test")
        self.kept = self.remote.sign(self.talk.content(self.text), sender=sender)
        self.vouches, self.keys, self.away = vouches, keys, away

    def prove(self) -> object:
        transport = httpx.MockTransport(self.answer)
        client = MatrixClient("http://synapse.test", "token", transport=transport)
        disclosure = Disclosure(
            str(self.kept.event["room_id"]), self.kept.id, self.talk.prk(self.text)
        )
        return SynapseProving(client).prove(disclosure)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/_synapse/admin/v1/fetch_event/"):
            return httpx.Response(200, json={"event": dict(self.kept.event)})
        if path.startswith("/_synapse/admin/v1/rooms/"):
            return httpx.Response(200, json={"version": "11"})
        if self.away:
            return httpx.Response(503)
        if not self.keys:
            return httpx.Response(404, json={"errcode": "M_UNRECOGNIZED"})
        if path == "/_matrix/key/v2/server":
            return httpx.Response(200, json=listing(self.own, self.own))
        assert path == "/_matrix/key/v2/query/two.test"
        by = self.own if self.vouches else self.remote
        return httpx.Response(200, json={"server_keys": [listing(self.remote, by)]})


def listing(server: Server, vouched_by: Server) -> dict[str, object]:
    bare: dict[str, object] = {
        "server_name": server.name,
        "verify_keys": {server.key_id: {"key": encode_base64(bytes(server.key.verify_key))}},
        "old_verify_keys": {},
        "valid_until_ts": 4_102_444_800_000,
    }
    for one in (server, vouched_by):
        bare = sign_json(bare, one.name, signing_key(one.key))
    return bare


def signing_key(key: SigningKey) -> object:
    return decode_signing_key_base64("ed25519", "a", encode_base64(bytes(key)))


def test_a_message_of_another_homeserver_is_proved_by_what_ours_keeps_of_its_keys():
    proof = Elsewhere().prove()

    assert proof.findings == ()
    assert (proof.sender, proof.server) == ("@sender:two.test", "two.test")


@pytest.mark.parametrize("elsewhere", [{"vouches": False}, {"keys": False}])
def test_without_vouched_keys_it_is_claimed(elsewhere: dict[str, bool]):
    proof = Elsewhere(**elsewhere).prove()

    assert proof.level == ProofLevel.CLAIMED
    assert proof.findings == ("keys_missing",)
    assert proof.plaintext == WORDS


def test_an_outage_is_not_taken_for_a_finding():
    with pytest.raises(Unavailable):
        Elsewhere(away=True).prove()
