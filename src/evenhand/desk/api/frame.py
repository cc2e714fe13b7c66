"""What the APIs share: their documents, and every error as a problem of RFC 9457."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from evenhand.authorities.machines.checks import TooMany
from evenhand.base.errors import EvenhandError, InputRefused
from evenhand.desk import problems
from evenhand.desk.api import schemas
from evenhand.legal.checks import StepRefused

PROBLEMS = dict.fromkeys((400, 401, 403, 404, 405, 409, 413, 422, 429, 503), schemas.Problem)
CONFLICT = problems.Words(
    409,
    "already-done",
    gettext_noop("This was done already, or cannot be done any more"),
    gettext_noop("See the findings; they say what stands against it."),
)
UNAUTHORISED = problems.Words(
    401,
    "token-missing",
    gettext_noop("A living token is needed"),
    gettext_noop("Make one in the portal, and send it as a bearer token."),
)
INVALID = problems.Words(
    422,
    "not-valid",
    gettext_noop("The request is not what the law or this API asks for"),
    gettext_noop("See the findings, correct them, and send it again."),
)


class Document(OpenAPISchema):
    """The OpenAPI document, with problems under their own media type."""

    def responses(self, operation: Any) -> dict[int, dict[str, Any]]:
        """Gives an operation's answers."""
        found = super().responses(operation)
        for status, answer in found.items():
            content = answer.get("content")
            if int(status) >= 400 and content:
                answer["content"] = {problems.PROBLEM_TYPE: next(iter(content.values()))}
        return found


class Api(NinjaAPI):
    """The API, with a document that says of errors what they are."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, **_: Any) -> OpenAPISchema:
        """Gives the OpenAPI document."""
        return Document(self, self.get_root_path({}) if path_prefix is None else path_prefix)


def say_errors(api: Api) -> None:
    """Has an API say every error as a problem."""
    api.exception_handler(EvenhandError)(_refused)
    api.exception_handler(ValidationError)(_invalid)
    api.exception_handler(AuthenticationError)(_unauthorised)
    api.exception_handler(HttpError)(_failed)


def _refused(request: HttpRequest, error: EvenhandError) -> HttpResponse:
    return problem(request, words_of(error), findings=findings_of(error))


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = [f"{field_of(one.get('loc', ()))}: {one.get('type', '')}" for one in error.errors]
    return problem(request, INVALID, findings=found)


def _unauthorised(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    response = problem(request, UNAUTHORISED)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _failed(request: HttpRequest, error: HttpError) -> HttpResponse:
    words = problems.NOT_FOUND if error.status_code == 404 else problems.BAD_REQUEST
    return problem(request, words)


def problem(
    request: HttpRequest, words: problems.Words, *, findings: list[str] | None = None
) -> HttpResponse:
    """Gives an error as RFC 9457 writes it."""
    return problems.as_problem(request, words, findings=findings or [])


def field_of(place: Sequence[str | int]) -> str:
    """Gives a field as its sender knows it: without where, and in which argument, we took it."""
    argument = place[:1] == ("body",) or place[:2] == ("query", "given")
    inner = place[2:] if argument else place[1:]
    return ".".join(map(str, inner)) or "body"


def words_of(error: EvenhandError) -> problems.Words:
    """Gives what is said of an error over the API."""
    match error:
        case StepRefused() | TooMany():
            return CONFLICT
        case InputRefused():
            return INVALID
        case _:
            return problems.words_for(error)


def findings_of(error: EvenhandError) -> list[str]:
    """Gives the codes of an error that are meant for strangers."""
    for name in ("findings", "grounds", "field"):
        value = error.fields.get(name)
        if isinstance(value, str):
            return value.split(",")
        if isinstance(value, tuple | list):
            return [str(one) for one in value]
    return []
