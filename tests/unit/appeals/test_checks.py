"""Objections: what is taken, and what can be upheld."""

import pytest

from evenhand.appeals.checks import ObjectionRefused, check_objection_case, check_objection_text
from evenhand.appeals.limits import OBJECTION_CHARACTERS_MAX
from evenhand.cases.checks import CaseFacts, Finding
from evenhand.cases.lists import CaseKind, CaseState


def test_an_objection_alone_is_upheld_or_refused() -> None:
    objection = CaseFacts(kind=CaseKind.OBJECTION, state=CaseState.OPEN)
    review = CaseFacts(kind=CaseKind.REVIEW, state=CaseState.OPEN)

    assert check_objection_case(objection) == []
    assert check_objection_case(review) == [Finding.NOT_AN_OBJECTION]


def test_an_objection_keeps_its_words_and_loses_the_space_around() -> None:
    assert check_objection_text("  I quoted\r\nmy bank. \n") == "I quoted\nmy bank."


@pytest.mark.parametrize("text", ["", " \n\t", "\0"])
def test_an_empty_objection_is_refused(text: str) -> None:
    with pytest.raises(ObjectionRefused) as refused:
        check_objection_text(text)
    assert refused.value.fields["why"] == "empty"


def test_an_objection_is_at_most_two_pages() -> None:
    assert check_objection_text("ж" * OBJECTION_CHARACTERS_MAX)
    with pytest.raises(ObjectionRefused) as refused:
        check_objection_text("ж" * (OBJECTION_CHARACTERS_MAX + 1))
    assert refused.value.fields["why"] == "too long"
