"""What an officer sees: the requests filed, one of them, and how to take part in it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.lists import RecordKind
from evenhand.desk import law_words as words
from evenhand.desk import matter_rows, papers, stepping_up
from evenhand.desk.doors import officer_in, officers_only, signed_in
from evenhand.desk.portal.colleagues import takers
from evenhand.desk.proof import proof_codes_about
from evenhand.desk.texts import line, lines
from evenhand.legal import queries, steps
from evenhand.legal.checks import FLOW, StepRefused
from evenhand.legal.lists import MatterState, Verb
from evenhand.legal.models import Matter, Question

ANSWERED = (
    RecordKind.LEGAL_RECEIVED,
    RecordKind.LEGAL_REFUSED,
    RecordKind.LEGAL_RELEASED,
    RecordKind.LEGAL_EXECUTED,
    RecordKind.DISCLOSED,
)
"""Records of a request by which its officer sees in the log that it came in and was answered."""

SEALED_TYPE = "application/octet-stream"


@require_safe
@officers_only
def home(request: HttpRequest) -> HttpResponse:
    """Lists what the officer filed."""
    officer = officer_in(request)
    rows = [
        matter_rows.matter_row(matter) | {"clock": matter_rows.answer_clock(matter.id)}
        for matter in queries.matters_of_officer(officer.id)
    ]
    context = {"rows": rows, "authority": officer.authority}
    return render(request, "desk/portal/requests.html", context)


@require_safe
@officers_only
def one(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Shows one request: where it stands, its clock, its questions and its answer."""
    matter = _own(request, matter_id)
    at = now()
    disclosure = matter_rows.disclosure_row(matter.id, now=at)
    questions = [_question(question) for question in matter.questions.order_by("asked_at")]
    context = matter_rows.matter_row(matter) | {
        "entry": matter_rows.entry_of(matter),
        "clocks": matter_rows.clock_rows(matter.id, now=at),
        "open_questions": [one for one in questions if one["answered_at"] is None],
        "asked": [one for one in questions if one["answered_at"] is not None],
        "answers": papers.rows_of(matter, route="portal_request_paper"),
        "documents": matter_rows.document_rows(matter),
        "identifiers": matter_rows.identifier_rows(matter.id),
        "disclosure": disclosure,
        "options": stepping_up.challenge() if disclosure and disclosure.ready else "",
        "history": matter_rows.history_rows(matter.id, for_officer=True),
        "proof_codes": proof_codes_about(matter.id, ANSWERED),
        "takers": takers(matter, officer_in(request), at=at),
        "can_withdraw": MatterState(matter.state) in FLOW[Verb.WITHDRAW],
    }
    return render(request, "desk/portal/request.html", context)


@require_POST
@officers_only
def answer_question(request: HttpRequest, matter_id: UUID, question_id: UUID) -> HttpResponse:
    """Takes the answer to a question of the desk."""
    matter = _own(request, matter_id)
    if not matter.questions.filter(id=question_id, answered_at=None).exists():
        raise NotFound(what="question", id=question_id)
    fields = {
        line(name.removeprefix("field-")): lines(text)
        for name, text in request.POST.items()
        if name.startswith("field-") and isinstance(text, str) and lines(text)
    }
    try:
        steps.complete(
            matter.id,
            by=signed_in(request),
            answer=lines(request.POST.get("answer", "")),
            fields=fields,
            now=now(),
        )
    except StepRefused as error:
        return _refused(request, matter, error)
    messages.success(request, gettext("Your answer has been received. The clock runs on."))
    return redirect("portal_request", matter_id=matter.id)


@require_POST
@officers_only
def fetch(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Hands out the sealed answer once, to a passkey shown in the same moment."""
    officer = officer_in(request)
    matter = _own(request, matter_id)
    stepping_up.require_passkey(request)
    disclosure = matter_rows.disclosure_row(matter.id, now=now())
    if disclosure is None:
        raise NotFound(what="answer", matter=matter.id)
    try:
        handed = steps.hand_out(disclosure.row.id, to=officer, now=now())
    except StepRefused as error:
        return _refused(request, matter, error)
    return sealed_file(handed.sealed, matter)


@require_POST
@officers_only
def withdraw(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Takes a request back."""
    matter = _own(request, matter_id)
    reason = lines(request.POST.get("reason", ""))
    try:
        steps.withdraw(matter.id, by=signed_in(request), reason=reason, now=now())
    except StepRefused as error:
        return _refused(request, matter, error)
    messages.success(request, gettext("The request is withdrawn."))
    return redirect("portal_request", matter_id=matter.id)


def sealed_file(sealed: bytes, matter: Matter) -> HttpResponse:
    """Gives a sealed package as a file to be saved."""
    response = HttpResponse(sealed, content_type=SEALED_TYPE)
    name = f"{matter.number}.tar.age"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _own(request: HttpRequest, matter_id: UUID) -> Matter:
    return queries.matter_of_officer(matter_id, officer_in(request).id)


def _question(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "text": question.text,
        "asked_at": question.asked_at,
        "answered_at": question.answered_at,
        "answer": question.answer,
        "missing_fields": [
            {"name": name, "label": words.field_name(name)} for name in question.missing
        ],
    }


def _refused(request: HttpRequest, matter: Matter, error: StepRefused) -> HttpResponse:
    for said in matter_rows.said_of(error):
        messages.error(request, said)
    return redirect("portal_request", matter_id=matter.id)
