"""The generated answers of a matter, for who works on it: what the authority can read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.desk.papers import as_file, service
from evenhand.legal import queries
from evenhand.legal.answering import answer_named


@require_safe
@staff_only(*LEGAL_ROLES)
def paper(request: HttpRequest, matter_id: UUID, name: str, form: str) -> HttpResponse:
    """Shows one generated answer to staff; it does not count as given to the authority."""
    matter = queries.matter_for(matter_id, signed_in(request))
    return as_file(answer_named(name, matter, service()), number=matter.number, form=form)
