"""Whatever is asked, what must never be given is refused."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from evenhand.markets.law import NARROWABLE, refusals
from evenhand.markets.lists import (
    NO_STATE,
    AuthorityKind,
    DataCategory,
    LegalKind,
    MarketState,
    Purpose,
    Refusal,
)
from evenhand.markets.regimes import law

COUNTRIES = [
    "DE",
    "DK",
    "FR",
    "GB",
    "KZ",
    "IN",
    "BR",
    "TR",
    "US",
    "RS",
    "JP",
    "CH",
    "RU",
    "IR",
    "MG",
]
demands = st.fixed_dictionaries(
    {
        "country": st.sampled_from(COUNTRIES),
        "authority": st.sampled_from(AuthorityKind),
        "validator": st.none() | st.sampled_from(AuthorityKind),
        "categories": st.frozensets(st.sampled_from(DataCategory)),
        "emergency": st.booleans(),
        "on": st.dates(date(2016, 1, 1), date(2030, 12, 31)),
        "market": st.none() | st.sampled_from(MarketState),
        "signed_off": st.booleans(),
        "purpose": st.sampled_from(Purpose),
    }
)
kinds = st.sampled_from(sorted(law().kinds)).map(law().kind)


@given(kinds, demands)
def test_what_is_given_out_is_always_covered(kind, asked) -> None:
    if refusals(kind, law().regime_of(kind), **asked):
        return

    regime = law().regime_of(kind)
    assert regime.covers(asked["country"])
    assert kind.in_force(asked["on"])
    assert asked["authority"] in kind.issuing_authorities
    assert asked["categories"] <= kind.data_categories
    if not kind.releases:
        return
    assert asked["categories"]
    assert DataCategory.CONTENT not in asked["categories"]
    assert kind.verified or asked["signed_off"]
    assert asked["market"] in (None, MarketState.OPEN)
    assert asked["market"] is MarketState.OPEN or not kind.voluntary or kind.regime == "us"
    assert asked["country"] not in ("RU", "IR")


@given(kinds, demands)
def test_a_sign_off_and_an_open_market_only_ever_take_grounds_away(kind, asked) -> None:
    regime = law().regime_of(kind)
    best = set(refusals(kind, regime, **{**asked, "signed_off": True, "market": MarketState.OPEN}))

    assert best <= set(refusals(kind, regime, **asked))


@given(kinds, demands)
def test_no_state_but_open_lets_an_authority_do_more_than_restrict_in_its_country(
    kind, asked
) -> None:
    market = asked["market"]
    if market in (None, MarketState.OPEN) or asked["authority"] in NO_STATE:
        return

    found = refusals(kind, law().regime_of(kind), **asked)

    if kind.kind is LegalKind.GEO_RESTRICTION and market is MarketState.CONTESTED:
        assert Refusal.MARKET_CONTESTED not in found
    elif kind.kind is LegalKind.REMOVAL and market is MarketState.CONTESTED:
        assert NARROWABLE & set(found)
    else:
        assert {Refusal(f"market_{market.value}")} & set(found)


@given(st.sampled_from(["CH", "MG", "JP", "RS", "NO"]), st.dates(date(2026, 1, 1)))
def test_a_country_without_a_law_of_its_own_has_the_voluntary_lane_alone(country, on) -> None:
    assert {kind.regime for kind in law().of_country(country, on=on)} == {"default-voluntary"}


def test_the_voluntary_lane_never_goes_round_a_law_of_disclosure() -> None:
    for country in ("DE", "DK", "FR", "GB", "US", "IN", "BR", "RU", "IR"):
        regimes = {one.id for one in law().regimes_of(country)}

        assert "default-voluntary" not in regimes, country
