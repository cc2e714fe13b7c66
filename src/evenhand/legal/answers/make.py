"""Makes an answer: words from the catalogue of its language, facts from the matter, one layout."""

from evenhand.base.lists import Language
from evenhand.legal.answers.facts import Answer, AnswerFacts, AnswerKind


def answer(kind: AnswerKind, facts: AnswerFacts, language: Language) -> Answer:
    """Gives an answer as JSON and PDF/A; the same facts give the same bytes."""
    raise NotImplementedError
