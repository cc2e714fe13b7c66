"""What an entry of the law is called in a reader's language; our translation, no lawyer's."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from evenhand.base.lists import Language


def title_in(entry: str, language: Language, *, english: str) -> str:
    """Gives the title of an entry; a version of the law that we have no words for stays English."""
    return titles(language).get(entry, english)


@cache
def titles(language: Language) -> Mapping[str, str]:
    """Gives the titles of one language, by entry; English stands in the regimes themselves."""
    if language is Language.EN:
        return MappingProxyType({})
    path = files("evenhand.markets").joinpath("words", f"{language.value}.yaml")
    return MappingProxyType(yaml.safe_load(path.read_text(encoding="utf-8")))
