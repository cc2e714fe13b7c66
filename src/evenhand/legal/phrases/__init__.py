"""What a user is told of a matter, in five languages, generated from what was signed and done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evenhand.base.lists import Language


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What a notice tells; field by field from the matter and its plan.

    measures   kinds of what was done at the messenger
    territory  countries in which it has effect; empty is everywhere
    want       classes of data that were given
    objection_url  where the account says that something else was done; empty if nothing was
    """

    number: str
    kind: str
    entry: str
    authority: str
    country: str
    at: datetime
    measures: tuple[str, ...]
    territory: tuple[str, ...]
    want: tuple[str, ...]
    redress_url: str
    objection_url: str = ""


def notice_text(words: NoticeWords, language: Language) -> str:
    """Gives the text of a notice, its subject in the first line."""
    said = phrases(language)
    done = said["measures"]
    lines = [
        said["subject"][words.kind],
        "",
        said["who"].format(authority=words.authority, country=words.country),
        said["law"].format(entry=words.entry),
        *(done.get(measure, done["other"]) for measure in words.measures),
        *([_territory(words, said)] if words.measures else []),
        *(said["want"][one] for one in words.want),
        said["at"].format(date=words.at.strftime("%Y-%m-%d %H:%M UTC")),
        "",
        said["redress"],
        *([said["object"].format(url=words.objection_url)] if words.objection_url else []),
        said["more"].format(url=words.redress_url, number=words.number),
        *([] if said["review"]["lawyer"] == "yes" else ["", said["review"]["note"]]),
    ]
    return "\n".join(lines)


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """Gives the sentences of one language."""
    text = files("evenhand.legal.phrases").joinpath(f"{language.value}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def _territory(words: NoticeWords, said: Mapping[str, Any]) -> str:
    if not words.territory:
        return str(said["everywhere"])
    return str(said["territory"].format(countries=", ".join(words.territory)))
