"""Which lists of a homeserver's keys count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from signedjson.key import decode_signing_key_base64
from signedjson.sign import sign_json
from unpaddedbase64 import encode_base64

from evenhand.evidence.server_keys import read_kept_keys, read_keys
from evenhand.evidence.signed_events import ServerKey

OWN, REMOTE, OLD = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))


def public(seed: bytes) -> bytes:
    return bytes(SigningKey(seed).verify_key)


def listing(server: str, seed: bytes) -> dict[str, object]:
    """Gives a list as a server publishes it, signed by the library that Synapse uses."""
    bare = {
        "server_name": server,
        "verify_keys": {"ed25519:a": {"key": encode_base64(public(seed))}},
        "old_verify_keys": {"ed25519:old": {"key": encode_base64(public(OLD)), "expired_ts": 3}},
        "valid_until_ts": 9,
    }
    return sign_json(bare, server, decode_signing_key_base64("ed25519", "a", encode_base64(seed)))


def kept(server: str, seed: bytes, *, notary: str = "one.test", by: bytes = OWN) -> dict:
    key = decode_signing_key_base64("ed25519", "a", encode_base64(by))
    return {"server_keys": [sign_json(listing(server, seed), notary, key)]}


def test_a_servers_own_list_is_read_with_the_keys_that_it_used_before():
    assert read_keys(listing("one.test", OWN)) == (
        ServerKey("one.test", "ed25519:a", public(OWN), 9),
        ServerKey("one.test", "ed25519:old", public(OLD), 3),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"server_name": "two.test"},
        {"valid_until_ts": 99},
        {"verify_keys": {"ed25519:a": {"key": encode_base64(public(REMOTE))}}},
        {"signatures": {}},
        {"signatures": {"one.test": {"ed25519:b": "x"}}},
    ],
)
def test_a_list_that_its_server_did_not_sign_does_not_count(change: dict[str, object]):
    assert read_keys(listing("one.test", OWN) | change) == ()


def test_a_remote_servers_list_counts_if_our_own_server_vouches_for_it():
    own = read_keys(listing("one.test", OWN))
    answer = kept("two.test", REMOTE)

    found = read_kept_keys(answer, server="two.test", notary=own)

    assert found[0] == ServerKey("two.test", "ed25519:a", public(REMOTE), 9)
    assert read_kept_keys(answer, server="three.test", notary=own) == ()
    assert read_kept_keys(answer, server="two.test", notary=()) == ()


def test_a_remote_servers_list_that_somebody_else_vouches_for_does_not_count():
    own = read_keys(listing("one.test", OWN))

    for answer in (
        kept("two.test", REMOTE, by=REMOTE),
        kept("two.test", REMOTE, notary="three.test"),
        {"server_keys": [listing("two.test", REMOTE)]},
    ):
        assert read_kept_keys(answer, server="two.test", notary=own) == ()


JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    change=st.dictionaries(
        st.sampled_from(["server_name", "verify_keys", "old_verify_keys", "signatures", "x"]), JSON
    )
)
def test_whatever_is_answered_only_signed_keys_are_read(change: dict[str, object]):
    answer = listing("one.test", OWN) | change

    assert set(read_keys(answer)) <= set(read_keys(listing("one.test", OWN)))
    assert read_kept_keys({"server_keys": [answer]}, server="one.test", notary=()) == ()
