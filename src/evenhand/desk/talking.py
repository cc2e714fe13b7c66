"""The talk about an appeal, for who decides about it: what was said, and a question more."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.appeals import queries, talk_steps
from evenhand.appeals.checks import NamesSomebody, NotOpen, ObjectionRefused, TooMuchSaid
from evenhand.appeals.limits import ANSWER_TIME, MESSAGE_CHARACTERS_MAX
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.cases import steps as cases_steps
from evenhand.cases.checks import CaseNotClosed, Finding, check_judge
from evenhand.cases.exposure_steps import EnoughForToday, count_opening
from evenhand.cases.models import Case
from evenhand.cases.queries import case_for
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.evidence import ShownEvidence, shown
from evenhand.desk.objections import refusal_of
from evenhand.desk.review.rows import DECIDING_ROLES
from evenhand.evidence.opener import Request, ask


@require_safe
@staff_only(*DECIDING_ROLES)
def talk(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Shows what was said about an appeal; what people wrote stays sealed."""
    return _page(request, _case(request, case_id))


@require_POST
@staff_only(*DECIDING_ROLES)
def ask_person(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Asks the person who appealed, or one of those who complained."""
    case = _case(request, case_id)
    complained = {str(one.report): one.report for one in queries.complaints_of(case_id)}
    asked = complained.get(request.POST.get("whom", ""))
    if complained and asked is None:
        messages.error(request, gettext("Please choose whom you ask."))
        return redirect("staff_case_talk", case_id=case.id)
    try:
        talk_steps.ask(
            case.id, request.POST.get("text", ""), by=signed_in(request), now=now(), report=asked
        )
    except NamesSomebody:
        messages.error(
            request,
            gettext("It was not sent: it names an account or a mailbox. Say it without names."),
        )
    except (ObjectionRefused, NotOpen, TooMuchSaid) as error:
        messages.error(request, refusal_of(error))
    except CaseNotClosed as error:
        for finding in str(error.fields["findings"]).split(","):
            messages.error(request, gettext(words.FINDINGS[Finding(finding)]))
    else:
        messages.success(request, gettext("The question is on its way."))
    return redirect("staff_case_talk", case_id=case.id)


@require_POST
@staff_only(*DECIDING_ROLES)
def open_said(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Opens one thing that a person wrote, for a reason, which is recorded; shows it once."""
    case = _case(request, case_id)
    which = request.POST.get("item", "")
    sealed = {str(key): item for key, item in queries.sealed_of(case.id).items()}
    if which not in sealed:
        raise NotFound(what="message", item=which)
    wanted = Request(
        item=sealed[which].id,
        staff=signed_in(request).id,
        reason=request.POST.get("reason", "").strip(),
    )
    try:
        count_opening(case.id, by=signed_in(request), now=now())
        opened = ask(settings.EVENHAND_HOME, wanted)
    except EnoughForToday:
        messages.error(
            request, gettext("That is enough of this for today. A colleague can take the case.")
        )
        return redirect("staff_case_talk", case_id=case.id)
    except (NotAllowed, InputRefused):
        messages.error(
            request, gettext("It was not opened. Give a reason in a few words; it is recorded.")
        )
        return redirect("staff_case_talk", case_id=case.id)
    return _page(request, case, opened={which: shown(opened.media_type, opened.content)})


def _case(request: HttpRequest, case_id: UUID) -> Case:
    """Gives a case that is an appeal; to somebody of another lane it is not there."""
    case = case_for(case_id, signed_in(request))
    if case.kind not in talk_steps.TALKED_ABOUT:
        raise NotFound(what="appeal", id=case_id)
    return case


def _page(
    request: HttpRequest, case: Case, *, opened: dict[str, ShownEvidence] | None = None
) -> HttpResponse:
    found = opened or {}
    findings = check_judge(cases_steps.facts_of(case), cases_steps.judge_of(signed_in(request)))
    complaints = queries.complaints_of(case.id)
    context = {
        "case": case,
        "harm": words.harm_name(case.harm),
        "rows": [
            {
                "message": one,
                "item": one.item,
                "which": str(one.id),
                "content": found.get(str(one.id)),
            }
            for one in queries.all_talk(case.id)
        ],
        "complaints": [
            {
                "which": str(one.id),
                "item": one.item,
                "at": one.at,
                "content": found.get(str(one.id)),
            }
            for one in case.complaints.select_related("item").order_by("at")
        ],
        "whom": [(str(one.report), number) for number, one in enumerate(complaints, start=1)],
        "barred": [gettext(words.FINDINGS[Finding(finding)]) for finding in findings],
        "characters_max": MESSAGE_CHARACTERS_MAX,
        "days": ANSWER_TIME.days,
    }
    return render(request, "desk/talk.html", context)
