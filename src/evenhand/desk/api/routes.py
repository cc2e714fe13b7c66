"""The API for single points of contact, version 1: what the portal does, for programs.

Every error is a problem of RFC 9457; every answer that can be given stands in the OpenAPI
document at `/api/v1/openapi.json`.
"""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Header, Path, Query

from evenhand.authorities.machine_limits import FILING_KEY_CHARACTERS_MAX
from evenhand.authorities.machines import queries as machines
from evenhand.authorities.machines import steps as machine_steps
from evenhand.authorities.machines.checks import secret_of, secret_text
from evenhand.authorities.models import Officer
from evenhand.base.clock import now
from evenhand.base.errors import InputRefused, NotFound
from evenhand.base.limits import DOCUMENT_BYTES_MAX
from evenhand.base.sealing import keyed_hash, read_key
from evenhand.desk import papers
from evenhand.desk.api import schemas
from evenhand.desk.api.doors import Token, officer_of
from evenhand.desk.api.frame import PROBLEMS, Api, say_errors
from evenhand.desk.countries import is_country
from evenhand.desk.filled import Filled, cleaned, identifiers_of
from evenhand.desk.intake import Asker, Choice, Offer, fields_of, offers, refuse_unlawful
from evenhand.desk.receiving import asker_of, file_request
from evenhand.desk.texts import lines
from evenhand.legal import queries, steps
from evenhand.legal.answering import drafts_of, language_of, title_of
from evenhand.legal.answers.facts import Answer
from evenhand.legal.checks import StepRefused
from evenhand.legal.identifiers import read
from evenhand.legal.limits import FIELD_CHARACTERS_MAX
from evenhand.legal.lists import DisclosureState, Outcome
from evenhand.legal.models import Matter
from evenhand.markets.lists import AuthorityKind, Purpose
from evenhand.markets.queries import state_of
from evenhand.markets.regimes import law

SEALED_TYPE = "application/octet-stream"
api = Api(
    title="Evenhand: API for authorities",
    version="1.0.0",
    description=(
        "For single points of contact of authorities. Tokens are made in the portal. Times are "
        "in UTC. An answer is sealed to the officer's age key and is fetched once."
    ),
    auth=Token(),
    docs_url=None,
    urls_namespace="api-1",
)
say_errors(api)

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=FILING_KEY_CHARACTERS_MAX,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="the same key again gives the request that stands",
    ),
]


@api.get(
    "/countries/{code}/kinds",
    response={200: list[schemas.KindOut], **PROBLEMS},
    summary="What authorities of a country may ask for",
)
def kinds(
    request: HttpRequest,
    code: Annotated[str, Path(pattern="^[A-Z]{2}$")],
    purpose: Annotated[Purpose, Query()] = Purpose.OTHER,
    emergency: Annotated[bool, Query()] = False,
) -> list[dict[str, object]]:
    """Lists the entries for an authority of the token's kind."""
    officer = officer_of(request)
    if not is_country(code):
        raise NotFound(what="country", code=code)
    at = now()
    asker = Asker(code, AuthorityKind(officer.authority.kind), state_of(code), at.date())
    return [_kind(one) for one in offers(asker, purpose=purpose, emergency=emergency)]


@api.post(
    "/identifiers/check",
    response={200: schemas.IdentifierOut, **PROBLEMS},
    summary="Whether an identifier is well formed; never whether it exists",
)
def check_identifier(request: HttpRequest, given: schemas.IdentifierIn) -> dict[str, object]:
    """Reads an identifier; nothing is looked up and nothing is kept."""
    officer_of(request)
    found = read(given.identifier)
    return {
        "well_formed": found.well_formed,
        "kind": found.kind,
        "value": found.value,
        "fault": found.fault.value if found.fault else "",
    }


@api.post(
    "/requests",
    response={200: schemas.RequestOut, 201: schemas.RequestOut, **PROBLEMS},
    summary="File a request",
)
def file(request: HttpRequest, key: Key, given: schemas.RequestIn) -> tuple[int, dict[str, object]]:
    """Files a request: the same law and the same checks as in the portal."""
    officer = officer_of(request)
    with transaction.atomic():
        if not machine_steps.claim_key(officer, key, _hash_of(given), now=now()):
            raise StepRefused(findings=("key_used_for_another_request",))
        origin = f"api:{officer.id}:{key}"
        known = queries.matter_by_origin(origin)
        if known is not None:
            return 200, _request(known)
        return 201, _request(_received(officer, given, origin))


def _received(officer: Officer, given: schemas.RequestIn, origin: str) -> Matter:
    """Files what the law allows."""
    if given.entry not in law().kinds:
        raise NotFound(what="kind", id=given.entry)
    entry = law().kind(given.entry)
    choice = Choice(
        entry=entry,
        regime=law().regime_of(entry),
        purpose=given.purpose,
        emergency=given.emergency,
        categories=frozenset(given.categories),
        validator=given.validator,
    )
    refuse_unlawful(choice, asker_of(officer.authority, now=now()))
    return file_request(
        officer,
        choice,
        _filled(given, choice),
        document=_document(given.document),
        origin=origin,
        now=now(),
    )


@api.get("/requests", response={200: list[schemas.RequestOut], **PROBLEMS}, summary="Your requests")
def requests(
    request: HttpRequest, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> list[dict[str, object]]:
    """Lists the officer's requests, the newest first, fifty on a page."""
    found = queries.matters_of_officer(officer_of(request).id)
    start = (page - 1) * 50
    return [_request(matter) for matter in found[start : start + 50]]


@api.get(
    "/requests/{matter_id}", response={200: schemas.RequestOut, **PROBLEMS}, summary="One request"
)
def one(request: HttpRequest, matter_id: UUID) -> dict[str, object]:
    """Shows where a request stands."""
    return _request(_own(request, matter_id))


@api.post(
    "/requests/{matter_id}/questions/{question_id}/answer",
    response={200: schemas.RequestOut, **PROBLEMS},
    summary="Answer a question",
)
def answer_question(
    request: HttpRequest, matter_id: UUID, question_id: UUID, given: schemas.QuestionAnswerIn
) -> dict[str, object]:
    """Answers a question of the desk; the clock runs on."""
    officer = officer_of(request)
    matter = _own(request, matter_id)
    if not matter.questions.filter(id=question_id, answered_at=None).exists():
        raise NotFound(what="open question", id=question_id)
    _check_fields(given.fields)
    answered = steps.complete(
        matter.id,
        by=officer.person,
        answer=lines(given.answer),
        fields={name: lines(text) for name, text in given.fields.items()},
        now=now(),
    )
    return _request(answered)


@api.post(
    "/requests/{matter_id}/withdraw",
    response={200: schemas.RequestOut, **PROBLEMS},
    summary="Withdraw a request",
)
def withdraw(request: HttpRequest, matter_id: UUID, given: schemas.WithdrawIn) -> dict[str, object]:
    """Takes a request back before anything was released."""
    officer = officer_of(request)
    matter = _own(request, matter_id)
    return _request(
        steps.withdraw(matter.id, by=officer.person, reason=lines(given.reason), now=now())
    )


@api.post(
    "/requests/{matter_id}/answer",
    response={200: bytes, **PROBLEMS},
    summary="Fetch the sealed answer, once",
    openapi_extra={
        "responses": {
            200: {
                "description": "The package, sealed with age to the officer's key",
                "content": {SEALED_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def fetch(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Hands out the sealed package; it does not exist here any more after that."""
    officer = officer_of(request)
    matter = _own(request, matter_id)
    ready = [
        disclosure
        for disclosure in queries.disclosures(matter.id)
        if disclosure.state not in {DisclosureState.PLANNED.value, DisclosureState.COLLECTED.value}
    ]
    if not ready:
        raise NotFound(what="answer", matter=matter.id)
    handed = steps.hand_out(ready[0].id, to=officer, now=now())
    return HttpResponse(handed.sealed, content_type=SEALED_TYPE)


PaperName = Annotated[
    str, Path(max_length=64, pattern=r"^[a-z_]+(-[0-9]+)?$", description="as the list names it")
]


@api.get(
    "/requests/{matter_id}/papers",
    response={200: list[schemas.PaperOut], **PROBLEMS},
    summary="The answers in words: receipt, questions, refusal, effect, certificates",
)
def listed_papers(request: HttpRequest, matter_id: UUID) -> list[dict[str, object]]:
    """Lists what can be read about a request; the data themselves are in the sealed answer."""
    matter = _own(request, matter_id)
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "title": title_of(one, matter),
            "language": language_of(matter),
            "answered_at": one.facts.answered_at,
        }
        for one in drafts_of(matter, papers.service())
    ]


@api.get(
    "/requests/{matter_id}/papers/{name}",
    response={200: schemas.PaperContent, **PROBLEMS},
    summary="One answer as JSON",
)
def paper(request: HttpRequest, matter_id: UUID, name: PaperName) -> Mapping[str, object]:
    """Gives an answer; its hash is kept when it is given first."""
    return _given(request, matter_id, name).json


@api.get(
    "/requests/{matter_id}/papers/{name}/pdf",
    response={200: bytes, **PROBLEMS},
    summary="The same answer as PDF/A",
    openapi_extra={
        "responses": {
            200: {
                "description": "The same content as a document",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def paper_as_pdf(request: HttpRequest, matter_id: UUID, name: PaperName) -> HttpResponse:
    """Gives an answer as a document; the same matter gives the same bytes."""
    return HttpResponse(_given(request, matter_id, name).pdf, content_type="application/pdf")


@api.get("/webhooks", response={200: list[schemas.WebhookOut], **PROBLEMS}, summary="Webhooks")
def webhooks(request: HttpRequest) -> list[Any]:
    """Lists the addresses that are told of changes."""
    return machines.webhooks(officer_of(request).id)


@api.post(
    "/webhooks", response={201: schemas.WebhookMade, **PROBLEMS}, summary="Register a webhook"
)
def register_webhook(
    request: HttpRequest, given: schemas.WebhookIn
) -> tuple[int, dict[str, object]]:
    """Registers an address; messages are signed as Standard Webhooks says."""
    made = machine_steps.register_webhook(officer_of(request), given.url, now=now())
    secret = secret_of(made.id, key=read_key(settings.KEYS / "token.key"))
    return 201, {
        "id": made.id,
        "url": made.url,
        "made_at": made.made_at,
        "secret": secret_text(secret),
    }


@api.delete("/webhooks/{webhook_id}", response={204: None, **PROBLEMS}, summary="End a webhook")
def end_webhook(request: HttpRequest, webhook_id: UUID) -> tuple[int, None]:
    """Ends a webhook; what was not sent yet is given up."""
    machine_steps.end_webhook(officer_of(request), webhook_id, now=now())
    return 204, None


def _own(request: HttpRequest, matter_id: UUID) -> Matter:
    return queries.matter_of_officer(matter_id, officer_of(request).id)


def _given(request: HttpRequest, matter_id: UUID, name: str) -> Answer:
    officer = officer_of(request)
    matter = _own(request, matter_id)
    return steps.give_answer(name, matter, papers.service(), by=officer.person_id, now=now())


def _hash_of(given: schemas.RequestIn) -> bytes:
    """Gives a hash of all that a program sent; keyed, since what it names could be guessed."""
    body = json.dumps(given.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    key = read_key(settings.KEYS / "token.key")
    return keyed_hash(b"filing\0" + body.encode(), key=key, size_bytes=32)


def _filled(given: schemas.RequestIn, choice: Choice) -> Filled:
    """Gives a request as the portal's form would, or refuses what the law leaves no room for."""
    since, until = _utc(given.since), _utc(given.until)
    named, wrong = identifiers_of(given.identifiers, since=since, until=until)
    if wrong:
        faults = [read(text).fault for text in given.identifiers]
        raise InputRefused(
            what="identifiers", findings=[f"identifiers: {one}" for one in faults if one]
        )
    if since and until and since >= until:
        raise InputRefused(what="period", findings=["until: before since"])
    known = dict(fields_of(choice))
    unknown = sorted(set(given.fields) - set(known))
    missing = [name for name, required in known.items() if required and not _said(given, name)]
    if unknown or missing:
        found = [f"{name}: field_unknown" for name in unknown]
        raise InputRefused(
            what="fields", findings=found + [f"{name}: field_missing" for name in missing]
        )
    if choice.validator and not given.validator_name.strip():
        raise InputRefused(what="validator", findings=["validator_name: field_missing"])
    if given.gagged_until and not given.gag_basis.strip():
        raise InputRefused(what="gag", findings=["gag_basis: field_missing"])
    _check_fields(given.fields)
    texts = {
        "reference": given.reference,
        "validator_name": given.validator_name,
        "gag_basis": given.gag_basis,
    }
    return Filled(
        texts={name: cleaned(name, text) for name, text in texts.items()},
        fields={name: lines(text) for name, text in given.fields.items()},
        identifiers=named,
        gagged_until=_utc(given.gagged_until),
    )


def _said(given: schemas.RequestIn, name: str) -> bool:
    return bool(given.fields.get(name, "").strip())


def _check_fields(fields: Mapping[str, str]) -> None:
    if any(len(text) > FIELD_CHARACTERS_MAX or len(name) > 64 for name, text in fields.items()):
        raise InputRefused(what="fields", findings=["fields: too_long"])


def _document(text: str) -> bytes | None:
    if not text:
        return None
    try:
        content = b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise InputRefused(what="document", findings=["document: not base64"]) from error
    if len(content) > DOCUMENT_BYTES_MAX:
        raise InputRefused(what="document", findings=["document: too_long"])
    if not content.startswith(b"%PDF-"):
        raise InputRefused(what="document", findings=["document: not a PDF"])
    return content


def _utc(at: datetime | None) -> datetime | None:
    """Gives a moment in UTC; one without a zone is taken as UTC, as the document says."""
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise InputRefused(what="time", findings=["time: out_of_range"]) from error


def _kind(one: Offer) -> dict[str, object]:
    entry = one.entry
    return {
        "id": entry.id,
        "title": entry.title,
        "regime": one.regime.id,
        "citation": one.regime.citation,
        "articles": entry.articles,
        "kind": entry.kind,
        "form": entry.form,
        "verified": entry.verified,
        "voluntary": entry.voluntary,
        "categories": list(one.categories),
        "validators": sorted(entry.validators),
        "fields": list(entry.mandatory_fields),
        "conditional_fields": list(entry.conditional_fields),
        "due_in_seconds": int(one.due_in.total_seconds()) if one.due_in else None,
        "source": entry.source,
        "possible": one.possible,
        "against": list(one.against),
    }


def _request(matter: Matter) -> dict[str, object]:
    handed = [
        disclosure
        for disclosure in queries.disclosures(matter.id)
        if disclosure.state not in {DisclosureState.PLANNED.value, DisclosureState.COLLECTED.value}
    ]
    return {
        "id": matter.id,
        "number": matter.number,
        "reference": matter.reference,
        "entry": matter.entry,
        "state": matter.state,
        "outcome": Outcome(matter.outcome),
        "ground": matter.ground,
        "emergency": matter.emergency,
        "received_at": matter.received_at,
        "clocks": [
            {
                "name": clock.name,
                "due_at": clock.due_at,
                "by_law": clock.statutory,
                "paused": clock.paused_at is not None,
                "stopped": clock.stopped_at is not None,
            }
            for clock in queries.clocks(matter.id)
        ],
        "questions": [
            {
                "id": question.id,
                "text": question.text,
                "missing": question.missing,
                "asked_at": question.asked_at,
                "answered_at": question.answered_at,
            }
            for question in matter.questions.order_by("asked_at")
        ],
        "answer": {
            "state": handed[0].state,
            "sha256": bytes(handed[0].sha256).hex() if handed[0].sha256 else "",
            "expires_at": handed[0].expires_at,
        }
        if handed
        else None,
    }
