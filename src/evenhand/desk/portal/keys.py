"""The officer's age keys: answers are sealed to them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from evenhand.authorities import queries, steps
from evenhand.authorities.models import Officer, OfficerKey
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed, NotFound
from evenhand.desk import stepping_up
from evenhand.desk.doors import officer_in, officers_only, signed_in
from evenhand.desk.texts import line


@require_http_methods(["GET", "HEAD", "POST"])
@officers_only
def keys(request: HttpRequest) -> HttpResponse:
    """Shows the keys; ends one, or registers one against a passkey shown in the same moment."""
    officer = officer_in(request)
    if request.method == "POST":
        if "end" in request.POST:
            _end(request, officer)
        else:
            _register(request, officer)
        return redirect("portal_keys")
    context = {
        "rows": [_row(key) for key in queries.keys(officer.id)],
        "options": stepping_up.challenge(),
    }
    return render(request, "desk/portal/keys.html", context)


def _register(request: HttpRequest, officer: Officer) -> None:
    stepping_up.require_passkey(request)
    recipient = line(request.POST.get("recipient", ""))
    try:
        steps.add_key(officer.id, recipient, by=signed_in(request), now=now())
    except (InputRefused, NotAllowed):
        messages.error(request, gettext("This key was not registered: it is no new age key."))
    else:
        messages.success(
            request, gettext("The key is registered. We call your authority about it.")
        )


def _end(request: HttpRequest, officer: Officer) -> None:
    """Ends a key of this officer. It asks for no passkey: who lost a key must be fast."""
    named = request.POST.get("end", "")
    key = next((one for one in queries.keys(officer.id) if str(one.id) == named), None)
    if key is None:
        raise NotFound(what="key")
    steps.end_key(key.id, by=signed_in(request), now=now())
    messages.success(request, gettext("The key has ended. Nothing is sealed to it any more."))


def _row(key: OfficerKey) -> dict[str, object]:
    if key.ended_at is not None:
        state, tone = gettext("Ended"), ""
    elif key.call_back is None:
        state, tone = gettext("Waits for the call-back"), "warn"
    elif key.usable_from > now():
        state, tone = gettext("Waits for a day to pass"), "warn"
    else:
        state, tone = gettext("Can be used"), "good"
    return {"key": key, "state": state, "tone": tone}
