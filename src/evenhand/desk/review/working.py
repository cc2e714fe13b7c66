"""The work on a case before it is decided: in hand or not, notes, opinions, handing over."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from evenhand.base.clock import now
from evenhand.base.lists import ActionKind
from evenhand.cases import queries, steps
from evenhand.cases.checks import CaseNotClosed, CaseNoteRefused
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.review.rows import DECIDING_ROLES, refused
from evenhand.people.queries import person_of


@require_POST
@staff_only(*DECIDING_ROLES)
def claim(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Takes a case in hand, so that nobody else works on it."""
    return _do(
        request,
        case_id,
        lambda: steps.claim(case_id, by=signed_in(request), now=now()),
        said=gettext("You have the case in hand."),
    )


@require_POST
@staff_only(*DECIDING_ROLES)
def let_go(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Gives a case back, and leads to the queue."""
    done = _do(
        request,
        case_id,
        lambda: steps.let_go(case_id, by=signed_in(request), now=now()),
        said=gettext("The case is back in its queue."),
    )
    return redirect("staff_cases") if done.status_code == 302 else done


@require_POST
@staff_only(*DECIDING_ROLES)
def hand_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Gives a case to a colleague."""
    chosen = _uuid(request.POST.get("to", ""))
    colleague = person_of(chosen) if chosen else None
    if colleague is None:
        messages.error(request, gettext("Please choose a colleague."))
        return redirect("staff_case", case_id=case_id)
    return _do(
        request,
        case_id,
        lambda: steps.hand_over(
            case_id,
            to=colleague,
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        ),
        said=gettext("The case is in your colleague's hands."),
    )


@require_POST
@staff_only(*DECIDING_ROLES)
def escalate(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Gives a case to the senior reviewers, or into the sealed lane."""
    member, reason = signed_in(request), request.POST.get("reason", "")
    to_sealed = request.POST.get("where") == "sealed"
    act = steps.move_to_sealed_lane if to_sealed else steps.escalate
    _do(
        request,
        case_id,
        lambda: act(case_id, by=member, reason=reason, now=now()),
        said=gettext("The case lies with those who look at it next."),
    )
    if to_sealed:
        return redirect("staff_cases")
    return redirect("staff_case", case_id=case_id)


@require_POST
@staff_only(*DECIDING_ROLES)
def note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Adds a note for colleagues."""
    try:
        return _do(
            request,
            case_id,
            lambda: steps.note(
                case_id, request.POST.get("text", ""), by=signed_in(request), now=now()
            ),
            said=gettext("The note is kept."),
        )
    except CaseNoteRefused:
        messages.error(request, gettext("The note is empty or too long; it was not kept."))
        return redirect("staff_case", case_id=case_id)


@require_POST
@staff_only(*DECIDING_ROLES)
def ask_opinion(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Asks colleagues what they would decide."""
    return _do(
        request,
        case_id,
        lambda: steps.ask_opinion(case_id, by=signed_in(request), now=now()),
        said=gettext("Your colleagues are asked for an opinion."),
    )


@require_POST
@staff_only(*DECIDING_ROLES)
def give_opinion(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Says what one would decide; the decision stays with whoever asked."""
    kind = request.POST.get("kind", "")
    if kind not in list(ActionKind):
        messages.error(request, gettext("Please choose one of the decisions offered."))
        return redirect("staff_case", case_id=case_id)
    return _do(
        request,
        case_id,
        lambda: steps.give_opinion(
            case_id,
            ActionKind(kind),
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        ),
        said=gettext("Your opinion is kept. Somebody else decides."),
    )


def _do(
    request: HttpRequest, case_id: UUID, act: Callable[[], object], *, said: str
) -> HttpResponse:
    """Takes one step for whoever may see the case, and says what came of it."""
    queries.case_for(case_id, signed_in(request))
    try:
        act()
    except CaseNotClosed as error:
        return refused(request, case_id, error)
    messages.success(request, said)
    return redirect("staff_case", case_id=case_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
