"""Sessions end by rest and by age, the sooner the more a role can do; `people.limits` says when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from evenhand.base.clock import now
from evenhand.desk.doors import page_of
from evenhand.people.checks import session_holds
from evenhand.people.models import Person

BEGAN_AT = "session_began_at"
"""Where a session keeps when somebody signed in by it."""

SEEN_AT = "session_seen_at"
"""Where a session keeps when it last asked for a page."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly that is kept: a write for every picture of a page would cost more than it tells."""


class ShortSessions:
    """Ends a session that rested too long or is too old, before anything is done by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer; a form that comes too late leads to the sign-in, and does nothing."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self._get_response(request)
        person = request.user
        if isinstance(person, Person) and not _holds(request, person):
            logout(request)
            messages.warning(
                request, gettext("Your session has ended, to be safe. Please sign in again.")
            )
            if request.method not in {"GET", "HEAD"}:
                door = "staff_sign_in" if person.is_staff_member else "portal_sign_in"
                return redirect(f"{reverse(door)}?{urlencode({'next': page_of(request)})}")
        return self._get_response(request)


def begin_session(request: HttpRequest, *, at: datetime) -> None:
    """Notes that somebody signed in just now: what this browser did before counts no more."""
    request.session[BEGAN_AT] = request.session[SEEN_AT] = at.isoformat()


def _holds(request: HttpRequest, person: Person) -> bool:
    moment = now()
    if BEGAN_AT not in request.session:
        begin_session(request, at=moment)
    began_at, seen_at = _moment(request, BEGAN_AT), _moment(request, SEEN_AT)
    if began_at is None or seen_at is None:
        return False
    if not session_holds(person.roles, began_at=began_at, seen_at=seen_at, now=moment):
        return False
    if moment - seen_at >= NOTED_EVERY:
        request.session[SEEN_AT] = moment.isoformat()
    return True


def _moment(request: HttpRequest, name: str) -> datetime | None:
    noted = request.session.get(name)
    try:
        return datetime.fromisoformat(noted) if isinstance(noted, str) else None
    except ValueError:
        return None
