"""The form by which a person objects to a decision, and where the objection stands."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from nacl.public import PublicKey

from evenhand.actions.models import Decision
from evenhand.actions.queries import actions_of
from evenhand.appeals.checks import ObjectionRefused
from evenhand.appeals.limits import OBJECTION_CHARACTERS_MAX
from evenhand.appeals.steps import decision_objected_to, object_to
from evenhand.base.clock import now
from evenhand.base.sealing import read_key
from evenhand.cases.queries import objection_to
from evenhand.desk.limits import count_send
from evenhand.desk.words import action_name, automation_name, harm_name, reason_of


@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: HttpRequest, decision_id: UUID, token: str) -> HttpResponse:
    """Shows the form or where the objection stands; takes an objection."""
    token_key = read_key(settings.KEYS / "token.key")
    decision = decision_objected_to(decision_id, token, token_key=token_key)
    if request.method != "POST":
        return _page(request, decision)
    count_send(request, form="objection")
    try:
        object_to(
            decision_id,
            token,
            request.POST.get("text", ""),
            token_key=token_key,
            evidence_key=PublicKey(read_key(settings.KEYS / "evidence.pub")),
            now=now(),
        )
    except ObjectionRefused as error:
        return _page(request, decision, refused=error)
    return redirect("objection", decision_id=decision_id, token=token)


def _page(
    request: HttpRequest, decision: Decision, *, refused: ObjectionRefused | None = None
) -> HttpResponse:
    reason, reason_language = reason_of(decision)
    context = {
        "decision": decision,
        "reason": reason,
        "reason_language": reason_language,
        "case": objection_to(decision.id),
        "done": [action_name(action.kind) for action in actions_of(decision.id)],
        "harm": harm_name(decision.harm),
        "automation": automation_name(decision.automation),
        "characters_max": OBJECTION_CHARACTERS_MAX,
        "refused": refused.fields["why"] if refused else "",
        "text": request.POST.get("text", ""),
    }
    return render(request, "desk/objection.html", context, status=422 if refused else 200)
