"""Grave doors: whoever passes shows their passkey in the same moment, for this one thing."""

import json
from typing import Any

from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from cryptography.exceptions import InvalidSignature
from django.http import HttpRequest

from evenhand.base.clock import now
from evenhand.desk.doors import signed_in
from evenhand.people import steps
from evenhand.people.checks import StepUpNeeded


def challenge() -> str:
    """Gives the options of a passkey form as JSON; the session keeps the challenge."""
    return json.dumps(begin_authentication(None))


def require_passkey(request: HttpRequest) -> None:
    """Refuses a form that does not prove the passkey of whoever is signed in, now."""
    form = LoginWebAuthnForm(data=request.POST)
    if not proves(form):
        raise StepUpNeeded(why="proof")
    person = steps.sign_in(form.cleaned_data["credential"], now=now())
    if person.id != signed_in(request).id:
        raise StepUpNeeded(why="somebody else's passkey")


def proves(form: Any) -> bool:
    """Tells whether the browser's proof holds; what cannot even be read proves nothing.

    allauth and fido2 take the structure of a proof on trust and raise what they stumble over.
    """
    try:
        return bool(form.is_valid())
    except (ValueError, TypeError, LookupError, AttributeError, InvalidSignature):
        return False
