"""What people are told of strikes and of misuse, in their language, from what is kept."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from evenhand.base.lists import ActionKind, Language
from evenhand.standing.lists import MisuseKind, MisuseStep
from evenhand.standing.models import Misuse
from evenhand.standing.policy import Step

CONTACT = "/authorities/"
"""Where the contact points stand on the desk's public site."""


def penalty_reason(
    step: Step, language: Language, *, count: int, warned_at: datetime | None
) -> str:
    """Gives the sentence by which a penalty's statement of reasons says why."""
    words = _words(language)
    date = f"{warned_at:%Y-%m-%d}" if warned_at else ""
    key = "warn" if step.does is ActionKind.WARN else "suspend"
    return str(words[key]).format(days=step.days, count=count, date=date)


def lifted_reason(language: Language, *, unwarned: bool) -> str:
    """Gives the sentence that says why a penalty ends early.

    unwarned  the warning before it was taken back, though the breaches still count
    """
    return str(_words(language)["unwarned" if unwarned else "lifted"])


def misuse_text(misuse: Misuse, language: Language, *, public_url: str) -> str:
    """Gives the notice of a warning or a suspension, its subject in the first line.

    It says what was counted and weighed (DSA Art. 23(3)), what follows, and where to object.
    """
    words = _words(language)["misuse"]
    step, kind = MisuseStep(misuse.step), MisuseKind(misuse.kind)
    warned = misuse.warning.at if misuse.warning else misuse.at
    until = f"{misuse.until:%Y-%m-%d %H:%M} UTC" if misuse.until else ""
    return "\n".join(
        [
            words[f"subject_{step.value}"],
            "",
            words[kind.value].format(
                days=misuse.days, unfounded=misuse.unfounded, judged=misuse.judged
            ),
            words["weighed"],
            words[step.value].format(until=until, date=f"{warned:%Y-%m-%d}"),
            "",
            words["redress"].format(url=public_url + CONTACT),
            words["number"].format(id=misuse.id),
        ]
    )


@cache
def _all_words() -> Mapping[str, Any]:
    text = files("evenhand.standing").joinpath("words.yaml").read_text(encoding="utf-8")
    return MappingProxyType(yaml.safe_load(text))


def _words(language: Language) -> Mapping[str, Any]:
    words: Mapping[str, Any] = _all_words()[language.value]
    return words
