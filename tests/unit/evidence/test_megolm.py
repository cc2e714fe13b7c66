"""A disclosed message: what is proved, what is only claimed, and what speaks against it."""

import hmac
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.megolm_of_tests import (
    OTHER_ROOM,
    REPORTER,
    ROOM,
    SENDER,
    SENT_MS,
    Server,
    Talk,
    disclosed,
    with_bytes,
)

from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import UNKNOWN, KeptEvent, ProofFinding, verify
from evenhand.evidence.megolm_message import encoded, key_of, opened, read_message, signature_holds
from evenhand.evidence.signed_events import ROOM_VERSIONS

WORDS = "I know where your sister goes to school."


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.mark.parametrize("version", ROOM_VERSIONS)
def test_a_message_is_proved_in_every_room_version(talk: Talk, server: Server, version: str):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)), version=version)

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == ()
    assert found.proved
    assert not found.refuted
    assert (found.text, found.sender, found.server) == (WORDS, SENDER, "one.test")
    assert found.sent_ms == SENT_MS
    assert json.loads(found.payload)["room_id"] == ROOM


def test_one_key_opens_one_message_and_neither_the_one_before_nor_the_one_after(talk: Talk):
    texts = [talk.ciphertext(f"message {at}") for at in range(5)]
    key = talk.prk(texts[2])

    opens = [opened(read_message(text), key=key) is not None for text in texts]

    assert opens == [False, False, True, False, False]


def test_the_key_block_can_be_altered_unnoticed_which_is_why_it_is_not_taken(talk: Talk):
    """Neither the MAC nor the signature covers the IV, and the first words follow it."""
    text = talk.raw(b'{"content":1,"room_id":""}')
    message, block = read_message(text), talk.key_block(text)
    aes_key, mac_key, iv = block[:32], block[32:64], block[64:]

    forged_iv = bytes(
        one ^ (0x20 if chr(letter).isalpha() and at < 9 else 0)
        for at, (one, letter) in enumerate(zip(iv, b'{"content":1,"ro', strict=True))
    )
    said = Cipher(AES256(aes_key), CBC(forged_iv)).decryptor().update(message.ciphertext)

    assert hmac.digest(mac_key, message.authentic, "sha256")[:8] == message.mac
    assert signature_holds(message, session_id=talk.session.session_id)
    assert said.startswith(b'{"CONTENT":1,"ro')


def test_a_forged_text_under_a_session_of_ones_own_is_refused(talk: Talk, server: Server):
    """The reporter has the room's keys, but not the sender's signing key."""
    kept = server.sign(talk.content(talk.ciphertext("Good morning.")))
    own = Talk()
    forged_text = own.ciphertext("I will kill you.")

    forged = KeptEvent(
        kept.id, {**kept.event, "content": talk.content(forged_text)}, kept.room_version
    )
    found = verify(Disclosure(ROOM, kept.id, own.prk(forged_text)), forged, server.keys())

    assert found.refuted
    assert set(found.findings) >= {
        ProofFinding.CONTENT_ALTERED,
        ProofFinding.SESSION_SIGNATURE_WRONG,
    }
    assert (found.text, found.payload) == ("", b"")


def test_a_key_of_ones_own_choice_does_not_open_the_message(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    found = verify(disclosed(kept, talk, prk=bytes(range(32))), kept, server.keys())

    assert found.findings == (ProofFinding.KEY_DOES_NOT_OPEN,)
    assert found.refuted
    assert found.text == ""


def test_another_sender_under_the_same_event_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))
    blamed = KeptEvent(kept.id, {**kept.event, "sender": REPORTER}, kept.room_version)

    found = verify(disclosed(kept, talk), blamed, server.keys())

    assert set(found.findings) >= {
        ProofFinding.OTHER_EVENT,
        ProofFinding.CONTENT_ALTERED,
        ProofFinding.SERVER_SIGNATURE_WRONG,
    }
    assert found.text == ""


def test_a_sender_whose_server_did_not_sign_is_refused(talk: Talk, server: Server):
    """A server can sign for its own people alone."""
    kept = server.sign(talk.content(talk.ciphertext(WORDS)), sender="@victim:two.test")

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == (ProofFinding.SERVER_SIGNATURE_WRONG,)


def test_another_event_of_the_same_room_is_not_the_one_reported(talk: Talk, server: Server):
    first, second = (server.sign(talk.content(talk.ciphertext(text))) for text in ("a", "b"))

    found = verify(disclosed(first, talk), second, server.keys())

    assert ProofFinding.OTHER_EVENT in found.findings
    assert ProofFinding.KEY_DOES_NOT_OPEN in found.findings


def test_a_ciphertext_of_another_room_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS, room=OTHER_ROOM)))

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == (ProofFinding.ROOM_INSIDE_DIFFERS,)
    assert found.text == ""


def test_a_message_that_names_no_room_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.raw(b'{"type": "m.room.message", "content": {}}')))

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == (ProofFinding.ROOM_INSIDE_DIFFERS,)


def test_another_room_around_the_event_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    found = verify(disclosed(kept, talk, room_id=OTHER_ROOM), kept, server.keys())

    assert set(found.findings) == {ProofFinding.OTHER_ROOM, ProofFinding.ROOM_INSIDE_DIFFERS}


def test_a_message_that_names_another_sender_inside_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS, sender=REPORTER)))

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == (ProofFinding.SENDER_INSIDE_DIFFERS,)


def test_an_event_that_is_gone_is_claimed_only(talk: Talk, server: Server):
    found = verify(Disclosure(ROOM, "$gone", bytes(32)), None, server.keys())

    assert found.findings == (ProofFinding.EVENT_GONE,)
    assert not found.proved
    assert not found.refuted


def test_a_removed_message_is_claimed_only(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))
    removed = KeptEvent(kept.id, {**kept.event, "content": {}}, kept.room_version)

    found = verify(disclosed(kept, talk), removed, server.keys())

    assert found.findings == (ProofFinding.CONTENT_GONE,)
    assert not found.refuted


def test_without_the_servers_key_the_text_is_shown_as_claimed(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    for keys in ((), Server(key_id="ed25519:b").keys(), server.keys(until_ms=SENT_MS - 1)):
        found = verify(disclosed(kept, talk), kept, keys)

        assert found.findings == (ProofFinding.KEYS_MISSING,)
        assert found.text == WORDS
        assert not found.proved
        assert not found.refuted


def test_a_signature_of_another_key_under_the_same_name_is_refused(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    found = verify(disclosed(kept, talk), kept, Server().keys())

    assert found.findings == (ProofFinding.SERVER_SIGNATURE_WRONG,)
    assert found.text == ""


def test_an_unknown_room_version_is_claimed_only(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    for version in ("", "13", "org.example.own", "0", "1 "):
        found = verify(disclosed(kept, talk), KeptEvent(kept.id, kept.event, version), ())

        assert found.findings == (ProofFinding.ROOM_VERSION_UNKNOWN,)
        assert not found.refuted


def test_an_unknown_algorithm_is_claimed_only(talk: Talk, server: Server):
    content = talk.content(talk.ciphertext(WORDS)) | {"algorithm": "m.mls.v1"}
    kept = server.sign(content)

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.findings == (ProofFinding.ALGORITHM_UNKNOWN,)


def test_a_message_that_was_never_encrypted_is_refused(talk: Talk, server: Server):
    content = talk.content(talk.ciphertext(WORDS))

    for other in ({"type": "m.room.message"}, {"state_key": ""}):
        kept = server.sign(content, **other)

        found = verify(disclosed(kept, talk), kept, server.keys())

        assert found.findings == (ProofFinding.NOT_ENCRYPTED,)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"body": "a"}, "a"),
        ({"body": "harmless", "formatted_body": "<b>not harmless</b>"}, "harmless\n<b>not"),
        ({"body": "* x", "m.new_content": {"body": "what is read"}}, "* x\nwhat is read"),
        ({"url": "mxc://one.test/x", "body": "p.png"}, "p.png\nmxc://"),
        ({"question": "a poll"}, '{"type": "x"'),
        ("no object", '{"type": "x"'),
        ({"body": "zero\0byte"}, "zero\N{REPLACEMENT CHARACTER}byte"),
        ({"body": "half \ud800"}, "half ?"),
    ],
)
def test_every_text_that_a_program_may_show_is_shown(
    talk: Talk, server: Server, content: object, shown: str
):
    payload = json.dumps({"type": "x", "room_id": ROOM, "content": content})
    kept = server.sign(talk.content(talk.raw(payload.encode())))

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.proved
    assert shown in found.text
    assert found.text.encode()


def test_the_message_is_not_in_what_is_printed(talk: Talk, server: Server):
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))
    disclosure = disclosed(kept, talk)

    printed = repr(disclosure) + repr(kept) + repr(verify(disclosure, kept, server.keys()))

    assert WORDS not in printed
    assert repr(disclosure.prk) not in printed


def test_the_key_is_taken_only_from_a_session_exported_at_this_message(talk: Talk):
    first, second = talk.ciphertext("a"), talk.ciphertext("b")

    assert len(key_of(talk.exported(second), index=1)) == 32
    for exported, index in ((talk.exported(first), 1), ("", 0), (encoded(bytes(165)), 0)):
        with pytest.raises(Exception, match="exported session"):
            key_of(exported, index=index)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10_000), new=st.binary(min_size=1, max_size=3), resigned=st.booleans())
def test_no_altered_ciphertext_is_proved(at: int, new: bytes, resigned: bool):
    """Even where the homeserver itself altered and signed it."""
    talk, server = Talk(), Server()
    text = talk.ciphertext(WORDS)
    altered = with_bytes(text, at, new)
    kept = server.sign(talk.content(text))
    disclosure = disclosed(kept, talk)
    content = talk.content(altered)
    if resigned:
        kept = server.sign(content)
        disclosure = Disclosure(ROOM, kept.id, disclosure.prk)
    else:
        kept = KeptEvent(kept.id, {**kept.event, "content": content}, kept.room_version)

    found = verify(disclosure, kept, server.keys())

    assert found.proved == (altered == text)
    assert found.text == (WORDS if altered == text else "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    changes=st.dictionaries(
        st.sampled_from(
            [
                *("type", "room_id", "sender", "content", "origin_server_ts", "hashes"),
                *("signatures", "depth", "auth_events", "unsigned", "state_key", "x"),
            ]
        ),
        JSON,
        min_size=1,
    ),
    version=st.sampled_from([*ROOM_VERSIONS, "", "99"]),
)
def test_whatever_a_homeserver_answers_there_is_a_finding_and_no_crash(
    changes: dict[str, object], version: str
):
    talk, server = Talk(), Server()
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))
    odd = KeptEvent(kept.id, {**kept.event, **changes}, version)

    found = verify(disclosed(kept, talk), odd, server.keys())

    covered = set(changes) - {"unsigned"}
    assert not found.proved or not {n for n in covered if odd.event[n] != kept.event.get(n)}
    assert found.text == "" or UNKNOWN.issuperset(found.findings)


@settings(max_examples=200, deadline=None)
@given(payload=st.binary(max_size=80) | JSON.map(lambda v: json.dumps(v).encode()))
def test_whatever_stands_inside_a_message_there_is_an_answer(payload: bytes):
    talk, server = Talk(), Server()
    kept = server.sign(talk.content(talk.raw(payload)))

    found = verify(disclosed(kept, talk), kept, server.keys())

    assert found.refuted
    assert found.text == ""


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=120) | st.binary(max_size=80).map(lambda b: b"\3" + b + bytes(72)))
def test_whatever_stands_in_place_of_a_message_is_refused_in_words(raw: bytes):
    talk, server = Talk(), Server()
    kept = server.sign(talk.content(encoded(raw)))

    found = verify(Disclosure(ROOM, kept.id, bytes(32)), kept, server.keys())

    assert found.findings
    assert found.text == ""


def test_an_event_too_large_or_without_end_is_refused(talk: Talk, server: Server):
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    kept = server.sign(talk.content(talk.ciphertext(WORDS)))

    for more in ("x" * 100_000, 0.5, deep, "\ud800"):
        odd = KeptEvent(kept.id, {**kept.event, "more": more}, kept.room_version)

        assert verify(disclosed(kept, talk), odd, server.keys()).findings == (
            ProofFinding.EVENT_MALFORMED,
        )
    del odd
    while deep:
        deep = deep.pop()
