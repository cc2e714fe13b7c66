"""Colleagues of one authority: vouched for, verified anew, and handed a request over to."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.authorities import queries as registry
from evenhand.authorities import steps as registry_steps
from evenhand.authorities.checks import standing
from evenhand.authorities.models import Officer
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.desk.doors import fresh_passkey, officer_in, officers_only, signed_in
from evenhand.desk.matter_rows import said_of
from evenhand.desk.refusals import WHY, say_refusal
from evenhand.legal import queries, steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.lists import MatterState
from evenhand.legal.matter_steps import HANDING_OVER
from evenhand.legal.models import Matter

SOON = timedelta(days=14)
"""From when a verification that runs out is shown as waiting: two weeks reach over a holiday."""

STANDS = gettext_noop("In good standing")


@require_http_methods(["GET", "HEAD", "POST"])
@officers_only
def colleagues(request: HttpRequest) -> HttpResponse:
    """Shows the colleagues, who waits first; vouches for one or verifies one anew.

    Who does not stand for the authority is shown nobody: an invited stranger learns no name.
    """
    if request.method == "POST":
        return _vouch(request)
    own, at = officer_in(request), now()
    barred = [gettext(WHY[one.value]) for one in standing(registry.facts_of(own), now=at)]
    others = [] if barred else _others(own)
    rows = sorted((_row(one, own, at=at) for one in others), key=_waiting_first)
    context = {"rows": rows, "barred": barred, "authority": own.authority}
    return render(request, "desk/portal/colleagues.html", context)


@require_POST
@officers_only
@fresh_passkey
def hand_over(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Hands a request over to a colleague, who alone sees it from then on."""
    matter = queries.matter_of_officer(matter_id, officer_in(request).id)
    try:
        to = _colleague(request)
        steps.hand_over(matter.id, to=to.id, by=signed_in(request), now=now())
    except StepRefused as error:
        for said in said_of(error):
            messages.error(request, said)
        return redirect("portal_request", matter_id=matter.id)
    said = gettext("%(number)s is handed over to %(name)s.")
    messages.success(request, said % {"number": matter.number, "name": to.person.name})
    return redirect("portal")


def takers(matter: Matter, own: Officer, *, at: datetime) -> list[tuple[str, str]]:
    """Gives the colleagues to whom a request can be handed over now, by id and name."""
    if MatterState(matter.state) not in HANDING_OVER or not queries.stands(own, now=at):
        return []
    found = [one for one in _others(own) if queries.stands(one, now=at)]
    return [(str(one.id), one.person.name) for one in found]


@fresh_passkey
def _vouch(request: HttpRequest) -> HttpResponse:
    person, one = signed_in(request), _colleague(request)
    try:
        if request.POST.get("step") == "reverify":
            registry_steps.reverify(one.id, by=person, now=now())
        else:
            registry_steps.vouch(one.id, by=person, now=now())
    except (InputRefused, NotAllowed) as error:
        say_refusal(request, error)
    else:
        said = gettext("You stand for %(name)s. It is recorded with your name.")
        messages.success(request, said % {"name": one.person.name})
    return redirect("portal_colleagues")


def _colleague(request: HttpRequest) -> Officer:
    """Gives the colleague whom a form names; another authority's officer does not exist here."""
    try:
        one = registry.officer(UUID(request.POST.get("officer", "")))
    except ValueError as error:
        raise NotFound(what="officer") from error
    if one.authority_id != officer_in(request).authority_id:
        raise NotFound(what="officer", id=one.id)
    return one


def _others(own: Officer) -> list[Officer]:
    return [one for one in registry.officers(authority=own.authority_id) if one.id != own.id]


def _row(one: Officer, own: Officer, *, at: datetime) -> dict[str, object]:
    until = one.verified_until
    lapses = one.vouched_at is not None and (until is None or until <= at + SOON)
    if one.suspended_at is not None:
        state, tone = gettext("Suspended"), "bad"
    elif one.vouched_at is None:
        state, tone = gettext("Nobody vouched yet"), "warn"
    elif until is None or until <= at:
        state, tone = gettext("Verification lapsed"), "warn"
    else:
        state, tone = gettext(STANDS), "good"
    barred = one.suspended_at is not None or one.linked_by_id == own.person_id
    return {
        "officer": one,
        "state": state,
        "tone": tone,
        "step": "" if barred else "vouch" if one.vouched_at is None else "reverify" * lapses,
        "waits": tone == "warn" or (tone == "good" and lapses),
    }


def _waiting_first(row: dict[str, object]) -> bool:
    return not row["waits"]
