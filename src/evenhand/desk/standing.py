"""What is held against an account, and whose filings are paused: shown for a reason, lifted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.lists import ActionKind
from evenhand.cases.queues import is_sealed
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_who
from evenhand.people.checks import ReasonMissing
from evenhand.people.models import Person
from evenhand.people.powers import Power
from evenhand.people.roles import Role
from evenhand.standing import steps
from evenhand.standing.checks import Finding, NotLifted
from evenhand.standing.limits import REASON_CHARACTERS_MAX
from evenhand.standing.lists import LiftedWhy, MisuseKind, MisuseStep
from evenhand.standing.models import Misuse, Penalty, Strike
from evenhand.standing.queries import Panel, suspensions

WHY = {
    LiftedWhy.UNDONE: gettext_noop("the decision was undone"),
    LiftedWhy.OBJECTION_UPHELD: gettext_noop("the objection was upheld"),
    LiftedWhy.STRIKES_LIFTED: gettext_noop("too few strikes are left"),
    LiftedWhy.BY_STAFF: gettext_noop("lifted by a senior reviewer"),
}
KINDS = {
    MisuseKind.REPORT: gettext_noop("Reports"),
    MisuseKind.APPEAL: gettext_noop("Objections and complaints"),
}
STEPS = {
    MisuseStep.WARNED: gettext_noop("warned"),
    MisuseStep.SUSPENDED: gettext_noop("paused"),
}
FINDINGS = {
    Finding.ROLE_MISSING: gettext_noop("Only a senior reviewer lifts it."),
    Finding.REASON_MISSING: gettext_noop("Please give your reasons."),
    Finding.REASON_TOO_LONG: gettext_noop("The reasons are too long."),
    Finding.LIFTED_ALREADY: gettext_noop("It is lifted already."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.SEE_STANDING)
def standing(request: HttpRequest) -> HttpResponse:
    """Shows whose filings are paused; finds an account, for a reason, or lifts something.

    What is looked for travels in the form: no account stands in an address or a log.
    """
    if request.method != "POST":
        return _page(request, None)
    match request.POST.get("do", ""):
        case "find":
            return _find(request)
        case "lift_strike" | "lift_misuse" as what:
            return _lift(request, what)
        case _:
            return _page(request, None)


def shown_to(member: Person, found: Panel, moment: datetime) -> Panel:
    """Gives a panel without what came from the sealed lane, to whoever does not work there."""
    if member.has(Role.CHILD_SAFETY):
        return found
    hidden = [one for one in found.strikes if is_sealed(one.harm)]
    counting = sum(one.count for one in hidden if one.lifted_at is None and one.expires_at > moment)
    return replace(
        found,
        counting=found.counting - counting,
        strikes=[one for one in found.strikes if not is_sealed(one.harm)],
        penalties=[one for one in found.penalties if not is_sealed(one.decision.harm)],
    )


def _find(request: HttpRequest) -> HttpResponse:
    account = request.POST.get("account", "").strip()
    if not account or len(account) > ID_LENGTH_MAX:
        messages.error(request, gettext("Please name an account, as the messenger writes it."))
        return _page(request, None)
    try:
        found = steps.read_standing(
            account, by=signed_in(request), reason=request.POST.get("reason", ""), now=now()
        )
    except ReasonMissing:
        messages.error(request, gettext("Give a reason in a few words; it is recorded."))
        return _page(request, None)
    return _page(request, found)


def _lift(request: HttpRequest, what: str) -> HttpResponse:
    lift = steps.lift_strike if what == "lift_strike" else steps.lift_misuse
    try:
        lift(
            _named(request.POST.get("id", "")),
            by=signed_in(request),
            reason=request.POST.get("reason", ""),
            now=now(),
        )
    except NotLifted as error:
        for finding in str(error.fields["findings"]).split(","):
            messages.error(request, gettext(FINDINGS[Finding(finding)]))
    else:
        messages.success(request, gettext("It is lifted; what rested on it is being undone."))
    return redirect("staff_standing")


def _named(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFound(what="strike or pause") from error


def _page(request: HttpRequest, known: Panel | None) -> HttpResponse:
    moment = now()
    found = shown_to(signed_in(request), known, moment) if known is not None else None
    context = {
        "found": found,
        "strikes": [_strike_row(one, current=_counts(one, found)) for one in _strikes(found)],
        "penalties": [_penalty_row(one) for one in (found.penalties if found else ())],
        "misuses": [_misuse_row(one) for one in (found.misuses if found else ())],
        "suspensions": [_misuse_row(one) for one in suspensions(moment)],
        "senior": signed_in(request).has(Role.SENIOR),
        "moment": moment,
        "reason_characters_max": REASON_CHARACTERS_MAX,
        "id_length_max": ID_LENGTH_MAX,
    }
    answer = render(request, "desk/standing.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _strikes(found: Panel | None) -> Sequence[Strike]:
    return found.strikes if found else ()


def _counts(strike: Strike, found: Panel | None) -> bool:
    return found is not None and strike.lifted_at is None and strike.expires_at > now()


def _strike_row(strike: Strike, *, current: bool) -> dict[str, object]:
    return {
        "strike": strike,
        "harm": words.harm_name(strike.harm),
        "counts": current,
        "why": _why(strike.lifted_why),
    }


def _penalty_row(penalty: Penalty) -> dict[str, object]:
    return {
        "penalty": penalty,
        "does": words.action_name(ActionKind(penalty.does)),
        "why": _why(penalty.lifted_why),
    }


def _misuse_row(misuse: Misuse) -> dict[str, object]:
    return {
        "misuse": misuse,
        "kind": gettext(KINDS[MisuseKind(misuse.kind)]),
        "step": gettext(STEPS[MisuseStep(misuse.step)]),
        "why": _why(misuse.lifted_why),
    }


def _why(value: str) -> str:
    return gettext(WHY[LiftedWhy(value)]) if value else ""
