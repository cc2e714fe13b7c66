"""Pure: what the law itself says of a demand. Nothing found means: the law lets it be done."""

from collections.abc import Iterator
from datetime import date
from typing import assert_never

from evenhand.markets.entries import Regime, RequestKind
from evenhand.markets.lists import (
    NO_STATE,
    AuthorityKind,
    DataCategory,
    LegalKind,
    MarketState,
    Purpose,
    Refusal,
)

NARROWABLE = frozenset({Refusal.GEO_RESTRICTION_ONLY})
"""Grounds that leave a narrower way: do it in that country alone."""


def refusals(
    kind: RequestKind,
    regime: Regime,
    *,
    country: str,
    authority: AuthorityKind,
    validator: AuthorityKind | None,
    categories: frozenset[DataCategory],
    emergency: bool,
    on: date,
    market: MarketState | None,
    signed_off: bool,
    purpose: Purpose = Purpose.OTHER,
) -> tuple[Refusal, ...]:
    """Gives every ground against a demand; () = the law lets it be done.

    country     of the authority that asks
    market      the state of that country's market; None = never opened
    signed_off  a legal officer signed off this entry in this version
    purpose     what the data are wanted for; who does not say so wants more than to identify
    """
    assert kind.regime == regime.id, "an entry is judged by its own regime"
    return (
        *_place(kind, regime, country=country, on=on),
        *market_refusals(kind, regime, authority=authority, market=market),
        *_authority(
            kind,
            authority=authority,
            validator=validator,
            categories=categories,
            emergency=emergency,
        ),
        *_data(kind, categories=categories, purpose=purpose),
        *_emergency(kind, emergency=emergency),
        *((Refusal.UNVERIFIED_ENTRY,) if _needs_sign_off(kind) and not signed_off else ()),
    )


def _place(kind: RequestKind, regime: Regime, *, country: str, on: date) -> Iterator[Refusal]:
    if not regime.covers(country):
        yield Refusal.NO_REGIME
    if not kind.in_force(on):
        yield Refusal.NOT_IN_FORCE


def market_refusals(
    kind: RequestKind, regime: Regime, *, authority: AuthorityKind, market: MarketState | None
) -> tuple[Refusal, ...]:
    """Gives what the market's state forbids; a law that binds needs no market to be opened."""
    if authority in NO_STATE:
        return ()
    match market:
        case None:
            return (Refusal.MARKET_NOT_OPEN,) if regime.fallback else ()
        case MarketState.OPEN:
            return ()
        case MarketState.CONTESTED:
            if kind.kind is LegalKind.GEO_RESTRICTION:
                return ()
            narrowable = kind.kind is LegalKind.REMOVAL
            return (Refusal.GEO_RESTRICTION_ONLY if narrowable else Refusal.MARKET_CONTESTED,)
        case MarketState.SUSPENDED:
            return (Refusal.MARKET_SUSPENDED,)
        case MarketState.EXITED:
            return (Refusal.MARKET_EXITED,)
        case _:
            assert_never(market)


def _authority(
    kind: RequestKind,
    *,
    authority: AuthorityKind,
    validator: AuthorityKind | None,
    categories: frozenset[DataCategory],
    emergency: bool,
) -> Iterator[Refusal]:
    if authority not in kind.issuing_authorities:
        yield Refusal.WRONG_AUTHORITY
        return
    if not needs_validation(kind, authority=authority, categories=categories, emergency=emergency):
        return
    if validator not in kind.validators:
        yield Refusal.NOT_VALIDATED


def needs_validation(
    kind: RequestKind,
    *,
    authority: AuthorityKind,
    categories: frozenset[DataCategory],
    emergency: bool,
) -> bool:
    """Tells whether somebody else has to validate what this authority asks for."""
    if not kind.validators or authority in kind.self_validating:
        return False
    if emergency and kind.emergency_unvalidated:
        return False
    return not kind.validated_categories or bool(categories & kind.validated_categories)


def _data(
    kind: RequestKind, *, categories: frozenset[DataCategory], purpose: Purpose
) -> Iterator[Refusal]:
    if kind.data_categories and not categories:
        yield Refusal.NO_CATEGORY
    if categories - kind.data_categories:
        yield Refusal.CATEGORY_NOT_COVERED
    # The collector's type has no field for content: no law can make it give any.
    if kind.releases and DataCategory.CONTENT in categories:
        yield Refusal.CONTENT_OUTSIDE_DESK
    identifies = kind.identification_only and DataCategory.IDENTIFICATION in categories
    if identifies and purpose is not Purpose.IDENTIFY_ONLY:
        yield Refusal.WRONG_PURPOSE


def _emergency(kind: RequestKind, *, emergency: bool) -> Iterator[Refusal]:
    if emergency and not kind.emergency_lane:
        yield Refusal.NO_EMERGENCY_LANE
    if not emergency and kind.emergency_only:
        yield Refusal.EMERGENCY_ONLY


def _needs_sign_off(kind: RequestKind) -> bool:
    return kind.releases and not kind.verified
