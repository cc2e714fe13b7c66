"""The only readers of people."""

from uuid import UUID

from evenhand.people.models import Person


def person_named(name: str) -> Person | None:
    """Gives a person by name."""
    return Person.objects.filter(name=name).first()


def person_of(person_id: UUID) -> Person | None:
    """Gives a person by id."""
    return Person.objects.filter(pk=person_id).first()


def everybody() -> list[Person]:
    """Gives all staff, by name."""
    return list(Person.objects.order_by("name"))
