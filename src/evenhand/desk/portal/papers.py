"""The generated answers of a request, for its officer: the same content as PDF and JSON."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.desk.doors import officer_in, officers_only
from evenhand.desk.papers import FORMS, as_file, service
from evenhand.legal import queries
from evenhand.legal.steps import give_answer


@require_safe
@officers_only
def paper(request: HttpRequest, matter_id: UUID, kind: str, form: str) -> HttpResponse:
    """Hands out one generated answer; that it was given stands in the history, by its hash."""
    officer = officer_in(request)
    matter = queries.matter_of_officer(matter_id, officer.id)
    if form not in FORMS:
        raise NotFound(what="form of an answer", form=form)
    made = give_answer(kind, matter, service(), by=officer.person_id, now=now())
    return as_file(made, number=matter.number, form=form)
