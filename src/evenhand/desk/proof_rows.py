"""What a receipt shows, in words: each class of a record that its holder may know."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from evenhand.base.lists import RecordKind
from evenhand.desk import words
from evenhand.desk.countries import country
from evenhand.legal.lists import Outcome
from evenhand.transparency.words import DATA, LANES, REASONS, REGIMES, REQUESTS

KINDS: Mapping[str, str] = {
    RecordKind.DECISION: gettext_noop("A decision"),
    RecordKind.REPORT_RECEIVED: gettext_noop("A report came in"),
    RecordKind.REPORT_ANSWERED: gettext_noop("A report was answered"),
    RecordKind.LEGAL_RECEIVED: gettext_noop("An authority's request came in"),
    RecordKind.LEGAL_RELEASED: gettext_noop("An answer was released"),
    RecordKind.LEGAL_REFUSED: gettext_noop("An authority's request was refused"),
    RecordKind.LEGAL_EXECUTED: gettext_noop("An authority's request was carried out"),
    RecordKind.DISCLOSED: gettext_noop("A package left the house"),
    RecordKind.PRESERVED: gettext_noop("Data were preserved"),
}
"""Kinds of records for which somebody gets a code, in words."""

NAMED: Mapping[str, str] = {
    "kind": gettext_noop("What happened"),
    "at": gettext_noop("When"),
    "day": gettext_noop("Counts for the day"),
    "harm": gettext_noop("What it was about"),
    "action": gettext_noop("What was done"),
    "market": gettext_noop("Country"),
    "automation": gettext_noop("Who decided"),
    "source": gettext_noop("Who drew attention to it"),
    "language": gettext_noop("Language"),
    "channel_kind": gettext_noop("Where"),
    "regime": gettext_noop("Law"),
    "request": gettext_noop("What was asked"),
    "lane": gettext_noop("Urgency"),
    "outcome": gettext_noop("Outcome"),
    "quantity": gettext_noop("How many"),
    "gagged": gettext_noop("Counted once it may be told"),
    "id": gettext_noop("Number of the entry"),
}
"""Classes in words, in the order in which they are shown; others follow under their own names."""


_YES = gettext_noop("Yes")

MATTER_OUTCOMES: Mapping[str, str] = {
    Outcome.ACCEPTED: gettext_noop("Accepted"),
    Outcome.NARROWED: gettext_noop("Accepted in part"),
    Outcome.REFUSED: gettext_noop("Refused"),
    Outcome.WITHDRAWN: gettext_noop("Withdrawn"),
}


def shown_rows(shown: Mapping[str, object]) -> list[tuple[str, str]]:
    """Gives the classes of a record with their values, in words."""
    names = [*NAMED, *(name for name in shown if name not in NAMED)]
    return [
        (gettext(NAMED[name]) if name in NAMED else name, value_of(name, str(shown[name])))
        for name in names
        if name in shown and (name, shown[name]) != ("quantity", 1)
    ]


def value_of(name: str, value: str) -> str:
    """Gives one value in words; what has none, and what is not known, stays as it is."""
    try:
        return WORDS[name](value) if name in WORDS else value
    except (ValueError, KeyError):
        return value


def _moment(value: str) -> str:
    return f"{date_format(datetime.fromisoformat(value), 'DATETIME_FORMAT')} UTC"


def _day(value: str) -> str:
    return date_format(datetime.fromisoformat(value), "DATE_FORMAT")


WORDS: Mapping[str, Callable[[str], str]] = {
    "kind": lambda value: gettext(KINDS[value]) if value in KINDS else value,
    "at": _moment,
    "day": _day,
    "harm": words.harm_name,
    "action": words.action_name,
    "market": country,
    "automation": words.automation_name,
    "source": words.source_name,
    "channel_kind": words.channel_kind_name,
    "language": lambda value: dict(settings.LANGUAGES)[value],
    "regime": lambda value: gettext(REGIMES[value]),
    "request": lambda value: gettext(REQUESTS[value]),
    "lane": lambda value: gettext(LANES[value]),
    "outcome": lambda value: gettext({**DATA, **REASONS, **MATTER_OUTCOMES}[value]),
    "gagged": lambda _value: gettext(_YES),
}
