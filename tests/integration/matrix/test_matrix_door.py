"""A real Synapse asks the door, through our module and through synapse-http-antispam."""

import asyncio
import json
import time
from io import BytesIO
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.conftest import START_SECONDS_MAX

from evenhand.actions.journal import Answered
from evenhand.base.lists import ActionKind, ChannelKind, EventKind
from evenhand.connectors.matrix.limits import SNAPSHOT_SECONDS
from evenhand.signals.picture_hash import picture_hash

pytestmark = pytest.mark.synapse


def _until(condition):
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return condition()


def _say(town, state: dict[str, object]) -> None:
    """Writes what the worker tells the door, and waits until the door looks at it again."""
    path = town.door.settings.home / "door" / "snapshot.json"
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(state))
    partial.replace(path)
    time.sleep(SNAPSHOT_SECONDS)


def test_the_sender_of_a_refused_message_gets_reason_decision_and_objection(town):
    author = town.person()
    room = author.public_room(name="Market")

    answer = author.send(room, "refuseword for sale")

    body = answer.json()
    assert answer.status_code == 403
    assert body["errcode"] == "M_FORBIDDEN"
    assert body["eu.evenhand.harm"] == "m.spam.fraud"
    assert body["eu.evenhand.reason"] == "It carries the marked word."
    assert body["eu.evenhand.decision"] in body["error"]
    assert body["eu.evenhand.objection"] in body["error"]
    assert body["eu.evenhand.objection"].startswith("http://desk.test/objection/")


def test_a_refusal_is_in_the_journal_with_its_content_under_seal(town):
    author = town.person()
    room = author.public_room()

    decision = author.send(room, "refuseword deutsch").json()["eu.evenhand.decision"]

    (entry,) = town.door.flagged(room)
    assert entry.id == UUID(decision)
    assert entry.answered is Answered.REFUSED
    assert entry.verdict.action is ActionKind.REFUSE
    assert (entry.event.account, entry.event.channel) == (author.id, room)
    assert entry.event.kind is EventKind.MESSAGE
    assert entry.event.channel_kind is ChannelKind.PUBLIC
    assert entry.event.account_created is not None
    assert json.loads(town.door.opened(entry))["text"] == "refuseword deutsch"


def test_nio_shows_the_decision_in_the_message_it_keeps(town):
    import nio

    author = town.person()
    room = author.public_room()

    async def send() -> nio.RoomSendError:
        client = nio.AsyncClient(town.homeserver.settings.url, author.id)
        client.access_token, client.user_id = author.token, author.id
        answer = await client.room_send(
            room, "m.room.message", {"msgtype": "m.text", "body": "refuseword"}
        )
        await client.close()
        return answer

    answer = asyncio.run(send())

    (entry,) = town.door.flagged(room)
    assert answer.status_code == "M_FORBIDDEN"
    assert str(entry.id) in answer.message


def test_a_refused_message_is_not_in_the_room(town):
    author = town.person()
    room = author.public_room()
    author.send(room, "refuseword")
    passed = author.send(room, "good morning").json()["event_id"]

    page = town.client().messages(room, types=("m.room.message",))

    assert [event.id for event in page.events] == [passed]


def test_what_only_needs_a_look_passes_and_is_in_the_journal(town):
    author = town.person()
    room = author.public_room()

    answer = author.send(room, "reviewword")

    (entry,) = town.door.flagged(room)
    assert answer.status_code == 200
    assert entry.answered is Answered.PASSED
    assert entry.event.event_id == answer.json()["event_id"]


def test_an_edit_and_a_formatted_body_are_read_as_readers_see_them(town):
    author = town.person()
    room = author.public_room()
    event = author.send(room, "good morning").json()["event_id"]

    edited = author.send(
        room,
        {
            "msgtype": "m.text",
            "body": "* harmless",
            "m.new_content": {"msgtype": "m.text", "body": "refuseword"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        },
    )
    formatted = author.send(
        room,
        {
            "msgtype": "m.text",
            "body": "harmless",
            "format": "org.matrix.custom.html",
            "formatted_body": "<b>refuse</b>word",
        },
    )

    assert (edited.status_code, formatted.status_code) == (403, 403)
    assert [entry.event.kind for entry in town.door.flagged(room)] == [
        EventKind.EDIT,
        EventKind.MESSAGE,
    ]


def test_nothing_in_a_direct_chat_is_looked_at(town):
    one, other = town.person(), town.person()
    room = one.create_room(preset="trusted_private_chat", is_direct=True, invite=[other.id]).json()[
        "room_id"
    ]
    other.join(room)

    answer = one.send(room, "refuseword")

    assert answer.status_code == 200
    assert town.door.seen(room) == []
    assert town.door.flagged(room) == []


def test_a_chat_made_as_direct_stays_direct_with_a_third_member(town):
    one, two, three = town.person(), town.person(), town.person()
    room = one.create_room(
        preset="trusted_private_chat", is_direct=True, invite=[two.id, three.id]
    ).json()["room_id"]
    two.join(room)
    three.join(room)

    assert one.send(room, "refuseword").status_code == 200
    assert town.door.seen(room) == []


def test_a_private_group_is_shown_to_the_plane_as_private(town):
    one, two, three = town.person(), town.person(), town.person()
    room = one.create_room(preset="private_chat", invite=[two.id, three.id]).json()["room_id"]
    two.join(room)
    three.join(room)

    one.send(room, "good morning")

    messages = [event for event in town.door.seen(room) if event["kind"] == "message"]
    assert [event["channel_kind"] for event in messages] == ["private"]


def test_an_encrypted_room_is_not_looked_at_even_if_anyone_may_join(town):
    one = town.person()
    encryption = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    room = one.public_room(initial_state=[encryption])

    assert one.send(room, "refuseword").status_code == 200
    assert town.door.seen(room) == []


@pytest.mark.parametrize("content", [b"listed file", b"known by SHA-1", b"known by MD5"])
def test_a_listed_file_is_refused_where_it_is_posted_not_where_it_is_uploaded(town, content):
    author = town.person()
    room = author.public_room()
    address = author.upload(content)
    harmless = author.upload(b"another file")

    refused = author.send(room, {"msgtype": "m.file", "body": "a.txt", "url": address})
    passed = author.send(room, {"msgtype": "m.file", "body": "b.txt", "url": harmless})

    (entry,) = town.door.flagged(room)
    assert (refused.status_code, passed.status_code) == (403, 200)
    assert entry.event.media == (address,)
    assert entry.verdict.exact


def test_a_picture_is_known_by_what_it_shows(town):
    grains = np.random.default_rng(5).integers(0, 256, (9, 12, 3), np.uint8)
    picture = Image.fromarray(grains).resize((320, 240), Image.Resampling.BICUBIC)
    content = BytesIO()
    picture.save(content, "PNG")
    shown = picture_hash(np.asarray(picture.convert("L"))).value
    town.door.plane.pictures.add(shown)
    author = town.person()
    room = author.public_room()
    address = author.upload(content.getvalue())

    def refused() -> bool:
        message = {"msgtype": "m.image", "body": "a.png", "url": address}
        return author.send(room, message).status_code == 403

    # A busy machine may take longer to look at it than a sender waits; then it serves the next.
    assert _until(refused)
    # Such a machine has let one pass before, and looks at its file once more after that.
    entry = next(one for one in town.door.flagged(room) if one.answered is Answered.REFUSED)
    assert entry.event.hashes[-1] == f"pdq:{shown.hex()}"


@pytest.mark.parametrize("content", [b"listed file", b"known by MD5"])
def test_a_file_uploaded_while_the_door_was_shut_is_known_by_asking_synapse(town, content):
    author = town.person()
    room = author.public_room()
    town.door.close()
    address = author.upload(content)
    town.door.open()

    def refused() -> bool:
        answer = author.send(room, {"msgtype": "m.file", "body": "a.txt", "url": address})
        return answer.status_code == 403

    # Reading the file may take longer than a sender waits; then it serves the next event.
    assert any(refused() for _ in range(20))


def test_a_registration_is_seen_with_its_network_but_not_its_address(town):
    name = f"reg{uuid4().hex[:8]}"

    town.register(name, ip="198.51.100.77")
    town.register(name + "b", ip="198.51.100.99")
    town.register(name + "c", ip="192.0.2.1")

    accounts = [f"@{name}{end}:evenhand.test" for end in ("", "b", "c")]
    seen = [event for account in accounts for event in town.door.seen(account)]
    first, second, third = (event["network"] for event in seen)
    assert seen[0]["account"] == f"@{name}:evenhand.test"
    assert first == second != third
    assert len(first) == 16
    assert seen[0]["user_agent"] == "TestClient/1"


def test_a_refused_registration_gets_429_without_a_reason(town):
    name = f"refuseword{uuid4().hex[:8]}"

    answer = town.register(name)

    (entry,) = town.door.flagged(f"@{name}:evenhand.test")
    assert answer.status_code == 429
    assert "eu.evenhand.decision" not in answer.json()
    assert entry.answered is Answered.REFUSED
    assert entry.event.kind is EventKind.REGISTRATION


@pytest.mark.parametrize("word", ["holdword", "suspendword"])
def test_a_suspicious_registration_passes_and_is_proposed_for_suspension(town, word):
    answer = town.register(f"{word}{uuid4().hex[:8]}")

    (entry,) = town.door.flagged(answer.json()["user_id"])
    assert answer.status_code == 200
    assert entry.answered is Answered.PASSED
    assert entry.event.account == answer.json()["user_id"]


def test_a_public_room_with_a_flagged_name_cannot_be_made_or_published(town):
    author = town.person()

    made = author.create_room(preset="public_chat", name="refuseword shop")
    private = author.create_room(preset="private_chat", name="refuseword shop")
    room = private.json()["room_id"]
    published = author.call("PUT", f"/directory/list/room/{room}", {"visibility": "public"})

    assert (made.status_code, private.status_code, published.status_code) == (403, 200, 403)
    kinds = [entry.event.kind for entry in town.door.flagged(author.id)]
    assert kinds == [EventKind.ROOM_CREATION, EventKind.ROOM_PUBLICATION]


def test_a_room_cannot_be_renamed_to_a_flagged_name(town):
    author = town.person()
    room = author.public_room(name="Garden")

    answer = author.call("PUT", f"/rooms/{room}/state/m.room.name/", {"name": "refuseword"})

    assert answer.status_code == 403
    assert town.door.flagged(room)[0].event.kind is EventKind.ROOM_PUBLICATION


def test_a_flagged_display_name_is_in_the_journal_after_the_fact(town):
    author = town.person()

    answer = author.call("PUT", f"/profile/{author.id}/displayname", {"displayname": "refuseword"})

    (entry,) = _until(lambda: town.door.flagged(author.id))
    assert answer.status_code == 200
    assert entry.event.kind is EventKind.PROFILE
    assert entry.answered is Answered.PASSED


def test_a_shut_door_lets_messages_pass_and_the_sweep_finds_them(town):
    author = town.person()
    room = author.public_room()
    author.send(room, "before")
    town.door.close()

    missed = author.send(room, "refuseword while nobody looked")
    assert missed.status_code == 200
    town.door.open()

    entries = _until(lambda: town.door.flagged(room))
    assert [entry.event.event_id for entry in entries] == [missed.json()["event_id"]]
    assert entries[0].answered is Answered.PASSED


def test_a_room_made_while_the_door_was_shut_is_swept_from_its_beginning(town):
    author = town.person()
    town.door.close()
    room = author.public_room(name="refuseword shop")
    author.send(room, "refuseword")
    town.door.open()

    entries = []
    assert _until(lambda: entries.extend(town.door.flagged(room)) or len(entries) == 2)

    assert {entry.event.kind for entry in entries} == {
        EventKind.ROOM_PUBLICATION,
        EventKind.MESSAGE,
    }


def test_what_a_broken_plane_let_pass_is_swept_and_the_rest_is_not_screened_again(town):
    author = town.person()
    room = author.public_room()
    author.send(room, "answered by the door")
    town.door.plane.broken = True
    missed = author.send(room, "refuseword while broken")
    town.door.plane.broken = False
    assert missed.status_code == 200

    entries = _until(lambda: town.door.flagged(room))

    assert [entry.event.event_id for entry in entries] == [missed.json()["event_id"]]
    assert 'result="unscreened",channel_kind="public",reason="failure"' in town.door.metrics()
    shown = [event for event in town.door.seen(room) if event["text"] == "answered by the door"]
    assert len(shown) == 1


def test_a_blocked_room_cannot_be_entered_published_or_named_again(town):
    owner, other = town.person(), town.person()
    alias = f"shop{uuid4().hex[:6]}"
    room = owner.public_room(room_alias_name=alias)
    aliases = [f"#{alias}b:evenhand.test"]
    _say(town, {"blocked_channels": [room], "blocked_aliases": aliases})

    joined = other.join(room)
    listed = owner.call("PUT", f"/directory/list/room/{room}", {"visibility": "public"})
    named = owner.create_room(preset="public_chat", room_alias_name=alias + "b")
    _say(town, {})

    assert [joined.status_code, listed.status_code, named.status_code] == [403, 403, 403]
    assert "blocked" in joined.json()["error"]
    assert other.join(room).status_code == 200


def test_a_withheld_room_is_closed_to_accounts_of_that_country_alone(town):
    owner, inside, outside = town.person(), town.person(), town.person()
    room = owner.public_room()
    countries = {inside.id: "KZ", outside.id: "FR"}
    _say(town, {"withheld": {room: ["KZ"]}, "account_countries": countries})

    kept_out, let_in = inside.join(room), outside.join(room)
    _say(town, {})

    assert (kept_out.status_code, let_in.status_code) == (403, 200)


def test_a_door_that_hangs_costs_the_sender_no_more_than_the_budget(town):
    author = town.person()
    room = author.public_room()
    town.door.close()

    asked: list[bytes] = []

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await asyncio.Event().wait()

    async def sent() -> httpx.Response:
        server = await asyncio.start_server(hang, "127.0.0.1", town.door.settings.port)
        answer = await asyncio.to_thread(author.send, room, "refuseword")
        server.close()
        return answer

    # Its client would give up after a minute, the module does after its budget of three seconds.
    answer = asyncio.run(sent())

    assert answer.status_code == 200
    assert any(b"check_event_for_spam" in line for line in asked)


def test_http_antispam_reaches_the_same_refusal(antispam_town):
    author = antispam_town.person()
    room = author.public_room()

    refused = author.send(room, "refuseword")
    passed = author.send(room, "good morning")

    assert (refused.status_code, passed.status_code) == (403, 200)
    assert refused.json()["eu.evenhand.decision"] in refused.json()["error"]


def test_http_antispam_leaves_a_pair_alone_and_lets_messages_pass_when_shut(antispam_town):
    one, two = antispam_town.person(), antispam_town.person()
    private = one.create_room(preset="private_chat", invite=[two.id]).json()["room_id"]
    two.join(private)
    public = one.public_room()

    direct = one.send(private, "refuseword")
    antispam_town.door.close()
    shut = one.send(public, "refuseword")

    assert (direct.status_code, shut.status_code) == (200, 200)


def test_a_wrong_token_is_no_refusal_for_http_antispam(antispam_town):
    author = antispam_town.person()
    room = author.public_room()
    answer = httpx.post(
        f"{antispam_town.door.url}/check_event_for_spam",
        json={},
        headers={"Authorization": "Bearer wrong"},
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/plain")
    assert author.send(room, "good morning").status_code == 200
