"""What follows from strikes and from misuse, as data: `penalties.yaml`, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

import yaml

from evenhand.base.errors import Misconfigured
from evenhand.base.lists import ActionKind
from evenhand.standing.limits import POLICY_DAYS_MAX, POLICY_NUMBER_MAX, STEP_NAME_CHARACTERS_MAX
from evenhand.standing.lists import MisuseKind

SEVERITIES = 4
"""Severities of harms, from 1 to 4."""

DOES = frozenset({ActionKind.WARN, ActionKind.SUSPEND})
"""What strikes can lead to."""

STEP_FIELDS = frozenset({"name", "strikes", "days", "does"})
MISUSE_FIELDS = (
    "days",
    "warn_at",
    "suspend_at",
    "after_warning",
    "suspend_days",
    "suspend_days_again",
    "grave_severity",
    "grave_weight",
    "intended_weight",
)


class PenaltiesWrong(Misconfigured):
    """The penalties' file does not hold what it must."""

    remedy = "Correct the place named in penalties.yaml; the comment at its top explains each key."


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder: so many strikes in so many days lead to this."""

    name: str
    strikes: int
    days: int
    does: ActionKind
    ends_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class MisusePolicy:
    """When unfounded filings lead to a warning or a suspension; the file explains each."""

    days: int
    warn_at: int
    suspend_at: int
    after_warning: int
    share: float
    suspend_days: int
    suspend_days_again: int
    grave_severity: int
    grave_weight: int
    intended_weight: int


@dataclass(frozen=True, slots=True)
class Penalties:
    """The whole file; `label_days` by severity, the mildest first."""

    warning_days: int
    label_days: tuple[int, ...]
    ladder: tuple[Step, ...]
    misuse: Mapping[MisuseKind, MisusePolicy]


@cache
def penalties() -> Penalties:
    """Gives what follows from strikes and misuse here."""
    text = files("evenhand.standing").joinpath("penalties.yaml").read_text(encoding="utf-8")
    return read_penalties(text)


def read_penalties(text: str) -> Penalties:
    """Gives what a file says, or says what is wrong with it and where."""
    try:
        whole = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise PenaltiesWrong(why="not YAML", line=line) from error
    top = _table("file", whole, frozenset({"warning_days", "label_days", "penalties", "misuse"}))
    kinds = frozenset(kind.value for kind in MisuseKind)
    misuse = _table("misuse", top["misuse"], kinds)
    return Penalties(
        warning_days=_number("warning_days", top["warning_days"], most=POLICY_DAYS_MAX),
        label_days=_label_days(top["label_days"]),
        ladder=_ladder(top["penalties"]),
        misuse=MappingProxyType({kind: _misuse(kind, misuse[kind.value]) for kind in MisuseKind}),
    )


def _label_days(row: object) -> tuple[int, ...]:
    if not isinstance(row, list) or len(row) != SEVERITIES:
        raise PenaltiesWrong(place="label_days", why=f"not a list of {SEVERITIES} numbers")
    return tuple(
        _number(f"label_days, severity {severity}", days, most=POLICY_DAYS_MAX)
        for severity, days in enumerate(row, 1)
    )


def _ladder(rows: object) -> tuple[Step, ...]:
    if not isinstance(rows, list) or not rows:
        raise PenaltiesWrong(place="penalties", why="not a list of steps")
    steps = tuple(_step(f"penalties, step {number}", row) for number, row in enumerate(rows, 1))
    if steps[0].does is not ActionKind.WARN:
        raise PenaltiesWrong(place="penalties, step 1", why="the first step has to warn")
    for number, (before, step) in enumerate(pairwise(steps), 2):
        place = f"penalties, step {number}"
        if step.strikes <= before.strikes:
            raise PenaltiesWrong(place=place, why="needs no more strikes than the step before")
        if before.does is ActionKind.SUSPEND and step.does is ActionKind.WARN:
            raise PenaltiesWrong(place=place, why="warns after a suspension")
    names = [step.name for step in steps]
    if len(set(names)) != len(names):
        raise PenaltiesWrong(place="penalties", why="a name stands twice")
    return steps


def _step(place: str, row: object) -> Step:
    known = STEP_FIELDS | {"ends_after_days"} if _ends(row) else STEP_FIELDS
    values = _table(place, row, known)
    if values["does"] not in DOES:
        raise PenaltiesWrong(place=f"{place}, does", why="neither warn nor suspend")
    does = ActionKind(str(values["does"]))
    ends = values.get("ends_after_days")
    if ends is not None and does is not ActionKind.SUSPEND:
        raise PenaltiesWrong(place=f"{place}, ends_after_days", why="a warning has no end")
    name = values["name"]
    if not isinstance(name, str) or not 0 < len(name) <= STEP_NAME_CHARACTERS_MAX:
        raise PenaltiesWrong(place=f"{place}, name", why="no name, or too long a one")
    return Step(
        name=name,
        strikes=_number(f"{place}, strikes", values["strikes"]),
        days=_number(f"{place}, days", values["days"], most=POLICY_DAYS_MAX),
        does=does,
        ends_after_days=None
        if ends is None
        else _number(f"{place}, ends_after_days", ends, most=POLICY_DAYS_MAX),
    )


def _ends(row: object) -> bool:
    return isinstance(row, dict) and "ends_after_days" in row


def _misuse(kind: MisuseKind, row: object) -> MisusePolicy:
    place = f"misuse, {kind.value}"
    values = _table(place, row, frozenset({*MISUSE_FIELDS, "share"}))
    share = values["share"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise PenaltiesWrong(place=f"{place}, share", why="not a share above 0 and up to 1")
    numbers = {
        field: _number(
            f"{place}, {field}",
            values[field],
            most=POLICY_DAYS_MAX if "days" in field else POLICY_NUMBER_MAX,
        )
        for field in MISUSE_FIELDS
    }
    if numbers["suspend_at"] <= numbers["warn_at"]:
        raise PenaltiesWrong(place=f"{place}, suspend_at", why="not above warn_at: warn first")
    return MisusePolicy(share=float(share), **numbers)


def _table(place: str, value: object, fields: frozenset[str]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise PenaltiesWrong(place=place, why="not a table")
    for key in sorted(fields.symmetric_difference(value), key=str):
        raise PenaltiesWrong(place=place, field=key, why="missing" if key in fields else "unknown")
    return value


def _number(place: str, value: object, *, most: int = POLICY_NUMBER_MAX) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise PenaltiesWrong(place=place, why=f"not a number from 1 to {most}")
    return value
