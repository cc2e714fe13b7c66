"""The law as data says what the matrix says, which people wrote with the article beside it."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from pathlib import Path

import pytest

from evenhand.markets.contact import written
from evenhand.markets.entries import PreservationRule, Regime, RequestKind, Span
from evenhand.markets.law import refusals
from evenhand.markets.lists import (
    AuthorityKind,
    DataCategory,
    LegalForm,
    LegalKind,
    MarketState,
    NotifyRule,
    Purpose,
    Refusal,
    Territory,
    Window,
)
from evenhand.markets.regimes import law

DATA = Path(__file__).resolve().parents[2] / "data/law"
TODAY = date(2026, 11, 22)
ALLOWED = "allowed"
KINDS = sorted(law().kinds)


@dataclass(frozen=True)
class Case:
    """One combination of one line."""

    line: int
    kind: str
    country: str
    authority: AuthorityKind
    validator: AuthorityKind | None
    categories: frozenset[DataCategory]
    purpose: Purpose
    emergency: bool
    market: MarketState | None
    signed_off: bool
    on: date
    outcome: frozenset[str]
    due: str
    notify: str
    article: str


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cases_of(line: int, row: Mapping[str, str]) -> Iterator[Case]:
    parts = [row[name].split("|") for name in ("country", "authority", "validator", "data")]
    for country, authority, validator, data in product(*parts):
        yield Case(
            line=line,
            kind=row["kind"],
            country=country,
            authority=AuthorityKind(authority),
            validator=AuthorityKind(validator) if validator else None,
            categories=frozenset(DataCategory(one) for one in data.split("+") if one),
            purpose=Purpose(row["purpose"] or "other"),
            emergency={"yes": True, "": False}[row["emergency"]],
            market=MarketState(row["market"]) if row["market"] else None,
            signed_off={"yes": True, "": False}[row["signed"]],
            on=date.fromisoformat(row["day"]) if row["day"] else TODAY,
            outcome=frozenset(row["outcome"].split("+")),
            due=row["due"],
            notify=row["notify"],
            article=row["article"],
        )


@lru_cache(maxsize=1)
def matrix() -> dict[str, tuple[Case, ...]]:
    found: dict[str, list[Case]] = {}
    for line, row in enumerate(rows("matrix.csv"), start=2):
        found.setdefault(row["kind"], []).extend(cases_of(line, row))
    return {kind: tuple(cases) for kind, cases in found.items()}


def said(kind: RequestKind, regime: Regime, case: Case) -> tuple[frozenset[str], str, str]:
    """What the law says of a case: outcome, time to answer, who tells the person."""
    found = refusals(
        kind,
        regime,
        country=case.country,
        authority=case.authority,
        validator=case.validator,
        categories=case.categories,
        emergency=case.emergency,
        on=case.on,
        market=case.market,
        signed_off=case.signed_off,
        purpose=case.purpose,
    )
    if found:
        return frozenset(ground.value for ground in found), "", ""
    by_law = kind.emergency_deadline if case.emergency else kind.deadline
    whose = "law" if by_law is not None else "own"
    due = written(kind.due_in(emergency=case.emergency))
    return frozenset({ALLOWED}), f"{whose} {due}", kind.notify.value


def broken(kind: RequestKind, regime: Regime) -> list[str]:
    """The lines of the matrix that an entry does not keep."""
    return [
        f"matrix.csv:{case.line} ({case.article}): {sorted(outcome)} {due} {notify}"
        for case in matrix().get(kind.id, ())
        for outcome, due, notify in [said(kind, regime, case)]
        if (outcome, due, notify) != (case.outcome, case.due, case.notify)
    ]


def periods_of(kind: RequestKind) -> dict[str, str | None]:
    found = {
        "deadline": written(kind.deadline),
        "emergency_deadline": written(kind.emergency_deadline),
        "target": written(kind.target),
        "emergency_target": written(kind.emergency_target),
        "notify_delay_max": written(kind.notify_delay_max),
        **{window.value: written(time) for window, time in kind.windows.items()},
    }
    if kind.preservation is not None:
        found["preservation"] = written(kind.preservation.period)
        found["preservation_extension"] = written(kind.preservation.extension)
    return {name: value for name, value in found.items() if value is not None}


@lru_cache(maxsize=64)
def stated_periods(kind_id: str) -> dict[str, str]:
    return {row["period"]: row["value"] for row in rows("periods.csv") if row["kind"] == kind_id}


def outline(kind: RequestKind) -> dict[str, str]:
    marks = {
        "voluntary": kind.voluntary,
        "restarts": kind.clock_restarts,
        "enforcing": kind.enforcing_authority_notified,
        "put_away": kind.preserved_on_receipt,
    }
    return {
        "kind": kind.id,
        "asks": kind.kind.value,
        "form": kind.form.value,
        "territory": kind.territory.value,
        "marks": " ".join(name for name, is_set in marks.items() if is_set),
        "fields": " ".join(kind.mandatory_fields),
        "further_fields": " ".join(kind.conditional_fields),
    }


@lru_cache(maxsize=1)
def stated_outlines() -> dict[str, dict[str, str]]:
    return {
        row["kind"]: {name: value for name, value in row.items() if name != "article"}
        for row in rows("entries.csv")
    }


def holds(kind: RequestKind, regime: Regime) -> bool:
    """Whether an entry keeps every line of all three files."""
    return (
        not broken(kind, regime)
        and periods_of(kind) == stated_periods(kind.id)
        and outline(kind) == stated_outlines()[kind.id]
    )


@pytest.mark.parametrize("kind_id", KINDS)
def test_an_entry_says_what_the_matrix_says(kind_id: str) -> None:
    kind = law().kind(kind_id)

    assert broken(kind, law().regime_of(kind)) == []


@pytest.mark.parametrize("kind_id", KINDS)
def test_an_entry_has_the_periods_that_are_stated(kind_id: str) -> None:
    assert periods_of(law().kind(kind_id)) == stated_periods(kind_id)


@pytest.mark.parametrize("kind_id", KINDS)
def test_an_entry_is_what_is_stated(kind_id: str) -> None:
    assert outline(law().kind(kind_id)) == stated_outlines()[kind_id]


def test_the_matrix_is_about_every_kind_and_nothing_else() -> None:
    assert sorted(matrix()) == KINDS
    assert {row["kind"] for row in rows("periods.csv")} == set(KINDS)
    assert sorted(row["kind"] for row in rows("entries.csv")) == KINDS
    assert sum(map(len, matrix().values())) > 1_000


def test_every_line_has_its_article() -> None:
    for name in ("matrix.csv", "periods.csv", "entries.csv"):
        assert [row for row in rows(name) if not row["article"].strip()] == []


def test_every_ground_of_the_law_is_met_in_the_matrix() -> None:
    met = {ground for cases in matrix().values() for case in cases for ground in case.outcome}

    assert met == {ground.value for ground in Refusal} | {ALLOWED}


@pytest.mark.parametrize("kind_id", KINDS)
def test_every_authority_is_in_the_lines_of_every_kind(kind_id: str) -> None:
    assert {case.authority for case in matrix()[kind_id]} == set(AuthorityKind)


# --- no entry can change without a line that breaks ---


def toggled(field: str, members: type) -> Callable[[RequestKind], Iterator[RequestKind]]:
    def changes(kind: RequestKind) -> Iterator[RequestKind]:
        for member in members:
            yield replace(kind, **{field: getattr(kind, field) ^ {member}})

    return changes


def timed(field: str) -> Callable[[RequestKind], Iterator[RequestKind]]:
    def changes(kind: RequestKind) -> Iterator[RequestKind]:
        stated = getattr(kind, field)
        yield replace(kind, **{field: timedelta(hours=11) if stated is None else None})
        if stated is not None:
            yield replace(kind, **{field: stated * 2})
            yield replace(kind, **{field: stated / 2})

    return changes


def flipped(field: str) -> Callable[[RequestKind], Iterator[RequestKind]]:
    def changes(kind: RequestKind) -> Iterator[RequestKind]:
        yield replace(kind, **{field: not getattr(kind, field)})

    return changes


def validators(kind: RequestKind) -> Iterator[RequestKind]:
    if kind.validators:
        yield from toggled("validators", AuthorityKind)(kind)
        yield replace(kind, validators=frozenset())
    else:
        yield replace(kind, validators=frozenset({AuthorityKind.REGULATOR}))


def self_validating(kind: RequestKind) -> Iterator[RequestKind]:
    if kind.validators:
        for member in kind.issuing_authorities:
            yield replace(kind, self_validating=kind.self_validating ^ {member})


def validated_categories(kind: RequestKind) -> Iterator[RequestKind]:
    for member in kind.validated_categories:
        yield replace(kind, validated_categories=kind.validated_categories - {member})


def emergency_unvalidated(kind: RequestKind) -> Iterator[RequestKind]:
    asked = kind.issuing_authorities - kind.self_validating if kind.validators else frozenset()
    if asked and kind.emergency_lane and not kind.emergency_only:
        yield from flipped("emergency_unvalidated")(kind)


def notice(kind: RequestKind) -> Iterator[RequestKind]:
    if kind.regime != "coe-2ap":  # not in force: nothing is allowed, so nobody is told
        for rule in NotifyRule:
            if rule is not kind.notify:
                yield replace(kind, notify=rule)


def days(kind: RequestKind) -> Iterator[RequestKind]:
    yield replace(kind, valid_from=None if kind.valid_from else date(2020, 1, 1))
    if kind.valid_from is not None:
        yield replace(kind, valid_to=TODAY - timedelta(days=1) if kind.valid_to is None else None)


def purpose(kind: RequestKind) -> Iterator[RequestKind]:
    if DataCategory.IDENTIFICATION in kind.data_categories:
        yield from flipped("identification_only")(kind)


def certainty(kind: RequestKind) -> Iterator[RequestKind]:
    if kind.releases:
        yield from flipped("verified")(kind)


def listed(field: str) -> Callable[[RequestKind], Iterator[RequestKind]]:
    def changes(kind: RequestKind) -> Iterator[RequestKind]:
        stated = getattr(kind, field)
        yield replace(kind, **{field: (*stated, "one_more")})
        for number in range(len(stated)):
            yield replace(kind, **{field: stated[:number] + stated[number + 1 :]})

    return changes


def another(field: str, members: type) -> Callable[[RequestKind], Iterator[RequestKind]]:
    def changes(kind: RequestKind) -> Iterator[RequestKind]:
        for member in members:
            if member is not getattr(kind, field):
                yield replace(kind, **{field: member})

    return changes


def preserved(kind: RequestKind) -> Iterator[RequestKind]:
    rule = kind.preservation
    if rule is None:
        yield replace(kind, preservation=PreservationRule(Span(months=1), None, "x"))
        return
    yield replace(kind, preservation=None)
    yield replace(kind, preservation=replace(rule, period=Span(time=timedelta(days=61))))
    yield replace(kind, preservation=replace(rule, extension=Span(time=timedelta(days=31))))


def windowed(kind: RequestKind) -> Iterator[RequestKind]:
    for window in Window:
        others = {one: time for one, time in kind.windows.items() if one is not window}
        yield replace(kind, windows={**others, window: timedelta(hours=11)})
        if window in kind.windows:
            yield replace(kind, windows=others)


CHANGES: dict[str, Callable[[RequestKind], Iterator[RequestKind]]] = {
    "authorities": toggled("issuing_authorities", AuthorityKind),
    "categories": toggled("data_categories", DataCategory),
    "validators": validators,
    "self_validating": self_validating,
    "validated_categories": validated_categories,
    "emergency_unvalidated": emergency_unvalidated,
    "emergency_only": flipped("emergency_only"),
    "purpose": purpose,
    "deadline": timed("deadline"),
    "emergency_deadline": timed("emergency_deadline"),
    "target": timed("target"),
    "emergency_target": timed("emergency_target"),
    "notify": notice,
    "notify_delay_max": timed("notify_delay_max"),
    "preservation": preserved,
    "windows": windowed,
    "kind": another("kind", LegalKind),
    "form": another("form", LegalForm),
    "territory": another("territory", Territory),
    "mandatory_fields": listed("mandatory_fields"),
    "conditional_fields": listed("conditional_fields"),
    "voluntary": flipped("voluntary"),
    "clock_restarts": flipped("clock_restarts"),
    "enforcing_authority_notified": flipped("enforcing_authority_notified"),
    "preserved_on_receipt": flipped("preserved_on_receipt"),
    "in force": days,
    "verified": certainty,
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("kind_id", KINDS)
def test_no_entry_changes_without_a_line_that_breaks(kind_id: str, what: str) -> None:
    kind = law().kind(kind_id)
    regime = law().regime_of(kind)

    unnoticed = [changed for changed in CHANGES[what](kind) if holds(changed, regime)]

    assert [difference(kind, changed) for changed in unnoticed] == []


def difference(kind: RequestKind, changed: RequestKind) -> str:
    return ", ".join(
        f"{one.name}: {getattr(kind, one.name)} to {getattr(changed, one.name)}"
        for one in fields(kind)
        if getattr(kind, one.name) != getattr(changed, one.name)
    )


@pytest.mark.parametrize("kind_id", KINDS)
def test_no_country_comes_or_goes_without_a_line_that_breaks(kind_id: str) -> None:
    kind = law().kind(kind_id)
    regime = law().regime_of(kind)
    # What stands in the matrix of a law for any country is who is outside it.
    changed = (
        replace(regime, others=frozenset())
        if regime.fallback
        else replace(regime, jurisdictions=frozenset({"XX"}))
    )

    assert broken(kind, changed) != []
