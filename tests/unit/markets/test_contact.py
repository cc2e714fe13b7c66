"""The front door tells the authorities of every country where to send what."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from evenhand.base.lists import Language
from evenhand.markets.contact import (
    Office,
    Route,
    Service,
    country_document,
    front_door,
    kind_document,
    route_of,
    written,
)
from evenhand.markets.entries import Span
from evenhand.markets.geography import country_names
from evenhand.markets.lists import MarketState
from evenhand.markets.regimes import law

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()
SERVICE = Service(
    name="Example Messenger",
    portal="https://example.org/authorities/",
    email="authorities@example.org",
    emergency="https://example.org/authorities/emergency/",
    home="BE",
)
OFFICES = (Office("KZ", "1 Example Street, Astana", (Language.KK, Language.RU), "R. Example"),)


def door(states: dict[str, MarketState] | None = None, **more: object) -> dict[str, object]:
    given = {"signed_off": frozenset(), "at": NOW, **more}
    return front_door(law(), service=SERVICE, states=states or {}, offices=OFFICES, **given)


def country(code: str, state: MarketState | None = None) -> dict[str, object]:
    return country_document(code, law(), state=state, offices=OFFICES, on=TODAY)


def test_it_names_every_country_of_the_world() -> None:
    document = door()

    assert set(document["countries"]) == set(country_names())
    assert len(country_names()) == 249
    assert set(law().countries) <= set(country_names())


def test_it_can_be_written_as_json_without_loss() -> None:
    document = door({"KZ": MarketState.OPEN})

    assert json.loads(json.dumps(document)) == document


def test_it_is_the_same_whenever_it_is_built() -> None:
    assert json.dumps(door()) == json.dumps(door())


def test_it_tells_contact_point_languages_data_and_the_emergency_line() -> None:
    document = door()

    assert document["contact_point"]["languages"] == ["de", "en", "fr", "ru", "kk"]
    assert document["emergency"]["address"].endswith("/emergency/")
    assert [one["id"] for one in document["data"]] == ["phone_number", "ip_address"]
    assert "message_text" in document["never"]


def test_every_kind_in_force_is_described_and_no_other() -> None:
    kinds = door()["kinds"]

    assert set(kinds) == {one.id for one in law().kinds.values() if one.in_force(TODAY)}
    assert "de-netzdg-history" not in kinds
    assert "coe-2ap-art7" not in kinds


def test_what_a_country_accepts_is_described() -> None:
    document = door({"KZ": MarketState.CONTESTED, "CH": MarketState.OPEN})

    for one in document["countries"].values():
        named = {*one["accepts"], *one["only_in_the_country"], *one["refused_now"]}
        assert named <= set(document["kinds"])


@pytest.mark.parametrize("code", ["CH", "MG", "JP", "RS", "NO", "CN"])
def test_a_country_without_a_law_of_its_own_is_told_of_mutual_legal_assistance(code: str) -> None:
    document = country(code)

    assert document["route"] == "mutual_legal_assistance"
    assert document["accepts"] == []


def test_an_assessment_opens_the_voluntary_lane() -> None:
    document = country("CH", MarketState.OPEN)

    assert document["route"] == "voluntary"
    assert document["accepts"] == ["un-preservation", "un-voluntary-disclosure", "un-emergency"]


@pytest.mark.parametrize("state", [None, *MarketState])
@pytest.mark.parametrize("code", ["RU", "IR"])
def test_a_closed_country_is_told_so(code: str, state: MarketState | None) -> None:
    document = country(code, state)

    assert document["route"] == "closed"
    assert document["accepts"] == []


def test_kazakhstan_is_told_its_law_its_office_and_no_way_to_data() -> None:
    document = country("KZ")

    assert document["accepts"] == ["kz-authorised-body-request", "kz-41-1-prescription"]
    assert document["route"] == "mutual_legal_assistance"
    assert document["representatives"] == [
        {"name": "R. Example", "office": "1 Example Street, Astana", "languages": ["kk", "ru"]}
    ]


def test_a_contested_market_restricts_within_the_country_alone() -> None:
    document = country("KZ", MarketState.CONTESTED)

    assert document["accepts"] == ["kz-41-1-prescription"]
    assert document["only_in_the_country"] == ["kz-authorised-body-request"]


@pytest.mark.parametrize(
    "state", [MarketState.CONTESTED, MarketState.SUSPENDED, MarketState.EXITED]
)
def test_no_market_but_an_open_one_gives_data(state: MarketState) -> None:
    for code in ("DE", "US", "IN", "CH", "KZ"):
        accepted = country(code, state)["accepts"]

        assert not [one for one in accepted if law().kind(one).releases], code
        assert route_of(code, law(), state=state, on=TODAY) is Route.MLA


def test_people_are_heard_in_every_market() -> None:
    assert "in-3-2-b" in country("IN", MarketState.EXITED)["accepts"]


def test_what_is_refused_for_the_market_is_told_with_its_ground() -> None:
    assert country("US", MarketState.SUSPENDED)["refused_now"]["us-subpoena"] == "market_suspended"


def test_denmark_has_no_production_order() -> None:
    accepted = country("DK")["accepts"]

    assert "eu-tco-removal" in accepted
    assert not [one for one in accepted if one.startswith("eu-epoc")]


def test_the_union_gets_the_production_order_from_its_day_on() -> None:
    before = country_document("DE", law(), state=None, offices=(), on=date(2026, 8, 17))

    assert "eu-epoc-subscriber" not in before["accepts"]
    assert "eu-epoc-subscriber" in country("DE")["accepts"]


def test_law_and_own_target_are_told_apart() -> None:
    kind = law().kind("eu-epoc-pr")

    document = kind_document(kind, signed_off=False)

    assert document["deadline"] is None
    assert document["target"] == "PT4H"
    assert document["preservation"]["period"] == "P60D"
    assert document["preservation"]["extension"] == "P30D"


def test_what_is_unverified_is_marked_and_a_sign_off_told() -> None:
    version = law().regime("in").version
    signed = frozenset({("in-3-1-j", version)})

    before = door()["kinds"]["in-3-1-j"]
    after = door(signed_off=signed)["kinds"]["in-3-1-j"]

    assert (before["verified"], before["signed_off"]) == (False, False)
    assert (after["verified"], after["signed_off"]) == (False, True)
    old = frozenset({("in-3-1-j", "2020-01-01.00000000")})
    assert door(signed_off=old)["kinds"]["in-3-1-j"]["signed_off"] is False


def test_content_is_asked_for_and_never_among_what_is_given() -> None:
    for kind in law().kinds.values():
        assert "content" not in kind_document(kind, signed_off=True)["data_given"]

    assert kind_document(law().kind("us-warrant"), signed_off=True)["data_given"] == [
        "identification", "subscriber", "traffic",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (None, None),
        (timedelta(0), "PT0H"),
        (timedelta(minutes=30), "PT30M"),
        (timedelta(hours=1), "PT1H"),
        (timedelta(hours=72), "PT72H"),
        (timedelta(hours=96), "PT96H"),
        (timedelta(days=5), "P5D"),
        (timedelta(days=84), "P84D"),
        (timedelta(hours=121), "PT121H"),
        (Span(months=6), "P6M"),
        (Span(time=timedelta(days=90)), "P90D"),
    ],
)
def test_periods_are_written_as_the_laws_write_them(
    period: timedelta | Span | None, text: str | None
) -> None:
    assert written(period) == text
