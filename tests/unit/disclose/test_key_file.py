"""Exported keys are read as clients write them, and a damaged file is said to be one."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nio.crypto.key_export import encrypt_and_save
from tests.megolm_of_tests import OTHER_ROOM, ROOM

from evenhand.base.errors import InputRefused
from evenhand.disclose.key_file import KeyFileClosed, exported_session
from evenhand.evidence.megolm_message import decoded, encoded

HEAD, FOOT = "-----BEGIN MEGOLM SESSION DATA-----", "-----END MEGOLM SESSION DATA-----"
UNENDING = f"{HEAD}\n{encoded(bytes([1]) + bytes([255]) * 200)}\n{FOOT}"
"""A file that asks for four billion rounds of hashing."""

SESSIONS = [
    {"algorithm": "m.other", "room_id": ROOM, "session_id": "s", "session_key": "wrong"},
    "no session",
    {"algorithm": "m.megolm.v1.aes-sha2", "room_id": OTHER_ROOM, "session_id": "s"},
    {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": "s",
        "session_key": "the key",
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of keys, written by a client that is not ours."""
    path = tmp_path / "keys.txt"
    encrypt_and_save(json.dumps(SESSIONS).encode(), str(path), "open sesame", count=10)
    return path


def test_the_session_of_the_room_is_found(file: Path):
    found = exported_session(file, "open sesame", room=ROOM, session_id="s")

    assert found == "the key"
    assert exported_session(file, "open sesame", room=ROOM, session_id="t") is None


def test_lines_are_read_whatever_their_length(file: Path):
    text = file.read_text().replace("-----B", "\r\n-----B")
    head, body, foot = text.strip().split("\n")
    file.write_text(
        "\r\n".join([head, *(body[at : at + 76] for at in range(0, len(body), 76)), foot])
    )

    assert exported_session(file, "open sesame", room=ROOM, session_id="s") == "the key"


def test_another_passphrase_does_not_open(file: Path):
    with pytest.raises(KeyFileClosed, match="passphrase"):
        exported_session(file, "open", room=ROOM, session_id="s")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys",
        "-----BEGIN MEGOLM SESSION DATA-----",
        "-----BEGIN MEGOLM SESSION DATA-----\n!!\n-----END MEGOLM SESSION DATA-----",
        "-----BEGIN MEGOLM SESSION DATA-----\nAQ\n-----END MEGOLM SESSION DATA-----",
        UNENDING,
    ],
)
def test_a_file_that_holds_no_keys_is_refused_in_words(tmp_path: Path, text: str):
    path = tmp_path / "keys.txt"
    path.write_text(text)

    with pytest.raises(KeyFileClosed):
        exported_session(path, "x", room=ROOM, session_id="s")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(37, 400), bit=st.integers(0, 7))
def test_a_damaged_file_is_refused(file: Path, at: int, bit: int):
    head, body, foot = file.read_text().split("\n")
    raw = bytearray(decoded(body))
    raw[at % len(raw)] ^= 1 << bit
    damaged = file.with_name("damaged.txt")
    # Bytes 33 to 36 say how often to hash: left alone, or the test would hash for long.
    if 33 <= at % len(raw) < 37:
        return
    damaged.write_text(f"{head}\n{encoded(bytes(raw))}\n{foot}")

    with pytest.raises(InputRefused):
        exported_session(damaged, "open sesame", room=ROOM, session_id="s")


def test_a_file_without_a_list_holds_no_session(tmp_path: Path):
    path = tmp_path / "keys.txt"
    encrypt_and_save(b'{"sessions": []}', str(path), "x", count=1)

    assert exported_session(path, "x", room=ROOM, session_id="s") is None
