"""The second stage: a language model that the operator runs, asked about what rules sent to people.

What it may be asked stands in `stage_policies/`: which rules send their cases, the policy's text,
and the clauses that an answer may name. It is shown a text without the names in it, and nothing
else. What it says stands beside the case and decides nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evenhand.base.errors import EvenhandError, Misconfigured
from evenhand.cases.limits import STAGE_CHARACTERS_MAX

FIELDS = frozenset({"name", "version", "rules", "clauses"})
ANSWER_FIELDS = frozenset({"violates", "certainty", "clause"})

_LINK = r"(?i:\b[a-z][a-z0-9+.-]*://\S+|\b(?:www\.|t\.me/|matrix\.to/)\S*)"
_MASKS: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(_LINK), "[link]"),
    (re.compile(r"[^\s@:]+@[^\s@:]+\.[^\s@]+"), "[mail]"),
    (re.compile(r"[@!#$+][\w.=/+-]+:[\w.-]+(?::\d+)?|(?<!\w)@\w{2,}"), "[name]"),
    (re.compile(r"\+?\d(?:[\s().\-/]*\d){5,}"), "[number]"),
    (re.compile(r"\b(?=\w*\d)\w{20,}"), "[key]"),
)
"""What points to a person or leads to one, and what stands in its place."""


class AnswerRefused(EvenhandError):
    """What the second stage answered is not what it was asked for."""

    remedy = "Nothing is lost: a person decides as ever. Look whether the right model is named."


class StagePolicyWrong(Misconfigured):
    """A policy of the second stage does not say what it must."""

    remedy = "Correct the file named in stage_policies."


@dataclass(frozen=True, slots=True)
class StagePolicy:
    """What is asked of texts that some rules sent."""

    name: str
    version: str
    rules: frozenset[str]
    clauses: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class StageAnswer:
    """What the second stage says of one text; `certainty` from 0 to 1."""

    violates: bool
    certainty: float
    clause: str


@cache
def stage_policies() -> tuple[StagePolicy, ...]:
    """Gives the policies that come with Evenhand; a rule sends to one of them at most."""
    folder = files("evenhand.cases") / "stage_policies"
    found = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".md")), key=lambda one: one.name
    )
    policies = tuple(read_policy(one.name, one.read_text(encoding="utf-8")) for one in found)
    sent = [rule for policy in policies for rule in policy.rules]
    if len(set(sent)) != len(sent):
        raise StagePolicyWrong(why="a rule sends to two policies")
    return policies


def read_policy(file: str, text: str) -> StagePolicy:
    """Gives the policy of one file: a head between lines of `---`, then the text."""
    parts = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
    try:
        head = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    except yaml.YAMLError as error:
        raise StagePolicyWrong(file=file, why="its head is not YAML") from error
    if not isinstance(head, dict) or set(head) != FIELDS:
        raise StagePolicyWrong(file=file, why=f"its head is not {', '.join(sorted(FIELDS))}")
    lists = [head["rules"], head["clauses"]]
    if not all(isinstance(one, list) and one and all(map(_word, one)) for one in lists):
        raise StagePolicyWrong(file=file, why="rules and clauses are lists of words")
    if not _word(head["name"]) or not isinstance(head["version"], str) or not parts[2].strip():
        raise StagePolicyWrong(file=file, why="name, version or text is missing")
    return StagePolicy(
        head["name"],
        head["version"],
        frozenset(head["rules"]),
        tuple(head["clauses"]),
        parts[2].strip(),
    )


def policy_for(rules: Sequence[str]) -> StagePolicy | None:
    """Gives the policy to which the first of these rules sends that sends at all."""
    for rule in rules:
        for policy in stage_policies():
            if rule in policy.rules:
                return policy
    return None


def masked(text: str) -> str:
    """Gives a text as it is sent: cut, and without names, numbers and links in it."""
    cut = text[:STAGE_CHARACTERS_MAX]
    for form, stands_for in _MASKS:
        cut = form.sub(stands_for, cut)
    return cut


def answer_schema(policy: StagePolicy) -> Mapping[str, Any]:
    """Gives the JSON schema that an answer has to fit."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(ANSWER_FIELDS),
        "properties": {
            "violates": {"type": "boolean"},
            "certainty": {"type": "number", "minimum": 0, "maximum": 1},
            "clause": {"type": "string", "enum": list(policy.clauses)},
        },
    }


def read_answer(policy: StagePolicy, content: str) -> StageAnswer:
    """Gives an answer that fits the schema, or refuses it; nothing of its words is kept."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AnswerRefused(policy=policy.name, why="not JSON") from error
    if not isinstance(value, dict) or set(value) != ANSWER_FIELDS:
        raise AnswerRefused(policy=policy.name, why="other fields than asked for")
    violates, certainty, clause = value["violates"], value["certainty"], value["clause"]
    if not isinstance(violates, bool):
        raise AnswerRefused(policy=policy.name, why="violates is neither true nor false")
    number = isinstance(certainty, int | float) and not isinstance(certainty, bool)
    if not number or not 0 <= certainty <= 1:
        raise AnswerRefused(policy=policy.name, why="certainty is no number from 0 to 1")
    if not isinstance(clause, str) or clause not in policy.clauses:
        raise AnswerRefused(policy=policy.name, why="a clause that the policy does not have")
    return StageAnswer(violates, float(certainty), clause)


def _word(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,63}", value) is not None
