"""Sentences of findings and of the score in a reader's language; English stands in the code."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from evenhand.base.lists import Language
from evenhand.legal.documents import LEVELS, SENTENCES
from evenhand.legal.fraud import REASONS

ENGLISH: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "fraud": MappingProxyType({one.value: text for one, (_, text) in REASONS.items()}),
        "findings": MappingProxyType({one.value: text for one, text in SENTENCES.items()}),
        "levels": MappingProxyType({one.value: text for one, text in LEVELS.items()}),
    }
)
"""What each part holds: reasons of the score, findings in documents, levels of signatures."""


def sentence(part: str, code: str, language: Language, *, kept: str = "") -> str:
    """Gives a sentence; a code that is no longer known says what was `kept` with it."""
    known = sentences(language)[part].get(code)
    return known or kept or code


@cache
def sentences(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Gives every sentence of one language."""
    if language is Language.EN:
        return ENGLISH
    path = files("evenhand.legal.sentences").joinpath(f"{language.value}.yaml")
    return MappingProxyType(yaml.safe_load(path.read_text(encoding="utf-8")))
