"""Was I concerned? The truth where it may be told, and one constant sentence otherwise.

Only the holder of an account gets an answer: by the link that each notice of the legal desk
carries to the account in the messenger.
"""

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.sealing import read_key
from evenhand.legal.asking import holder
from evenhand.legal.limits import ASKING_LINK
from evenhand.legal.queries import concerned as matters_told


@require_safe
def concerned(request: HttpRequest) -> HttpResponse:
    """Shows how to ask."""
    context = {"answered": False, "days": ASKING_LINK.days}
    return render(request, "desk/authorities/concerned.html", context)


@require_safe
def answer(request: HttpRequest, account: str, until: date, token: str) -> HttpResponse:
    """Answers the holder of an account: with what was told already, or the constant sentence."""
    key = read_key(settings.KEYS / "token.key")
    name = holder(account, until, token, on=now().date(), key=key)
    if name is None:
        raise NotFound(what="page")
    told = [
        gettext("Yes: in the matter %(number)s. You were told of it by a notice.")
        % {"number": number}
        for number in matters_told(name)
    ]
    constant = gettext("There is nothing that we can tell you about your account.")
    context = {
        "answered": True,
        "told": told,
        "constant": constant,
        "days": ASKING_LINK.days,
    }
    return render(request, "desk/authorities/concerned.html", context)
