"""Pure: the front door for authorities as one document, for every country.

Codes are those of the closed lists; titles are English and translated where a page shows them.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from evenhand.base.lists import Language
from evenhand.markets.entries import OwnDuty, PreservationRule, Regime, RequestKind, Span
from evenhand.markets.geography import country_names
from evenhand.markets.law import market_refusals
from evenhand.markets.lists import NO_STATE, DataCategory, MarketState, Refusal
from evenhand.markets.regimes import Law

DOCUMENT_VERSION = 1
"""Grows when a reader of the document would have to change."""

HOURS_UP_TO = 96
"""Hours up to which a period is written in hours, as the laws do (24, 48, 72, 96 hours)."""

NEVER = ("message_text", "media", "contacts", "membership", "location", "passwords", "keys")
"""What the desk cannot collect: no field of its collector could hold it."""


class Route(StrEnum):
    """By which way an authority of a country can ask for data.

    LAW        a law in force that the desk knows
    VOLUNTARY  the voluntary lane, in a market opened by a rights assessment
    MLA        mutual legal assistance, through the two States; the desk gives nothing by itself
    CLOSED     none: the country's market is closed
    """

    LAW = "law"
    VOLUNTARY = "voluntary"
    MLA = "mutual_legal_assistance"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class DataKept:
    """One kind of data that exists, and for how long."""

    id: str
    title: str
    categories: tuple[DataCategory, ...]
    kept: str
    days: int | None


DATA_KEPT = (
    DataKept(
        "phone_number", "Phone number", (DataCategory.SUBSCRIBER,), "as long as the account", None
    ),
    DataKept(
        "ip_address",
        "Network address with the time it was last seen; a port only where it was recorded",
        (DataCategory.IDENTIFICATION, DataCategory.TRAFFIC),
        "28 days",
        28,
    ),
)
"""What a Synapse of the usual settings holds: it prunes addresses after 28 days."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where the messenger is found in a country; `name` is the representative's, if published."""

    country: str
    address: str
    languages: tuple[Language, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Who answers, where, and in which languages.

    home  the country whose central authority takes requests for mutual legal assistance
    """

    name: str
    portal: str
    email: str
    emergency: str
    home: str
    languages: tuple[Language, ...] = tuple(Language)
    data: tuple[DataKept, ...] = DATA_KEPT


def front_door(
    law: Law,
    *,
    service: Service,
    states: Mapping[str, MarketState],
    offices: Sequence[Office],
    signed_off: AbstractSet[tuple[str, str]],
    at: datetime,
) -> dict[str, object]:
    """Gives the whole document.

    signed_off  (entry, version) of every sign-off that holds
    """
    on = at.date()
    return {
        "version": DOCUMENT_VERSION,
        "made_at": at.isoformat(),
        "service": service.name,
        "contact_point": {
            "portal": service.portal,
            "email": service.email,
            "languages": [language.value for language in service.languages],
        },
        "emergency": {"address": service.emergency, "target": written(timedelta(hours=1))},
        "mutual_legal_assistance": {"through": service.home},
        "data": [_data(one) for one in service.data],
        "never": list(NEVER),
        "regimes": {
            one.id: _regime(one) for one in law.regimes.values() if one.requests or one.own_duties
        },
        "kinds": {
            kind.id: kind_document(
                kind, signed_off=(kind.id, law.regime_of(kind).version) in signed_off
            )
            for kind in law.kinds.values()
            if kind.in_force(on)
        },
        "countries": {
            code: country_document(code, law, state=states.get(code), offices=offices, on=on)
            for code in country_names()
        },
    }


def country_document(
    code: str,
    law: Law,
    *,
    state: MarketState | None,
    offices: Sequence[Office],
    on: date,
) -> dict[str, object]:
    """Gives what an authority of one country needs to know."""
    accepted: list[str] = []
    narrowed: list[str] = []
    refused: dict[str, str] = {}
    for kind in law.of_country(code, on=on):
        grounds = _grounds(kind, law.regime_of(kind), state)
        if not grounds:
            accepted.append(kind.id)
        elif grounds == (Refusal.GEO_RESTRICTION_ONLY,):
            narrowed.append(kind.id)
        elif not law.regime_of(kind).fallback:
            refused[kind.id] = grounds[0].value
    return {
        "name": country_names()[code],
        "state": state.value if state else None,
        "route": route_of(code, law, state=state, on=on).value,
        "regimes": [one.id for one in law.regimes_of(code) if not one.fallback],
        "accepts": accepted,
        "only_in_the_country": narrowed,
        "refused_now": refused,
        "representatives": [
            {
                "name": office.name,
                "office": office.address,
                "languages": [language.value for language in office.languages],
            }
            for office in offices
            if office.country == code
        ],
    }


def route_of(code: str, law: Law, *, state: MarketState | None, on: date) -> Route:
    """Gives by which way a country's authorities can ask for data."""
    if any(one.closed and code in one.jurisdictions for one in law.regimes.values()):
        return Route.CLOSED
    for kind in law.of_country(code, on=on):
        regime = law.regime_of(kind)
        if kind.releases and not _grounds(kind, regime, state):
            return Route.VOLUNTARY if regime.fallback else Route.LAW
    return Route.MLA


def kind_document(kind: RequestKind, *, signed_off: bool) -> dict[str, object]:
    """Gives one entry of the law; what the desk set itself is called target, never deadline."""
    return {
        "id": kind.id,
        "regime": kind.regime,
        "articles": kind.articles,
        "title": kind.title,
        "kind": kind.kind.value,
        "form": kind.form.value,
        "authorities": sorted(kind.issuing_authorities),
        "validators": sorted(kind.validators),
        "need_no_validation": sorted(kind.self_validating),
        "validated_data": sorted(kind.validated_categories or kind.data_categories)
        if kind.validators
        else [],
        "data": sorted(kind.data_categories),
        "data_given": sorted(_given(kind)),
        "only_to_identify": kind.identification_only,
        "fields": list(kind.mandatory_fields),
        "further_fields": list(kind.conditional_fields),
        "deadline": written(kind.deadline),
        "deadline_text": kind.deadline_text,
        "target": written(kind.target),
        "emergency": {
            "possible": kind.emergency_lane,
            "only": kind.emergency_only,
            "deadline": written(kind.emergency_deadline),
            "target": written(kind.emergency_target),
            "validated_afterwards": kind.emergency_unvalidated,
        },
        "windows": {window.value: written(time) for window, time in kind.windows.items()},
        "territory": kind.territory.value,
        "refusals": list(kind.grounds_to_refuse),
        "refusal_form": kind.refusal_form,
        "feedback": list(kind.feedback),
        "notice": {
            "rule": kind.notify.value,
            "text": kind.notify_text,
            "delay_at_most": written(kind.notify_delay_max),
        },
        "redress": list(kind.redress),
        "preservation": _preservation(kind.preservation),
        "voluntary": kind.voluntary,
        "source": kind.source,
        "confidence": kind.confidence.value,
        "verified": kind.verified,
        "signed_off": signed_off,
        "not_seen_in_the_text": list(kind.open_points),
        "notes": list(kind.notes),
    }


def written(period: timedelta | Span | None) -> str | None:
    """Gives a period as ISO 8601 writes it."""
    if period is None:
        return None
    if isinstance(period, Span):
        if period.months and not period.time:
            return f"P{period.months}M"
        assert not period.months, "months and hours are not mixed"
        period = period.time
    hours, rest = divmod(int(period.total_seconds()), 3600)
    if rest:
        return f"PT{int(period.total_seconds()) // 60}M"
    return f"P{hours // 24}D" if hours > HOURS_UP_TO and hours % 24 == 0 else f"PT{hours}H"


def _grounds(kind: RequestKind, regime: Regime, state: MarketState | None) -> tuple[Refusal, ...]:
    """Gives why nobody who may ask for it can do so now; () if somebody can."""
    found: tuple[Refusal, ...] = ()
    states = sorted(kind.issuing_authorities - NO_STATE) or sorted(kind.issuing_authorities)
    for authority in states:
        found = market_refusals(kind, regime, authority=authority, market=state)
        if not found:
            return ()
    return found


def _given(kind: RequestKind) -> frozenset[DataCategory]:
    return kind.data_categories - {DataCategory.CONTENT} if kind.releases else frozenset()


def _data(one: DataKept) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.title,
        "categories": [category.value for category in one.categories],
        "kept": one.kept,
        "days": one.days,
    }


def _preservation(rule: PreservationRule | None) -> dict[str, object] | None:
    if rule is None:
        return None
    return {
        "period": written(rule.period),
        "extension": written(rule.extension),
        "extension_rule": rule.extension_rule,
    }


def _regime(one: Regime) -> dict[str, object]:
    return {
        "name": one.name,
        "citation": one.citation,
        "version": one.version,
        "countries": sorted(one.jurisdictions),
        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "channel": one.channel,
        "notes": list(one.notes),
        "own_duties": [_duty(duty) for duty in one.own_duties],
        "source": list(one.source),
        "confidence": one.confidence.value,
    }


def _duty(duty: OwnDuty) -> dict[str, object]:
    return {
        "id": duty.id,
        "duty": duty.duty,
        "articles": duty.articles,
        "deadline": written(duty.deadline),
        "target": written(duty.target),
        "source": duty.source,
        "verified": duty.verified,
    }
