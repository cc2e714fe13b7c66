"""Labels that decisions left on accounts and channels: seen without names, looked up, lifted."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.base.lists import TargetKind
from evenhand.desk import words
from evenhand.desk.doors import signed_in, staff_who
from evenhand.desk.standing import FINDINGS
from evenhand.people.checks import ReasonMissing
from evenhand.people.powers import Power
from evenhand.people.roles import Role
from evenhand.standing import label_steps
from evenhand.standing.checks import Finding, NotLifted
from evenhand.standing.limits import REASON_CHARACTERS_MAX
from evenhand.standing.models import Label
from evenhand.standing.queries import labels_standing


@require_http_methods(["GET", "HEAD", "POST"])
@staff_who(Power.SEE_STANDING)
def labels(request: HttpRequest) -> HttpResponse:
    """Shows what labels stand; finds those of one name, for a reason, or lifts one.

    What is looked for travels in the form: no account stands in an address or a log.
    """
    match request.POST.get("do", ""):
        case "find":
            return _find(request)
        case "lift":
            return _lift(request)
        case _:
            return _page(request)


def _find(request: HttpRequest) -> HttpResponse:
    name = request.POST.get("name", "").strip()
    if not name or len(name) > ID_LENGTH_MAX:
        messages.error(
            request, gettext("Please name an account or a channel, as the messenger writes it.")
        )
        return _page(request)
    try:
        found = label_steps.read_labels(
            name, by=signed_in(request), reason=request.POST.get("reason", ""), now=now()
        )
    except ReasonMissing:
        messages.error(request, gettext("Give a reason in a few words; it is recorded."))
        return _page(request)
    return _page(request, name=name, found=found)


def _lift(request: HttpRequest) -> HttpResponse:
    try:
        label_id = UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise NotFound(what="label") from error
    try:
        label_steps.lift_label(
            label_id, by=signed_in(request), reason=request.POST.get("reason", ""), now=now()
        )
    except NotLifted as error:
        for finding in str(error.fields["findings"]).split(","):
            messages.error(request, gettext(FINDINGS[Finding(finding)]))
    else:
        messages.success(request, gettext("It is lifted; no rule sees it any more."))
    return redirect("staff_labels")


def _page(
    request: HttpRequest, *, name: str = "", found: list[Label] | None = None
) -> HttpResponse:
    number, standing = labels_standing(now())
    context = {
        "name": name,
        "found": None if found is None else [_row(one) for one in found],
        "number": number,
        "labels": [_row(one) for one in standing],
        "senior": signed_in(request).has(Role.SENIOR),
        "reason_characters_max": REASON_CHARACTERS_MAX,
        "id_length_max": ID_LENGTH_MAX,
    }
    answer = render(request, "desk/labels.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _row(label: Label) -> dict[str, object]:
    return {
        "label": label,
        "harm": words.harm_name(label.harm),
        "on": gettext(words.TARGET_KINDS[TargetKind(label.target_kind)]),
        "action": next(iter(label.decision.actions.all()), None),
    }
