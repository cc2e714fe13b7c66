"""A passkey in software (WebAuthn level 2, ES256, attestation `none`), for staff of the demo.

It does what a browser and its authenticator do together, so that the demo's staff come in by the
same door as everybody: enrolment link, challenge, signature.
"""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
AAGUID_NONE = bytes(16)


@dataclass(slots=True)
class Passkey:
    """One key pair for one site; `flags` say that somebody was present, and verified."""

    origin: str
    relying_party: str
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    flags: AuthenticatorData.FLAG = FLAGS
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Gives the credential for creation options (their `publicKey` member), as JSON."""
        self.user_handle = _bytes(options["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        data = AuthenticatorData.create(
            self._party_hash(),
            FLAGS | AuthenticatorData.FLAG.AT,
            0,
            AttestedCredentialData.create(AAGUID_NONE, self.id, public),
        )
        attestation = AttestationObject.create("none", data, {})
        client = self._client_data("webauthn.create", options["challenge"])
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client),
                "attestationObject": websafe_encode(bytes(attestation)),
                "transports": ["internal"],
            }
        )

    def sign_in(self, options: dict[str, Any]) -> dict[str, Any]:
        """Gives the assertion for request options (their `publicKey` member), as JSON."""
        data = AuthenticatorData.create(self._party_hash(), self.flags, 0)
        client = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(bytes(data) + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(bytes(data)),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(self.user_handle),
            }
        )

    def _party_hash(self) -> bytes:
        return sha256(self.relying_party.encode()).digest()

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": response,
        }


def _bytes(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    return websafe_decode(value)
