"""Runs fixtures of rules: what must hit hits, what must pass is left alone by every rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evenhand.base.lists import ActionKind
from evenhand.rules.grammar import columns_of
from evenhand.rules.rule import Fixture, Rule, RuleSet

SignalsOf = Callable[[Sequence[Mapping[str, object]]], Sequence[Mapping[str, object]]]
"""Gives the known signals of each event; the pipeline provides it."""


@dataclass(frozen=True, slots=True)
class FixtureFault:
    """A fixture that does not hold, and the columns that mattered."""

    rule: str
    line: int
    wanted: str
    found: str
    columns: Mapping[str, object]


def check_rules(rules: RuleSet, signals_of: SignalsOf) -> tuple[FixtureFault, ...]:
    """Gives every fixture that does not hold.

    A hit must fire its own rule. A pass must fire no rule that would do something, whichever.
    """
    wanted = [
        (rule, fixture, must_hit)
        for rule in rules.rules
        for fixtures, must_hit in ((rule.hits, True), (rule.passes, False))
        for fixture in fixtures
    ]
    known = signals_of([fixture.event for _, fixture, _ in wanted])
    assert len(known) == len(wanted)
    faults = []
    for (rule, fixture, must_hit), computed in zip(wanted, known, strict=True):
        signals = {**computed, **fixture.signals}
        fired = [rules.rules[place] for place in rules.for_one(signals)]
        fault = _fault(rule, fixture, must_hit=must_hit, fired=fired, signals=signals)
        if fault is not None:
            faults.append(fault)
    return tuple(faults)


def _fault(
    rule: Rule,
    fixture: Fixture,
    *,
    must_hit: bool,
    fired: Sequence[Rule],
    signals: Mapping[str, object],
) -> FixtureFault | None:
    if must_hit:
        if rule in fired:
            return None
        blamed, wanted, found = rule, "fires its rule", "does not fire it"
    else:
        acting = [
            other for other in fired if other is rule or other.proposes is not ActionKind.NONE
        ]
        if not acting:
            return None
        blamed, wanted = acting[0], "fires no rule that acts"
        found = f"fires {', '.join(other.id for other in acting)}"
    asked = columns_of(blamed.condition)
    mattered = {name: signals.get(name) for name in sorted(asked)}
    return FixtureFault(rule.id, fixture.line, wanted, found, mattered)
