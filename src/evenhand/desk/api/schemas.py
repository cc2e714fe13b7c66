"""What the API takes and gives, as it stands in its OpenAPI document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, model_validator

from evenhand.base.lists import Language
from evenhand.legal.answers.facts import AnswerKind
from evenhand.legal.limits import (
    FIELD_CHARACTERS_MAX,
    FIELDS_MAX,
    IDENTIFIERS_MAX,
    QUESTION_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    REASON_CHARACTERS_MIN,
)
from evenhand.legal.lists import DisclosureState, IdentifierKind, MatterState, Outcome
from evenhand.markets.lists import (
    AuthorityKind,
    DataCategory,
    LegalForm,
    LegalKind,
    Purpose,
    Refusal,
)


def _writable(value: object) -> bool:
    match value:
        case str():
            return "\0" not in value and _encodes(value)
        case dict():
            return all(_writable(part) for pair in value.items() for part in pair)
        case list():
            return all(_writable(part) for part in value)
        case _:
            return True


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Strict(Schema):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def refuse_unwritable(cls, given: Any) -> Any:
        """Refuses texts that no database keeps: with a zero sign, or half a pair of signs."""
        if not _writable(getattr(given, "_obj", given)):
            raise ValueError("a text that cannot be written")
        return given


class Problem(Schema):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    findings: list[str] = Field(default_factory=list, description="codes of what stands against it")


class KindOut(Schema):
    """One thing that an authority of a country may ask for."""

    id: str
    title: str
    regime: str
    citation: str
    articles: str
    kind: LegalKind
    form: LegalForm
    verified: bool
    voluntary: bool
    categories: list[DataCategory] = Field(description="each can be asked for by itself")
    validators: list[AuthorityKind]
    fields: list[str]
    conditional_fields: list[str]
    due_in_seconds: int | None = None
    source: str
    possible: bool
    against: list[Refusal] = Field(description="why it is not possible")


class RequestIn(Strict):
    """A request as a program files it."""

    entry: str = Field(max_length=64, description="id of the kind")
    purpose: Purpose
    emergency: bool = False
    categories: list[DataCategory] = Field(default_factory=list, max_length=4)
    validator: AuthorityKind | None = None
    validator_name: str = Field("", max_length=200)
    reference: str = Field("", max_length=200, description="your own file number")
    identifiers: list[str] = Field(min_length=1, max_length=IDENTIFIERS_MAX)
    since: datetime | None = None
    until: datetime | None = None
    fields: dict[str, str] = Field(
        default_factory=dict,
        max_length=FIELDS_MAX,
        description=f"the law's own fields, at most {FIELD_CHARACTERS_MAX} characters each",
    )
    gagged_until: datetime | None = None
    gag_basis: str = Field("", max_length=400)
    document: str = Field("", description="the order as a PDF, in base64, at most 10 MB")


class ClockOut(Schema):
    """A clock of a request."""

    name: str
    due_at: datetime
    by_law: bool
    paused: bool
    stopped: bool


class QuestionOut(Schema):
    """Something that the desk asks."""

    id: UUID
    text: str
    missing: list[str]
    asked_at: datetime
    answered_at: datetime | None = None


class AnswerOut(Schema):
    """The sealed answer: it can be fetched once."""

    state: DisclosureState
    sha256: str
    expires_at: datetime | None = None


class PaperOut(Schema):
    """One answer that can be read: its name, and the moment that it tells of."""

    name: str
    kind: AnswerKind
    title: str
    language: Language
    answered_at: datetime


class PaperContent(Schema):
    """An answer in words, in the authority's language, with the facts that it was made from."""

    format: str
    kind: AnswerKind
    language: Language
    title: str
    lead: str
    head: list[list[str]] = Field(description="pairs of a label and what it says")
    sections: list[dict[str, Any]]
    notes: list[str]
    facts: dict[str, Any]


class RequestOut(Schema):
    """A request as its officer sees it."""

    id: UUID
    number: str
    reference: str
    entry: str
    state: MatterState
    outcome: Outcome
    ground: str
    emergency: bool
    received_at: datetime
    clocks: list[ClockOut]
    questions: list[QuestionOut]
    answer: AnswerOut | None = None


class QuestionAnswerIn(Strict):
    """The answer to a question of the desk."""

    answer: str = Field(min_length=REASON_CHARACTERS_MIN, max_length=QUESTION_CHARACTERS_MAX)
    fields: dict[str, str] = Field(default_factory=dict, max_length=FIELDS_MAX)


class WithdrawIn(Strict):
    """Why a request is taken back."""

    reason: str = Field(min_length=REASON_CHARACTERS_MIN, max_length=REASON_CHARACTERS_MAX)


class IdentifierIn(Strict):
    """An identifier to be looked at for its form."""

    identifier: str = Field(max_length=1_000)


class IdentifierOut(Schema):
    """Whether it is well formed; never whether it exists."""

    well_formed: bool
    kind: IdentifierKind | None = None
    value: str
    fault: str


class WebhookIn(Strict):
    """An address to be told of changes."""

    url: str = Field(max_length=500, description="https, with a public name")


class WebhookOut(Schema):
    """A webhook; its secret is shown when it is registered."""

    id: UUID
    url: str
    made_at: datetime


class WebhookMade(WebhookOut):
    """A new webhook with its secret."""

    secret: str
