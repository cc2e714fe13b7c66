import json

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, RequestFactory

from evenhand.appeals.checks import TokenWrong
from evenhand.base.errors import EvenhandError, InputRefused, NotAllowed, NotFound, Unavailable
from evenhand.cases.checks import CaseNotClosed
from evenhand.desk import public
from evenhand.desk.doors import RoleMissing
from evenhand.desk.limits import TooLarge, TooOften
from evenhand.desk.problems import WORDS, Problems, answer, words_for
from evenhand.people.checks import LinkDead


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(what="case"), 404),
        (NotAllowed(), 403),
        (CaseNotClosed(findings=""), 403),
        (TokenWrong(), 403),
        (RoleMissing(), 403),
        (LinkDead(why="used"), 403),
        (InputRefused(), 400),
        (TooLarge(), 413),
        (TooOften(), 429),
        (Unavailable(), 503),
        (EvenhandError(), 500),
    ],
)
def test_each_error_has_its_status(error: EvenhandError, status: int) -> None:
    assert words_for(error).status == status


def test_a_special_error_stands_before_its_parent() -> None:
    kinds = [kind for kind, _ in WORDS]

    for index, kind in enumerate(kinds):
        assert not any(issubclass(later, kind) for later in kinds[index + 1 :]), kind


def test_a_wrong_sign_in_a_link_is_said_to_be_one() -> None:
    request = RequestFactory().get("/", headers={"accept": "text/html"})

    page = answer(request, words_for(TokenWrong())).content.decode()

    assert "Copy the whole link from the notice" in page


def test_a_program_gets_a_problem_as_rfc_9457_asks() -> None:
    request = RequestFactory().get("/", headers={"accept": "application/json"})

    response = answer(request, words_for(NotFound(what="secret internal thing")))

    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code == 404
    assert problem["type"] == "urn:evenhand:problem:not-found"
    assert "secret internal thing" not in response.content.decode()


def test_a_person_gets_a_page_without_inner_workings() -> None:
    request = RequestFactory().get("/", headers={"accept": "text/html"})

    page = answer(request, words_for(Unavailable(process="opener"))).content.decode()

    assert "<h1>" in page
    assert "opener" not in page
    assert "Traceback" not in page


@pytest.mark.parametrize("path", ["/health/", "/staff/sign-in/", "/staff/", "/"])
def test_without_its_database_the_desk_says_that_it_is_unavailable(
    path: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", away)
    monkeypatch.setattr(public, "published_days", away)
    client.cookies["sessionid"] = "kept-by-a-browser"
    client.raise_request_exception = False

    response = client.get(path)

    assert response.status_code == 503
    assert response.headers["Retry-After"]


def away(*_: object, **__: object) -> None:
    raise OperationalError("connection refused")


def test_errors_that_are_not_ours_go_on() -> None:
    problems = Problems(lambda _: pytest.fail("not called"))

    assert problems.process_exception(RequestFactory().get("/"), ValueError()) is None


def test_who_came_too_early_is_told_when_to_come_back() -> None:
    request = RequestFactory().get("/")

    assert answer(request, words_for(TooOften())).headers["Retry-After"]
    assert answer(request, words_for(Unavailable())).headers["Retry-After"]
