"""What other rooms ask of rules: whose they are, what they say to people, how late they act.

Versions of the rulebook come first; before the worker has taken in what comes with Evenhand, the
files of the pack answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.actions.ports import RuleAuthors
from evenhand.base.lists import Language
from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.queries import version_named
from evenhand.rules.load import Told, told_of

SETTLED = (RuleState.LIVE, RuleState.RETIRED)
"""States in which nobody new answers for a version: what it says is kept in memory."""

KEPT_MAX = 20_000
"""Versions kept in memory: more than anybody has in force, some 20 MB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one version."""

    authors: RuleAuthors
    told: Told


@dataclass(frozen=True, slots=True)
class StoredRules:
    """The rulebook as actions need it; `shipped` is what comes with Evenhand, by rule."""

    shipped: Mapping[str, Answer]
    _kept: dict[tuple[str, str], Answer] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, shipped: Mapping[str, str]) -> "StoredRules":
        """Gives the rulebook with these files of the pack, by rule."""
        told = {rule: told_of(text) for rule, text in shipped.items()}
        return cls({rule: Answer(RuleAuthors(one.author, ""), one) for rule, one in told.items()})

    def authors(self, rule_id: str, version: str) -> RuleAuthors:
        """Gives author and approver of one version of a rule; empty names if unknown."""
        found = self._of(rule_id, version)
        return found.authors if found else RuleAuthors("", "")

    def sentence(self, rule_id: str, version: str, language: Language) -> str | None:
        """Gives what a version says to people in one language; None if it says nothing in it."""
        found = self._of(rule_id, version)
        return found.told.says.get(language.value) if found else None

    def delay_minutes(self, rule_id: str, version: str) -> int:
        """Gives up to how many minutes later what a version decides is done."""
        found = self._of(rule_id, version)
        return found.told.delay_minutes if found else 0

    def _of(self, rule_id: str, version: str) -> Answer | None:
        known = self._kept.get((rule_id, version))
        if known is not None:
            return known
        row = version_named(rule_id, version)
        if row is None:
            return self.shipped.get(rule_id)
        told = told_of(row.text)
        author = row.author.name if row.author else told.author
        found = Answer(RuleAuthors(author, row.approver.name if row.approver else ""), told)
        if row.state in SETTLED and len(self._kept) < KEPT_MAX:
            self._kept[rule_id, version] = found
        return found
