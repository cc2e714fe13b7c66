"""A homeserver's list of keys, as it publishes it and as another one keeps it (a notary).

Matrix server-server API, "Retrieving server keys". A list counts only if the server signed it with
a key that stands in it; a remote server's only if our own homeserver signed it too, which fetched
it from there.
"""

from collections.abc import Mapping, Sequence

from evenhand.base.errors import InputRefused
from evenhand.evidence.megolm_message import KEY_BYTES, decoded
from evenhand.evidence.signed_events import Json, ServerKey, object_signature_holds

KEYS_MAX = 100
"""Keys read of one list: a server has one, and a few that it used before."""


def read_keys(answer: Json) -> tuple[ServerKey, ...]:
    """Gives the keys of a server's own list; none where its signature does not hold."""
    server = answer.get("server_name")
    if not isinstance(server, str) or not server:
        return ()
    current = _keys(server, answer.get("verify_keys"), until=answer.get("valid_until_ts"))
    if not any(object_signature_holds(answer, key) for key in current):
        return ()
    return (*current, *_keys(server, answer.get("old_verify_keys"), until=None))


def read_kept_keys(
    answer: Json, *, server: str, notary: Sequence[ServerKey]
) -> tuple[ServerKey, ...]:
    """Gives a remote server's keys from what our own homeserver keeps of them and signed."""
    lists = answer.get("server_keys")
    found: list[ServerKey] = []
    for one in lists[:KEYS_MAX] if isinstance(lists, list) else []:
        if not isinstance(one, Mapping) or one.get("server_name") != server:
            continue
        if any(object_signature_holds(one, key) for key in notary):
            found += read_keys(one)
    return tuple(found)


def _keys(server: str, value: object, *, until: object) -> list[ServerKey]:
    """Gives Ed25519 keys; each key that is no longer in use says itself until when it was."""
    found = []
    for name, one in list(value.items())[:KEYS_MAX] if isinstance(value, Mapping) else []:
        if not isinstance(one, Mapping) or not str(name).startswith("ed25519:"):
            continue
        text, end = one.get("key"), one.get("expired_ts") if until is None else until
        if not isinstance(text, str) or not isinstance(end, int):
            continue
        try:
            key = decoded(text)
        except InputRefused:
            continue
        if len(key) == KEY_BYTES:
            found.append(ServerKey(server, str(name), key, end))
    return found
