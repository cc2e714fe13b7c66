"""A request that its authority changes: what was found of the old text counts no more."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings
from tests.integration.matters_of_tests import (
    ALL_NO,
    NOW,
    Desk,
    desk,
    plan_of,
    signed,
)
from tests.integration.test_legal_pages import signed_in

from evenhand.base.sealing import make_keys
from evenhand.legal import steps
from evenhand.legal.checks import StepRefused
from evenhand.legal.drafts import BoardVote, SubstanceAnswers, Validation
from evenhand.legal.limits import FIELD_CHARACTERS_MAX, FIELDS_MAX
from evenhand.legal.lists import Authenticity, BoardDecision, Finding, Said, Substance
from evenhand.legal.models import Assessment, Matter, Question, Step

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"
LATER = NOW + timedelta(hours=1)


def changed(one: Desk, matter: Matter, **fields: str) -> None:
    """Asks the authority, which answers with other words, and proves its sender anew."""
    steps.ask(matter.id, by=one.lawyer, text="Who is it about?", now=LATER)
    steps.complete(
        matter.id,
        by=one.officer.person,
        answer="He is an opposition journalist.",
        fields=fields,
        now=LATER,
    )
    validate(one, matter)


def validate(one: Desk, matter: Matter) -> None:
    call = one.call_back(matter, now=LATER)
    validation = Validation(Authenticity.CALL_BACK, "The duty officer knew it.", call.id)
    steps.validate(matter.id, validation, by=one.lawyer, now=LATER)


def assess(one: Desk, matter: Matter, **said: Said) -> None:
    answers = {**ALL_NO, **{Substance(name): value for name, value in said.items()}}
    steps.assess(matter.id, SubstanceAnswers(answers, "As found."), by=one.lawyer, now=LATER)


def prepare(one: Desk, matter: Matter) -> None:
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=one.nobody, now=LATER)


def found_by(error: pytest.ExceptionInfo[StepRefused]) -> tuple[object, ...]:
    found = error.value.fields["findings"]
    assert isinstance(found, tuple)
    return found


def board(one: Desk, matter: Matter) -> None:
    for member in one.board:
        steps.take(matter.id, by=member, now=LATER)
        steps.vote(matter.id, BoardVote(BoardDecision.GO_ON, "It may go."), by=member, now=LATER)


def refused(one: Desk, matter: Matter) -> Any:
    with pytest.raises(StepRefused) as error:
        prepare(one, matter)
    return error.value.fields["findings"]


def test_a_changed_request_is_looked_at_anew() -> None:
    one = desk()
    matter = one.validated(EPOC)
    changed(one, matter, **{known_field(matter): "He is an opposition journalist."})

    assert Finding.SUBSTANCE_UNANSWERED in refused(one, matter)

    assess(one, matter)
    prepare(one, matter)


def test_what_was_filed_first_is_kept() -> None:
    one = desk()
    matter = one.validated(EPOC)
    name = known_field(matter)
    changed(one, matter, **{name: "Another offence."})

    assert Question.objects.get().replaced == {name: "given"}
    assert Matter.objects.get().fields[name] == "Another offence."


def test_the_page_shows_what_was_replaced_and_that_the_answers_are_void(
    settings: Settings,
    tmp_path: Path,
) -> None:
    make_keys(tmp_path)
    settings.KEYS = tmp_path
    settings.ALLOWED_HOSTS = ["localhost"]
    one = desk()
    matter = one.validated(EPOC)
    changed(one, matter, **{known_field(matter): "Another offence."})

    page = signed_in(one.lawyer).get(f"/staff/legal/{matter.id}/").content.decode()

    assert ', before this answer</dt><dd><span dir="auto">given</span></dd>' in page
    assert "count no more" in page


@pytest.mark.parametrize(
    ("fields", "finding"),
    [
        ({"He lives at 5 Example Street": "x"}, Finding.FIELD_UNKNOWN),
        ({f"field {number}": "x" for number in range(FIELDS_MAX + 1)}, Finding.TOO_LONG),
        ({"who_is_in_danger": "x" * (FIELD_CHARACTERS_MAX + 1)}, Finding.TOO_LONG),
    ],
)
def test_an_answer_has_only_the_fields_of_its_law(fields: dict[str, str], finding: Finding) -> None:
    one = desk()
    matter = one.received(EPOC)
    steps.ask(matter.id, by=one.lawyer, text="Who is it about?", now=NOW)

    with pytest.raises(StepRefused) as error:
        steps.complete(matter.id, by=one.officer.person, answer="So.", fields=fields, now=NOW)
    assert finding in found_by(error)
    with pytest.raises(StepRefused) as error:
        one.received(EPOC, fields={**matter.fields, **fields})
    assert finding in found_by(error)
    assert not Step.objects.filter(matter=matter, what="completed").exists()


def test_a_question_names_only_the_fields_of_its_law() -> None:
    one = desk()
    matter = one.received(EPOC)

    with pytest.raises(StepRefused) as error:
        steps.ask(
            matter.id, by=one.lawyer, text="Who is it?", missing=("John Doe is who?",), now=NOW
        )
    assert error.value.fields["findings"] == (Finding.FIELD_UNKNOWN,)


def test_the_boards_word_on_the_old_text_does_not_stand() -> None:
    one = desk()
    matter = one.received(EPOC)
    validate(one, matter)
    assess(one, matter, press=Said.YES)
    board(one, matter)
    changed(one, matter)
    assert Finding.SUBSTANCE_UNANSWERED in refused(one, matter)

    assess(one, matter)
    assert Finding.BOARD_PENDING in refused(one, matter)

    board(one, matter)
    prepare(one, matter)


def test_the_database_releases_nothing_on_answers_of_another_text() -> None:
    one = desk()
    matter = one.prepared(EPOC)
    release = signed(one, matter)
    for spoil in (
        {"voided_at": NOW},
        {"needs_board": True, "board": "go_on", "round": 2},
    ):
        savepoint = transaction.savepoint()
        Assessment.objects.update(**spoil)
        with pytest.raises(IntegrityError), transaction.atomic():
            Matter.objects.filter(pk=matter.pk).update(**release)
        transaction.savepoint_rollback(savepoint)

    Matter.objects.filter(pk=matter.pk).update(**release)


def known_field(matter: Matter) -> str:
    """The first field that its law asks for."""
    return str(min(matter.fields))
