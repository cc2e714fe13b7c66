"""The API against its own document: no call breaks it, and no answer is undocumented."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.conftest import Site
from tests.integration.matters_of_tests import desk

from evenhand.authorities.machines.steps import make_token
from evenhand.base.clock import now
from evenhand.legal import steps
from evenhand.wsgi import application

EXAMPLES = 40
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Served:
    """The API of a site with some requests, and a living token."""

    document: Any
    token: str


@pytest.fixture
def served(committed: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost"])
    cache.clear()
    with transaction.atomic():
        office = desk(now=now())
        matter = office.received("eu-tco-removal", now())
        steps.ask(matter.id, by=office.lawyer, text="Which post is meant?", now=now())
        token = make_token(office.officer, "robot", by=office.officer.person, now=now()).text
    document = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", application, headers={"host": "localhost"}
    )
    yield Served(document, token)
    cache.clear()


def test_no_call_breaks_it_or_gets_an_undocumented_answer(served: Served) -> None:
    calls: list[str] = []

    for found in served.document.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @hypothesis_settings(
            max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
        )
        def call(case: schemathesis.Case) -> None:
            cache.clear()
            headers = {"authorization": f"Bearer {served.token}", "host": "localhost"}
            answer = case.call(headers=headers)
            calls.append(f"{case.method} {case.path} {answer.status_code}")
            case.validate_response(answer, checks=CHECKS)

        call()

    assert len({one.rpartition(" ")[0] for one in calls}) == 14
    assert len(calls) > 200
    assert any(one.endswith(" 200") for one in calls)
