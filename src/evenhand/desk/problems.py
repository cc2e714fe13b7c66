"""Errors as outsiders read them: RFC 9457 problems for programs, a friendly page for people.

The only place that turns an `EvenhandError` into words for the web. No stack trace, no field that
was not meant for strangers.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from evenhand.appeals.checks import TokenWrong
from evenhand.base.errors import (
    EvenhandError,
    InputRefused,
    NotAllowed,
    NotFound,
    Unavailable,
)
from evenhand.database.failures import NOT_ANSWERING
from evenhand.desk.limits import TooLarge, TooOften
from evenhand.people.checks import KeyRefused, LinkDead, SignInRefused, SignOnRefused

log = structlog.get_logger(__name__)

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = 60
API_PREFIX = "/api/v"
"""Below it every error is a problem, whatever the client says it accepts."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one kind of error."""

    status: int
    name: str
    title: str
    advice: str


NOT_FOUND = Words(
    404,
    "not-found",
    gettext_noop("This page does not exist"),
    gettext_noop("The address may be incomplete. Copy the whole link, or start at the first page."),
)
FORBIDDEN = Words(
    403,
    "not-allowed",
    gettext_noop("This is not allowed"),
    gettext_noop("Somebody else may have to do this, or it was already done."),
)
BAD_REQUEST = Words(
    400,
    "input-refused",
    gettext_noop("We could not read what was sent"),
    gettext_noop("Go back, check what you entered, and send it again."),
)
METHOD = Words(
    405,
    "method-not-allowed",
    gettext_noop("This cannot be done at this address"),
    gettext_noop("See the header Allow for what can."),
)
FAILED = Words(
    500,
    "failed",
    gettext_noop("Something went wrong on our side"),
    gettext_noop("It has been noted. Please try again in a few minutes."),
)
CSRF = Words(
    403,
    "form-expired",
    gettext_noop("This form is no longer valid"),
    gettext_noop("Go back, load the page again, and send the form once more."),
)

WORDS: tuple[tuple[type[EvenhandError], Words], ...] = (
    (
        TooOften,
        Words(
            429,
            "too-often",
            gettext_noop("That was a little too often"),
            gettext_noop("Please wait ten minutes, then try again. Nothing is lost."),
        ),
    ),
    (
        TooLarge,
        Words(
            413,
            "too-large",
            gettext_noop("That was too long"),
            gettext_noop("Please shorten it and send it again."),
        ),
    ),
    (
        LinkDead,
        Words(
            403,
            "link-dead",
            gettext_noop("This link no longer works"),
            gettext_noop("It was used or has expired. Ask an operator for a new one."),
        ),
    ),
    (
        KeyRefused,
        Words(
            403,
            "key-refused",
            gettext_noop("This passkey could not be enrolled"),
            gettext_noop("Try again, or use another device."),
        ),
    ),
    (
        SignInRefused,
        Words(
            403,
            "sign-in-refused",
            gettext_noop("This passkey does not open this desk"),
            gettext_noop("Use the passkey that was enrolled here, or ask for a new link."),
        ),
    ),
    (
        SignOnRefused,
        Words(
            403,
            "sign-on-refused",
            gettext_noop("Your provider's account does not open this desk"),
            gettext_noop("Two people here have to let you in under it first. Ask an operator."),
        ),
    ),
    (
        TokenWrong,
        Words(
            403,
            "link-wrong",
            gettext_noop("This link is not complete"),
            gettext_noop("Copy the whole link from the notice and open it again."),
        ),
    ),
    (NotFound, NOT_FOUND),
    (NotAllowed, FORBIDDEN),
    (InputRefused, BAD_REQUEST),
    (
        Unavailable,
        Words(
            503,
            "unavailable",
            gettext_noop("This part of the desk does not answer right now"),
            gettext_noop("Please try again in a minute."),
        ),
    ),
    (EvenhandError, FAILED),
)
"""The first row whose class fits is used, so a special error stands before its parent."""


class Problems:
    """Answers an error of ours in words; what has no name goes on to `failed`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer; what the router of the API refused by itself becomes a problem."""
        response = self._get_response(request)
        if response.status_code == METHOD.status and request.path.startswith(API_PREFIX):
            problem = as_problem(request, METHOD)
            problem.headers["Allow"] = response.headers.get("Allow", "")
            return problem
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Gives the answer to an error of ours or of an absent database, None for any other."""
        ours = as_ours(error)
        if ours is None:
            return None
        words = words_for(ours)
        log.info("request_refused", error=type(error).__name__, status=words.status)
        return answer(request, words)


def as_ours(error: BaseException | None) -> EvenhandError | None:
    """Gives an error that has a name here; a database that does not answer has one."""
    if isinstance(error, NOT_ANSWERING):
        return Unavailable(process="database")
    return error if isinstance(error, EvenhandError) else None


def words_for(error: EvenhandError) -> Words:
    """Gives what is said of an error."""
    return next(words for kind, words in WORDS if isinstance(error, kind))


def answer(request: HttpRequest, words: Words) -> HttpResponse:
    """Gives the answer as a problem or as a page, whichever the client asks for."""
    if request.path.startswith(API_PREFIX) or not request.accepts("text/html"):
        return as_problem(request, words)
    response = render(
        request,
        "desk/problem.html",
        {"title": _(words.title), "advice": _(words.advice), "status": words.status},
        status=words.status,
    )
    return _with_pause(response)


def as_problem(
    request: HttpRequest,  # noqa: ARG001  as every answer takes it
    words: Words,
    *,
    findings: Sequence[str] = (),
) -> HttpResponse:
    """Gives the answer as RFC 9457 writes it, with the codes of what stands against it."""
    body: dict[str, object] = {
        "type": f"urn:evenhand:problem:{words.name}",
        "title": _(words.title),
        "status": words.status,
        "detail": _(words.advice),
    }
    if findings:
        body["findings"] = list(findings)
    return _with_pause(
        HttpResponse(
            json.dumps(body, ensure_ascii=False), status=words.status, content_type=PROBLEM_TYPE
        )
    )


def _with_pause(response: HttpResponse) -> HttpResponse:
    if response.status_code in {429, 503}:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answers what Django itself refuses."""
    return answer(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answers Django's PermissionDenied."""
    return answer(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:  # noqa: ARG001
    """Answers an address that does not exist."""
    return answer(request, NOT_FOUND)


def failed(request: HttpRequest) -> HttpResponse:
    """Answers what nobody expected, or what failed before our pages; the log has the rest."""
    ours = as_ours(sys.exception())
    return answer(request, words_for(ours) if ours else FAILED)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answers a form whose token does not fit."""
    return answer(request, CSRF)
