"""Signatures under what is released: what holds, and everything that does not."""

import dataclasses
import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticatorData
from pytest_django.fixtures import Settings
from tests.integration.people_of_tests import NOW, enrolled, holder, passkey

from evenhand.base.lists import RecordKind
from evenhand.demo.passkey import Passkey
from evenhand.people import signature, steps
from evenhand.people.limits import SIGNATURE_MINUTES
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.people.signature import KeptAssertion, SignatureRefused, holds
from evenhand.records.models import Record

pytestmark = pytest.mark.django_db

DIGEST = hashlib.sha256(b"what is released").digest()
OTHER = hashlib.sha256(b"something else").digest()
NONCE = b"n" * 32
SITE = "https://desk.example.test"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.PUBLIC_URL = SITE
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False


@pytest.fixture
def approver() -> tuple[Person, Passkey]:
    return holder("Ann Approver", Role.APPROVER)


def signed(person: Person, key: Passkey, digest: bytes = DIGEST) -> dict[str, Any]:
    return key.sign_in(signature.begin(person, digest, nonce=NONCE)["publicKey"])


def kept_from(approver: tuple[Person, Passkey]) -> KeptAssertion:
    person, key = approver
    return signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, key))


def test_the_browser_is_asked_for_this_persons_key_and_to_verify_the_person(
    approver: tuple[Person, Passkey],
) -> None:
    person, key = approver

    options = signature.begin(person, DIGEST, nonce=NONCE)["publicKey"]

    assert options["userVerification"] == "required"
    assert options["rpId"] == "desk.example.test"
    assert [one["id"] for one in options["allowCredentials"]] == [websafe_encode(key.id)]
    expected = hashlib.sha256(DIGEST + NONCE + person.id.bytes).digest()
    assert options["challenge"] == websafe_encode(expected)
    assert json.loads(json.dumps(options)) == options


def test_what_is_kept_verifies_alone(
    approver: tuple[Person, Passkey], django_assert_num_queries: Any
) -> None:
    kept = KeptAssertion.from_json(json.loads(json.dumps(kept_from(approver).as_json())))

    with django_assert_num_queries(0):
        assert holds(kept, DIGEST)
        assert not holds(kept, OTHER)


def test_the_key_that_signed_is_the_one_whose_enrolment_was_recorded(
    approver: tuple[Person, Passkey],
) -> None:
    record = Record.objects.select_related("opening").get(
        kind=RecordKind.STAFF_CHANGED, subject=approver[0].id, opening__body__change="key_enrolled"
    )

    recorded = record.opening.body["key"]

    assert recorded == signature.key_fingerprint(kept_from(approver).public_key)


def test_another_digest_is_refused(approver: tuple[Person, Passkey]) -> None:
    person, key = approver

    with pytest.raises(SignatureRefused):
        signature.verify(person, OTHER, nonce=NONCE, credential=signed(person, key))


def test_another_nonce_is_refused(approver: tuple[Person, Passkey]) -> None:
    person, key = approver

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=b"m" * 32, credential=signed(person, key))


def test_another_persons_key_is_refused(approver: tuple[Person, Passkey]) -> None:
    person, _ = approver
    _, foreign = holder("Eve Example", Role.APPROVER)

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, foreign))


def test_an_assertion_for_one_person_is_refused_for_another_with_the_same_key(
    approver: tuple[Person, Passkey],
) -> None:
    person, key = approver
    other, _ = holder("Eve Example", Role.APPROVER)
    enrolled(other, key)

    with pytest.raises(SignatureRefused):
        signature.verify(other, DIGEST, nonce=NONCE, credential=signed(person, key))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.test",
        "https://desk.example.test.evil.test",
        "https://desk.example.test:8443",
        "http://desk.example.test",
        "http://localhost:8600",
    ],
)
def test_another_origin_is_refused(approver: tuple[Person, Passkey], origin: str) -> None:
    person, key = approver
    key.origin = origin

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, key))


def test_another_site_is_refused(approver: tuple[Person, Passkey]) -> None:
    person, key = approver
    key.relying_party = "other.example.test"

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, key))


@pytest.mark.parametrize("flags", [AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV])
def test_who_was_not_present_and_verified_has_not_signed(
    approver: tuple[Person, Passkey], flags: AuthenticatorData.FLAG
) -> None:
    person, key = approver
    key.flags = flags

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, key))


def test_another_private_key_is_refused(approver: tuple[Person, Passkey]) -> None:
    person, key = approver
    key.key = ec.generate_private_key(ec.SECP256R1())

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, key))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": "a", "rawId": "a", "response": {}},
        {"id": 1, "rawId": None, "response": "x"},
        {
            "id": "YQ",
            "rawId": "YQ",
            "type": "public-key",
            "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"},
        },
    ],
)
def test_what_cannot_be_read_is_refused(
    approver: tuple[Person, Passkey], broken: dict[str, Any]
) -> None:
    with pytest.raises(SignatureRefused):
        signature.verify(approver[0], DIGEST, nonce=NONCE, credential=broken)


def altered(kept: KeptAssertion) -> list[KeptAssertion]:
    """The kept assertion with one part wrong each."""
    other = ec.generate_private_key(ec.SECP256R1())
    foreign = signature.as_bytes(ES256.from_cryptography_key(other.public_key()))
    wrong = {
        "person": uuid4(),
        "rp_id": "example.org",
        "origin": "https://evil.test",
        "nonce": b"m" * 32,
        "public_key": foreign,
        "client_data": kept.client_data.replace(b"webauthn.get", b"webauthn.set"),
        "authenticator_data": kept.authenticator_data[:-1] + b"\x01",
        "signature": kept.signature[:-1] + bytes([kept.signature[-1] ^ 1]),
    }
    return [dataclasses.replace(kept, **{name: value}) for name, value in wrong.items()]


def test_no_part_of_what_is_kept_can_be_altered(approver: tuple[Person, Passkey]) -> None:
    kept = kept_from(approver)

    assert holds(kept, DIGEST)
    assert [one for one in altered(kept) if holds(one, DIGEST)] == []


@pytest.mark.parametrize(
    "part", ["nonce", "public_key", "client_data", "authenticator_data", "signature"]
)
def test_what_is_kept_and_spoilt_does_not_hold(approver: tuple[Person, Passkey], part: str) -> None:
    kept = kept_from(approver)

    for spoilt in (b"", b"\x00", b"\xff" * 40):
        assert not holds(dataclasses.replace(kept, **{part: spoilt}), DIGEST)
    assert not holds(kept, b"short")


def test_a_signature_that_was_asked_for_is_taken_once(approver: tuple[Person, Passkey]) -> None:
    person, key = approver
    options = steps.begin_signature(person, DIGEST, now=NOW)
    credential = key.sign_in(options["publicKey"])

    kept = steps.sign(person, DIGEST, credential, now=NOW)

    assert holds(kept, DIGEST)
    with pytest.raises(SignatureRefused):
        steps.sign(person, DIGEST, credential, now=NOW)


def test_each_asking_wants_another_answer(approver: tuple[Person, Passkey]) -> None:
    person, key = approver
    first = steps.begin_signature(person, DIGEST, now=NOW)["publicKey"]
    second = steps.begin_signature(person, DIGEST, now=NOW)["publicKey"]

    assert first["challenge"] != second["challenge"]
    assert holds(steps.sign(person, DIGEST, key.sign_in(first), now=NOW), DIGEST)
    assert holds(steps.sign(person, DIGEST, key.sign_in(second), now=NOW), DIGEST)


def test_a_signature_for_one_thing_does_not_sign_another(
    approver: tuple[Person, Passkey],
) -> None:
    person, key = approver
    credential = key.sign_in(steps.begin_signature(person, DIGEST, now=NOW)["publicKey"])
    steps.begin_signature(person, OTHER, now=NOW)

    with pytest.raises(SignatureRefused):
        steps.sign(person, OTHER, credential, now=NOW)


def test_nobody_answers_what_another_was_asked(approver: tuple[Person, Passkey]) -> None:
    person, _ = approver
    other, foreign = holder("Eve Example", Role.APPROVER)
    credential = foreign.sign_in(steps.begin_signature(person, DIGEST, now=NOW)["publicKey"])

    for who in (person, other):
        with pytest.raises(SignatureRefused):
            steps.sign(who, DIGEST, credential, now=NOW)


@pytest.mark.parametrize(
    ("minutes", "taken"), [(SIGNATURE_MINUTES - 1, True), (SIGNATURE_MINUTES, False)]
)
def test_a_signature_comes_in_time(
    approver: tuple[Person, Passkey], minutes: int, taken: bool
) -> None:
    person, key = approver
    credential = key.sign_in(steps.begin_signature(person, DIGEST, now=NOW)["publicKey"])
    later = NOW + timedelta(minutes=minutes)

    if taken:
        assert holds(steps.sign(person, DIGEST, credential, now=later), DIGEST)
    else:
        with pytest.raises(SignatureRefused):
            steps.sign(person, DIGEST, credential, now=later)


def test_who_may_not_enter_does_not_sign(approver: tuple[Person, Passkey]) -> None:
    person, key = approver
    credential = key.sign_in(steps.begin_signature(person, DIGEST, now=NOW)["publicKey"])
    steps.suspend(person.id, by=person, now=NOW)

    with pytest.raises(SignatureRefused):
        steps.sign(person, DIGEST, credential, now=NOW)


def test_a_person_without_passkey_signs_nothing() -> None:
    person = Person.objects.create(id=uuid4(), name="Nobody", roles=["approver"], created_at=NOW)

    with pytest.raises(SignatureRefused):
        signature.verify(person, DIGEST, nonce=NONCE, credential=signed(person, passkey()))
