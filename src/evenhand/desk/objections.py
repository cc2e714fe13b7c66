"""The form by which a person objects to a decision, where it stands, and the talk about it."""

from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods
from nacl.public import PublicKey

from evenhand.actions.models import Decision
from evenhand.actions.queries import actions_of
from evenhand.appeals import queries, talk_steps
from evenhand.appeals.bodies import redress_in
from evenhand.appeals.checks import (
    AppealsPaused,
    NotOpen,
    ObjectionRefused,
    TooMuchSaid,
    WindowClosed,
    check_window,
)
from evenhand.appeals.limits import MESSAGE_CHARACTERS_MAX, OBJECTION_CHARACTERS_MAX
from evenhand.appeals.phrases import redress_lines
from evenhand.appeals.steps import decision_objected_to, object_to
from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError
from evenhand.base.lists import Language
from evenhand.base.sealing import read_key
from evenhand.cases.lists import CaseState
from evenhand.cases.models import Case
from evenhand.cases.queries import objection_to
from evenhand.desk.limits import count_send
from evenhand.desk.proof import proof_code
from evenhand.desk.words import FOLLOWED, action_name, automation_name, harm_name, reason_of

REFUSALS = (ObjectionRefused, WindowClosed, AppealsPaused, NotOpen, TooMuchSaid)
"""What the page itself says in words; everything else is a problem's page."""


@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: HttpRequest, decision_id: UUID, token: str) -> HttpResponse:
    """Shows the form or where the objection stands; takes an objection, or an answer about it."""
    token_key = read_key(settings.KEYS / "token.key")
    decision = decision_objected_to(decision_id, token, token_key=token_key)
    if request.method != "POST":
        return _page(request, decision)
    count_send(request, form="objection")
    case = objection_to(decision_id)
    try:
        if case is None:
            object_to(
                decision_id,
                token,
                request.POST.get("text", ""),
                token_key=token_key,
                evidence_key=evidence_key(),
                now=now(),
            )
        else:
            talk_steps.answer(
                case.id,
                request.POST.get("text", ""),
                origin=origin_of(request, case),
                evidence_key=evidence_key(),
                now=now(),
            )
    except REFUSALS as error:
        return _page(request, decision, refused=error)
    return redirect("objection", decision_id=decision_id, token=token)


def evidence_key() -> PublicKey:
    """Gives the public key to which everything that people write is sealed."""
    return PublicKey(read_key(settings.KEYS / "evidence.pub"))


def origin_of(request: HttpRequest, case: Case) -> str:
    """Gives what tells one sending of a form from another: a second click is the same message."""
    try:
        once = UUID(request.POST.get("once", ""))
    except ValueError:
        once = uuid4()
    return f"link:{case.id}:{once}"


def refusal_of(error: EvenhandError | None) -> str:
    """Gives what a page says of something that it did not take; empty if it took all."""
    match error:
        case None:
            return ""
        case WindowClosed():
            return gettext(
                "The six months in which we take this ended on %(day)s. You can still turn to a"
                " court."
            ) % {"day": error.fields["last_day"]}
        case AppealsPaused():
            return gettext(
                "Objections of this account are not taken for a time. The notice you got says"
                " until when and why. You can turn to a court."
            )
        case NotOpen():
            return gettext("This is decided already; nothing can be added.")
        case TooMuchSaid():
            return gettext("Enough was written about this; who decides has it all.")
        case ObjectionRefused() if error.fields["why"] == "empty":
            return gettext("Please write a few words; the field is empty.")
        case _:
            return gettext("Please shorten it to %(characters_max)s characters at most.") % {
                "characters_max": error.fields.get("characters_max", MESSAGE_CHARACTERS_MAX)
            }


def talk_context(case: Case | None, *, report: UUID | None = None) -> dict[str, object]:
    """Gives the talk about an appeal as the person sees it: no names of staff, own words sealed."""
    talk = queries.talk_about(case.id, report=report) if case else []
    return {
        "talk": [{"mine": one.item_id is not None, "text": one.text, "at": one.at} for one in talk],
        "asked": next(
            (one for one in reversed(talk) if one.text and one.answered_at is None), None
        ),
        "can_write": case is not None and case.state == CaseState.OPEN,
        "once": uuid4(),
        "message_characters_max": MESSAGE_CHARACTERS_MAX,
    }


def redress_shown(request: HttpRequest, country: str) -> list[str]:
    """Gives to whom somebody can turn out of court, in the language of the page."""
    language = Language(getattr(request, "LANGUAGE_CODE", Language.EN.value))
    return redress_lines(redress_in(country), language)


def _closed(decision: Decision) -> EvenhandError | None:
    try:
        check_window(queries.informed_at(decision), now=now())
    except WindowClosed as error:
        return error
    return None


def _page(
    request: HttpRequest, decision: Decision, *, refused: EvenhandError | None = None
) -> HttpResponse:
    reason, reason_language = reason_of(decision)
    case = objection_to(decision.id)
    closed = _closed(decision) if case is None else None
    context = {
        "decision": decision,
        "reason": reason,
        "reason_language": reason_language,
        "case": case,
        "closed": refusal_of(closed),
        "done": [action_name(action.kind) for action in actions_of(decision.id)],
        "harm": harm_name(decision.harm),
        "automation": automation_name(decision.automation),
        "characters_max": OBJECTION_CHARACTERS_MAX,
        "refused": refusal_of(refused),
        "text": request.POST.get("text", ""),
        "followed": [
            (action_name(one.kind), gettext(FOLLOWED[one.state]))
            for one in queries.followed(decision.id)
        ],
        "redress": redress_shown(request, decision.market),
        "proof_codes": [("", proof_code(decision.id))],
        **talk_context(case),
    }
    return render(request, "desk/objection.html", context, status=422 if refused else 200)
