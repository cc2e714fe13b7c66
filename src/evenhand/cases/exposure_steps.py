"""The writer of who opened how much of what is grave: people are protected by a daily limit."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from evenhand.base.errors import NotAllowed
from evenhand.cases.exposure import budget_spent
from evenhand.cases.filing_steps import locked
from evenhand.cases.limits import GRAVE_SEVERITY, SEALED_OPENED_PER_DAY_MAX
from evenhand.cases.lists import CaseLane
from evenhand.cases.models import Case, Exposure
from evenhand.people.models import Person


class EnoughForToday(NotAllowed):
    """This person has opened as much of what is grave today as anybody should."""

    remedy = "Take a break; tomorrow is another day. A colleague can take the case."


def count_opening(case_id: UUID, *, by: Person, now: datetime) -> Exposure:
    """Counts that somebody opens what a case holds; refuses where it is enough for today.

    Called before the content is asked for, so that a refusal shows nothing.
    """
    with transaction.atomic():
        case = locked(case_id)
        Exposure.objects.get_or_create(person=by, day=now.date())
        exposure = Exposure.objects.select_for_update().get(person=by, day=now.date())
        grave = is_grave(case)
        if grave and budget_spent(exposure):
            raise EnoughForToday(opened=exposure.grave, opened_max=SEALED_OPENED_PER_DAY_MAX)
        exposure.opened += 1
        exposure.grave += grave
        exposure.save(update_fields=["opened", "grave"])
    return exposure


def is_grave(case: Case) -> bool:
    """Tells whether opening this counts against what a person should see in a day."""
    return case.lane == CaseLane.SEALED or case.severity >= GRAVE_SEVERITY
