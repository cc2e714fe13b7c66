"""Why a case was opened is told in the reader's language, where a rule has the sentence."""

import pytest
from django.utils import translation

from evenhand import wiring
from evenhand.base.lists import Language
from evenhand.cases.lists import CaseKind
from evenhand.cases.models import Case
from evenhand.desk.words import why_opened

pytestmark = pytest.mark.django_db

RULE = "crypto_doubling"


def case(kind: CaseKind, *, rule: str = RULE) -> Case:
    """Gives a case of which no decision was made yet."""
    return Case(kind=kind.value, rules=[[rule, "1"]], reason_opened="As it was noted.")


@pytest.mark.parametrize("language", Language)
def test_a_rules_sentence_is_said_in_the_readers_language(language: Language):
    said = wiring.rulebook().sentence(RULE, "1", language)

    with translation.override(language.value):
        assert said and why_opened(case(CaseKind.REVIEW)) == said


def test_what_no_rule_of_today_says_stays_as_it_was_noted():
    with translation.override("kk"):
        assert why_opened(case(CaseKind.REVIEW, rule="gone")) == "As it was noted."


def test_what_no_rule_said_stays_as_it_was_noted():
    with translation.override("kk"):
        assert why_opened(case(CaseKind.FAILED_EFFECT)) == "As it was noted."
