"""The only readers of staff."""

from uuid import UUID

from evenhand.people.models import Staff


def staff_named(name: str) -> Staff | None:
    """Gives a member of staff by name."""
    return Staff.objects.filter(name=name).first()


def staff_of(staff_id: UUID) -> Staff | None:
    """Gives a member of staff by id."""
    return Staff.objects.filter(pk=staff_id).first()


def everybody() -> list[Staff]:
    """Gives all staff, by name."""
    return list(Staff.objects.order_by("name"))
