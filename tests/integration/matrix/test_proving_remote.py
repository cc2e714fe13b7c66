"""A message of another homeserver, proved by the keys that ours keeps of it: two Synapses."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.conftest import START_SECONDS_MAX
from tests.megolm_of_tests import Talk

from evenhand.connectors.matrix.client import MatrixClient
from evenhand.connectors.matrix.homeserver import (
    HomeserverSettings,
    command,
    configuration,
    environment,
    free_port,
    healthy,
    make_admin,
    write_configuration,
)
from evenhand.connectors.matrix.proving import SynapseProving
from evenhand.evidence.disclosures import Disclosure
from evenhand.reports.lists import ProofLevel

pytestmark = pytest.mark.synapse

WORDS = "I know where your sister goes to school."


def certificate(folder: Path) -> dict[str, object]:
    """Gives a certificate that vouches for nothing: on loopback it is not looked at."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, None)
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(*form))
    return {
        "tls_certificate_path": str(folder / "tls.crt"),
        "tls_private_key_path": str(folder / "tls.key"),
    }


class Federated:
    """A Synapse that others on this machine can reach."""

    def __init__(self, folder: Path) -> None:
        self.tls_port = free_port()
        self.settings = HomeserverSettings(
            folder=folder,
            port=free_port(),
            password=uuid4().hex,
            server_name=f"localhost:{self.tls_port}",
            module="none",
        )
        write_configuration(self.settings)
        value = configuration(self.settings)
        value["listeners"].append(
            {
                "port": self.tls_port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": True,
                "resources": [{"names": ["federation"]}],
            }
        )
        value |= certificate(folder) | {
            "federation_verify_certificates": False,
            "federation_ip_range_blacklist": [],
            "ip_range_blacklist": [],
        }
        self.settings.file.write_text(yaml.safe_dump(value))
        with (folder / "synapse.log").open("ab") as log:
            self.process = subprocess.Popen(
                command(self.settings), env=environment(), stdout=log, stderr=log
            )

    def await_it(self) -> None:
        give_up = time.monotonic() + START_SECONDS_MAX
        while not healthy(self.settings):
            assert self.process.poll() is None and time.monotonic() < give_up
            time.sleep(0.2)
        self.token = make_admin(self.settings)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(START_SECONDS_MAX)

    def call(self, method: str, path: str, body: object) -> dict[str, object]:
        answer = httpx.request(
            method,
            f"{self.settings.url}/_matrix/client/v3{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Federated, Federated]]:
    """Two homeservers that talk to each other."""
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder in folders:
        folder.mkdir()
    ours, theirs = (Federated(folder) for folder in folders)
    try:
        for one in (ours, theirs):
            one.await_it()
        yield ours, theirs
    finally:
        for one in (ours, theirs):
            one.stop()


def arrived(client: MatrixClient, event: str) -> bool:
    for _ in range(100):
        try:
            client.kept_event(event)
        except Exception:  # noqa: BLE001  not there yet
            time.sleep(0.2)
        else:
            return True
    return False


def test_a_message_of_another_homeserver_is_proved(servers: tuple[Federated, Federated]):
    ours, theirs = servers
    state = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    made = ours.call("POST", "/createRoom", {"preset": "public_chat", "initial_state": state})
    room = str(made["room_id"])
    theirs.call("POST", f"/join/{room}?server_name={ours.settings.server_name}", {})
    talk = Talk()
    text = talk.ciphertext(WORDS, room=room)
    path = f"/rooms/{room}/send/m.room.encrypted/{uuid4().hex}"
    event = str(theirs.call("PUT", path, talk.content(text))["event_id"])
    client = MatrixClient(ours.settings.url, ours.token)
    assert arrived(client, event)

    proof = SynapseProving(client).prove(Disclosure(room, event, talk.prk(text)))

    assert proof.findings == ()
    assert proof.level == ProofLevel.PROVED
    assert proof.plaintext == WORDS
    assert proof.server == theirs.settings.server_name
