"""What an authority may choose, computed from the law: the portal, paper intake and API share it.

Nothing is decided here. The law's own refusals come from `markets.law`; what only a later step can
mend (a sign-off, a market that allows withholding alone) does not keep anybody from filing.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from evenhand.base.errors import NotAllowed
from evenhand.legal.checks import QUESTIONNAIRE
from evenhand.markets.entries import Regime, RequestKind
from evenhand.markets.law import needs_validation, refusals
from evenhand.markets.lists import (
    AuthorityKind,
    DataCategory,
    MarketState,
    Purpose,
    Refusal,
)
from evenhand.markets.regimes import law

LATER = frozenset({Refusal.UNVERIFIED_ENTRY, Refusal.GEO_RESTRICTION_ONLY})
"""Grounds that staff may still resolve after a request came in."""

CHOOSABLE = frozenset({Refusal.NOT_VALIDATED, Refusal.NO_CATEGORY})
"""Grounds that a further choice in the form resolves."""


class ChoiceRefused(NotAllowed):
    """The law does not let this authority ask for this."""

    remedy = "Choose one of the combinations that the portal offers."


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an authority as the law sees it, on a day."""

    country: str
    kind: AuthorityKind
    market: MarketState | None
    on: date


@dataclass(frozen=True, slots=True)
class Choice:
    """One complete choice."""

    entry: RequestKind
    regime: Regime
    purpose: Purpose
    emergency: bool
    categories: frozenset[DataCategory] = frozenset()
    validator: AuthorityKind | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry as it can be chosen, or the grounds on which it cannot."""

    entry: RequestKind
    regime: Regime
    categories: tuple[DataCategory, ...]
    due_in: timedelta | None
    against: tuple[Refusal, ...] = ()

    @property
    def possible(self) -> bool:
        """Tells whether it can be chosen."""
        return not self.against


def offers(asker: Asker, *, purpose: Purpose, emergency: bool) -> tuple[Offer, ...]:
    """Gives every entry of the asker's country, those that can be chosen first."""
    found = [
        offer(entry, asker, purpose=purpose, emergency=emergency)
        for entry in law().of_country(asker.country, on=asker.on)
    ]
    return tuple(sorted(found, key=lambda one: (not one.possible, one.regime.fallback)))


def offer(entry: RequestKind, asker: Asker, *, purpose: Purpose, emergency: bool) -> Offer:
    """Gives one entry with the data categories that can be chosen in it, each by itself."""
    regime = law().regime_of(entry)
    possible: list[DataCategory | None] = []
    against: list[Refusal] = []
    each: list[DataCategory | None] = [*sorted(entry.data_categories)]
    for category in each or [None]:
        choice = Choice(
            entry=entry,
            regime=regime,
            purpose=purpose,
            emergency=emergency,
            categories=frozenset({category} if category else ()),
        )
        grounds = [ground for ground in refused(choice, asker) if ground not in CHOOSABLE]
        if not grounds and not _useless(category, purpose):
            possible.append(category)
        against.extend(grounds)
    return Offer(
        entry=entry,
        regime=regime,
        categories=tuple(one for one in possible if one),
        due_in=entry.due_in(emergency=emergency),
        against=() if possible else tuple(dict.fromkeys(against)) or (Refusal.WRONG_PURPOSE,),
    )


def _useless(category: DataCategory | None, purpose: Purpose) -> bool:
    """Tells whether a category is for the other purpose.

    Regulation (EU) 2023/1543 Art. 3(10): addresses asked for only to identify are a class of their
    own; asked for anything else, the same addresses are traffic data.
    """
    wrong = (
        DataCategory.TRAFFIC if purpose is Purpose.IDENTIFY_ONLY else DataCategory.IDENTIFICATION
    )
    return category is wrong


def refused(choice: Choice, asker: Asker) -> tuple[Refusal, ...]:
    """Gives the law's grounds against a choice, without those that staff may still resolve."""
    found = refusals(
        choice.entry,
        choice.regime,
        country=asker.country,
        authority=asker.kind,
        validator=choice.validator,
        categories=choice.categories,
        emergency=choice.emergency,
        on=asker.on,
        market=asker.market,
        signed_off=False,
        purpose=choice.purpose,
    )
    return tuple(ground for ground in found if ground not in LATER)


def refuse_unlawful(choice: Choice, asker: Asker) -> None:
    """Raises unless the law lets the asker choose this: asked again whatever the form offered."""
    grounds = list(refused(choice, asker))
    if any(_useless(category, choice.purpose) for category in choice.categories):
        grounds.append(Refusal.WRONG_PURPOSE)
    if grounds:
        raise ChoiceRefused(grounds=",".join(dict.fromkeys(grounds)))


def validators(choice: Choice, asker: Asker) -> tuple[AuthorityKind, ...]:
    """Gives who may validate the choice; () = it needs no validation."""
    needed = needs_validation(
        choice.entry,
        authority=asker.kind,
        categories=choice.categories,
        emergency=choice.emergency,
    )
    return tuple(sorted(choice.entry.validators)) if needed else ()


def fields_of(choice: Choice) -> tuple[tuple[str, bool], ...]:
    """Gives the fields to fill in and whether each is required, in the law's order."""
    danger = QUESTIONNAIRE if choice.emergency else ()
    found = dict.fromkeys([*danger, *choice.entry.mandatory_fields], True)
    for name in choice.entry.conditional_fields:
        found.setdefault(name, False)
    return tuple(found.items())
