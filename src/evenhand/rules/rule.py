"""A rule as it is read from its file, and a set of them that can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evenhand.base.lists import ActionKind, Language
from evenhand.rules.evaluate import Question, question
from evenhand.rules.grammar import Tree
from evenhand.rules.programme import Hits, Programme
from evenhand.signals.table import SignalTable


@dataclass(frozen=True, slots=True)
class Fixture:
    """An event that must fire a rule, or must not.

    event    fields as the event schema names them; text and language at least
    signals  signal columns stated outright, for what a single event cannot show (how often)
    line     where it stands in the rule's file
    """

    event: Mapping[str, object]
    signals: Mapping[str, object]
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, what it proposes, and what people are told.

    version  as the author states it, then a dot and eight digits of a hash over everything that
             decides: a changed rule never bears the version of another
    """

    id: str
    version: str
    title: str
    harm: str
    severity: int
    proposes: ActionKind
    opens_case: bool
    score: float
    exact: bool
    owner: str
    author: str
    false_positives: tuple[str, ...]
    references: tuple[str, ...]
    says: Mapping[Language, str]
    when: str
    condition: Tree
    hits: tuple[Fixture, ...]
    passes: tuple[Fixture, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that are asked together; a rule is named by its place in `rules`."""

    rules: tuple[Rule, ...]
    _programme: Programme = field(init=False, repr=False, compare=False)
    _questions: tuple[Question, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        questions = tuple(question(rule.condition) for rule in self.rules)
        object.__setattr__(self, "_questions", questions)
        programme = Programme([rule.condition for rule in self.rules])
        object.__setattr__(self, "_programme", programme)

    def over(self, table: SignalTable) -> Hits:
        """Gives every rule that is true for a row of a batch."""
        return self._programme.over(table)

    def for_one(self, known: Mapping[str, object]) -> Sequence[int]:
        """Gives the places of the rules that are true for one event with these known signals."""
        return [place for place, ask in enumerate(self._questions) if ask(known)]
