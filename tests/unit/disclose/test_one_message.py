"""From a member's session to the one key; what is shown is what is sent, and no more."""

import json
from dataclasses import replace

import pytest
from tests.megolm_of_tests import OTHER_ROOM, ROOM, SENDER, Desk, Server, Talk, with_bytes

from evenhand.base.errors import InputRefused, NotAllowed, Unavailable
from evenhand.disclose.command import body, printable, send, shown
from evenhand.disclose.one_message import (
    NotReadable,
    OneMessage,
    disclosed,
    exported_at,
    read_event,
)
from evenhand.disclose.places import Place
from evenhand.evidence.disclosures import read_disclosure
from evenhand.evidence.megolm import verify
from evenhand.evidence.megolm_message import encoded

WORDS = "I know where your sister goes to school."


def one_of(talk: Talk, text: str) -> tuple[Server, object, OneMessage]:
    server = Server()
    kept = server.sign(talk.content(text))
    encrypted = read_event(kept.event, Place(ROOM, kept.id))
    return server, kept, disclosed(encrypted, talk.inbound.export_at(0).to_base64())


def test_from_a_session_that_begins_earlier_the_one_key_is_taken():
    talk = Talk()
    talk.ciphertext("something private")
    text = talk.ciphertext(WORDS)
    later = talk.ciphertext("something private")
    server, kept, one = one_of(talk, text)

    found = verify(one.disclosure, kept, server.keys())

    assert found.proved
    assert found.text == one.text == WORDS
    assert one.disclosure.prk == talk.prk(text) != talk.prk(later)


def test_what_is_sent_is_the_key_of_one_message_and_nothing_of_the_session():
    talk = Talk()
    text = talk.ciphertext(WORDS)
    _, _, one = one_of(talk, text)

    sent = body(one, harm="m.harassment", text="He threatens me.")

    assert set(sent) == {"about", "harm", "text", "disclosure"}
    assert set(sent["disclosure"]) == {"room_id", "event_id", "prk"}
    assert read_disclosure(sent["disclosure"]) == one.disclosure
    assert WORDS not in json.dumps(sent)
    assert talk.exported(text)[10:60] not in json.dumps(sent)


def test_the_member_sees_whether_the_desk_learns_who_they_are():
    _, _, one = _plain()
    named = replace(one, identity="openid-token")

    said = shown(named, desk="https://desk.test", harm="m.spam", text="x")

    assert "which account you are, and can answer you" in said
    assert "openid-token" not in said
    assert "openid-token" not in repr(named)
    assert body(named, harm="m.spam", text="x")["identity"] == "openid-token"
    unnamed = shown(one, desk="https://desk.test", harm="m.spam", text="x")
    assert "does not learn which account you are" in unnamed


def test_the_member_sees_what_the_desk_will_read():
    _, _, one = _plain()

    said = shown(one, desk="https://desk.test", harm="m.harassment", text="He threatens me.")

    for part in (ROOM, SENDER, WORDS, one.disclosure.event_id, "https://desk.test", "m.harassment"):
        assert part in said
    assert "He threatens me." in said
    assert "file" not in said


def _plain() -> tuple[Server, object, OneMessage]:
    talk = Talk()
    return one_of(talk, talk.ciphertext(WORDS))


def test_a_message_with_a_file_says_that_the_file_opens_too():
    talk = Talk()
    content = {"msgtype": "m.file", "body": "a.pdf", "file": {"url": "mxc://x/y", "key": {}}}
    _, _, one = one_of(talk, talk.ciphertext("", content=content))

    assert one.file
    assert "file" in shown(one, desk="https://desk.test", harm="m.spam", text="x")


def test_a_message_cannot_paint_over_what_the_member_sees():
    hostile = "harmless\x1b[2J\x1b[Hnothing\rX\u202eabc\x00\x9b"

    said = printable(hostile)

    assert not {"\x1b", "\r", "\u202e", "\0", "\x9b"} & set(said)
    assert said.startswith("harmless")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "m.room.message"}, "not encrypted"),
        ({"content": None}, "not encrypted"),
        ({"content": {}}, "removed"),
        ({"content": {"algorithm": "m.olm.v1.curve25519-aes-sha2"}}, "unknown"),
        ({"sender": None}, "sender"),
        ({"origin_server_ts": 10**30}, "time"),
        ({"origin_server_ts": None}, "time"),
    ],
)
def test_an_event_of_another_form_is_refused_in_words(change: dict[str, object], why: str):
    talk = Talk()
    kept = Server().sign(talk.content(talk.ciphertext(WORDS)))

    with pytest.raises(InputRefused, match=why):
        read_event({**kept.event, **change}, Place(ROOM, kept.id))


def test_a_message_altered_on_its_way_is_not_disclosed():
    talk = Talk()
    altered = with_bytes(talk.ciphertext(WORDS), 20, b"xyz")

    with pytest.raises(InputRefused, match="signature"):
        read_event(Server().sign(talk.content(altered)).event, Place(ROOM, "$x"))


def test_a_message_copied_from_another_room_is_not_disclosed():
    talk = Talk()

    with pytest.raises(InputRefused, match="another room"):
        one_of(talk, talk.ciphertext(WORDS, room=OTHER_ROOM))


def test_a_session_that_begins_later_or_is_another_does_not_open():
    talk, other = Talk(), Talk()
    first, second = talk.ciphertext(WORDS), talk.ciphertext(WORDS)
    encrypted = read_event(Server().sign(talk.content(first)).event, Place(ROOM, "$x"))
    theirs = other.ciphertext(WORDS)

    for exported in (talk.exported(second), other.exported(theirs), "", encoded(bytes(165))):
        with pytest.raises(NotReadable):
            disclosed(encrypted, exported)
    with pytest.raises(NotReadable):
        exported_at("not base64!", index=0)


def test_the_same_report_sent_again_carries_the_same_key():
    report = body(_plain()[2], harm="m.spam", text="x")
    with Desk(202, '{"receipt": "1234"}') as desk:
        said = send(desk.url, report)
        send(desk.url, report)
        send(desk.url, report | {"text": "y"})

    assert "1234" in said
    assert desk.came[0][0] == "/api/v1/reports"
    assert desk.came[0][2] == report
    keys = [key for _, key, _ in desk.came]
    assert keys[0] == keys[1] != keys[2]


def test_a_desk_that_refuses_or_is_away_is_said_in_words():
    report = body(_plain()[2], harm="m.spam", text="x")
    with Desk(422, "text missing \x1b[2J") as desk, pytest.raises(NotAllowed) as refused:
        send(desk.url, report)
    with Desk(503, "") as desk, pytest.raises(Unavailable):
        send(desk.url, report)
    with pytest.raises(Unavailable):
        send(desk.url, report)

    assert "text missing" in str(refused.value.fields["said"])
    assert "\x1b" not in str(refused.value.fields["said"])
