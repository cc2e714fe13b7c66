"""What waits: the queue by what runs out first, the emergencies, and taking a matter in hand."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.legal.danger import danger_rows
from evenhand.desk.matter_rows import answer_clock, clock_row, matter_row, said_of
from evenhand.legal import queries, steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.matter_steps import MATTER_ROLES
from evenhand.legal.models import Matter
from evenhand.people.models import Person
from evenhand.people.roles import Role

LEGAL_ROLES = (Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD)
"""Who sees that a matter exists; what it names is seen by who works on it."""


@require_safe
@staff_only(*LEGAL_ROLES)
def queue(request: HttpRequest) -> HttpResponse:
    """Lists open matters, what runs out first before the rest."""
    context = _listed(signed_in(request), queries.queue()) | {
        "heading": gettext("Legal desk"),
        "page_name": "queue",
        "dangers": None,
    }
    return render(request, "desk/legal/queue.html", context)


@require_safe
@staff_only(*LEGAL_ROLES)
def emergencies(request: HttpRequest) -> HttpResponse:
    """Shows both ways on one board: emergencies that came in, dangers that were told."""
    found = [matter for matter in queries.queue() if matter.emergency]
    context = _listed(signed_in(request), found) | {
        "heading": gettext("Emergencies"),
        "lead": gettext("Faster, never weaker: call back first, two people, IP and phone only."),
        "page_name": "emergencies",
        "dangers": danger_rows(queries.latest_danger_reports(), signed_in(request)),
        "board": True,
    }
    return render(request, "desk/legal/queue.html", context)


@require_POST
@staff_only(*LEGAL_ROLES)
def take(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Takes a matter in hand; from then on this person sees it."""
    try:
        steps.take(matter_id, by=signed_in(request), now=now())
    except StepRefused as error:
        for said in said_of(error):
            messages.error(request, said)
        return redirect("legal_queue")
    return redirect("legal_matter", matter_id=matter_id)


def _listed(person: Person, matters: list[Matter]) -> dict[str, object]:
    at = now()
    rows = []
    for matter in matters:
        clock = answer_clock(matter.id)
        row = clock_row(clock, now=at) if clock else None
        mine = queries.assigned(matter.id, person.id)
        rows.append(matter_row(matter) | {"clock": row, "mine": mine})
    late = sum(1 for row in rows if row["clock"] and getattr(row["clock"], "tone", "") == "bad")
    emergencies_open = sum(1 for matter in matters if matter.emergency)
    return {
        "rows": rows,
        "can_take": any(person.has(role) for role in MATTER_ROLES),
        "counts": [
            (gettext("Open"), len(rows), "accent"),
            (gettext("Emergencies"), emergencies_open, "bad" if emergencies_open else ""),
            (gettext("Four fifths of the time or more"), late, "bad" if late else ""),
        ],
    }
