"""What the search's own rules say to people, beside the rulebook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from evenhand.actions.ports import RuleAuthors, Rulebook
from evenhand.base.lists import Language
from evenhand.search.lists import ProposalKind

RECREATED = "search_recreated_channel"
"""The rule by which the re-creation of a closed channel is not found."""

RECREATED_VERSION = "1"
"""Of what counts as resembling; changes with `recreations.py`."""

POLICY = "search_policy:"
"""What the rules by which items leave for their words begin with; the topic follows."""

FOUNDERS = RuleAuthors("founding team", "")
"""Whose rule it is to know re-creations, as of what else comes with Evenhand."""


@dataclass(frozen=True, slots=True)
class SearchRules:
    """The rulebook, with the rules of the search before it.

    beneath         who knows all other rules
    policy_authors  who wrote and who approved a version of the query policy
    """

    beneath: Rulebook
    policy_authors: Callable[[str], RuleAuthors]

    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        """Gives author and approver of one version of a rule; empty names if unknown."""
        match kind_of(rule_id):
            case ProposalKind.RECREATION:
                return FOUNDERS
            case ProposalKind.POLICY:
                return self.policy_authors(version)
            case None:
                return self.beneath.authors(rule_id, version)

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        """Gives what a version says to people in one language; None if it says nothing in it."""
        kind = kind_of(rule_id)
        if kind is None:
            return self.beneath.sentence(rule_id, version, language)
        return says(kind, language)

    def delay_minutes(self, rule_id: str, version: str) -> int:
        """Gives up to how many minutes later what a version decides is done: the search at once."""
        return 0 if kind_of(rule_id) else self.beneath.delay_minutes(rule_id, version)


def kind_of(rule_id: str) -> ProposalKind | None:
    """Gives which of the search's rules this is; None if it is none."""
    if rule_id == RECREATED:
        return ProposalKind.RECREATION
    return ProposalKind.POLICY if rule_id.startswith(POLICY) else None


def says(kind: ProposalKind, language: Language) -> str:
    """Gives what people are told."""
    return _sentences()[kind][language]


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    text = files("evenhand.search").joinpath("says.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return loaded
