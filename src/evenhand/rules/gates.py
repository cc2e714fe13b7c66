"""Which counts must be above zero for a condition to be true: rows without any need no asking."""

from collections.abc import Collection

from evenhand.rules.grammar import (
    All,
    Always,
    Any,
    Arithmetic,
    Column,
    Compare,
    Constant,
    Otherwise,
    Relation,
    Tree,
    Value,
)


def gates(tree: Tree, counts: Collection[str]) -> frozenset[str] | None:
    """Gives columns of which one is above zero wherever the tree is true; None if none must be.

    counts  columns that are never below zero
    """
    match tree:
        case All(parts):
            found = [one for one in (gates(part, counts) for part in parts) if one is not None]
            return min(found, key=len, default=None)
        case Any(parts):
            needed = [gates(part, counts) for part in parts]
            if any(one is None for one in needed):
                return None
            return frozenset().union(*(one for one in needed if one is not None))
        case Compare(relation, left, Constant(value)):
            return _summed(left, counts) if _above_zero(relation, value) else None
        case Always(False):
            return frozenset()
        case _:
            return None


def _above_zero(relation: Relation, value: float | str | bool) -> bool:
    """Tells whether what stands in this relation to the value is above zero."""
    if isinstance(value, str):
        return False
    match relation:
        case Relation.GREATER:
            return value >= 0
        case Relation.GREATER_EQUAL | Relation.EQUAL:
            return value > 0
        case _:
            return False


def _summed(value: Value, counts: Collection[str]) -> frozenset[str] | None:
    """Gives the counts that are added up; None if anything else is."""
    match value:
        case Column(name) if name in counts:
            return frozenset({name})
        case Otherwise(Column(name), Constant(0)) if name in counts:
            return frozenset({name})
        case Arithmetic("+", left, right):
            first, second = _summed(left, counts), _summed(right, counts)
            return None if first is None or second is None else first | second
        case _:
            return None
