"""The schema of the DSA Transparency Database as it stands in `tdb.yaml`: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import yaml

Kind = Literal["text", "one", "many", "date", "url", "ean", "language", "territories"]


@dataclass(frozen=True, slots=True)
class When:
    """Another field and the value in it on which a field depends."""

    field: str
    value: str

    def holds(self, entry: Mapping[str, object]) -> bool:
        """Tells whether the other field has, or holds among others, the value."""
        found = entry.get(self.field)
        return self.value in found if isinstance(found, list) else found == self.value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry.

    needs   it must be there when this holds, and may not be otherwise
    only    it may be there only when this holds
    never   it may not be there when this holds
    since   the field with the date before which this one may not lie
    """

    name: str
    kind: Kind
    required: bool = False
    characters_max: int = 0
    pattern: str = ""
    values: frozenset[str] = frozenset()
    earliest: date = date(2000, 1, 1)
    since: str = ""
    needs: When | None = None
    only: When | None = None
    never: When | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """One version of what the database takes."""

    version: str
    fields: Mapping[str, Field]
    decisions: tuple[str, ...]
    lists: Mapping[str, Mapping[str, str]]
    territories: tuple[str, ...]
    languages: frozenset[str]
    latest: date
    exempt_harms: frozenset[str]
    keywords_of_harms: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, Mapping[str, str]]
    harm_text: str


@cache
def schema() -> Schema:
    """Gives the schema that is in force."""
    told = yaml.safe_load(
        files("evenhand.statements").joinpath("tdb.yaml").read_text(encoding="utf-8")
    )
    lists = {name: MappingProxyType(values) for name, values in told["lists"].items()}
    texts = dict(told["texts"])
    harm_text = texts.pop("harm")
    return Schema(
        version=told["schema"],
        fields=MappingProxyType(
            {name: _field(name, facts, lists) for name, facts in told["fields"].items()}
        ),
        decisions=tuple(told["decisions"]),
        lists=MappingProxyType(lists),
        territories=tuple(told["territories"]),
        languages=frozenset(told["languages"]),
        latest=date.fromisoformat(told["latest_date"]),
        exempt_harms=frozenset(told["exempt_harms"]),
        keywords_of_harms=MappingProxyType(
            {harm: tuple(words) for harm, words in told["keywords_of_harms"].items()}
        ),
        texts=MappingProxyType({name: MappingProxyType(all_) for name, all_ in texts.items()}),
        harm_text=harm_text,
    )


def _field(name: str, facts: Mapping[str, object], lists: Mapping[str, Mapping[str, str]]) -> Field:
    characters, values = facts.get("max", 0), facts.get("list")
    assert isinstance(characters, int)
    return Field(
        name=name,
        kind=facts["kind"],  # type: ignore[arg-type]
        required=bool(facts.get("required", False)),
        characters_max=characters,
        pattern=str(facts.get("pattern", "")),
        values=frozenset(lists[str(values)]) if values else frozenset(),
        earliest=date.fromisoformat(str(facts.get("earliest", "2000-01-01"))),
        since=str(facts.get("from", "")),
        needs=_when(facts.get("needs")),
        only=_when(facts.get("only")),
        never=_when(facts.get("never")),
    )


def _when(told: object) -> When | None:
    if not isinstance(told, dict):
        return None
    ((field, value),) = told.items()
    return When(field, value)
