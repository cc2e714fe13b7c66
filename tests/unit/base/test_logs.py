"""What Django says of a request reaches the log without what is secret in it."""

import io
import logging
import sys
from types import SimpleNamespace

from evenhand.base.logs import RoutesForPaths

TOKEN = "c2VjcmV0LXRva2Vu"
NAME = "Ada Example"


def test_a_log_names_the_route_and_never_the_token_in_the_path():
    request = SimpleNamespace(
        path=f"/staff/enrol/{TOKEN}/",
        resolver_match=SimpleNamespace(route="staff/enrol/<str:token>/"),
    )

    said = logged("Forbidden (%s): %s", "CSRF cookie not set.", request.path, request=request)

    assert said == "403 at /staff/enrol/<str:token>/\n"


def test_an_address_that_leads_nowhere_is_not_repeated():
    request = SimpleNamespace(path=f"/staff/enrol/{TOKEN}", resolver_match=None)

    assert TOKEN not in logged("Not Found: %s", request.path, request=request)


def test_an_error_keeps_its_kind_and_places_but_not_its_words():
    request = SimpleNamespace(path="/", resolver_match=SimpleNamespace(route=""))
    try:
        int(NAME)
    except ValueError:
        error = sys.exc_info()

    said = logged("Internal Server Error: %s", "/", request=request, status=500, exc_info=error)

    assert NAME not in said
    assert "ValueError" in said and "test_logs.py" in said
    assert logged("Bad: %s", "/", request=request, exc_info=error) == "403 at /\n"


def test_what_is_not_about_a_request_stays_as_it_was_said():
    assert logged("%s is slow", "disk", request=None) == "disk is slow\n"


def logged(
    message: str, *words: str, request: object, status: int = 403, exc_info: object = None
) -> str:
    """Gives what a handler of ours writes of one message."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RoutesForPaths())
    more = {} if request is None else {"request": request, "status_code": status}
    record = logging.getLogger("django.request").makeRecord(
        "django.request", logging.WARNING, "", 0, message, words, exc_info, extra=more
    )
    handler.handle(record)
    return stream.getvalue()
