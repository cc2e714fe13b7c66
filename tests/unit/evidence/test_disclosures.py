"""What a reporter may send of an encrypted message: its one key, and nothing that opens more."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.megolm_of_tests import ROOM, Talk

from evenhand.base.errors import InputRefused
from evenhand.evidence.disclosures import (
    Disclosure,
    TooMuchDisclosed,
    holds_session_keys,
    read_disclosure,
    written,
)
from evenhand.evidence.megolm_message import encoded

EVENT = "$" + "a" * 43
GOOD = {"room_id": ROOM, "event_id": EVENT, "prk": encoded(bytes(32))}


def test_what_is_written_is_read():
    disclosure = Disclosure(ROOM, EVENT, bytes(range(32)))

    assert read_disclosure(written(disclosure)) == disclosure
    assert read_disclosure(json.loads(json.dumps(written(disclosure)))) == disclosure


def too_much() -> list[tuple[str, object]]:
    talk = Talk()
    text = talk.ciphertext("a")
    exported, block = talk.exported(text), encoded(talk.key_block(text))
    session_key = talk.session.session_key.to_base64()
    key_file = "-----BEGIN MEGOLM SESSION DATA-----\nAAAA\n-----END MEGOLM SESSION DATA-----"
    element = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": "x",
        "session_key": exported,
        "sender_key": "x",
    }
    backup = {"rooms": {ROOM: {"sessions": {"x": {"session_data": {"ciphertext": "x"}}}}}}
    return [
        ("session", exported),
        ("session", session_key),
        ("session", {**GOOD, "prk": exported}),
        ("session", {**GOOD, "prk": session_key}),
        ("session", {**GOOD, "prk": exported + "\n"}),
        ("session", {**GOOD, "prk": exported.replace("+", "-").replace("/", "_")}),
        ("session", {**GOOD, "prk": encoded(bytes(128))}),
        ("session", {**GOOD, "session": exported}),
        ("session", element),
        ("session", {**GOOD, "session_key": "x"}),
        ("backup", [element]),
        ("backup", key_file),
        ("backup", {**GOOD, "prk": key_file}),
        ("backup", backup),
        ("backup", {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {}}),
        ("80 bytes", block),
        ("80 bytes", {**GOOD, "prk": block}),
        ("80 bytes", {**GOOD, "keys": block}),
    ]


@pytest.mark.parametrize(("why", "value"), too_much())
def test_what_opens_more_or_proves_nothing_is_refused_with_the_reason(why: str, value: object):
    with pytest.raises(TooMuchDisclosed) as caught:
        read_disclosure(value)

    assert why in str(caught.value.fields["why"])
    assert "32-byte key" in caught.value.remedy
    assert all(len(part) < 60 for part in str(caught.value).split() if part not in GOOD.values())


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "x",
        [],
        {},
        {**GOOD, "more": 1},
        {"room_id": ROOM, "event_id": EVENT},
        {**GOOD, "room_id": "room"},
        {**GOOD, "room_id": 5},
        {**GOOD, "room_id": "!a\nb"},
        {**GOOD, "room_id": "!" + "é" * 200},
        {**GOOD, "event_id": "!x"},
        {**GOOD, "event_id": ""},
        {**GOOD, "event_id": None},
        {**GOOD, "prk": ""},
        {**GOOD, "prk": "not base64!"},
        {**GOOD, "prk": encoded(bytes(31))},
        {**GOOD, "prk": encoded(bytes(33))},
        {**GOOD, "prk": list(bytes(32))},
        {**GOOD, "prk": "ä" * 43},
    ],
)
def test_another_form_is_refused_in_words(value: object):
    with pytest.raises(InputRefused) as caught:
        read_disclosure(value)

    assert caught.value.fields["why"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=300) | st.binary().map(encoded),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*GOOD]), inner),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(value=JSON | st.fixed_dictionaries(dict.fromkeys(GOOD, JSON)))
def test_whatever_comes_is_a_disclosure_of_32_bytes_or_refused(value: object):
    try:
        found = read_disclosure(value)
    except InputRefused:
        return
    assert len(found.prk) == 32
    assert found.room_id.startswith("!")
    assert found.event_id.startswith("$")


def test_a_file_of_keys_in_a_text_is_recognised():
    assert holds_session_keys("see: -----BEGIN MEGOLM SESSION DATA-----\nAAAA")
    assert not holds_session_keys("he sent me the session data of my bank")
