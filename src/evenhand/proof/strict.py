"""JSON as every reader reads it alike: no name twice, no number that is none."""

import json
from collections.abc import Sequence


def strict_json(text: str) -> object:
    """Gives the value of a JSON text; `ValueError` or `RecursionError` for what is none.

    Of a name that stands twice one reader takes the first and another the last: then what was
    checked need not be what is shown.
    """
    return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)


def whole_number(value: object, *, most: int, least: int = 0) -> int:
    """Gives a whole number within limits, as nothing but digits; `ValueError` for another value."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(type(value).__name__)
    return value


def with_names(value: object, names: frozenset[str]) -> dict[str, object]:
    """Gives an object that has exactly these names; `ValueError` for another value."""
    if not isinstance(value, dict) or value.keys() != names:
        raise ValueError(type(value).__name__)
    return value


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(name: str) -> object:
    raise ValueError(name)
