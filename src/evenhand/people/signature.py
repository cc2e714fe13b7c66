"""A signature under what is released: a passkey's assertion over the hash of exactly that.

The kept assertion verifies alone, from what it carries and the digest, without a database
(WebAuthn level 2, section 7.2). `steps.begin_signature` and `steps.sign` use these functions
and see to it that each nonce is used once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.webauthn.internal.auth import get_credentials
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.rpid import verify_rp_id
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from evenhand.base.errors import NotAllowed
from evenhand.people.models import Person
from evenhand.people.passkeys import SITE_NAME

DIGEST_BYTES = 32
NONCE_BYTES = 32


class SignatureRefused(NotAllowed):
    """A passkey's assertion does not sign what it should."""

    remedy = "Open the page anew, read what is released, and sign again with your own passkey."


@dataclass(frozen=True, slots=True)
class KeptAssertion:
    """All that is needed to verify a signature later, with the digest that was signed.

    public_key  COSE key (RFC 9052) in CBOR; its SHA-256 stands in the record of its enrolment
    """

    person: UUID
    rp_id: str
    origin: str
    nonce: bytes
    credential_id: bytes
    public_key: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes

    def as_json(self) -> dict[str, str]:
        """Gives it as texts, bytes in unpadded base64url."""
        return {
            "person": str(self.person),
            "rp_id": self.rp_id,
            "origin": self.origin,
        } | {name: websafe_encode(getattr(self, name)) for name in _BYTES}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> Self:
        """Gives back what `as_json` gave."""
        parts: dict[str, Any] = {name: websafe_decode(kept[name]) for name in _BYTES}
        return cls(person=UUID(kept["person"]), rp_id=kept["rp_id"], origin=kept["origin"], **parts)


_BYTES = (
    "nonce",
    "credential_id",
    "public_key",
    "client_data",
    "authenticator_data",
    "signature",
)


def challenge(digest: bytes, nonce: bytes, person: UUID) -> bytes:
    """Gives what the passkey signs: SHA-256 over digest, nonce and who signs."""
    assert len(digest) == DIGEST_BYTES, "a digest is a SHA-256"
    assert len(nonce) == NONCE_BYTES, "a nonce has one length, so nothing can shift"
    return hashlib.sha256(digest + nonce + person.bytes).digest()


def begin(person: Person, digest: bytes, *, nonce: bytes) -> dict[str, Any]:
    """Gives the options for `navigator.credentials.get`, below `publicKey`, as JSON values."""
    options, _ = _server(_origin()).authenticate_begin(
        credentials=get_credentials(person),
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge(digest, nonce, person.id),
    )
    return dict(options)


def verify(
    person: Person, digest: bytes, *, nonce: bytes, credential: Mapping[str, Any]
) -> KeptAssertion:
    """Gives what to keep of an assertion, or refuses it with `SignatureRefused`.

    It must come from one of this person's passkeys, on this site, with the person verified.
    """
    origin = _origin()
    server = _server(origin)
    state = {
        "challenge": websafe_encode(challenge(digest, nonce, person.id)),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    try:
        given = AuthenticationResponse.from_dict(credential)
        key = server.authenticate_complete(state, get_credentials(person), given)
    except (ValueError, TypeError, LookupError, AttributeError, InvalidSignature) as error:
        # fido2 raises what it stumbles over; its words say which check failed, and no secret.
        raise SignatureRefused(why=str(error)[:100], person=person.id) from error
    assert server.rp.id is not None
    kept = KeptAssertion(
        person=person.id,
        rp_id=server.rp.id,
        origin=origin,
        nonce=nonce,
        credential_id=key.credential_id,
        public_key=as_bytes(key.public_key),
        client_data=bytes(given.response.client_data),
        authenticator_data=bytes(given.response.authenticator_data),
        signature=bytes(given.response.signature),
    )
    assert holds(kept, digest), "what is kept must verify alone"
    return kept


def challenge_of(credential: Mapping[str, Any]) -> bytes | None:
    """Gives the challenge that an assertion says it answers, or None if it cannot be read."""
    try:
        given = AuthenticationResponse.from_dict(credential)
        return bytes(given.response.client_data.challenge)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def holds(kept: KeptAssertion, digest: bytes) -> bool:
    """Tells whether a kept assertion signs this digest; needs nothing but its arguments."""
    if len(digest) != DIGEST_BYTES or len(kept.nonce) != NONCE_BYTES:
        return False
    try:
        told = CollectedClientData(kept.client_data)
        data = AuthenticatorData(kept.authenticator_data)
        key = CoseKey.parse(cast("Mapping[int, Any]", cbor.decode(kept.public_key)))
        expected = challenge(digest, kept.nonce, kept.person)
        if not (
            told.type == CollectedClientData.TYPE.GET
            and told.challenge == expected
            and told.origin == kept.origin
            and _is_below(kept.origin, kept.rp_id)
            and data.rp_id_hash == hashlib.sha256(kept.rp_id.encode()).digest()
            and data.is_user_present()
            and data.is_user_verified()
        ):
            return False
        key.verify(kept.authenticator_data + told.hash, kept.signature)
    except (ValueError, TypeError, LookupError, AttributeError, InvalidSignature):
        return False
    return True


def as_bytes(key: Mapping[int, Any]) -> bytes:
    """Gives a COSE key as CBOR."""
    return cbor.encode(dict(key))


def key_fingerprint(public_key: bytes) -> str:
    """Gives the SHA-256 of a COSE key, as the record of its enrolment carries it."""
    return hashlib.sha256(public_key).hexdigest()


def _is_below(origin: str, rp_id: str) -> bool:
    """Tells whether a page of this origin may use the site's passkeys (no TLS on localhost)."""
    parts = urlsplit(origin)
    if parts.scheme == "http":
        return parts.hostname == rp_id == "localhost"
    return bool(verify_rp_id(rp_id, origin))


def _server(origin: str) -> Fido2Server:
    """Gives what checks an assertion; unlike at sign-in, localhost is no exception here."""
    entity = PublicKeyCredentialRpEntity(id=urlsplit(origin).hostname, name=SITE_NAME)
    return Fido2Server(entity, verify_origin=lambda given: given == origin)


def _origin() -> str:
    """Gives the one origin whose pages may ask for a signature."""
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}"
