"""What reporters are told, in five languages: that a report came in, and what came of it.

DSA Art. 16(4) asks for a confirmation without undue delay; Art. 16(5) for the decision and the
ways to have it looked at again; Art. 16(6) for whether machines decided. No lawyer has read the
translations yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from django.utils import formats, translation

from evenhand.base.lists import Language
from evenhand.reports.lists import ReportOutcome, ReportState
from evenhand.reports.receipts import grouped


@dataclass(frozen=True, slots=True)
class ToldReport:
    """What is told of a report; nothing of whom it concerns."""

    at: datetime
    state: ReportState
    outcome: ReportOutcome | None
    code: str
    url: str


def subject_of(told: ToldReport, language: Language) -> str:
    """Gives what is told in one line."""
    return str(phrases(language)["subjects"][_key(told)])


def lines_of(told: ToldReport, language: Language) -> list[str]:
    """Gives what is told of where a report stands, without how to reach its page."""
    said = phrases(language)
    lines = [str(said["says"][_key(told)]).format(date=_day(told.at, language))]
    if told.state is ReportState.ANSWERED:
        lines += [said["person"], said["redress"]]
    return [*lines, said["privacy"]]


def text_of(told: ToldReport, language: Language) -> str:
    """Gives the whole message, with the code and the page to follow the report on."""
    follow = str(phrases(language)["follow"]).format(url=told.url, code=grouped(told.code))
    return "\n\n".join([*lines_of(told, language), follow])


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """Gives the sentences of one language."""
    text = files("evenhand.reports.phrases").joinpath(f"{language.value}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def _day(at: datetime, language: Language) -> str:
    with translation.override(language.value):
        return str(formats.date_format(at, "DATE_FORMAT"))


def _key(told: ToldReport) -> str:
    return told.outcome.value if told.outcome else told.state.value
