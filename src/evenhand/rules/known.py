"""Rules as they were read, for who reads a folder again and again.

To read a rule takes milliseconds, in which whoever answers meanwhile hardly computes.
"""

from collections.abc import Mapping
from pathlib import Path

from evenhand.rules.load import read_rule
from evenhand.rules.rule import Rule
from evenhand.signals.columns import SignalColumn


class KnownRules:
    """Rules by their file's name and text: what did not change is not read anew."""

    def __init__(self) -> None:
        self._columns: Mapping[str, SignalColumn] = {}
        self._rules: dict[tuple[str, str], Rule] = {}
        self._asked: dict[tuple[str, str], Rule] = {}

    def begin(self, columns: Mapping[str, SignalColumn]) -> None:
        """Keeps what was asked for since the last time, and nothing if the columns are others."""
        self._rules = self._asked if columns == self._columns else {}
        self._columns, self._asked = columns, {}

    def read(self, text: str, path: Path, columns: Mapping[str, SignalColumn]) -> Rule:
        """Gives the rule that a text holds, as `read_rule` does; it has begun with the columns."""
        assert columns is self._columns
        key = path.name, text
        rule = self._rules.get(key) or read_rule(text, path, columns)
        self._asked[key] = rule
        return rule
