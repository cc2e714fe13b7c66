"""The steps of a matter as forms send them: each asks the legal room, which decides."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.authorities.queries import confirmed_call_back
from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused, NotAllowed
from evenhand.base.lists import ActionKind, Language, TargetKind
from evenhand.desk.doors import fresh_passkey, signed_in, staff_only
from evenhand.desk.engines import violations
from evenhand.desk.filled import identifiers_of
from evenhand.desk.legal.matter import MEASURES, matter_page
from evenhand.desk.legal.queue import LEGAL_ROLES
from evenhand.desk.matter_rows import said_of
from evenhand.desk.texts import fits, line, lines
from evenhand.legal import queries, steps
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.drafts import (
    BoardVote,
    NoticeDecision,
    Plan,
    SubstanceAnswers,
    Validation,
)
from evenhand.legal.lists import (
    Authenticity,
    BoardDecision,
    EnforcingAnswer,
    IdentifierKind,
    NoticeState,
    PlanKind,
    Said,
    Substance,
)
from evenhand.legal.models import Matter, UserNotice
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import Refusal
from evenhand.people.models import Person

MATRIX_TO = "https://matrix.to/#/"

Chosen = TypeVar("Chosen", bound=StrEnum)

Doing = Callable[[HttpRequest, Matter, Person, datetime], str]


def step_form(doing: Doing, *, grave: bool = False) -> Callable[..., HttpResponse]:
    """Makes a view of a step: finds the matter, does the step, says what became of it.

    A grave one wants a passkey that was shown just now.
    """

    def view(request: HttpRequest, /, matter_id: UUID) -> HttpResponse:
        person = signed_in(request)
        matter = queries.matter_for(matter_id, person)
        try:
            messages.success(request, doing(request, matter, person, now()))
        except NotAllowed as error:
            for said in said_of(error):
                messages.error(request, said)
        except InputRefused as error:
            messages.error(request, str(error.fields.get("why", error.remedy)))
        return redirect("legal_matter", matter_id=matter.id)

    view.__doc__ = doing.__doc__
    inner = fresh_passkey(view) if grave else view
    return require_POST(staff_only(*LEGAL_ROLES)(inner))


@require_POST
@staff_only(*LEGAL_ROLES)
def reveal(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Shows what a request names once, against a reason that is recorded."""
    person = signed_in(request)
    matter = queries.matter_for(matter_id, person)
    try:
        revealed = steps.reveal_identifiers(
            matter.id, by=person, reason=text_in(request, "reason"), now=now()
        )
    except NotAllowed as error:
        for said in said_of(error):
            messages.error(request, said)
        return redirect("legal_matter", matter_id=matter.id)
    return matter_page(request, matter, revealed=revealed)


def _ask(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Asks the authority; the clock stands meanwhile."""
    steps.ask(
        matter.id,
        by=person,
        text=text_in(request, "text"),
        missing=[line(name) for name in request.POST.getlist("missing")],
        now=at,
    )
    return gettext("The question is on its way. The clock stands.")


def _validate(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps what was found of form and sender."""
    call = confirmed_call_back(matter=matter.id)
    validation = Validation(
        authenticity=listed(Authenticity, request, "authenticity"),
        note=text_in(request, "note"),
        call_back=call.id if call else None,
        suspect=request.POST.get("suspect") == "yes",
        informed_at=moment_in(request, "informed_at"),
        urgent=request.POST.get("urgent") == "yes",
    )
    steps.validate(matter.id, validation, by=person, now=at)
    return gettext("Form and sender are kept as validated.")


def _assess(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps the answers to the questions of substance."""
    given = {one: request.POST.get(f"substance-{one.value}", "") for one in Substance}
    answers = SubstanceAnswers(
        answers={one: Said(said) for one, said in given.items() if said in set(Said)},
        reason=text_in(request, "reason"),
    )
    made = steps.assess(matter.id, answers, by=person, now=at)
    if made.needs_board:
        return gettext("The answers are kept. The board decides; the clock runs on.")
    return gettext("The answers are kept.")


def _vote(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps one vote of the board."""
    ballot = BoardVote(listed(BoardDecision, request, "decision"), text_in(request, "reason"))
    steps.vote(matter.id, ballot, by=person, now=at)
    return gettext("Your vote is kept.")


def _prepare(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Proposes an answer; a second person releases it."""
    steps.prepare(matter.id, plan_from(request), by=person, violations=violations(), now=at)
    return gettext("It is prepared. Somebody else releases it.")


def _return(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Sends a plan back."""
    steps.return_plan(matter.id, by=person, reason=text_in(request, "reason"), now=at)
    return gettext("It is sent back to be prepared anew.")


def _release(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Releases what was prepared, by the approver's passkey over its digest."""
    credential = credential_in(request)
    steps.release(matter.id, by=person, credential=credential, violations=violations(), now=at)
    return gettext("It is released.")


def _window(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps how the enforcing authority's window ended."""
    answer = listed(EnforcingAnswer, request, "answer")
    steps.note_window(matter.id, answer, by=person, note=text_in(request, "note"), now=at)
    return gettext("It is kept.")


def _notice(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Decides what one account is told."""
    accounts = queries.concerned_accounts(matter) or ("",)
    numbered = {str(number): account for number, account in enumerate(accounts)}
    account = numbered.get(request.POST.get("account", ""))
    if account is None:
        raise InputRefused(what="account", why=gettext("This account is not concerned."))
    basis = line(text_in(request, "basis"))
    if not fits(basis, UserNotice, "basis"):
        raise InputRefused(what="basis", why=gettext("A text is too long."))
    state = listed(NoticeState, request, "state")
    until = _day(text_in(request, "until")) if state is NoticeState.DELAYED_UNTIL else None
    decision = NoticeDecision(
        account=account,
        basis=basis,
        language=Language.EN.value,
        tell=state is not NoticeState.NOT_REQUIRED,
        forbidden=state is NoticeState.FORBIDDEN_UNTIL_LIFTED,
        until=until,
        authority_tells=state is NoticeState.AUTHORITY_NOTIFIES,
    )
    steps.decide_notice(matter.id, decision, by=person, now=at)
    return gettext("It is decided what the user is told.")


def _review(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Keeps what a third person found of an emergency."""
    steps.after_review(matter.id, by=person, note=text_in(request, "note"), now=at)
    return gettext("The review is kept.")


def _close(request: HttpRequest, matter: Matter, person: Person, at: datetime) -> str:
    """Closes a matter."""
    del request
    steps.close(matter.id, by=person, now=at)
    return gettext("The matter is closed.")


@require_POST
@staff_only(*LEGAL_ROLES)
def confirm(request: HttpRequest, matter_id: UUID, disclosure_id: UUID) -> HttpResponse:
    """Keeps that the authority's head office confirmed a delivery."""
    person = signed_in(request)
    matter = queries.matter_for(matter_id, person)
    try:
        if disclosure_id not in {one.id for one in queries.disclosures(matter.id)}:
            raise InputRefused(what="package", why="of another matter")
        steps.confirm_delivery(
            disclosure_id, by=person.id, note=text_in(request, "note"), now=now()
        )
        messages.success(request, gettext("The confirmation is kept."))
    except EvenhandError as error:
        for said in said_of(error):
            messages.error(request, said)
    return redirect("legal_matter", matter_id=matter.id)


ask = step_form(_ask)
validate = step_form(_validate)
assess = step_form(_assess)
vote = step_form(_vote)
prepare = step_form(_prepare)
return_plan = step_form(_return)
release = step_form(_release)
window = step_form(_window)
notice = step_form(_notice)
review = step_form(_review)
close = step_form(_close)


def plan_from(request: HttpRequest) -> Plan:
    """Gives the plan that a form describes; the legal room judges it."""
    kind = listed(PlanKind, request, "plan")
    answer = text_in(request, "answer")
    ground = text_in(request, "ground")
    if kind is PlanKind.REFUSE:
        return Plan(kind=kind, answer=answer, ground=ground_of(ground))
    wanted = [one for one in request.POST.getlist("want") if one in set(DataClass)]
    return Plan(
        kind=kind,
        answer=answer,
        measures=_measures(request),
        accounts=_lines(request, "accounts"),
        want=frozenset(DataClass(one) for one in wanted),
        harm=text_in(request, "harm"),
        notified=_lines(request, "notified"),
        preservation=_preservation(request),
    )


def _preservation(request: HttpRequest) -> UUID | None:
    """Gives what was preserved that a form answers from; nothing chosen is the messenger."""
    chosen = request.POST.get("preservation", "")
    try:
        return UUID(chosen) if chosen else None
    except ValueError as error:
        why = gettext("Please choose one of the answers offered.")
        raise InputRefused(what="preservation", why=why) from error


def ground_of(code: str) -> Refusal | FurtherGround | None:
    """Gives the ground of a code, the law's own or a further one; None where it is neither."""
    if code in set(Refusal):
        return Refusal(code)
    return FurtherGround(code) if code in set(FurtherGround) else None


def credential_in(request: HttpRequest) -> dict[str, Any]:
    """Gives the signature that a form carries; the legal room verifies it."""
    try:
        credential = json.loads(request.POST.get("credential", ""))
    except ValueError as error:
        raise InputRefused(what="credential", why=gettext("The signature is missing.")) from error
    if not isinstance(credential, dict):
        raise InputRefused(what="credential", why=gettext("The signature is missing."))
    return credential


def _measures(request: HttpRequest) -> tuple[Measure, ...]:
    lines = _lines(request, "targets")
    if not lines:
        return ()
    kind = listed(ActionKind, request, "measure")
    if kind not in MEASURES:
        raise InputRefused(
            what="measure", why=gettext("This measure does not belong to this kind.")
        )
    named, wrong = identifiers_of(lines, since=None, until=None)
    if wrong:
        raise InputRefused(what="targets", why=" ".join(wrong))
    territory = tuple(code.upper() for code in text_in(request, "territory").split())
    return tuple(
        Measure(kind, target_of(one.kind, one.value), territory=territory) for one in named
    )


def target_of(kind: IdentifierKind, value: str) -> Target:
    """Gives what a measure is aimed at: a room, or a message in its room."""
    match kind:
        case IdentifierKind.CHANNEL:
            return Target(TargetKind.CHANNEL, channel=value)
        case IdentifierKind.LINK:
            channel, _, event = value.removeprefix(MATRIX_TO).partition("/")
            return Target(TargetKind.EVENT, channel=channel, event=event)
        case _:
            raise InputRefused(what="target", why=gettext("Name a room, or a message by its link."))


def text_in(request: HttpRequest, name: str) -> str:
    """Gives what was typed in a field, without surrounding space and control characters."""
    return lines(request.POST.get(name, ""))


def _lines(request: HttpRequest, name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text_in(request, name).splitlines() if line.strip())


def listed(kind: type[Chosen], request: HttpRequest, name: str) -> Chosen:
    """Gives what was chosen of a closed list, or refuses anything else."""
    value = request.POST.get(name, "")
    if value not in set(kind):
        raise InputRefused(what=name, why=gettext("Please choose one of the answers offered."))
    return kind(value)


def moment_in(request: HttpRequest, name: str) -> datetime | None:
    """Gives the moment that was typed, in UTC; None where nothing was."""
    typed = request.POST.get(name, "").strip()
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC) if typed else None
    except ValueError as error:
        raise InputRefused(what=name, why=gettext("A date is not well formed.")) from error


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise InputRefused(what="day", why=gettext("A date is not well formed.")) from error
