"""Whether a condition could be true on a model's opinion, with nothing that speaks of a wrong."""

from collections.abc import Mapping
from typing import assert_never

from evenhand.rules.grammar import (
    All,
    Always,
    Any,
    Compare,
    Constant,
    Known,
    OneOf,
    Relation,
    Tree,
    columns_of,
)
from evenhand.signals.columns import SignalColumn

UPWARD = frozenset({Relation.GREATER, Relation.GREATER_EQUAL, Relation.EQUAL})


def leans_on_models_alone(tree: Tree, columns: Mapping[str, SignalColumn]) -> bool:
    """Tells whether a score could decide alone (DESIGN of the screening, decision 5)."""
    weighed = any(columns[name].opinion for name in columns_of(tree))
    return weighed and not _needs_evidence(tree, columns)


def _needs_evidence(tree: Tree, columns: Mapping[str, SignalColumn]) -> bool:
    """Tells whether the tree can only be true where a column of evidence says so."""
    match tree:
        case All(parts):
            return any(_needs_evidence(part, columns) for part in parts)
        case Any(parts):
            return all(_needs_evidence(part, columns) for part in parts)
        case Compare(relation, _, right):
            return _speaks(tree, columns) and relation in UPWARD and right != Constant(0)
        case OneOf(negated=negated):
            return _speaks(tree, columns) and not negated
        case Known(negated=negated):
            return _speaks(tree, columns) and not negated
        case Always(value):
            return not value
        case _:
            assert_never(tree)


def _speaks(tree: Tree, columns: Mapping[str, SignalColumn]) -> bool:
    asked = columns_of(tree)
    return bool(asked) and all(columns[name].evidence for name in asked)
