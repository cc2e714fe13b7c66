"""What stands in the law as data: regimes, what each lets somebody ask for, and own duties."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from evenhand.markets.lists import (
    RELEASING,
    AuthorityKind,
    Confidence,
    DataCategory,
    LegalForm,
    LegalKind,
    NotifyRule,
    Territory,
    UserCount,
    Window,
)

ANYWHERE = "*"
"""Stands for every country that has no law of its own here."""

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """A period as laws write it: calendar months, or a fixed time."""

    months: int = 0
    time: timedelta = timedelta()

    def after(self, moment: datetime) -> datetime:
        """Gives when the period ends; the 31st becomes a shorter month's last day."""
        months = moment.year * MONTHS_A_YEAR + moment.month - 1 + self.months
        year, month = divmod(months, MONTHS_A_YEAR)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + self.time


@dataclass(frozen=True, slots=True)
class PreservationRule:
    """How long data stay preserved, and what extends that."""

    period: Span
    extension: Span | None
    extension_rule: str


@dataclass(frozen=True, slots=True)
class RequestKind:
    """One thing that one law lets somebody ask for.

    validators            who may validate it; empty = it needs no validation
    self_validating       issuers that need none
    validated_categories  for which data a validation is needed; empty = for all
    emergency_unvalidated in an emergency it may be validated afterwards
    identification_only   network addresses only in order to tell who somebody is
    deadline, emergency_deadline  what the law says; `target` is what the desk sets itself
    preserved_on_receipt  what is asked for is put away at once, before anybody looked at it
    voluntary             nobody is obliged to answer it
    open_points           fields whose wording was not seen in the law's text
    """

    id: str
    regime: str
    kind: LegalKind
    form: LegalForm
    title: str
    data_categories: frozenset[DataCategory]
    issuing_authorities: frozenset[AuthorityKind]
    validators: frozenset[AuthorityKind]
    self_validating: frozenset[AuthorityKind]
    validated_categories: frozenset[DataCategory]
    emergency_unvalidated: bool
    emergency_only: bool
    identification_only: bool
    mandatory_fields: tuple[str, ...]
    conditional_fields: tuple[str, ...]
    deadline: timedelta | None
    emergency_deadline: timedelta | None
    target: timedelta | None
    emergency_target: timedelta | None
    deadline_text: str
    clock_restarts: bool
    territory: Territory
    grounds_to_refuse: tuple[str, ...]
    refusal_form: str
    notify: NotifyRule
    notify_text: str
    notify_delay_max: timedelta | None
    feedback: tuple[str, ...]
    redress: tuple[str, ...]
    preservation: PreservationRule | None
    preserved_on_receipt: bool
    enforcing_authority_notified: bool
    voluntary: bool
    windows: Mapping[Window, timedelta]
    articles: str
    source: str
    confidence: Confidence
    verified: bool
    open_points: tuple[str, ...]
    notes: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None

    @property
    def emergency_lane(self) -> bool:
        """Tells whether this can be asked for as an emergency."""
        return self.emergency_deadline is not None or self.emergency_target is not None

    @property
    def releases(self) -> bool:
        """Tells whether data of a person leave the house by it."""
        return self.kind in RELEASING

    def due_in(self, *, emergency: bool) -> timedelta | None:
        """Gives the time to answer: the law's, else the desk's own target."""
        if emergency:
            return self.emergency_deadline or self.emergency_target or self.due_in(emergency=False)
        return self.deadline or self.target

    def in_force(self, on: date) -> bool:
        """Tells whether the law holds on a day."""
        if self.valid_from is None or on < self.valid_from:
            return False
        return self.valid_to is None or on <= self.valid_to


@dataclass(frozen=True, slots=True)
class OwnDuty:
    """What a law asks of the messenger by itself, without anybody's order."""

    id: str
    regime: str
    duty: str
    deadline: timedelta | None
    target: timedelta | None
    articles: str
    source: str
    confidence: Confidence
    verified: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of users from which a duty holds.

    together  users in all countries of the regime are added up
    """

    id: str
    regime: str
    duty: str
    counts: UserCount
    at_least: int
    together: bool
    articles: str
    source: str
    confidence: Confidence
    verified: bool


@dataclass(frozen=True, slots=True)
class Regime:
    """One law, or one family of laws of a country, as versioned data.

    version  the day on the file with a digest of its content: another content is another version
    closed   a country whose authorities get nothing; its reasons stand in `notes`
    others   countries that a regime for `*` does not cover, since they have a law of their own
    text     its file, as it is kept for whoever was treated by it
    """

    id: str
    name: str
    citation: str
    jurisdictions: frozenset[str]
    others: frozenset[str]
    valid_from: date | None
    valid_to: date | None
    version: str
    closed: bool
    channel: str
    notes: tuple[str, ...]
    own_duties: tuple[OwnDuty, ...]
    thresholds: tuple[Threshold, ...]
    requests: tuple[RequestKind, ...]
    source: tuple[str, ...]
    confidence: Confidence
    text: str = field(default="", repr=False)

    def covers(self, country: str) -> bool:
        """Tells whether authorities of a country may rely on it."""
        if self.closed:
            return False
        if ANYWHERE in self.jurisdictions:
            return country not in self.others
        return country in self.jurisdictions

    @property
    def fallback(self) -> bool:
        """Tells whether it is for countries that have no law of their own here."""
        return ANYWHERE in self.jurisdictions
