"""Signed documents that anybody's tools can check: JSON Web Signatures with Ed25519.

RFC 7515 (JWS, compact form), RFC 8037 (EdDSA and octet key pairs), RFC 7638 (thumbprints).
"""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

from nacl.signing import SigningKey


def sign(payload: bytes, *, key: bytes, media_type: str) -> str:
    """Gives the compact form of a signed document; `key` is an Ed25519 seed of 32 bytes."""
    signing = SigningKey(key)
    header = {"alg": "EdDSA", "cty": media_type, "kid": thumbprint(signing)}
    signed = f"{_text(_canonical(header))}.{_text(payload)}"
    return f"{signed}.{_text(signing.sign(signed.encode()).signature)}"


def public_key(key: bytes) -> dict[str, str]:
    """Gives the public half as a JSON Web Key, named by its thumbprint."""
    signing = SigningKey(key)
    return _required(signing) | {"alg": "EdDSA", "use": "sig", "kid": thumbprint(signing)}


def thumbprint(key: SigningKey) -> str:
    """Gives the name of a key: the hash of its required members alone."""
    return _text(sha256(_canonical(_required(key))).digest())


def _required(key: SigningKey) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": _text(bytes(key.verify_key))}


def _canonical(value: dict[str, str]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
