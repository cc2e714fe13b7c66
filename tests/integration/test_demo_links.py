"""Who looks at the demo gets a link for each part of the work."""

from pathlib import Path

import pytest
from django.test import Client
from tests.integration.people_of_tests import member

from evenhand.demo.proof import CODE_FILE, READER, ways_to_check
from evenhand.demo.readings import enrolment_links
from evenhand.demo.stage import Stage
from evenhand.people.roles import Role

pytestmark = pytest.mark.django_db


def test_the_demo_links_an_operator_two_approvers_and_two_authors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The test's transaction lives on its connection.
    monkeypatch.setattr("evenhand.demo.readings.close_old_connections", lambda: None)
    member("Anna Approver", Role.APPROVER)
    member("Arno Approver", Role.APPROVER)

    links = enrolment_links("http://testserver")

    roles = [role for _, role, _ in links]
    assert roles.count("approver") == roles.count("policy_author") == 2
    assert roles.count("operator") == 1
    for name, _, link in links:
        page = Client().get(link.removeprefix("http://testserver"))
        assert name in page.content.decode()


def test_the_demo_tells_how_to_check_what_it_says(tmp_path: Path) -> None:
    stage = Stage(tmp_path, lambda said: None)
    assert ways_to_check(stage) == []  # nobody has a code as long as no act gave one
    reader = tmp_path / READER
    reader.mkdir()
    (reader / CODE_FILE).write_text("ABCDE\n")

    said = "\n".join(ways_to_check(stage))

    assert f"{stage.site.public_url}/proof/  with the code ABCDE" in said
    for command in ("verify inclusion", "verify report", "verify log", "log status"):
        assert command in said
