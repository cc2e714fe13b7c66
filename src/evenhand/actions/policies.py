"""The policies as data: what each harm breaks, what may be decided, how many strikes follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from evenhand.actions.checks import TARGETS
from evenhand.base.errors import Misconfigured
from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Language

CHILD_SAFETY = "m.child_safety"
"""What harms to children begin with; their cases lie in the sealed lane."""

FIELDS = frozenset(
    {"ground", "law_or_clause", "offers", "strikes", "strike_days", "second_opinion", "explanation"}
)
STRIKES_MAX = 10
"""Strikes of one decision: more than any ladder of penalties has steps."""

STRIKE_DAYS_MAX = 3_650
"""Days that a strike counts: ten years; nothing is held against anybody for ever."""


class PolicyGround(StrEnum):
    """What forbids it (DSA Art. 17(3)(d) and (e))."""

    ILLEGAL = "illegal"
    TERMS = "terms"


class PolicyWrong(Misconfigured):
    """The policies' file does not hold what it must."""

    remedy = "Correct the place named in policies.yaml; the comment at its top explains each key."


@dataclass(frozen=True, slots=True)
class Policy:
    """What is not allowed and what follows from it.

    law_or_clause   act and article where it is illegal, the clause where the terms forbid it
    offers          what a person may decide, from mild to grave
    strikes         how many a decision gives; each counts for `strike_days`
    second_opinion  whether locking or blocking waits for somebody else's opinion
    """

    harm: str
    ground: PolicyGround
    law_or_clause: str
    explanation: Mapping[Language, str]
    offers: tuple[ActionKind, ...]
    strikes: int
    strike_days: int
    second_opinion: bool


def policy_of(harm: str) -> Policy:
    """Gives the policy on a harm; a code below a known one follows the known one."""
    found = known_policy_of(harm)
    if found is None:
        raise PolicyWrong(harm=harm, why="no policy")
    return found


def known_policy_of(harm: str) -> Policy | None:
    """Gives the policy on a harm; None where there is none, as for a harm only somebody claims."""
    known = policies()
    code = harm
    while code and code not in known:
        code = code.rpartition(".")[0]
    return known.get(code)


@cache
def policies() -> Mapping[str, Policy]:
    """Gives the policy of every harm."""
    text = files("evenhand.actions").joinpath("policies.yaml").read_text(encoding="utf-8")
    return read_policies(text, frozenset(harms()))


def read_policies(text: str, needed: frozenset[str]) -> Mapping[str, Policy]:
    """Gives the policies that a file holds, or says what is wrong with it and where."""
    try:
        rows = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyWrong(why="not YAML", place=_place(error)) from error
    if not isinstance(rows, dict):
        raise PolicyWrong(why="not a table of harms")
    found = {str(harm): _policy(str(harm), row) for harm, row in rows.items()}
    for harm in sorted(needed - set(found)):
        raise PolicyWrong(harm=harm, why="no policy")
    for harm in sorted(set(found) - needed):
        if not harm.startswith(CHILD_SAFETY):
            raise PolicyWrong(harm=harm, why="no such harm")
    return MappingProxyType(found)


def _policy(harm: str, row: object) -> Policy:
    if not isinstance(row, dict):
        raise PolicyWrong(harm=harm, why="not a table")
    for key in sorted(FIELDS.symmetric_difference(row), key=str):
        raise PolicyWrong(harm=harm, field=key, why="missing" if key in FIELDS else "unknown")
    second = row["second_opinion"]
    if not isinstance(second, bool):
        raise PolicyWrong(harm=harm, field="second_opinion", why="neither true nor false")
    return Policy(
        harm=harm,
        ground=_ground(harm, row["ground"]),
        law_or_clause=_sentence(harm, "law_or_clause", row["law_or_clause"]),
        explanation=_explanation(harm, row["explanation"]),
        offers=_offers(harm, row["offers"]),
        strikes=_number(harm, "strikes", row["strikes"], least=0, most=STRIKES_MAX),
        strike_days=_number(harm, "strike_days", row["strike_days"], least=1, most=STRIKE_DAYS_MAX),
        second_opinion=second,
    )


def _ground(harm: str, value: object) -> PolicyGround:
    if value not in list(PolicyGround):
        raise PolicyWrong(harm=harm, field="ground", why="neither illegal nor terms")
    return PolicyGround(str(value))


def _offers(harm: str, value: object) -> tuple[ActionKind, ...]:
    if not isinstance(value, list) or not value:
        raise PolicyWrong(harm=harm, field="offers", why="not a list of kinds")
    for kind in value:
        if kind not in list(ActionKind) or (kind != ActionKind.NONE and not TARGETS[kind]):
            raise PolicyWrong(harm=harm, field="offers", value=kind, why="no such kind")
    kinds = [ActionKind(kind) for kind in value]
    order = list(ActionKind)
    if ActionKind.NONE not in kinds:
        raise PolicyWrong(harm=harm, field="offers", why="`none` is not offered")
    if kinds != sorted(set(kinds), key=order.index):
        raise PolicyWrong(harm=harm, field="offers", why="not from mild to grave, each once")
    return tuple(kinds)


def _explanation(harm: str, value: object) -> Mapping[Language, str]:
    if not isinstance(value, dict):
        raise PolicyWrong(harm=harm, field="explanation", why="not a table of languages")
    for language in sorted({one.value for one in Language}.symmetric_difference(value), key=str):
        known = language in list(Language)
        raise PolicyWrong(
            harm=harm, field=f"explanation.{language}", why="missing" if known else "unknown"
        )
    return MappingProxyType(
        {one: _sentence(harm, f"explanation.{one.value}", value[one.value]) for one in Language}
    )


def _sentence(harm: str, field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise PolicyWrong(harm=harm, field=field, why="no text")
    return value.strip()


def _number(harm: str, field: str, value: object, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise PolicyWrong(harm=harm, field=field, why=f"not a number from {least} to {most}")
    return value


def _place(error: yaml.YAMLError) -> str:
    mark: Any = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
