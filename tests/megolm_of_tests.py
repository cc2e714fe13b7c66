"""Encrypted rooms for tests: a homeserver that signs as Synapse does, real megolm, members."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Self

import vodozemac
from nacl.signing import SigningKey

from evenhand.evidence.disclosures import Disclosure
from evenhand.evidence.megolm import KeptEvent
from evenhand.evidence.megolm_message import decoded, encoded, key_of
from evenhand.evidence.signed_events import ServerKey, event_id_of, sign_event

SERVER = "one.test"
ROOM, OTHER_ROOM = "!room:one.test", "!other:one.test"
SENDER, REPORTER = "@sender:one.test", "@reporter:one.test"
SENT_MS = 1_790_000_000_000


@dataclass
class Talk:
    """One sender's megolm session in a room, and what a member of the room holds of it."""

    session: vodozemac.GroupSession = field(default_factory=vodozemac.GroupSession)
    inbound: vodozemac.InboundGroupSession = field(init=False)

    def __post_init__(self) -> None:
        self.inbound = vodozemac.InboundGroupSession(self.session.session_key)

    def ciphertext(self, text: str, *, room: str = ROOM, **inside: object) -> str:
        payload = {
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": text},
            "room_id": room,
            **inside,
        }
        return self.raw(json.dumps(payload).encode())

    def raw(self, payload: bytes) -> str:
        return self.session.encrypt(payload).to_base64()

    def content(self, ciphertext: str) -> dict[str, object]:
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": ciphertext,
            "session_id": self.session.session_id,
        }

    def exported(self, ciphertext: str) -> str:
        """Gives the session as a member's program would export it from this message on."""
        index = vodozemac.MegolmMessage.from_base64(ciphertext).message_index()
        exported = self.inbound.export_at(index)
        assert exported is not None
        return exported.to_base64()

    def prk(self, ciphertext: str) -> bytes:
        index = vodozemac.MegolmMessage.from_base64(ciphertext).message_index()
        return key_of(self.exported(ciphertext), index=index)

    def key_block(self, ciphertext: str) -> bytes:
        """Gives the 80 bytes that must not be taken: AES key, MAC key, IV."""
        out, block = b"", b""
        for count in range(1, 4):
            block = hmac.digest(
                self.prk(ciphertext), block + b"MEGOLM_KEYS" + bytes([count]), hashlib.sha256
            )
            out += block
        return out[:80]


@dataclass
class Server:
    """A homeserver's signing key."""

    name: str = SERVER
    key: SigningKey = field(default_factory=SigningKey.generate)
    key_id: str = "ed25519:a"

    def sign(self, content: object, *, version: str = "11", **other: object) -> KeptEvent:
        bare = {
            "type": "m.room.encrypted",
            "room_id": ROOM,
            "sender": SENDER,
            "content": content,
            "origin_server_ts": SENT_MS,
            "depth": 7,
            "prev_events": ["$before"],
            "auth_events": ["$create"],
            **other,
        }
        if version in {"1", "2"}:
            bare["event_id"] = f"$given:{self.name}"
        signed = sign_event(
            bare, version=version, server=self.name, key_id=self.key_id, key=self.key
        )
        return KeptEvent(event_id_of(signed, version=version), signed, version)

    def keys(self, *, until_ms: int = SENT_MS + 1) -> tuple[ServerKey, ...]:
        return (ServerKey(self.name, self.key_id, bytes(self.key.verify_key), until_ms),)


def disclosed(kept: KeptEvent, talk: Talk, **other: object) -> Disclosure:
    ciphertext = kept.event["content"]["ciphertext"]
    values = {"room_id": kept.event["room_id"], "event_id": kept.id, "prk": talk.prk(ciphertext)}
    return Disclosure(**{**values, **other})


def with_bytes(text: str, at: int, new: bytes) -> str:
    raw = decoded(text)
    at %= len(raw)
    return encoded(raw[:at] + new + raw[at + len(new) :])


class Desk:
    """A desk that answers what it is told to, and keeps what came."""

    def __init__(self, status: int, answer: str) -> None:
        came = self.came = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                value = json.loads(self.rfile.read(size))
                came.append((self.path, self.headers["Idempotency-Key"], value))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *arguments: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
