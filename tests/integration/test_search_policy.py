"""A version of the query policy from draft to live and back: two people, fixtures, records."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings
from tests.integration.people_of_tests import NOW, member

from evenhand.base.errors import NotFound
from evenhand.base.ids import new_id
from evenhand.people.models import Person
from evenhand.people.roles import Role
from evenhand.search import policy_steps, queries
from evenhand.search.answers import FOUNDERS
from evenhand.search.help import HelpLinesRefused, shipped_help_lines
from evenhand.search.lists import PolicyState
from evenhand.search.models import PolicyVersion
from evenhand.search.policy import shipped_text
from evenhand.search.policy_checks import PolicyStepRefused
from evenhand.search.policy_limits import NOTE_CHARACTERS_MAX
from evenhand.search.policy_text import PolicyRefused

pytestmark = pytest.mark.django_db

TEXT = """\
version: "2"
title: "For tests"
topics:
  - id: trade
    harm: m.tos.prohibited.drugs
    says: {en: "Help.", de: "Hilfe.", fr: "Aide.", ru: "Помощь.", kk: "Көмек."}
    help: [drugs]
    terms: {en: ["buy unobtainium"]}
    hits: ["buy unobtainium"]
    passes: ["unobtainium"]
"""
BROKEN = TEXT.replace('passes: ["unobtainium"]', 'passes: ["buy unobtainium now"]')


def author() -> Person:
    return member("Pia Policy", Role.POLICY_AUTHOR)


def second() -> Person:
    return member("Quentin Policy", Role.POLICY_AUTHOR)


def draft(text: str = TEXT) -> PolicyVersion:
    return policy_steps.write_version(text, by=author(), now=NOW, note="A try.")


def live(text: str = TEXT) -> PolicyVersion:
    return policy_steps.go_live(draft(text).id, by=second(), now=NOW)


def topic_of(query: str) -> str:
    return queries.policy_in_force()[1].topic_of(query)


def test_the_shipped_policy_counts_until_another_is_live() -> None:
    draft()

    assert queries.policy_in_force()[0].startswith("shipped-")
    assert topic_of("buy cocaine") == "drug_trade"
    assert topic_of("buy unobtainium") == ""


def test_two_people_let_a_version_go_live_and_each_step_is_recorded() -> None:
    row = live()

    assert (row.state, row.author.name, row.approver and row.approver.name) == (
        PolicyState.LIVE,
        "Pia Policy",
        "Quentin Policy",
    )
    assert queries.policy_in_force()[0] == "1"
    assert topic_of("buy un0btainium") == "trade"
    assert topic_of("buy cocaine") == ""
    changes = queries.policy_changes()
    assert [(one["state"], one["version"]) for one in changes] == [("live", "1"), ("draft", "1")]
    assert [one["by"] for one in changes] == [str(second().id), str(author().id)]


def test_a_new_version_retires_the_one_before() -> None:
    first = live()
    after = live(TEXT.replace("unobtainium", "mithril"))

    first.refresh_from_db()
    assert (first.state, after.state, after.number) == ("retired", "live", 2)
    assert topic_of("buy mithril") == "trade"
    assert topic_of("buy unobtainium") == ""


def test_without_a_live_version_the_shipped_one_counts_under_another_name() -> None:
    before = queries.policy_in_force()[0]
    policy_steps.retire(live().id, by=author(), now=NOW, reason="It hid too much.")

    version, policy = queries.policy_in_force()
    assert version == f"{before}-after-1"
    assert policy.topic_of("buy cocaine") == "drug_trade"
    assert queries.policy_changes()[0]["why"] == "It hid too much."


def test_its_author_cannot_let_it_go_live() -> None:
    row = draft()

    with pytest.raises(PolicyStepRefused):
        policy_steps.go_live(row.id, by=author(), now=NOW)

    row.refresh_from_db()
    assert row.state == PolicyState.DRAFT


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.SENIOR, Role.AUDITOR])
def test_nobody_else_takes_a_step(role: Role) -> None:
    row, other = draft(), member("Otto Other", role)

    for step in (
        lambda: policy_steps.write_version(TEXT, by=other, now=NOW),
        lambda: policy_steps.go_live(row.id, by=other, now=NOW),
        lambda: policy_steps.retire(row.id, by=other, now=NOW, reason="no"),
    ):
        with pytest.raises(PolicyStepRefused):
            step()


def test_who_has_left_takes_no_step() -> None:
    row, gone = draft(), second()
    gone.is_active = False
    gone.save()

    with pytest.raises(PolicyStepRefused):
        policy_steps.go_live(row.id, by=gone, now=NOW)


def test_a_fixture_that_does_not_hold_keeps_a_version_a_draft() -> None:
    row = draft(BROKEN)

    with pytest.raises(PolicyStepRefused, match="fixture"):
        policy_steps.go_live(row.id, by=second(), now=NOW)


def test_what_is_no_policy_is_not_kept() -> None:
    with pytest.raises(PolicyRefused):
        draft(TEXT.replace("harm:", "harms:"))

    assert not PolicyVersion.objects.exists()


def test_the_same_draft_is_kept_once() -> None:
    assert draft().id == draft().id
    assert draft(BROKEN).number == 2


@pytest.mark.parametrize("state", [PolicyState.LIVE, PolicyState.RETIRED])
def test_a_version_goes_live_once(state: PolicyState) -> None:
    row = live()
    if state is PolicyState.RETIRED:
        policy_steps.retire(row.id, by=author(), now=NOW, reason="Out.")

    with pytest.raises(PolicyStepRefused):
        policy_steps.go_live(row.id, by=second(), now=NOW)


def test_retiring_wants_a_reason_and_a_version_that_is_not_retired() -> None:
    row = draft()

    with pytest.raises(PolicyStepRefused):
        policy_steps.retire(row.id, by=author(), now=NOW, reason=" ")
    policy_steps.retire(row.id, by=author(), now=NOW, reason="Not wanted.")
    with pytest.raises(PolicyStepRefused):
        policy_steps.retire(row.id, by=author(), now=NOW, reason="Again.")


def test_a_note_nobody_reads_is_refused() -> None:
    with pytest.raises(PolicyStepRefused):
        policy_steps.write_version(TEXT, by=author(), now=NOW, note="x" * (NOTE_CHARACTERS_MAX + 1))


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        policy_steps.go_live(new_id(now=NOW), by=second(), now=NOW)
    with pytest.raises(NotFound):
        queries.policy_version(new_id(now=NOW))


def test_the_database_wants_a_second_person() -> None:
    row = draft()

    for approver in (None, row.author):
        with pytest.raises(IntegrityError, match="search_policy"), transaction.atomic():
            PolicyVersion.objects.filter(pk=row.pk).update(state="live", approver=approver)


def test_the_database_holds_one_live_version() -> None:
    live()
    row = draft(BROKEN)

    with pytest.raises(IntegrityError, match="search_policy_one_live"), transaction.atomic():
        PolicyVersion.objects.filter(pk=row.pk).update(state="live", approver=second())


def test_the_database_knows_the_states() -> None:
    row = draft()

    with pytest.raises(IntegrityError, match="search_policy_state_listed"), transaction.atomic():
        PolicyVersion.objects.filter(pk=row.pk).update(state="maybe")


def test_asking_again_reads_one_row(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    live()
    before = queries.policy_in_force()

    with django_assert_num_queries(1):
        after = queries.policy_in_force()

    assert after[1] is before[1]


def test_who_answers_for_a_version_is_known() -> None:
    live()

    found = queries.policy_authors("1")
    assert (found.author, found.approver) == ("Pia Policy", "Quentin Policy")
    assert queries.policy_authors(f"shipped-{shipped_text()[:0]}1") == FOUNDERS


def test_help_lines_are_the_operators_own_if_there_are_any(
    settings: Settings, tmp_path: Path
) -> None:
    settings.HELP_LINES_FILE = ""
    assert queries.help_lines() is shipped_help_lines()

    own = tmp_path / "lines.csv"
    own.write_text(
        "countries,kind,name,phone,url,languages,hours,source,checked\n"
        "**,crisis,Ours,1,,en,,https://a.example,2026-11-23 us\n"
    )
    settings.HELP_LINES_FILE = str(own)
    assert [one.name for one in queries.help_lines().of((), country=None)] == ["Ours"]

    for content in (b"\xff", b"countries\n"):
        own.write_bytes(content + b"\n" * len(content))
        with pytest.raises(HelpLinesRefused):
            queries.help_lines()
    settings.HELP_LINES_FILE = str(tmp_path / "none.csv")
    with pytest.raises(HelpLinesRefused):
        queries.help_lines()
