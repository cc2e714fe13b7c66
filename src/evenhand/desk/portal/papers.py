"""The generated answers of a request, for its officer: the same content as PDF and JSON."""

import json
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from evenhand.base.errors import NotFound
from evenhand.base.lists import Language
from evenhand.desk.doors import officer_in, officers_only
from evenhand.legal import queries
from evenhand.legal.answers.facts import AnswerFacts, AnswerKind, DisclosedPackage, Effect
from evenhand.legal.answers.make import answer
from evenhand.legal.answers.words import words
from evenhand.legal.lists import ClockName, DisclosureState, MatterState, Outcome
from evenhand.legal.models import Disclosure, Matter
from evenhand.markets.lists import LegalKind
from evenhand.markets.regimes import law

WITHHOLDING = frozenset({LegalKind.REMOVAL, LegalKind.GEO_RESTRICTION})
GIVEN = frozenset(
    {
        DisclosureState.RELEASED.value,
        DisclosureState.HANDED_OUT.value,
        DisclosureState.CONFIRMED.value,
    }
)


@require_safe
@officers_only
def paper(request: HttpRequest, matter_id: UUID, kind: str, form: str) -> HttpResponse:
    """Hands out one generated answer."""
    matter = queries.matter_of_officer(matter_id, officer_in(request).id)
    if kind not in {one.value for one in kinds_of(matter)} or form not in {"pdf", "json"}:
        raise NotFound(what="answer", kind=kind)
    made = answer(AnswerKind(kind), facts_of(matter), language_of(matter))
    name = f"{matter.number}-{kind}.{form}"
    if form == "pdf":
        response = HttpResponse(made.pdf, content_type="application/pdf")
    else:
        body = json.dumps(made.json, ensure_ascii=False, default=str)
        response = HttpResponse(body, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def rows_of(matter: Matter) -> list[dict[str, str]]:
    """Gives the answers of a request as links, in the authority's language."""
    titles = words(language_of(matter))["titles"]
    return [
        {
            "name": titles[kind.value],
            **{
                form: reverse("portal_request_paper", args=[matter.id, kind.value, form])
                for form in ("pdf", "json")
            },
        }
        for kind in kinds_of(matter)
    ]


def kinds_of(matter: Matter) -> list[AnswerKind]:
    """Gives the answers that there are at this moment."""
    found = [AnswerKind.RECEIPT]
    if matter.state == MatterState.ASKED:
        found.append(AnswerKind.PLEASE_COMPLETE)
    if matter.outcome == Outcome.REFUSED and matter.ground:
        found.append(_refusal(matter))
    if LegalKind(matter.kind) in WITHHOLDING and matter.executed_at is not None:
        is_tco = matter.entry.startswith("eu-tco")
        found.append(AnswerKind.TCO_REMOVED if is_tco else AnswerKind.EFFECT)
    if _given(matter) is not None:
        found.append(AnswerKind.DISCLOSURE_CERTIFICATE)
    return found


def facts_of(matter: Matter) -> AnswerFacts:
    """Gives what an answer can tell of a request, from its row and its plan alone."""
    kind = law().kind(matter.entry)
    regime = law().regime_of(kind)
    plan = queries.plan_kept(matter)
    clock = next(
        (one for one in queries.clocks(matter.id) if one.name == ClockName.ANSWER.value), None
    )
    open_questions = matter.questions.filter(answered_at=None).order_by("asked_at")
    effects = [
        Effect(
            target=measure.target.event or measure.target.channel,
            done=measure.kind,
            at=matter.executed_at,
            territory=measure.territory,
        )
        for measure in (plan.measures if plan and matter.executed_at else ())
        if matter.executed_at is not None
    ]
    return AnswerFacts(
        number=matter.number,
        reference=matter.reference,
        authority=matter.authority.name,
        country=matter.country,
        service="Evenhand",
        contact=f"{settings.PUBLIC_URL}/authorities/portal/",
        title=kind.title,
        law=f"{regime.citation}, {kind.articles}".rstrip(", "),
        entry=f"{kind.id}, {matter.regime_version}",
        entry_verified=matter.entry_verified,
        received_at=matter.received_at,
        answered_at=matter.executed_at or matter.released_at or matter.received_at,
        due_at=clock.due_at if clock else None,
        missing=tuple(name for one in open_questions for name in one.missing),
        questions=tuple(one.text for one in open_questions),
        ground=matter.ground,
        explanation=plan.answer if plan and matter.released_at else "",
        effects=tuple(effects),
        package=_package(_given(matter)),
    )


def language_of(matter: Matter) -> Language:
    """Gives the language in which the authority is answered."""
    return Language(matter.language) if matter.language in set(Language) else Language.EN


def _refusal(matter: Matter) -> AnswerKind:
    if matter.entry.startswith("eu-tco"):
        return AnswerKind.TCO_NOT_EXECUTED
    is_epoc = matter.entry.startswith("eu-epoc")
    return AnswerKind.EPOC_NOT_EXECUTED if is_epoc else AnswerKind.REFUSAL


def _given(matter: Matter) -> Disclosure | None:
    return next((one for one in queries.disclosures(matter.id) if one.state in GIVEN), None)


def _package(one: Disclosure | None) -> DisclosedPackage | None:
    if one is None or one.sha256 is None or one.collected_at is None:
        return None
    manifest = one.manifest or {}
    return DisclosedPackage(
        sha256=bytes(one.sha256).hex(),
        files=manifest.get("files", {}),
        **{
            name: int(manifest.get(name, 0))
            for name in ("accounts", "unknown", "connections", "phones", "ports")
        },
        source=str(manifest.get("source", "")),
        collected_at=one.collected_at,
        recipient=one.recipient,
    )
