"""Exported keys of a member's own program (Matrix client-server API, "Key exports").

The file opens every message in it, and so it is read here, on the member's machine, and goes
nowhere. Of its sessions one is taken, and of that one the key of one message.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from evenhand.base.errors import InputRefused
from evenhand.evidence.disclosures import KEY_FILE_MARK
from evenhand.evidence.megolm_message import ALGORITHM, Malformed, decoded

HEAD, FOOT = f"-----BEGIN {KEY_FILE_MARK}-----", f"-----END {KEY_FILE_MARK}-----"
VERSION = 1
HEAD_BYTES, MAC_BYTES = 37, 32

FILE_BYTES_MAX = 64 * 2**20
"""Bytes of a file of keys: some 100,000 sessions."""

ROUNDS_MAX = 10_000_000
"""Rounds of the password's hash: programs use 100,000 to 500,000; more is no program's file."""


class KeyFileClosed(InputRefused):
    """The file of exported keys could not be opened."""

    remedy = "Check the passphrase, and export the keys again if the file is damaged."


def exported_session(path: Path, passphrase: str, *, room: str, session_id: str) -> str | None:
    """Gives the exported session of one room, or None where the file has no such session."""
    for one in _sessions(path, passphrase):
        if not isinstance(one, Mapping) or one.get("algorithm") != ALGORITHM:
            continue
        if one.get("room_id") == room and one.get("session_id") == session_id:
            return str(one.get("session_key"))
    return None


def check_key_file(path: Path) -> None:
    """Refuses what is no file of exported keys, before anybody types a passphrase for it."""
    _sealed(path)


def _sealed(path: Path) -> str:
    """Gives what stands between head and foot of the file."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise KeyFileClosed(why="too large", bytes_max=FILE_BYTES_MAX)
    text = "".join(path.read_text(encoding="ascii", errors="replace").split())
    head, foot = "".join(HEAD.split()), "".join(FOOT.split())
    if not text.startswith(head) or not text.endswith(foot):
        raise KeyFileClosed(why="no file of exported keys")
    return text[len(head) : -len(foot)]


def _sessions(path: Path, passphrase: str) -> list[object]:
    sealed = _sealed(path)
    try:
        value = json.loads(_opened(decoded(sealed), passphrase))
    except Malformed as error:
        raise KeyFileClosed(why="damaged") from error
    except (ValueError, RecursionError) as error:
        raise KeyFileClosed(why="holds no list of keys") from error
    return value if isinstance(value, list) else []


def _opened(raw: bytes, passphrase: str) -> bytes:
    if len(raw) < HEAD_BYTES + MAC_BYTES or raw[0] != VERSION:
        raise KeyFileClosed(why="of an unknown version")
    salt, counter, rounds = raw[1:17], raw[17:33], int.from_bytes(raw[33:37], "big")
    if not 0 < rounds <= ROUNDS_MAX:
        raise KeyFileClosed(why="asks for too many rounds of hashing")
    keys = hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, rounds, dklen=64)
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(hmac.digest(keys[32:], body, hashlib.sha256), mac):
        raise KeyFileClosed(why="another passphrase, or damaged")
    decryptor = Cipher(AES256(keys[:32]), CTR(counter)).decryptor()
    return decryptor.update(body[HEAD_BYTES:]) + decryptor.finalize()
