"""Markets and the law as staff see them: states, two people, duties, sign-offs."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import EvenhandError, InputRefused, NotAllowed, NotFound
from evenhand.base.lists import Language
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.law_rows import entry_row
from evenhand.desk.texts import line, lines
from evenhand.markets import queries, steps
from evenhand.markets.checks import PROPOSERS, Finding
from evenhand.markets.duties import own_duties
from evenhand.markets.limits import OFFICE_CHARACTERS_MAX
from evenhand.markets.lists import DutyState, MarketState, RightsAnswer, RightsQuestion
from evenhand.markets.regimes import law
from evenhand.people.models import Person
from evenhand.people.queries import person_of, staff_with
from evenhand.people.roles import Role
from evenhand.transparency.words import language_name

MARKET_ROLES = (Role.LEGAL_OFFICER, Role.APPROVER, Role.BOARD, Role.REPRESENTATIVE)

RIGHTS = {
    RightsQuestion.INDEPENDENT_COURTS: gettext_noop("Do courts decide without orders from above?"),
    RightsQuestion.SPEECH: gettext_noop("May people say what they think of those who rule?"),
    RightsQuestion.PRESS: gettext_noop("May journalists work and keep their sources?"),
    RightsQuestion.RELIGION: gettext_noop("May people believe, or not believe, as they wish?"),
    RightsQuestion.ORIENTATION: gettext_noop("May people love and be who they are?"),
    RightsQuestion.ASSEMBLY: gettext_noop("May people gather, organise and protest?"),
    RightsQuestion.BODILY_INTEGRITY: gettext_noop("Are people in custody safe from torture?"),
    RightsQuestion.DATA_PROTECTION: gettext_noop(
        "Is what an authority is given used for that case alone?"
    ),
    RightsQuestion.REMEDY: gettext_noop("Can a person concerned learn of it and go to court?"),
}
RIGHTS_ANSWERS = {
    RightsAnswer.UPHELD: gettext_noop("Upheld"),
    RightsAnswer.IN_DOUBT: gettext_noop("In doubt"),
    RightsAnswer.VIOLATED: gettext_noop("Violated"),
}
FINDINGS = {
    Finding.NOT_ITS_ROLE: gettext_noop("Your role does not allow this step."),
    Finding.SAME_PERSON: gettext_noop("Somebody else has to do this: four eyes."),
    Finding.SETTLED_ALREADY: gettext_noop("This is settled already, or another one is open."),
    Finding.PROPOSAL_OPEN: gettext_noop("This is settled already, or another one is open."),
    Finding.REASON_MISSING: gettext_noop("Please give your reasons."),
    Finding.REASON_TOO_LONG: gettext_noop("The reasons are too long."),
    Finding.STATE_CANNOT_FOLLOW: gettext_noop("This state cannot follow the one that holds."),
    Finding.ALREADY_OPEN: gettext_noop("This market is open already."),
    Finding.COUNTRY_CLOSED: gettext_noop("Authorities of this country get nothing here."),
    Finding.RIGHT_NOT_ASSESSED: gettext_noop("Answer every question about rights."),
    Finding.RIGHT_VIOLATED: gettext_noop("A right is violated there: the market stays shut."),
    Finding.ENTRY_VERIFIED: gettext_noop("This entry is verified and needs no sign-off."),
    Finding.NOT_A_REPRESENTATIVE: gettext_noop("This person is no representative."),
    Finding.FIGURES_IMPLAUSIBLE: gettext_noop("These numbers cannot be right."),
}
DUTY_TONES = {DutyState.HOLDS: "bad", DutyState.NEAR: "warn", DutyState.BELOW: "good"}
DUTY_STATES = {
    DutyState.HOLDS: gettext_noop("holds"),
    DutyState.NEAR: gettext_noop("near"),
    DutyState.BELOW: gettext_noop("far below"),
}


@require_safe
@staff_only(*MARKET_ROLES)
def markets(request: HttpRequest) -> HttpResponse:
    """Lists the markets with their states, and what waits for a second person."""
    states = queries.states()
    context = {
        "page_name": "markets",
        "rows": [_row(code, states.get(code)) for code in sorted({*law().countries, *states})],
        "proposals": [
            {"row": one, "name": country(one.country), "to": _state_name(one.to_state)}
            for one in queries.open_proposals()
        ],
        "assessments": [
            {"row": one, "name": country(one.country)} for one in queries.open_assessments()
        ],
    }
    return render(request, "desk/legal/markets.html", context)


@require_safe
@staff_only(*MARKET_ROLES)
def market(request: HttpRequest, code: str) -> HttpResponse:
    """Shows one market: state, duties from its users, representatives, every change."""
    code = code.upper()
    if len(code) != 2 or not code.isalpha():
        raise NotFound(what="market", code=code)
    person, today = signed_in(request), now().date()
    represented = {one.person_id for one in queries.representatives(code)}
    proposal = next((one for one in queries.open_proposals() if one.country == code), None)
    assessment = next((one for one in queries.open_assessments() if one.country == code), None)
    context = _row(code, queries.state_of(code)) | {
        "page_name": "markets",
        "proposal": proposal,
        "proposed": _state_name(proposal.to_state) if proposal else "",
        "assessment": assessment,
        "assessment_rows": [
            (gettext(RIGHTS[RightsQuestion(name)]), gettext(RIGHTS_ANSWERS[RightsAnswer(answer)]))
            for name, answer in (assessment.answers if assessment else {}).items()
        ],
        "states": [
            (one.value, gettext(words.MARKET_STATES[one]), gettext(words.MARKET_HINTS[one]))
            for one in MarketState
            if one is not MarketState.OPEN
        ],
        "rights": [(one.value, gettext(text)) for one, text in RIGHTS.items()],
        "rights_answers": [(one.value, gettext(text)) for one, text in RIGHTS_ANSWERS.items()],
        "duties": [
            {
                "duty": one,
                "state": gettext(DUTY_STATES[one.state]),
                "tone": DUTY_TONES[one.state],
            }
            for one in queries.duties_of(code, law(), on=today)
        ],
        "own_duties": own_duties(code, law(), on=today),
        "may_change": any(person.has(role) for role in PROPOSERS),
        "candidates": [
            (str(one.id), one.name)
            for one in staff_with(Role.REPRESENTATIVE)
            if one.id not in represented
        ],
        "languages_offered": [(one.value, language_name(one.value)) for one in Language],
        "figures": queries.figures_of(code)[:6],
        "representatives": queries.representatives(code),
        "changes": [
            {
                "change": one,
                "to": _state_name(one.to_state),
                "by": [_name(one.proposed_by_id), _name(one.approved_by_id)],
            }
            for one in queries.changes_of(code)
        ],
        "is_me": bool(proposal and proposal.proposed_by_id == person.id),
    }
    return render(request, "desk/legal/market.html", context)


@require_POST
@staff_only(*MARKET_ROLES)
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Does one of the steps about a market that the page offers."""
    code, person = code.upper(), signed_in(request)
    try:
        _do(request, code, person)
    except NotAllowed as error:
        _say(request, error)
    except InputRefused as error:
        messages.error(request, str(error.fields["why"]))
    else:
        messages.success(request, gettext("It is kept."))
    return redirect("legal_market", code=code.lower())


def _do(request: HttpRequest, code: str, person: Person) -> None:
    """Does what was asked; about people and numbers in a function of its own."""
    at, reason = now(), lines(request.POST.get("reason", ""))
    match request.POST.get("step", ""):
        case "propose":
            to = _listed_state(request.POST.get("to", ""))
            steps.propose_change(code, to, reason=reason, by=person, now=at)
        case "approve":
            steps.approve_change(_id(request), by=person, now=at)
        case "reject":
            steps.reject_change(_id(request), by=person, now=at)
        case "assess":
            answers = {
                one: RightsAnswer(request.POST.get(f"right-{one.value}", ""))
                for one in RightsQuestion
                if request.POST.get(f"right-{one.value}", "") in set(RightsAnswer)
            }
            steps.assess_rights(code, answers, conclusion=reason, by=person, law=law(), now=at)
        case "open":
            steps.open_market(_id(request), by=person, now=at)
        case "figures":
            _keep_figures(request, code, person)
        case "name":
            _name_representative(request, code, person)
        case "dismiss":
            one = _id(request)
            if one not in {row.id for row in queries.representatives(code)}:
                raise NotFound(what="representative", id=one)
            steps.dismiss_representative(one, by=person, now=at)
        case _:
            raise NotFound(what="step", code=code)


def _keep_figures(request: HttpRequest, code: str, person: Person) -> None:
    """Keeps a month's numbers, and says at once which duties they bring or bring near."""
    standings = steps.keep_figures(
        code,
        _month(request.POST.get("month", "")),
        monthly=_number(request.POST.get("monthly", "")),
        daily=_number(request.POST.get("daily", "")),
        by=person,
        law=law(),
        now=now(),
    )
    for one in standings:
        said = gettext("%(percent)s %% of a threshold is reached: %(duty)s")
        messages.warning(request, said % {"percent": one.percent, "duty": one.threshold.duty})


def _name_representative(request: HttpRequest, code: str, person: Person) -> None:
    """Names one of the staff who hold the role, with an office where they are found."""
    spoken = tuple(
        Language(one) for one in request.POST.getlist("language") if one in set(Language)
    )
    chosen = person_of(_id(request, "person"))
    if chosen is None:
        raise NotFound(what="person")
    if not spoken:
        raise InputRefused(what="language", why=gettext("Choose at least one language."))
    office = line(request.POST.get("office", ""))
    if len(office) > OFFICE_CHARACTERS_MAX:
        raise InputRefused(what="office", why=gettext("A text is too long."))
    steps.name_representative(chosen, code, office=office, languages=spoken, by=person, now=now())


@require_safe
@staff_only(*MARKET_ROLES)
def regimes(request: HttpRequest) -> HttpResponse:
    """Lists the laws that are kept here."""
    rows = [
        {
            "regime": one,
            "countries": [country(code) for code in sorted(one.jurisdictions)],
            "unverified": sum(1 for kind in one.requests if not kind.verified),
        }
        for one in law().regimes.values()
    ]
    return render(request, "desk/legal/regimes.html", {"rows": rows, "page_name": "regimes"})


@require_safe
@staff_only(*MARKET_ROLES)
def regime(request: HttpRequest, regime_id: str) -> HttpResponse:
    """Shows one law: every entry with its source, and whether it is verified."""
    found = law().regime(regime_id)
    context = {
        "page_name": "regimes",
        "regime": found,
        "countries": [country(code) for code in sorted(found.jurisdictions)],
        "entries": [
            {
                "entry": entry_row(kind, found),
                "sign_off": queries.sign_off_of(kind.id, found.version),
            }
            for kind in found.requests
        ],
        "can_sign": signed_in(request).has(Role.LEGAL_OFFICER),
    }
    return render(request, "desk/legal/regime.html", context)


@require_POST
@staff_only(Role.LEGAL_OFFICER)
def sign_off(request: HttpRequest, entry: str) -> HttpResponse:
    """Keeps or takes back a legal officer's word that an unverified entry holds."""
    kind = law().kind(entry)
    person, reason = signed_in(request), lines(request.POST.get("reason", ""))
    try:
        if request.POST.get("step") == "withdraw":
            steps.withdraw_sign_off(_id(request), by=person, now=now())
        else:
            steps.sign_off(entry, reason=reason, by=person, law=law(), now=now())
    except NotAllowed as error:
        _say(request, error)
    else:
        messages.success(request, gettext("It is kept."))
    return redirect("legal_regime", regime_id=kind.regime)


def _row(code: str, state: MarketState | None) -> dict[str, object]:
    return {
        "code": code,
        "country": country(code),
        "state": gettext(words.MARKET_STATES[state]) if state else gettext("Never opened"),
        "hint": gettext(words.MARKET_HINTS[state]) if state else "",
        "tone": words.MARKET_TONES[state] if state else "",
        "is_open": state is MarketState.OPEN,
    }


def _say(request: HttpRequest, error: EvenhandError) -> None:
    findings = error.fields.get("findings", ())
    for code in findings if isinstance(findings, list) else ():
        messages.error(request, gettext(FINDINGS[Finding(code)]))


def _state_name(value: str) -> str:
    return gettext(words.MARKET_STATES[MarketState(value)])


def _name(person_id: UUID) -> str:
    person = person_of(person_id)
    return person.name if person else ""


def _listed_state(value: str) -> MarketState:
    if value not in set(MarketState):
        raise NotFound(what="state of a market", state=value)
    return MarketState(value)


def _id(request: HttpRequest, name: str = "id") -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise NotFound(what=name) from error


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InputRefused(
            what="month", why=gettext("Write the month like this: 2026-11.")
        ) from error


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1
