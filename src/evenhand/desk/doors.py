"""Who may pass which door: staff by role, officers of authorities by their registry entry."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from evenhand.authorities.models import Officer
from evenhand.authorities.queries import officer_of
from evenhand.base.clock import now
from evenhand.base.errors import NotAllowed
from evenhand.people.checks import StepUpNeeded, check_fresh
from evenhand.people.models import Person
from evenhand.people.powers import Power, roles_with
from evenhand.people.roles import STAFF_ROLES, Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

PROVED_AT = "passkey_proved_at"
"""Where a session keeps when its passkey was last shown."""

OFFICERS_HOME = "/authorities/portal/"
"""Where officers of authorities begin."""


class RoleMissing(NotAllowed):
    """A member of staff has no role that opens this door."""

    remedy = "Ask a colleague who has the role."


class NotAnOfficer(NotAllowed):
    """Whoever is signed in is no officer of an authority."""

    remedy = "Sign in with the passkey of an officer."


def staff_only(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Lets in signed-in staff who have one of the roles; with none named, all staff.

    An officer of an authority passes none of these doors.
    """
    assert Role.OFFICER not in roles, "an officer is no member of staff"
    wanted = roles or tuple(sorted(STAFF_ROLES))

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            member = signed_in(request)
            if not any(member.has(role) for role in wanted):
                raise RoleMissing(roles=",".join(wanted))
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return guard


def staff_who(power: Power) -> Callable[[View[P]], View[P]]:
    """Lets in signed-in staff who hold a power, as the table of powers says."""
    return staff_only(*roles_with(power))


def officers_only(view: View[P]) -> View[P]:
    """Lets in signed-in officers of authorities, and nobody who works here."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        officer_in(request)
        return view(request, *args, **kwargs)

    return login_required(guarded, login_url="portal_sign_in")


def signed_in(request: HttpRequest) -> Person:
    """Gives whoever is signed in."""
    assert isinstance(request.user, Person), "the door lets in only people we know"
    return request.user


def officer_in(request: HttpRequest) -> Officer:
    """Gives the officer who is signed in, or refuses anybody else."""
    person = signed_in(request)
    officer = officer_of(person.id) if person.has(Role.OFFICER) else None
    if officer is None:
        raise NotAnOfficer(person=person.id)
    return officer


def fresh_passkey(view: View[P]) -> View[P]:
    """Lets in whoever showed their passkey in the last minutes; others show it and come back.

    Stands below `staff_only` or `officers_only`. A form that was sent too late comes back as the
    page that it stood on: nothing is done by it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            check_fresh(proved_at=proved_at(request), now=now())
        except StepUpNeeded:
            return redirect(f"{reverse('step_up')}?{urlencode({'next': page_of(request)})}")
        return view(request, *args, **kwargs)

    return guarded


def note_proof(request: HttpRequest, *, at: datetime) -> None:
    """Notes in the session that its passkey was shown."""
    request.session[PROVED_AT] = at.isoformat()


def proved_at(request: HttpRequest) -> datetime | None:
    """Gives when the session's passkey was last shown."""
    noted = request.session.get(PROVED_AT)
    return datetime.fromisoformat(noted) if isinstance(noted, str) else None


def safe_next(request: HttpRequest, target: str) -> str:
    """Gives a target below our own address, or nothing."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target.startswith("/") and is_ours else ""


def home_of(person: Person) -> str:
    """Gives the page on which a person's work begins."""
    return reverse("staff_start") if person.is_staff_member else OFFICERS_HOME


def page_of(request: HttpRequest) -> str:
    """Gives the page that a request belongs to: itself, or the one its form stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return urlsplit(request.headers.get("Referer", "")).path or "/"
