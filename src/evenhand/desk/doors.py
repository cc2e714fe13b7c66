"""Who may pass which door of the console."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from evenhand.base.errors import NotAllowed
from evenhand.people.models import Person
from evenhand.people.roles import Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class RoleMissing(NotAllowed):
    """A member of staff has no role that opens this door."""

    remedy = "Ask a colleague who has the role."


def staff_only(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Lets in signed-in staff who have one of the roles; with none named, all staff."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            member = signed_in(request)
            if roles and not any(member.has(role) for role in roles):
                raise RoleMissing(roles=",".join(roles))
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return guard


def signed_in(request: HttpRequest) -> Person:
    """Gives the member of staff who is signed in."""
    assert isinstance(request.user, Person), "the door lets in only staff"
    return request.user
