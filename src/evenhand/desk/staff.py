"""How people come in: a one-time link enrols a passkey, a passkey signs in. No password exists.

The same doors serve staff and officers of authorities; who somebody is decides where they land.
"""

import json
from typing import Any

from allauth.mfa.webauthn.forms import LoginWebAuthnForm, SignupWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication, begin_registration
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from evenhand.base.clock import now
from evenhand.desk.doors import home_of, note_proof, safe_next, signed_in
from evenhand.desk.limits import SIGN_IN_TRIES_MAX, count_send
from evenhand.desk.sessions import begin_session
from evenhand.desk.sign_on import provider_name
from evenhand.desk.stepping_up import proves
from evenhand.people import steps
from evenhand.people.checks import KeyRefused, SignInRefused
from evenhand.people.models import Person
from evenhand.people.passkeys import BACKEND


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Signs in with a passkey."""
    count_send(request, form="sign-in", sends_max=SIGN_IN_TRIES_MAX)
    if request.method != "POST":
        context = {
            "options": _as_json(begin_authentication(None)),
            "next": safe_next(request, request.GET.get("next", "")),
            "provider": provider_name() if request.path == reverse("staff_sign_in") else "",
        }
        return render(request, "desk/sign_in.html", context)
    form = LoginWebAuthnForm(data=request.POST)
    if not proves(form):
        raise SignInRefused(why="proof")
    moment = now()
    member = steps.sign_in(form.cleaned_data["credential"], now=moment)
    login(request, member, backend=BACKEND)
    begin_session(request, at=moment)
    note_proof(request, at=moment)
    return redirect(safe_next(request, request.POST.get("next", "")) or home_of(member))


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    """Takes the passkey of whoever is signed in once more, for what is grave."""
    count_send(request, form="step-up", sends_max=SIGN_IN_TRIES_MAX)
    if request.method != "POST":
        context = {
            "options": _as_json(begin_authentication(None)),
            "next": safe_next(request, request.GET.get("next", "")),
            "again": True,
        }
        return render(request, "desk/sign_in.html", context)
    form = LoginWebAuthnForm(data=request.POST)
    if not proves(form):
        raise SignInRefused(why="proof")
    moment, member = now(), signed_in(request)
    if steps.sign_in(form.cleaned_data["credential"], now=moment) != member:
        raise SignInRefused(why="somebody else's passkey")
    note_proof(request, at=moment)
    return redirect(safe_next(request, request.POST.get("next", "")) or home_of(member))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    is_officer = isinstance(request.user, Person) and not request.user.is_staff_member
    logout(request)
    return redirect("portal_sign_in" if is_officer else "staff_sign_in")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Enrols a passkey by a one-time link, and signs in with it."""
    count_send(request, form="enrol", sends_max=SIGN_IN_TRIES_MAX)
    member = steps.invited(token, now=now())
    if request.method != "POST":
        context = {"member": member, "options": _as_json(begin_registration(member, True))}
        return render(request, "desk/enrol.html", context)
    form = SignupWebAuthnForm(data=request.POST, user=member)
    if not proves(form):
        raise KeyRefused(why="proof")
    moment = now()
    member = steps.enrol(token, form.cleaned_data["credential"], now=moment)
    login(request, member, backend=BACKEND)
    begin_session(request, at=moment)
    note_proof(request, at=moment)
    return redirect(home_of(member))


def _as_json(options: Any) -> str:
    return json.dumps(options)
