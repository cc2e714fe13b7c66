"""What who appeals is told by notice and by the desk's own account, in five languages."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import yaml

from evenhand.appeals.bodies import Redress
from evenhand.base.lists import Language


def question_text(
    decision_id: UUID,
    language: Language,
    *,
    question: str,
    answer_by: datetime,
    url: str,
    again: bool,
) -> str:
    """Gives the notice with a question about an objection, its subject in the first line."""
    said = phrases(language)["question"]
    lines = [
        said["subject_again" if again else "subject"],
        "",
        said["about"].format(id=decision_id),
        question,
        "",
        said["how"].format(date=f"{answer_by:%Y-%m-%d}", url=url),
        said["otherwise"],
        *unread_by_a_lawyer(language),
    ]
    return "\n".join(lines)


def complaint_question_text(
    language: Language, *, question: str, answer_by: datetime, url: str
) -> str:
    """Gives the notice with a question to somebody who complained, its subject first."""
    said = phrases(language)["question"]
    lines = [
        said["complaint_subject"],
        "",
        said["complaint_about"],
        question,
        "",
        said["how"].format(date=f"{answer_by:%Y-%m-%d}", url=url),
        said["otherwise"],
        *unread_by_a_lawyer(language),
    ]
    return "\n".join(lines)


def unread_by_a_lawyer(language: Language) -> list[str]:
    """Gives the lines that say so, as long as no lawyer has read these phrases."""
    review = phrases(language)["review"]
    return [] if review["lawyer"] == "yes" else ["", str(review["note"])]


def redress_lines(redress: Redress | None, language: Language) -> list[str]:
    """Gives to whom somebody can turn out of court, each body with its country (DSA Art. 21)."""
    if redress is None:
        return []
    said = phrases(language)["redress"]
    lines = [said["bodies"]]
    for body in redress.bodies:
        name = said["body"].format(name=body.name, country=body.country)
        address = f": {body.url}" if body.url else ""
        note = f" – {said['unverified']}" if body.unverified else ""
        lines.append(f"- {name}{address}{note}")
    lines.append(said["list"].format(url=redress.list_url))
    key = "coordinator" if redress.coordinator else "coordinators"
    lines.append(said[key].format(name=redress.coordinator, url=redress.coordinators_url))
    return [*lines, said["court"]]


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """Gives the sentences of one language."""
    text = files("evenhand.appeals.phrases").joinpath(f"{language.value}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
