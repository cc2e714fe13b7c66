"""Who looks at the demo gets a link for each part of the work."""

import pytest
from django.test import Client
from tests.integration.people_of_tests import member

from evenhand.demo.readings import enrolment_links
from evenhand.people.roles import Role

pytestmark = pytest.mark.django_db


def test_the_demo_links_the_operator_and_two_approvers(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test's transaction lives on its connection.
    monkeypatch.setattr("evenhand.demo.readings.close_old_connections", lambda: None)
    member("Anna Approver", Role.APPROVER)
    member("Arno Approver", Role.APPROVER)

    links = enrolment_links("http://testserver")

    roles = [role for _, role, _ in links]
    assert roles.count("approver") == 2
    assert roles.count("operator") == 1
    for name, _, link in links:
        page = Client().get(link.removeprefix("http://testserver"))
        assert name in page.content.decode()
