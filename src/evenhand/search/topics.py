"""What a query policy says: topics, the phrases that seek them, and the help that is given."""

from collections.abc import Mapping
from dataclasses import dataclass

from evenhand.base.lists import Language
from evenhand.search.lists import HelpKind
from evenhand.search.phrases import Phrase


@dataclass(frozen=True, slots=True)
class Fixture:
    """A query, and the line of the policy's text in which it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Topic:
    """What may not be sought.

    harm        code of `base/harms.csv`
    says        what people are told, in each language
    help        which help lines they are given, in this order
    items       whether it also hides what it stands in
    terms       phrases that seek it
    exceptions  phrases beside which none of the terms counts
    hits        queries that seek it
    passes      queries that seek nothing of the policy
    """

    id: str
    line: int
    harm: str
    says: Mapping[Language, str]
    help: tuple[HelpKind, ...]
    items: bool
    terms: tuple[Phrase, ...]
    exceptions: tuple[Phrase, ...]
    hits: tuple[Fixture, ...]
    passes: tuple[Fixture, ...]


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy as it is written; the gravest topics come first."""

    version: str
    title: str
    topics: tuple[Topic, ...]
    passes: tuple[Fixture, ...]
