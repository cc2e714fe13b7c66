"""An entry of the law as pages show it; wherever it is unverified, that is said."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext

from evenhand.base.lists import Language
from evenhand.desk import law_words as words
from evenhand.markets.entries import Regime, RequestKind

HOURS_IN_DAYS_FROM = 72
"""Hours from which a time reads better in days."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry, in the reader's language; citations and notes stand as in the law.

    translated  the title is our own translation, which no lawyer has read
    """

    id: str
    title: str
    regime: str
    citation: str
    articles: str
    kind: str
    form: str
    authorities: tuple[str, ...]
    validators: tuple[str, ...]
    categories: tuple[str, ...]
    fields: tuple[str, ...]
    conditional_fields: tuple[str, ...]
    deadline: str
    deadline_is_law: bool
    deadline_text: str
    emergency: str
    notify: str
    notify_text: str
    grounds: tuple[str, ...]
    sources: tuple[str, ...]
    confidence: str
    verified: bool
    voluntary: bool
    open_points: tuple[str, ...]
    notes: tuple[str, ...]
    translated: bool


def entry_row(kind: RequestKind, regime: Regime) -> EntryRow:
    """Gives an entry as a page shows it."""
    time = kind.due_in(emergency=False)
    urgent = kind.due_in(emergency=True) if kind.emergency_lane else None
    return EntryRow(
        id=kind.id,
        title=words.entry_title(kind),
        regime=regime.name,
        citation=regime.citation,
        articles=kind.articles,
        kind=gettext(words.KINDS[kind.kind]),
        form=gettext(words.FORMS[kind.form]),
        authorities=tuple(
            gettext(words.AUTHORITY_KINDS[one]) for one in sorted(kind.issuing_authorities)
        ),
        validators=tuple(gettext(words.AUTHORITY_KINDS[one]) for one in sorted(kind.validators)),
        categories=tuple(gettext(words.CATEGORIES[one]) for one in sorted(kind.data_categories)),
        fields=tuple(words.field_name(name) for name in kind.mandatory_fields),
        conditional_fields=tuple(words.field_name(name) for name in kind.conditional_fields),
        deadline=time_text(time),
        deadline_is_law=kind.deadline is not None,
        deadline_text=kind.deadline_text,
        emergency=time_text(urgent) if urgent else "",
        notify=gettext(words.NOTIFY_RULES[kind.notify]),
        notify_text=kind.notify_text,
        grounds=tuple(words.humanised(ground) for ground in kind.grounds_to_refuse),
        sources=tuple(part.strip() for part in kind.source.split(" ; ") if part.strip()),
        confidence=kind.confidence.value,
        verified=kind.verified,
        voluntary=kind.voluntary,
        open_points=tuple(words.humanised(name) for name in kind.open_points),
        notes=kind.notes,
        translated=words.reader() is not Language.EN,
    )


def time_text(time: timedelta | None) -> str:
    """Gives a period in words: minutes below two hours that are not whole, hours, then days."""
    if time is None:
        return gettext("without undue delay")
    seconds = max(0, int(time.total_seconds()))
    minutes = seconds // 60
    if minutes < 120 and minutes % 60:
        return gettext("%(number)s min") % {"number": minutes}
    if minutes < HOURS_IN_DAYS_FROM * 60:
        return gettext("%(number)s h") % {"number": minutes // 60}
    return gettext("%(number)s days") % {"number": seconds // 86_400}
