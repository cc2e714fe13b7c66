"""A member discloses one message of an encrypted room, with real clients, megolm and Synapse."""

import asyncio
import io
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nio import AsyncClient, AsyncClientConfig, LoginResponse, RoomSendResponse
from tests.megolm_of_tests import Desk

from evenhand.cli import main
from evenhand.connectors.matrix.identities import IdentityUnknown, SynapseIdentities
from evenhand.connectors.matrix.proving import SynapseProving
from evenhand.disclose import command
from evenhand.evidence.disclosures import Disclosure, TooMuchDisclosed, read_disclosure
from evenhand.reports.lists import ProofLevel

pytestmark = pytest.mark.synapse

BEFORE, WORDS, AFTER = "private before", "I know where your sister goes to school.", "private after"
PASSPHRASE = "open sesame"


@dataclass
class Account:
    """Somebody with a password, and the program they use (matrix-nio)."""

    url: str
    id: str
    password: str
    store: Path
    login: LoginResponse | None = field(default=None)

    def client(self) -> AsyncClient:
        self.store.mkdir(exist_ok=True)
        client = AsyncClient(
            self.url,
            self.id,
            device_id=self.login.device_id if self.login else "",
            store_path=str(self.store),
            config=AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True),
        )
        if self.login:
            client.restore_login(self.login.user_id, self.login.device_id, self.login.access_token)
        return client

    async def begin(self) -> None:
        client = self.client()
        answer = await client.login(self.password)
        assert isinstance(answer, LoginResponse), answer
        self.login = answer
        await settled(client)
        await client.close()


async def settled(client: AsyncClient) -> None:
    for _ in range(2):
        if client.should_upload_keys:
            await client.keys_upload()
        await client.sync(timeout=0, full_state=True)
        if client.should_query_keys:
            await client.keys_query()


def account(town, tmp_path: Path) -> Account:
    password, name = secrets.token_urlsafe(12), f"p{secrets.token_hex(5)}"
    body = {"username": name, "password": password, "auth": {"type": "m.login.dummy"}}
    answer = town.http.post("/_matrix/client/v3/register", json=body | {"inhibit_login": True})
    assert answer.status_code == 200, answer.text
    url = town.homeserver.settings.url
    return Account(url, answer.json()["user_id"], password, tmp_path / name)


async def room_of(sender: Account, reporter: Account) -> str:
    first, second = sender.client(), reporter.client()
    state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    made = await first.room_create(invite=[reporter.id], initial_state=state)
    await second.join(made.room_id)
    for client in (first, second):
        await settled(client)
        await client.close()
    return made.room_id


async def say(sender: Account, room: str, *texts: str) -> list[str]:
    client = sender.client()
    await settled(client)
    events = []
    for text in texts:
        content = {"msgtype": "m.text", "body": text}
        answer = await client.room_send(
            room, "m.room.message", content, ignore_unverified_devices=True
        )
        assert isinstance(answer, RoomSendResponse), answer
        events.append(answer.event_id)
    await client.close()
    return events


async def exported(reporter: Account, file: Path) -> None:
    """Exports the keys, as a member does in the program with which they read."""
    client = reporter.client()
    await settled(client)
    await client.export_keys(str(file), PASSPHRASE, count=1000)
    await client.close()


@dataclass
class Story:
    """A conversation of which the second message is reported."""

    sender: Account
    reporter: Account
    room: str
    events: list[str]
    tmp_path: Path

    def link(self, at: int) -> str:
        return f"https://matrix.to/#/{self.room}/{self.events[at]}?via=evenhand.test"

    def words(self, desk: Desk, at: int, *more: str) -> list[str]:
        return [
            *("disclose", self.link(at), "--homeserver", self.reporter.url),
            *("--account", self.reporter.id, "--desk", desk.url, "--harm", "m.harassment"),
            *("--text", "He threatens me.", *more),
        ]


@pytest.fixture
def story(town, tmp_path: Path) -> Story:
    sender, reporter = account(town, tmp_path), account(town, tmp_path)

    async def play() -> tuple[str, list[str]]:
        await sender.begin()
        await reporter.begin()
        room = await room_of(sender, reporter)
        return room, await say(sender, room, BEFORE, WORDS, AFTER)

    room, events = asyncio.run(play())
    return Story(sender, reporter, room, events, tmp_path)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, story: Story):
    """What the member types: passwords by their question, and an answer to the last one."""

    def answers(yes: str) -> None:
        def secret(question: str) -> str:
            return PASSPHRASE if "Passphrase" in question else story.reporter.password

        monkeypatch.setattr(command, "getpass", secret)
        monkeypatch.setattr("sys.stdin", io.StringIO(yes))

    return answers


def devices(story: Story, town) -> list[str]:
    headers = {"Authorization": f"Bearer {story.reporter.login.access_token}"}
    answer = town.http.get("/_matrix/client/v3/devices", headers=headers).json()
    return sorted(one["device_id"] for one in answer["devices"])


def test_one_message_is_disclosed_from_exported_keys_and_proved(town, story: Story, typed, capsys):
    file = story.tmp_path / "keys.txt"
    asyncio.run(exported(story.reporter, file))
    had = devices(story, town)
    typed("yes\n")

    with Desk(202, '{"receipt": "1234567890123456"}') as desk:
        code = main(story.words(desk, 1, "--keys", str(file)))

    said = capsys.readouterr().out
    assert code == 0, said
    assert WORDS in said and "1234567890123456" in said
    assert BEFORE not in said and AFTER not in said
    [(_, _, sent)] = desk.came
    assert set(sent) == {"about", "harm", "text", "disclosure", "identity"}
    identities = SynapseIdentities(story.reporter.url)
    assert identities.account_of(sent["identity"]) == story.reporter.id
    with pytest.raises(IdentityUnknown):
        identities.account_of("made-up")
    assert sent["about"] == f"event:{story.events[1]}"
    assert devices(story, town) == had

    proving = SynapseProving(town.client())
    disclosure = read_disclosure(sent["disclosure"])
    proof = proving.prove(disclosure)
    assert (proof.level, proof.findings) == (ProofLevel.PROVED, ())
    assert (proof.plaintext, proof.sender) == (WORDS, story.sender.id)

    for at in (0, 2):
        other = Disclosure(story.room, story.events[at], disclosure.prk)
        proof = proving.prove(other)
        assert proof.findings == ("key_does_not_open",)
        assert proof.plaintext == ""


def test_nothing_is_sent_unless_the_member_says_yes(town, story: Story, typed, capsys):
    file = story.tmp_path / "keys.txt"
    asyncio.run(exported(story.reporter, file))

    for answer in ("no\n", "\n", "", "y\n"):
        typed(answer)
        with Desk(202, "{}") as desk:
            assert main(story.words(desk, 1, "--keys", str(file))) == 1
        assert desk.came == []
        assert "Nothing was sent" in capsys.readouterr().out


def test_a_device_of_its_own_discloses_what_came_since(town, story: Story, typed, capsys):
    store = story.tmp_path / "device"

    with Desk(202, "{}") as desk:
        typed("yes\n")
        assert main(story.words(desk, 1, "--store", str(store))) == 2
        said = capsys.readouterr().err
        assert "no key for this message" in said and "--keys" in said
        assert desk.came == []

        story.events += asyncio.run(say(story.sender, story.room, "something new"))
        typed("yes\n")
        code = main(story.words(desk, 3, "--store", str(store), "--unnamed"))

    captured = capsys.readouterr()
    assert code == 0, captured
    assert "something new" in captured.out
    assert "an unknown person's" in captured.out
    assert "identity" not in desk.came[0][2]
    proof = SynapseProving(town.client()).prove(read_disclosure(desk.came[0][2]["disclosure"]))
    assert (proof.level, proof.plaintext) == (ProofLevel.PROVED, "something new")
    for path in (store, store / "session.json"):
        assert path.stat().st_mode & 0o077 == 0


def test_what_the_members_own_program_exports_is_refused(story: Story):
    """Over-disclosing evidence: the session itself, as programs hold it today."""
    client = story.reporter.client()

    async def take() -> tuple[list[str], str]:
        await settled(client)
        sessions = [one for one in client.olm.inbound_group_store if one.room_id == story.room]
        found = [one.export_session(one.first_known_index) for one in sessions]
        file = story.tmp_path / "keys.txt"
        await client.export_keys(str(file), PASSPHRASE, count=1000)
        await client.close()
        return found, file.read_text()

    sessions, file = asyncio.run(take())

    assert sessions
    for over in (*sessions, file):
        with pytest.raises(TooMuchDisclosed):
            read_disclosure({"room_id": story.room, "event_id": story.events[1], "prk": over})


def test_a_wrong_password_link_or_passphrase_is_said_in_words(town, story: Story, typed, capsys):
    file = story.tmp_path / "keys.txt"
    asyncio.run(exported(story.reporter, file))

    with Desk(202, "{}") as desk:
        story.events += ["$nothing"]
        typed("yes\n")
        assert main(story.words(desk, 3, "--keys", str(file))) == 2
        assert "shows you no such message" in capsys.readouterr().err

        story.reporter.password = "wrong"
        assert main(story.words(desk, 1, "--keys", str(file))) == 2
        assert "login" in capsys.readouterr().err

        broken = [word if word != "m.harassment" else "bad" for word in story.words(desk, 1)]
        assert main(broken) == 2
        assert "m.harassment" in capsys.readouterr().err
    assert desk.came == []
