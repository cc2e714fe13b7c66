"""Who may call the API: a program that shows an officer's living token."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from evenhand.authorities.machine_models import ApiToken
from evenhand.authorities.machines.queries import token_named
from evenhand.authorities.machines.steps import note_use
from evenhand.authorities.models import Officer
from evenhand.base.clock import now
from evenhand.base.errors import NotAllowed
from evenhand.desk.limits import API_CALLS_MAX, count_send

TOKEN_CHARACTERS_MAX = 200


class OfficerSuspended(NotAllowed):
    """The officer of this token may not act now."""

    remedy = "Ask the desk; the officer may have to be verified anew."


class Token(HttpBearer):
    """A bearer token (RFC 6750) of an officer."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Gives the token, None where it is unknown, ended or over."""
        count_send(request, form="api", sends_max=API_CALLS_MAX)
        if not token or len(token) > TOKEN_CHARACTERS_MAX:
            return None
        found = token_named(token, now=now())
        if found is None:
            return None
        note_use(found, now=now())
        return found


def officer_of(request: HttpRequest) -> Officer:
    """Gives the officer whose token a call shows, or refuses one who may not act."""
    token = getattr(request, "auth", None)
    assert isinstance(token, ApiToken), "the door lets in only living tokens"
    officer = token.officer
    if officer.suspended_at is not None or not officer.person.may_enter:
        raise OfficerSuspended(officer=officer.id)
    return officer
