"""The guided intake: one page a step, each works without JavaScript; the law says what is offered.

What was chosen travels in the address, what was typed in the form: nothing is kept on the server
before it is sent, and everything is checked again when it is.
"""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from evenhand.authorities.models import Officer
from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.doors import officer_in, officers_only
from evenhand.desk.filled import (
    TEXTS,
    Filled,
    choice_of,
    chosen_pairs,
    filled,
    full_choice,
)
from evenhand.desk.intake import (
    Asker,
    Choice,
    ChoiceRefused,
    Offer,
    fields_of,
    offer,
    offers,
    refuse_unlawful,
    validators,
)
from evenhand.desk.law_rows import entry_row, time_text
from evenhand.desk.matter_rows import said_of
from evenhand.desk.receiving import asker_of, document_of, file_request
from evenhand.legal.checks import StepRefused
from evenhand.markets.lists import AuthorityKind, Purpose

STEPS = (
    ("purpose", gettext_noop("Purpose")),
    ("kind", gettext_noop("Kind")),
    ("data", gettext_noop("Data")),
    ("details", gettext_noop("Details")),
    ("review", gettext_noop("Review and send")),
)
PURPOSE_HINTS = {
    Purpose.IDENTIFY_ONLY: gettext_noop(
        "A milder class of data in many laws, and answered faster."
    ),
    Purpose.OTHER: gettext_noop("Removing content, preserving data, evidence of what was done."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@officers_only
def new(request: HttpRequest) -> HttpResponse:
    """Shows the step that comes next, or takes what was typed."""
    officer = officer_in(request)
    asker = asker_of(officer.authority, now=now())
    values = request.POST if request.method == "POST" else request.GET
    choice = full_choice(values)
    purpose, emergency = choice_of(values)
    if purpose is None or request.GET.get("step") == "purpose":
        return _purpose(request, officer, purpose, emergency=emergency)
    if choice is None:
        return _kind(request, officer, asker, purpose, emergency=emergency)
    one = offer(choice.entry, asker, purpose=choice.purpose, emergency=choice.emergency)
    if not one.possible:
        raise ChoiceRefused(grounds=",".join(one.against))
    if values.get("data") != "chosen" and (one.categories or _may_need_validator(choice, asker)):
        return _data(request, officer, one, choice, asker)
    try:
        refuse_unlawful(choice, asker)
    except ChoiceRefused as error:
        faults = [words.refusal_name(code) for code in str(error.fields["grounds"]).split(",")]
        return _data(request, officer, one, choice, asker, faults=faults)
    return _details(request, officer, choice)


def _details(request: HttpRequest, officer: Officer, choice: Choice) -> HttpResponse:
    if request.method != "POST":
        return _details_page(request, officer, choice, None)
    form = filled(request.POST, choice)
    stage = request.POST.get("stage", "")
    if stage == "edit" or not form.is_sound:
        return _details_page(request, officer, choice, form, judged=stage != "edit")
    if stage != "send":
        return _review_page(request, officer, choice, form)
    document, fault = document_of(request.FILES.get("document"))
    if fault:
        return _review_page(request, officer, choice, form, faults=[fault])
    try:
        matter = file_request(
            officer,
            choice,
            form,
            document=document,
            origin=f"portal:{officer.id}:{_sending(request)}",
            now=now(),
        )
    except StepRefused as error:
        return _review_page(request, officer, choice, form, faults=said_of(error))
    messages.success(request, gettext("It has been received. The clock runs."))
    return redirect("portal_request", matter_id=matter.id)


def _sending(request: HttpRequest) -> UUID:
    """Gives the number of this sending: the same form sent twice is one request."""
    try:
        return UUID(request.POST.get("sending", ""))
    except ValueError:
        return new_id(now=now())


def _may_need_validator(choice: Choice, asker: Asker) -> bool:
    return bool(choice.entry.validators) and bool(_validators(choice, asker))


def _validators(choice: Choice, asker: Asker) -> tuple[AuthorityKind, ...]:
    """Gives who may validate it if all data of the entry were asked for: one may be needed."""
    widest = Choice(
        entry=choice.entry,
        regime=choice.regime,
        purpose=choice.purpose,
        emergency=choice.emergency,
        categories=choice.entry.data_categories,
    )
    return validators(widest, asker)


def _frame(
    officer: Officer, current: str, choice_pairs: list[tuple[str, str]], faults: list[str]
) -> dict[str, object]:
    """Gives what every step shows: where one is, who asks, what is wrong."""
    names = [name for name, _ in STEPS]
    address, at = reverse("portal_new"), names.index(current)
    kept = {
        "purpose": {"purpose", "emergency"},
        "kind": {"purpose", "emergency"},
        "data": {"purpose", "emergency", "entry"},
    }
    steps = []
    for position, (name, title) in enumerate(STEPS):
        pairs = [pair for pair in choice_pairs if pair[0] in kept.get(name, set())]
        pairs += [("step", "purpose")] if name == "purpose" else []
        back = position < at and name in kept and bool(pairs)
        steps.append(
            {
                "name": gettext(title),
                "current": name == current,
                "href": f"{address}?{urlencode(pairs)}" if back else "",
            }
        )
    return {
        "steps": steps,
        "faults": faults,
        "authority": officer.authority,
        "authority_kind": gettext(words.AUTHORITY_KINDS[AuthorityKind(officer.authority.kind)]),
        "country": country(officer.authority.country),
    }


def _purpose(
    request: HttpRequest, officer: Officer, purpose: Purpose | None, *, emergency: bool
) -> HttpResponse:
    context = _frame(officer, "purpose", [], []) | {
        "purposes": [
            (one.value, gettext(text), gettext(PURPOSE_HINTS[one]))
            for one, text in words.PURPOSES.items()
        ],
        "purpose": purpose,
        "emergency": emergency,
    }
    return render(request, "desk/portal/purpose.html", context)


def _kind(
    request: HttpRequest, officer: Officer, asker: Asker, purpose: Purpose, *, emergency: bool
) -> HttpResponse:
    chosen = [("purpose", purpose.value), ("emergency", "yes" if emergency else "no")]
    found = offers(asker, purpose=purpose, emergency=emergency)
    context = _frame(officer, "kind", chosen, []) | {
        "chosen": chosen,
        "offers": [_offer_row(one) for one in found if one.possible],
        "closed": [_offer_row(one) for one in found if not one.possible],
    }
    return render(request, "desk/portal/kind.html", context)


def _data(
    request: HttpRequest,
    officer: Officer,
    one: Offer,
    choice: Choice,
    asker: Asker,
    *,
    faults: list[str] | None = None,
) -> HttpResponse:
    chosen = [pair for pair in chosen_pairs(choice) if pair[0] in {"purpose", "emergency", "entry"}]
    context = _frame(officer, "data", chosen, faults or []) | {
        "chosen": chosen,
        "entry": entry_row(choice.entry, choice.regime),
        "categories": [(name.value, gettext(words.CATEGORIES[name])) for name in one.categories],
        "validators": [
            (name.value, gettext(words.AUTHORITY_KINDS[name]))
            for name in _validators(choice, asker)
        ],
    }
    return render(request, "desk/portal/data.html", context, status=422 if faults else 200)


def _details_page(
    request: HttpRequest,
    officer: Officer,
    choice: Choice,
    form: Filled | None,
    *,
    judged: bool = True,
) -> HttpResponse:
    shows = form is not None and judged
    chosen = chosen_pairs(choice)
    faults = list(form.faults) if form and shows else []
    context = _frame(officer, "details", chosen, faults) | {
        "chosen": chosen,
        "entry": entry_row(choice.entry, choice.regime),
        "form": form.texts if form else dict.fromkeys(TEXTS, ""),
        "identifier_faults": form.identifier_faults if form and shows else (),
        "fields": _field_rows(choice, form),
        "categories": choice.categories,
        "validator": choice.validator,
        "notify": gettext(words.NOTIFY_RULES[choice.entry.notify]),
    }
    wrong = bool(form and shows and not form.is_sound)
    return render(request, "desk/portal/details.html", context, status=422 if wrong else 200)


def _review_page(
    request: HttpRequest,
    officer: Officer,
    choice: Choice,
    form: Filled,
    *,
    faults: list[str] | None = None,
) -> HttpResponse:
    due = choice.entry.due_in(emergency=choice.emergency)
    validator = gettext(words.AUTHORITY_KINDS[choice.validator]) if choice.validator else ""
    chosen = chosen_pairs(choice)
    context = _frame(officer, "review", chosen, faults or []) | {
        "chosen": chosen,
        "kept": [
            *form.texts.items(),
            *((f"field-{name}", text) for name, text in form.fields.items()),
            ("sending", str(_sending(request))),
        ],
        "entry": entry_row(choice.entry, choice.regime),
        "form": form.texts,
        "due": time_text(due),
        "due_at": now() + due if due else None,
        "validator": validator,
        "categories": [gettext(words.CATEGORIES[one]) for one in sorted(choice.categories)],
        "purpose": gettext(words.PURPOSES[choice.purpose]),
        "emergency": choice.emergency,
        "notify": gettext(words.NOTIFY_RULES[choice.entry.notify]),
        "identifiers": [
            {"name": gettext(words.IDENTIFIER_KINDS[one.kind]), "value": one.value}
            for one in form.identifiers
        ],
        "fields": _field_rows(choice, form),
    }
    return render(request, "desk/portal/review.html", context, status=422 if faults else 200)


def _field_rows(choice: Choice, form: Filled | None) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "label": words.field_name(name),
            "required": required,
            "value": form.fields.get(name, "") if form else "",
            "missing": bool(form and name in form.missing),
        }
        for name, required in fields_of(choice)
    ]


def _offer_row(one: Offer) -> dict[str, object]:
    return {
        "id": one.entry.id,
        "title": words.entry_title(one.entry),
        "citation": one.regime.citation,
        "form": gettext(words.FORMS[one.entry.form]),
        "kind": gettext(words.KINDS[one.entry.kind]),
        "due": time_text(one.due_in),
        "voluntary": one.entry.voluntary,
        "verified": one.entry.verified,
        "against": [words.refusal_name(ground) for ground in one.against],
    }
