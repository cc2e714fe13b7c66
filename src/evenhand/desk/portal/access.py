"""Access for programs: tokens are made and ended in the portal, against a passkey."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evenhand.authorities.machines import queries, steps
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotAllowed
from evenhand.desk import stepping_up
from evenhand.desk.doors import officer_in, officers_only, signed_in
from evenhand.desk.texts import line


@require_http_methods(["GET", "HEAD", "POST"])
@officers_only
def access(request: HttpRequest) -> HttpResponse:
    """Shows the tokens; makes one, which is shown once."""
    officer, text = officer_in(request), ""
    if request.method == "POST":
        stepping_up.require_passkey(request)
        try:
            made = steps.make_token(
                officer, line(request.POST.get("name", "")), by=signed_in(request), now=now()
            )
            text = made.text
        except (InputRefused, NotAllowed):
            messages.error(request, gettext("No token was made: check the name, or end one first."))
    context = {
        "token": text,
        "tokens": queries.tokens(officer.id),
        "webhooks": queries.webhooks(officer.id),
        "options": stepping_up.challenge(),
    }
    return render(request, "desk/portal/api.html", context)


@require_POST
@officers_only
def end(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Ends a token at once."""
    steps.end_token(officer_in(request), token_id, by=signed_in(request), now=now())
    messages.success(request, gettext("The token no longer works."))
    return redirect("portal_api")


@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    """Shows what the API offers, from its own document."""
    from evenhand.desk.api.routes import api

    document = api.get_openapi_schema()
    rows = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "says": operation.get("description", ""),
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return render(request, "desk/authorities/api.html", {"rows": rows})
