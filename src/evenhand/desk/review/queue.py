"""The queues: what has to be looked at first, what one has in hand, who asks for an opinion."""

from secrets import SystemRandom

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.lists import Language
from evenhand.cases import queries, steps
from evenhand.cases.checks import CaseNotClosed
from evenhand.cases.claim_steps import ClaimFilter
from evenhand.cases.exposure import break_suggested, budget_spent
from evenhand.cases.limits import SEALED_OPENED_PER_DAY_MAX
from evenhand.cases.lists import CaseKind, CaseLane, CaseState
from evenhand.cases.queries import CaseFilter
from evenhand.cases.queues import queues
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.review.rows import (
    CASE_ROLES,
    DECIDING_ROLES,
    case_row,
    listed,
    page_number,
    query_without_page,
    say_findings,
)
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.transparency.words import HARMS, language_name


@require_safe
@staff_only(*CASE_ROLES)
def cases(request: HttpRequest) -> HttpResponse:
    """Lists cases, what has to be looked at first on top."""
    member, moment = signed_in(request), now()
    wanted = _wanted(request, member)
    page = queries.queue(wanted, page=page_number(request))
    context = {
        "rows": [
            {**case_row(case, now=moment), "why": words.why_opened(case)} for case in page.cases
        ],
        "page": page,
        "wanted": wanted,
        "query": query_without_page(request),
        "in_hand": [
            case_row(case, now=moment) for case in queries.claimed_cases(member, now=moment)
        ],
        "asked": [case_row(case, now=moment) for case in queries.opinions_wanted(member)],
        "open_counts": [
            (gettext(words.CASE_KINDS[CaseKind(kind)]), quantity)
            for kind, quantity in queries.open_counts().items()
        ],
        "works": any(member.has(role) for role in DECIDING_ROLES),
        "sees_sealed": member.has(Role.CHILD_SAFETY),
        "is_senior": member.has(Role.SENIOR),
        **exposure_words(member),
        **_menus(),
    }
    return render(request, "desk/cases.html", context)


@require_POST
@staff_only(*DECIDING_ROLES)
def take_next(request: HttpRequest) -> HttpResponse:
    """Gives whoever asks the most urgent case of what they chose, and leads to it."""
    wanted = ClaimFilter(
        queue=listed(request.POST.get("queue", ""), [queue.name for queue in queues()]),
        harm=listed(request.POST.get("harm", ""), list(HARMS)),
        language=listed(request.POST.get("language", ""), list(Language)),
        kind=listed(request.POST.get("kind", ""), list(CaseKind)),
    )
    try:
        case = steps.claim_next(
            signed_in(request), wanted, now=now(), chance=SystemRandom().random()
        )
    except CaseNotClosed as error:
        say_findings(request, error)
        return redirect("staff_cases")
    if case is None:
        messages.info(request, gettext("Nothing waits for you here."))
        return redirect("staff_cases")
    return redirect("staff_case", case_id=case.id)


def exposure_words(member: Person) -> dict[str, object]:
    """Gives how much of the worst somebody opened today, and whether a break is due."""
    exposure = queries.exposure_of(member, now().date())
    return {
        "opened_today": exposure.grave if exposure else 0,
        "opened_max": SEALED_OPENED_PER_DAY_MAX,
        "take_a_break": break_suggested(exposure),
        "enough_today": budget_spent(exposure),
    }


def _wanted(request: HttpRequest, member: Person) -> CaseFilter:
    lanes = list(CaseLane) if member.has(Role.CHILD_SAFETY) else [CaseLane.OPEN]
    return CaseFilter(
        state=listed(request.GET.get("state", CaseState.OPEN.value), list(CaseState)),
        kind=listed(request.GET.get("kind", ""), list(CaseKind)),
        harm=listed(request.GET.get("harm", ""), list(HARMS)),
        language=listed(request.GET.get("language", ""), list(Language)),
        queue=listed(request.GET.get("queue", ""), [queue.name for queue in queues()]),
        lane=listed(request.GET.get("lane", ""), lanes) or CaseLane.OPEN.value,
    )


def _menus() -> dict[str, object]:
    return {
        "kinds": [(kind.value, gettext(text)) for kind, text in words.CASE_KINDS.items()],
        "states": [(state.value, gettext(text)) for state, text in words.CASE_STATES.items()],
        "harms": [(code, gettext(text)) for code, text in HARMS.items()],
        "languages_known": [(one.value, language_name(one.value)) for one in Language],
        "queues": [(queue.name, words.queue_name(queue.name)) for queue in queues()],
        "lanes": [(lane.value, gettext(text)) for lane, text in words.CASE_LANES.items()],
    }
