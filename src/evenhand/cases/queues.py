"""Queues as data: which case goes where, by harm, language, market and role."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evenhand.actions.policies import CHILD_SAFETY
from evenhand.base.errors import Misconfigured
from evenhand.base.harms import harms
from evenhand.base.lists import Language
from evenhand.cases.limits import QUEUE_NAME_CHARACTERS_MAX
from evenhand.people.roles import Role

FIELDS = frozenset({"name", "harms", "languages", "markets", "role"})

WORKING_ROLES = (Role.REVIEWER, Role.SENIOR, Role.CHILD_SAFETY)
"""Roles that may work a queue."""


class QueuesWrong(Misconfigured):
    """The queues' file does not hold what it must."""

    remedy = "Correct the place named in queues.yaml; the comment at its top explains each key."


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue; an empty list fits everything."""

    name: str
    harms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    role: Role = Role.REVIEWER

    def takes(self, harm: str, language: str, market: str) -> bool:
        """Tells whether a case like this belongs here."""
        return (
            (not self.harms or any(is_below(harm, code) for code in self.harms))
            and (not self.languages or language in self.languages)
            and (not self.markets or market in self.markets)
        )


def is_below(harm: str, code: str) -> bool:
    """Tells whether a harm is this code or one below it."""
    return harm == code or harm.startswith(f"{code}.")


def is_sealed(harm: str) -> bool:
    """Tells whether cases of this harm lie in the sealed lane."""
    return harm.startswith(CHILD_SAFETY)


def route(harm: str, *, language: str, market: str) -> Queue:
    """Gives the queue of a case."""
    return next(queue for queue in queues() if queue.takes(harm, language, market))


@cache
def queues() -> tuple[Queue, ...]:
    """Gives every queue, in the order in which they are asked."""
    text = files("evenhand.cases").joinpath("queues.yaml").read_text(encoding="utf-8")
    return read_queues(text)


def read_queues(text: str) -> tuple[Queue, ...]:
    """Gives the queues that a file holds, or says what is wrong with it and where."""
    try:
        rows = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        raise QueuesWrong(why="not YAML", line=mark.line + 1 if mark else 0) from error
    if not isinstance(rows, list) or not rows:
        raise QueuesWrong(why="not a list of queues")
    found = tuple(_queue(number, row) for number, row in enumerate(rows, start=1))
    _check_together(found)
    return found


def _check_together(found: Sequence[Queue]) -> None:
    names = [queue.name for queue in found]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            raise QueuesWrong(queue=number, field="name", value=name, why="stands twice")
    last = found[-1]
    if last.harms or last.languages or last.markets:
        raise QueuesWrong(queue=len(found), value=last.name, why="the last does not fit everything")
    for number, queue in enumerate(found[:-1], start=1):
        if not (queue.harms or queue.languages or queue.markets):
            raise QueuesWrong(queue=number, value=queue.name, why="leaves nothing to those below")
    sealed = Queue("", role=Role.CHILD_SAFETY)
    for harm in (harm for harm in (*harms(), CHILD_SAFETY) if is_sealed(harm)):
        taker = next((q for q in found if not q.harms or q.takes(harm, "", "")), sealed)
        if taker.role is not Role.CHILD_SAFETY:
            raise QueuesWrong(queue=found.index(taker) + 1, harm=harm, why="not for child_safety")


def _queue(number: int, row: object) -> Queue:
    if not isinstance(row, dict):
        raise QueuesWrong(queue=number, why="not a table")
    for key in sorted(set(row) - FIELDS, key=str):
        raise QueuesWrong(queue=number, field=key, why="unknown")
    name, role = row.get("name"), row.get("role", Role.REVIEWER.value)
    if not isinstance(name, str) or not 0 < len(name.strip()) <= QUEUE_NAME_CHARACTERS_MAX:
        raise QueuesWrong(queue=number, field="name", why="no name, or a long one")
    if role not in list(WORKING_ROLES):
        raise QueuesWrong(queue=number, field="role", value=role, why="no role that works queues")
    return Queue(
        name=name.strip(),
        harms=_values(number, "harms", row, frozenset({*harms(), CHILD_SAFETY})),
        languages=_values(number, "languages", row, frozenset(one.value for one in Language)),
        markets=_values(number, "markets", row, None),
        role=Role(role),
    )


def _values(
    number: int, field: str, row: dict[str, object], known: frozenset[str] | None
) -> tuple[str, ...]:
    values = row.get(field, [])
    if not isinstance(values, list) or (field in row and not values):
        raise QueuesWrong(queue=number, field=field, why="not a list with something in it")
    for value in values:
        fits = isinstance(value, str) and (
            value in known
            if known is not None
            else len(value) == 2 and value.isascii() and value.isupper()
        )
        if not fits:
            raise QueuesWrong(queue=number, field=field, value=value, why="not known")
    return tuple(values)
