"""What somebody who holds the application's own role cannot do past every step, by SQL."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from tests.integration.matters_of_tests import NOW, Desk, desk

from evenhand.database.prepare import our_tables
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.lists import Finding
from evenhand.legal.models import Disclosure

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
TRAFFIC = "eu-epoc-traffic-content"
KEPT = [table.name for table in our_tables() if table.name.startswith(("legal_", "authorities_"))]


def told(statement: str, *values: Any) -> None:
    """Runs a statement as the application's role."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("table", KEPT)
def test_no_row_of_a_matter_or_of_the_registry_is_deleted(table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        told(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "column",
    [
        "name = 'Another house'",
        "country = 'FR'",
        "kind = 'court'",
        "domains = '{example.invalid}'",
        "switchboard = '+4930999999'",
        "head_office = 'mine@example.invalid'",
        "certificates = 'mine'",
    ],
)
def test_an_entry_that_is_altered_is_confirmed_no_more(column: str) -> None:
    desk()

    with pytest.raises(IntegrityError):
        told(f"UPDATE authorities_authority SET {column}")

    told(f"UPDATE authorities_authority SET {column}, confirmed_by_id = NULL, confirmed_at = NULL")


@pytest.mark.parametrize(
    "change",
    [
        "due_at = due_at + interval '365 days'",
        "due_at = due_at + interval '365 days', total = total + interval '365 days'",
        "due_at = due_at + interval '365 days', started_at = started_at + interval '365 days'",
        "name = 'after_review'",
        "statutory = NOT statutory",
    ],
)
def test_no_deadline_is_moved(change: str) -> None:
    desk().received(EPOC)

    with pytest.raises(IntegrityError):
        told(f"UPDATE legal_clock SET {change}")


def test_a_copy_that_nobody_signed_does_not_go_out() -> None:
    one = desk()
    first = handed_out(one)
    forged = uuid4()
    told(
        """
        INSERT INTO legal_disclosure (id, matter_id, officer_id, copy_of_id, prepared_by_id,
                                      recipient, want, accounts, state, planned_at, sealed)
        SELECT %s, matter_id, officer_id, id, prepared_by_id, recipient, want, accounts,
               'planned', planned_at, '' FROM legal_disclosure WHERE id = %s
        """,
        forged,
        first.id,
    )
    told(
        """
        UPDATE legal_disclosure SET state = 'collected', sealed = 'bytes', sha256 = sha256('bytes'),
               manifest = '{}', collected_at = %s WHERE id = %s
        """,
        NOW,
        forged,
    )
    released = """
        UPDATE legal_disclosure SET state = 'released', released_by_id = %s, digest = %s,
               signed = %s, assertion = %s, expires_at = %s WHERE id = %s
    """
    until = NOW + timedelta(days=1)
    with pytest.raises(IntegrityError):
        told(released, one.approver.id, b"junk", "{}", "{}", until, forged)

    # With all that a trigger can compare it passes the trigger; the signature does not hold.
    signed, assertion = signed_like(first, forged)
    told(released, one.approver.id, b"0" * 32, signed, assertion, until, forged)
    with pytest.raises(StepRefused) as error:
        steps.hand_out(forged, to=one.officer, now=NOW)
    assert error.value.fields["findings"] == (Finding.SIGNATURE_WRONG,)


def test_another_signature_is_not_put_under_what_was_released() -> None:
    one = desk()
    one.released(EPOC)

    for change in ("digest = sha256('other')", "assertion = '{}'", "signed = '{}'"):
        with pytest.raises(IntegrityError):
            told(f"UPDATE legal_disclosure SET {change}")


def handed_out(one: Desk) -> Disclosure:
    """A package that its officer has."""
    matter = one.released(EPOC)
    package = Disclosure.objects.get(matter=matter)
    steps.hand_out(package.id, to=one.officer, now=NOW)
    return Disclosure.objects.get(matter=matter)


def signed_like(first: Disclosure, forged: Any) -> tuple[str, str]:
    """The first package's text and signature, made out to a forged copy."""
    assert first.signed is not None
    package = {
        **first.signed["package"],
        "disclosure": str(forged),
        "sha256": "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9",
    }
    return json.dumps({**first.signed, "package": package}), json.dumps(first.assertion)
