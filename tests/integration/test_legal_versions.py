"""A matter keeps the law that it was received under, whatever the law says later."""

from dataclasses import replace

import pytest
from tests.integration.matters_of_tests import NOW, Desk, desk, plan_of

from evenhand.legal import steps
from evenhand.legal.models import Matter
from evenhand.legal.queries import law_against, law_of
from evenhand.markets.lists import AuthorityKind, Refusal
from evenhand.markets.models import RegimeText
from evenhand.markets.regimes import Law, law

pytestmark = pytest.mark.django_db

EPOC = "eu-epoc-subscriber"


def changed() -> Law:
    """The law of tomorrow: the same entry is for courts alone."""
    today = law()
    regime = today.regime_of(today.kind(EPOC))
    courts = frozenset({AuthorityKind.COURT})
    requests = tuple(replace(one, issuing_authorities=courts) for one in regime.requests)
    tomorrow = replace(regime, version="2027-01-01.changed", requests=requests)
    return Law([tomorrow if one.id == regime.id else one for one in today.regimes.values()])


def test_the_text_of_the_law_is_kept_with_the_first_matter_under_it() -> None:
    one = desk()

    first, second = one.received(EPOC), one.received(EPOC)

    kept = RegimeText.objects.get(name=f"{first.regime}@{first.regime_version}")
    assert first.regime_version == second.regime_version
    assert kept.text == law().regime(first.regime).text


def test_a_matter_is_judged_by_the_law_it_came_under(monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk()
    matter = one.validated(EPOC)

    monkeypatch.setattr("evenhand.legal.queries.law", changed)

    assert changed().kind(EPOC).issuing_authorities == {AuthorityKind.COURT}
    assert law_of(matter)[1].version == matter.regime_version
    assert law_against(matter) == ()
    steps.prepare(matter.id, plan_of(EPOC), by=one.lawyer, violations=one.nobody, now=NOW)


def test_a_matter_under_the_new_law_is_judged_by_the_new_law(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = desk()
    matter = _under_the_new_law(one)

    monkeypatch.setattr("evenhand.legal.queries.law", changed)

    assert Refusal.WRONG_AUTHORITY in law_against(matter)


def _under_the_new_law(one: Desk) -> Matter:
    """A matter as receipt would write it tomorrow; read, never saved."""
    matter = one.received(EPOC)
    matter.regime_version = "2027-01-01.changed"
    return matter
