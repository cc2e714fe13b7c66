"""A rule as it is read from its file, and a set of them that can be asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from evenhand.base.lists import ActionKind, Language
from evenhand.rules.acting import LIVE, Sorting, Terms
from evenhand.rules.evaluate import Question, question
from evenhand.rules.grammar import Tree
from evenhand.rules.limits import BUDGET_DAY, BUDGET_HOUR
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
class Budget:
    """How often a rule may act in one market, in an hour and in a day; beyond it a person looks."""

    hour: int = BUDGET_HOUR
    day: int = BUDGET_DAY


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, what it proposes, and what people are told.

    version  as the author states it, then a dot and eight digits of a hash over everything that
             decides: a changed rule never bears the version of another
    delay_minutes  up to so long after it an action is done, at a moment nobody can foresee: what
             follows at once would teach an attacker where the line is
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
    budget: Budget = Budget()
    delay_minutes: int = 0


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that are asked together; a rule is named by its place in `rules`.

    terms  how far each of them acts; without any, all of them are live
    """

    rules: tuple[Rule, ...]
    terms: tuple[Terms, ...] = ()
    _programme: Programme = field(init=False, repr=False, compare=False)
    _questions: tuple[Question, ...] = field(init=False, repr=False, compare=False)
    _sorting: Sorting = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        questions = tuple(question(rule.condition) for rule in self.rules)
        object.__setattr__(self, "_questions", questions)
        programme = Programme([rule.condition for rule in self.rules])
        object.__setattr__(self, "_programme", programme)
        object.__setattr__(self, "terms", self.terms or (LIVE,) * len(self.rules))
        sorting = Sorting([rule.id for rule in self.rules], self.terms)
        object.__setattr__(self, "_sorting", sorting)

    def over(self, table: SignalTable) -> Hits:
        """Gives every rule that is true for a row of a batch."""
        return self._programme.over(table)

    def for_one(self, known: Mapping[str, object]) -> Sequence[int]:
        """Gives the places of the rules that are true for one event with these known signals."""
        return [place for place, ask in enumerate(self._questions) if ask(known)]

    def sorted(self, hits: Hits, key_of: Callable[[int], str]) -> tuple[Hits, Hits]:
        """Gives the hits that act, and those that are only counted; `key_of`: a row's account."""
        return self._sorting.sort(hits, key_of)
