"""A signature under a release counts only by a passkey whose enrolment is on record.

The stored credentials of a person are rows that somebody with the database could add; the record
of an enrolment is one that the log of records commits to.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evenhand.legal.checks import StepRefused
from evenhand.legal.lists import Finding
from evenhand.people.models import Person
from evenhand.people.queries import is_enrolled
from evenhand.people.signature import KeptAssertion, key_fingerprint
from evenhand.people.steps import sign


def sign_release(
    by: Person, digest: bytes, credential: Mapping[str, Any], *, now: datetime
) -> KeptAssertion:
    """Gives the signature to keep under a release, or refuses a key that nobody saw enrolled."""
    kept = sign(by, digest, credential, now=now)
    if not key_is_on_record(kept):
        raise StepRefused(person=by.id, findings=(Finding.SIGNATURE_WRONG,))
    return kept


def key_is_on_record(kept: KeptAssertion) -> bool:
    """Tells whether the key of a kept signature was enrolled here, by who signed."""
    return is_enrolled(kept.person, key_fingerprint(kept.public_key))
