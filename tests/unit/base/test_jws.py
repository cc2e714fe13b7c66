import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evenhand.base.jws import public_key, sign

# RFC 8037, appendix A: its key, thumbprint and signature.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def holds(compact: str) -> bytes:
    """Checks with a library that is not the one that signed, and gives the payload."""
    signed, _, signature = compact.rpartition(".")
    key = Ed25519PublicKey.from_public_bytes(bytes_of(public_key(SEED)["x"]))
    key.verify(bytes_of(signature), signed.encode())
    return bytes_of(signed.partition(".")[2])


def test_the_public_key_is_that_of_the_standard() -> None:
    found = public_key(SEED)

    assert found["kid"] == THUMBPRINT
    assert found["x"] == X
    assert (found["kty"], found["crv"], found["alg"]) == ("OKP", "Ed25519", "EdDSA")


def test_another_library_accepts_what_was_signed() -> None:
    compact = sign(b'{"a":1}', key=SEED, media_type="application/json")

    assert holds(compact) == b'{"a":1}'
    header = json.loads(bytes_of(compact.partition(".")[0]))
    assert header == {"alg": "EdDSA", "cty": "application/json", "kid": THUMBPRINT}


def test_an_altered_document_is_refused() -> None:
    head, _, signature = sign(b'{"a":1}', key=SEED, media_type="application/json").split(".")

    with pytest.raises(InvalidSignature):
        holds(f"{head}.eyJhIjoyfQ.{signature}")
