"""Hashes, ids and signatures of events are the ones that Synapse makes."""

import pytest
from signedjson.key import decode_signing_key_base64
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import (
    add_hashes_and_signatures,
    compute_event_reference_hash,
)
from synapse.events import make_event_from_dict
from tests.megolm_of_tests import SENDER, SERVER
from unpaddedbase64 import encode_base64

from evenhand.evidence.signed_events import (
    ROOM_VERSIONS,
    NotCanonical,
    ServerKey,
    canonical,
    content_hash_holds,
    event_id_of,
    event_signature_holds,
)

SEED = bytes(range(32))


def of_synapse(version: str) -> dict[str, object]:
    """Gives an event with everything that a room version ever protected, signed by Synapse."""
    event: dict[str, object] = {
        "type": "m.room.encrypted",
        "room_id": "!room:one.test",
        "sender": SENDER,
        "origin": SERVER,
        "membership": "join",
        "prev_state": [],
        "redacts": "$x",
        "content": {"algorithm": "x", "ciphertext": "ä😀", "m.relates_to": {"b": 1, "a": None}},
        "origin_server_ts": 1,
        "depth": 2,
        "prev_events": [],
        "auth_events": [],
        "added by somebody": {"deep": [1, "\u2028"]},
    }
    if version in {"1", "2"}:
        event["event_id"] = "$given:one.test"
    key = decode_signing_key_base64("ed25519", "a_1", encode_base64(SEED))
    add_hashes_and_signatures(KNOWN_ROOM_VERSIONS[version], event, SERVER, key)
    return event


def key() -> ServerKey:
    from nacl.signing import SigningKey

    return ServerKey(SERVER, "ed25519:a_1", bytes(SigningKey(SEED).verify_key), 10)


@pytest.mark.parametrize("version", ROOM_VERSIONS)
def test_what_synapse_signs_holds(version: str):
    event = of_synapse(version)

    assert content_hash_holds(event)
    assert event_signature_holds(event, key(), version=version)
    assert event_signature_holds({**event, "unsigned": {"age": 5}}, key(), version=version)


@pytest.mark.parametrize("version", ROOM_VERSIONS)
def test_the_id_is_the_one_that_synapse_gives(version: str):
    event = of_synapse(version)

    theirs = make_event_from_dict(event, room_version=KNOWN_ROOM_VERSIONS[version])

    assert event_id_of(event, version=version) == theirs.event_id


def test_every_version_that_synapse_takes_as_stable_is_known():
    stable = {name for name in KNOWN_ROOM_VERSIONS if name.isdigit()}

    assert set(ROOM_VERSIONS) == stable


@pytest.mark.parametrize("version", ROOM_VERSIONS)
@pytest.mark.parametrize("field", ["sender", "room_id", "origin_server_ts", "hashes", "depth"])
def test_another_value_in_a_signed_field_is_noticed(version: str, field: str):
    event = of_synapse(version) | {field: {"sha256": "x"} if field == "hashes" else 9}

    assert not event_signature_holds(event, key(), version=version)
    assert not content_hash_holds(event)


def test_another_content_is_noticed_by_its_hash():
    event = of_synapse("11") | {"content": {}}

    assert event_signature_holds(event, key(), version="11")
    assert not content_hash_holds(event)


@pytest.mark.parametrize("value", [0.5, float("nan"), {"a": [0.1]}, "\ud800", {1, 2}, b"x"])
def test_what_has_no_canonical_form_is_refused(value: object):
    with pytest.raises(NotCanonical):
        canonical(value)


def test_canonical_json_is_the_one_of_the_specification():
    value = {"b": 1, "a": {"é": "日", "c": [True, None, -3]}, "\x7f": '\n"'}

    assert canonical(value) == '{"a":{"c":[true,null,-3],"é":"日"},"b":1,"\x7f":"\\n\\""}'.encode()


def test_the_reference_hash_is_synapses():
    event = of_synapse("10")
    theirs = make_event_from_dict(event, room_version=KNOWN_ROOM_VERSIONS["10"])
    _, digest = compute_event_reference_hash(theirs)

    assert event_id_of(event, version="3") == "$" + encode_base64(digest)
