"""The only readers of people."""

from datetime import datetime, timedelta
from uuid import UUID

from evenhand.base.lists import RecordKind
from evenhand.people.limits import PROPOSAL_DAYS
from evenhand.people.models import Person, Proposal
from evenhand.people.roles import Role
from evenhand.records.queries import bodies_about


def person_named(name: str) -> Person | None:
    """Gives a person by name."""
    return Person.objects.filter(name=name).first()


def person_of(person_id: UUID) -> Person | None:
    """Gives a person by id."""
    return Person.objects.filter(pk=person_id).first()


def is_enrolled(person_id: UUID, fingerprint: str) -> bool:
    """Tells whether a record says that a passkey, by its key's SHA-256, was enrolled here."""
    changes = bodies_about(person_id, RecordKind.STAFF_CHANGED)
    return any(
        body.get("change") == "key_enrolled" and body.get("key") == fingerprint for body in changes
    )


def everybody() -> list[Person]:
    """Gives all staff, by name; officers of authorities stand in their own registry."""
    return list(Person.objects.exclude(roles__contains=[Role.OFFICER.value]).order_by("name"))


def staff_with(*roles: Role) -> list[Person]:
    """Gives the staff who hold one of the roles now, by name."""
    return [person for person in everybody() if any(person.has(role) for role in roles)]


def open_proposals(*, now: datetime) -> list[Proposal]:
    """Gives the proposals that wait for a second person, the oldest first."""
    since = now - timedelta(days=PROPOSAL_DAYS)
    rows = Proposal.objects.filter(settled_at=None, proposed_at__gt=since)
    return list(rows.select_related("proposed_by").order_by("proposed_at"))
