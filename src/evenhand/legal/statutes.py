"""Which statutes there are, and to which kinds of request they give a power: a help to look."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from unicodedata import normalize

import yaml

from evenhand.legal.document_limits import CITATION_CHARACTERS_MAX
from evenhand.markets.lists import AuthorityKind

ARTICLE = re.compile(
    r"(?:\bart(?:icles?|ikel|\.)?|\barts\.|§+|\bs\.|\bsection|\brule|\bст\.?"
    r"|\bстать\w+|\bбап\w*|u\.?s\.?c\.?)\s*§*\s*(\d{1,4})"
)
"""How an article, a section or a rule is written in front of its number."""

ARTICLE_AFTER = re.compile(r"(\d{1,4})(?:-\d+)?[- ](?:бап|ст)")
"""How Kazakh writes it, after the number."""


class Standing(StrEnum):
    """What a citation is worth for a kind of request."""

    GIVES = "gives"
    NO_POWER = "no_power"
    NO_SUCH_ARTICLE = "no_such_article"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statute:
    """One act: `gives` maps a kind to the articles that give its power, () to any of them."""

    id: str
    names: tuple[re.Pattern[str], ...]
    articles_max: int
    gives: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Statutes:
    """Everything that the file holds."""

    statutes: tuple[Statute, ...]
    any_national_law: frozenset[str]
    ranks: Mapping[str, Mapping[str, tuple[re.Pattern[str], ...]]]
    danger_words: tuple[re.Pattern[str], ...]


def standing(citation: str, kind_id: str) -> Standing:
    """Gives what a citation is worth for a kind of request."""
    said = _plain(citation)
    known = statutes()
    named = [one for one in known.statutes if any(name.search(said) for name in one.names)]
    if not named:
        return Standing.UNKNOWN
    articles = {int(number) for number in (*ARTICLE.findall(said), *ARTICLE_AFTER.findall(said))}
    if any(one.articles_max and max(articles, default=0) > one.articles_max for one in named):
        return Standing.NO_SUCH_ARTICLE
    for one in named:
        powers = one.gives.get(kind_id)
        if powers is not None and (not powers or not articles or articles & set(powers)):
            return Standing.GIVES
    return Standing.NO_POWER


def any_law_will_do(kind_id: str) -> bool:
    """Tells whether the power for a kind can come from a law that is not listed here."""
    return kind_id in statutes().any_national_law


def rank_suffices(rank: str, kind_id: str, authority: AuthorityKind) -> bool:
    """Tells whether a rank is what the law asks for; true where it asks for none."""
    asked = statutes().ranks.get(kind_id, {}).get(authority.value, ())
    return not asked or any(pattern.search(_plain(rank)) for pattern in asked)


def names_a_danger(text: str) -> bool:
    """Tells whether a text speaks of a danger to somebody at all."""
    return any(pattern.search(_plain(text)) for pattern in statutes().danger_words)


@cache
def statutes() -> Statutes:
    """Gives what the file beside this module holds."""
    read = yaml.safe_load(files("evenhand.legal").joinpath("statutes.yaml").read_text("utf-8"))
    return Statutes(
        statutes=tuple(
            Statute(
                id=one["id"],
                names=tuple(re.compile(name) for name in one["names"]),
                articles_max=one["articles_max"],
                gives=MappingProxyType({kind: tuple(n) for kind, n in one["gives"].items()}),
            )
            for one in read["statutes"]
        ),
        any_national_law=frozenset(read["any_national_law"]),
        ranks=MappingProxyType(
            {
                kind: MappingProxyType(
                    {who: tuple(re.compile(one) for one in ranks) for who, ranks in by.items()}
                )
                for kind, by in read["ranks"].items()
            }
        ),
        danger_words=tuple(re.compile(one) for one in read["danger_words"]),
    )


def _plain(text: str) -> str:
    return " ".join(normalize("NFKC", text[:CITATION_CHARACTERS_MAX]).lower().split())
