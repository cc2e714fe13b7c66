"""Was I concerned? The truth where it may be told, and one constant sentence otherwise.

Only the holder of an account gets an answer: by a link that the messenger delivers to the account,
as every notice of a decision carries one.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.sealing import read_key, token_for, token_holds
from evenhand.legal.queries import concerned as matters_told

PURPOSE = "concerned"


@require_safe
def concerned(request: HttpRequest) -> HttpResponse:
    """Shows how to ask."""
    return render(request, "desk/authorities/concerned.html", {"answered": False})


@require_safe
def answer(request: HttpRequest, account: str, token: str) -> HttpResponse:
    """Answers the holder of an account: with what was told already, or the constant sentence."""
    try:
        name = urlsafe_b64decode(account.encode() + b"=" * (-len(account) % 4)).decode()
    except ValueError as error:
        raise NotFound(what="page") from error
    key = read_key(settings.KEYS / "token.key")
    if not token_holds(token, PURPOSE, _subject(name), key=key):
        raise NotFound(what="page")
    told = [
        gettext("Yes: in the matter %(number)s. You were told of it by a notice.")
        % {"number": number}
        for number in matters_told(name)
    ]
    constant = gettext("There is nothing that we can tell you about your account.")
    context = {"answered": True, "told": told, "constant": constant}
    return render(request, "desk/authorities/concerned.html", context)


def link_for(account: str, *, key: bytes) -> str:
    """Gives the path at which the holder of an account gets the answer today."""
    name = urlsafe_b64encode(account.encode()).decode().rstrip("=")
    return f"/concerned/{name}/{token_for(PURPOSE, _subject(account), key=key)}/"


def _subject(account: str) -> bytes:
    """Gives what a link is for: one account, on one day in UTC."""
    return f"{now().date()}:{account}".encode()
