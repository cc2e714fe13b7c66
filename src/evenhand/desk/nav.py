"""The doors that stand on top of the staff's pages: those alone that the person's roles open."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from evenhand.database.failures import NOT_ANSWERING
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.desk.review.rows import CASE_ROLES
from evenhand.people.models import Person
from evenhand.people.powers import Power, roles_with
from evenhand.people.roles import STAFF_ROLES, Role


@dataclass(frozen=True, slots=True)
class Door:
    """One entry: the section that it leads to, its address, its name and who passes."""

    section: str
    address: str
    name: str
    roles: Sequence[Role]


DOORS = (
    Door("cases", "staff_cases", gettext_noop("Cases"), CASE_ROLES),
    Door("lane", "staff_lane", gettext_noop("Child safety"), roles_with(Power.WORK_SEALED_LANE)),
    Door("legal", "legal_queue", gettext_noop("Legal desk"), LEGAL_ROLES),
    Door("legal", "legal_paper", gettext_noop("Legal desk"), (Role.REPRESENTATIVE,)),
    Door("actions", "staff_actions", gettext_noop("Actions"), CASE_ROLES),
    Door("standing", "staff_standing", gettext_noop("Strikes"), roles_with(Power.SEE_STANDING)),
    Door(
        "statements",
        "staff_statements",
        gettext_noop("DSA Transparency Database"),
        roles_with(Power.SEE_SUBMISSIONS),
    ),
    Door("rules", "staff_rules", gettext_noop("Rules"), roles_with(Power.SEE_RULES)),
    Door(
        "search_policy",
        "staff_search_policy",
        gettext_noop("Query policy"),
        roles_with(Power.SEE_RULES),
    ),
    Door("audit", "staff_audit", gettext_noop("Audit"), roles_with(Power.READ_AUDIT)),
    Door("reports", "staff_reports", gettext_noop("Exact reports"), tuple(sorted(STAFF_ROLES))),
    Door(
        "flaggers",
        "staff_flaggers",
        gettext_noop("Trusted flaggers"),
        roles_with(Power.KEEP_FLAGGERS),
    ),
    Door("people", "staff_people", gettext_noop("Colleagues"), roles_with(Power.ADMIT_STAFF)),
)
"""Every door in the order in which the pages show it. Of two to one section, the first is shown."""


def doors_of(user: object) -> list[dict[str, str]]:
    """Gives the doors that are open to whoever is signed in; none to a visitor."""
    try:
        if not isinstance(user, Person):
            return []
    except NOT_ANSWERING:
        return []  # The page that says so opens none.
    shown: dict[str, dict[str, str]] = {}
    for door in DOORS:
        if door.section not in shown and any(user.has(role) for role in door.roles):
            shown[door.section] = {
                "section": door.section,
                "href": reverse(door.address),
                "name": gettext(door.name),
            }
    return list(shown.values())
