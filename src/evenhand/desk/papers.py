"""The generated answers of a matter as links and files: for its officer, programs, and staff."""

import json

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from evenhand.base.errors import NotFound
from evenhand.desk.proof import proof_code
from evenhand.legal.answering import Service, drafts_of, language_of, title_of
from evenhand.legal.answers.facts import Answer
from evenhand.legal.models import Matter
from evenhand.legal.proving import Codes

NAME = "Evenhand"
FORMS = ("pdf", "json")


def service() -> Service:
    """Gives who answers, as every answer names it."""
    codes = Codes(proof_code, f"{settings.PUBLIC_URL}/proof/")
    return Service(NAME, f"{settings.PUBLIC_URL}/authorities/portal/", codes)


def rows_of(matter: Matter, *, route: str) -> list[dict[str, str]]:
    """Gives the answers of a matter as links, with their titles in the authority's language."""
    return [
        {
            "name": title_of(one, matter),
            "language": language_of(matter).value,
            **{form: reverse(route, args=[matter.id, one.name, form]) for form in FORMS},
        }
        for one in drafts_of(matter, service())
    ]


def as_file(made: Answer, *, number: str, form: str) -> HttpResponse:
    """Gives an answer as a file to be saved, in one of its two forms."""
    match form:
        case "pdf":
            response = HttpResponse(made.pdf, content_type="application/pdf")
        case "json":
            body = json.dumps(made.json, ensure_ascii=False)
            response = HttpResponse(body, content_type="application/json")
        case _:
            raise NotFound(what="form of an answer", form=form)
    name = f"{number}-{made.kind.value}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
