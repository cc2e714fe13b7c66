"""What was served on paper: entered by the representative of the market; the clock starts there."""

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from evenhand.authorities import queries as authorities
from evenhand.authorities.models import Authority
from evenhand.base.clock import now
from evenhand.base.ids import new_id
from evenhand.desk import law_words as words
from evenhand.desk.countries import country
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.filled import TEXTS, Filled, choice_of, chosen_pairs, filled, full_choice
from evenhand.desk.intake import ChoiceRefused, fields_of, offers, validators
from evenhand.desk.law_rows import time_text
from evenhand.desk.matter_rows import said_of
from evenhand.desk.receiving import Sender, asker_of, document_of, file_from
from evenhand.desk.texts import line
from evenhand.legal.checks import StepRefused
from evenhand.markets.lists import DataCategory
from evenhand.markets.queries import countries_represented_by
from evenhand.people.models import Person
from evenhand.people.roles import Role


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.REPRESENTATIVE, Role.LEGAL_OFFICER)
def paper(request: HttpRequest) -> HttpResponse:
    """Chooses authority and entry, then takes in what the paper says."""
    person = signed_in(request)
    values = request.POST if request.method == "POST" else request.GET
    open_to = _authorities(person)
    found = next((one for one in open_to if str(one.id) == values.get("authority", "")), None)
    purpose, emergency = choice_of(values)
    if found is None or purpose is None:
        return _first_page(request, open_to)
    choice = full_choice(values)
    asker = asker_of(found, now=now())
    if choice is None:
        rows = [
            {
                "id": one.entry.id,
                "title": words.entry_title(one.entry),
                "due": time_text(one.due_in),
                "verified": one.entry.verified,
                "citation": one.regime.citation,
            }
            for one in offers(asker, purpose=purpose, emergency=emergency)
            if one.possible
        ]
        context = {
            "page_name": "paper",
            "stage": "entry",
            "authority": found,
            "offers": rows,
            "chosen": [
                ("authority", str(found.id)),
                ("purpose", purpose.value),
                ("emergency", "yes" if emergency else "no"),
            ],
        }
        return render(request, "desk/legal/paper.html", context)
    form = filled(request.POST, choice) if request.method == "POST" else None
    faults = list(form.faults) if form else []
    received_at = _moment(request.POST.get("received_at", ""))
    if form is not None and received_at is None:
        faults.append(gettext("Say when it was served, in UTC and not in the future."))
    if form is not None and received_at is not None and form.is_sound:
        document, fault = document_of(request.FILES.get("document"))
        faults += [fault] if fault else []
        if not faults:
            sender = Sender(
                authority=found,
                language=found.language,
                received_at=received_at,
                entered_by=person.id,
            )
            try:
                matter = file_from(
                    sender,
                    choice,
                    form,
                    document=document,
                    origin=f"paper:{line(request.POST.get('sending', ''))[:40]}",
                    now=now(),
                )
            except ChoiceRefused as error:
                codes = str(error.fields["grounds"]).split(",")
                faults += [words.refusal_name(code) for code in codes]
            except StepRefused as error:
                faults += said_of(error)
            else:
                said = gettext("%(number)s is received. The clock runs since it was served.")
                messages.success(request, said % {"number": matter.number})
                return redirect("legal_paper")
    return _form_page(request, found, form, faults)


def _first_page(request: HttpRequest, open_to: list[Authority]) -> HttpResponse:
    context = {
        "page_name": "paper",
        "stage": "authority",
        "authorities": [(one.id, _named(one)) for one in open_to],
        "purposes": [(one.value, gettext(text)) for one, text in words.PURPOSES.items()],
    }
    return render(request, "desk/legal/paper.html", context)


def _form_page(
    request: HttpRequest, found: Authority, form: Filled | None, faults: list[str]
) -> HttpResponse:
    values = request.POST if request.method == "POST" else request.GET
    choice = full_choice(values)
    assert choice is not None, "the form follows the choice"
    asker = asker_of(found, now=now())
    pairs = [pair for pair in chosen_pairs(choice) if pair[0] not in {"category", "validator"}]
    context = {
        "page_name": "paper",
        "stage": "form",
        "authority": found,
        "entry": choice.entry,
        "title": words.entry_title(choice.entry),
        "faults": [*faults, *(form.identifier_faults if form else ())],
        "chosen": [("authority", str(found.id)), *pairs],
        "sending": request.POST.get("sending") or str(new_id(now=now())),
        "received_at": request.POST.get("received_at", ""),
        "form": form.texts if form else dict.fromkeys(TEXTS, ""),
        "fields": [
            {
                "name": name,
                "label": words.field_name(name),
                "required": required,
                "value": form.fields.get(name, "") if form else "",
            }
            for name, required in fields_of(choice)
        ],
        "categories": [
            (one.value, gettext(words.CATEGORIES[one]), one in choice.categories)
            for one in sorted(choice.entry.data_categories - {DataCategory.CONTENT})
        ],
        "validators": [
            (one.value, gettext(words.AUTHORITY_KINDS[one]), one == choice.validator)
            for one in validators(choice, asker)
        ],
    }
    return render(request, "desk/legal/paper.html", context, status=422 if faults else 200)


def _named(one: Authority) -> str:
    """Gives an authority in a list: name and country, and whether it only rehearses."""
    parts = [one.name, country(one.country)]
    return " · ".join([*parts, gettext("for drills")] if one.for_drills else parts)


def _authorities(person: Person) -> list[Authority]:
    """Gives the authorities that a person may enter for: those of the market represented."""
    found = [one for one in authorities.authorities() if one.is_confirmed]
    if person.has(Role.LEGAL_OFFICER):
        return found
    represented = set(countries_represented_by(person.id))
    return [one for one in found if one.country in represented]


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at <= now() else None
