"""What an audit of the search found is recorded once a day, and counted in the day's report."""

from datetime import UTC, datetime, timedelta

import pytest

from evenhand.base.lists import RecordKind
from evenhand.records.models import Record
from evenhand.records.queries import bodies_about
from evenhand.search.audit import Audit, Leak
from evenhand.search.audit_steps import SUBJECT, is_audited, note_audit
from evenhand.transparency.daily import exact
from evenhand.transparency.figures import Breakdown, Figure
from evenhand.transparency.protect import protect

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
DRUGS, FRAUD = "m.tos.prohibited.drugs", "m.spam.fraud"
CLEAN = Audit(items=1_000, decided=40, flagged={DRUGS: 12, FRAUD: 7}, sought=40, queries=3_200)
LEAK = Leak("!closed:town", "zero_width", "s\u200bn", "DE")


def test_a_clean_audit_is_counted_with_its_share() -> None:
    note_audit(CLEAN, now=NOW)

    day = exact(NOW.date())
    assert day.figure(Figure.SEARCH_AUDITED) == 960
    assert day.figure(Figure.SEARCH_FLAGGED) == 19
    assert day.figure(Figure.SEARCH_LEAKED) == 0
    assert day.breakdown(Breakdown.SEARCH_FLAGGED_BY_HARM) == {DRUGS: 12, FRAUD: 7}
    public = protect([day])
    assert public.figures[Figure.SEARCH_FLAGGED] == 19


def test_few_flagged_items_are_not_shown_by_themselves() -> None:
    note_audit(Audit(items=900, decided=0, flagged={DRUGS: 3}), now=NOW)

    public = protect([exact(NOW.date())])

    assert public.figures[Figure.SEARCH_FLAGGED] is None
    assert public.breakdowns[Breakdown.SEARCH_FLAGGED_BY_HARM].withheld


def test_leaks_are_counted_once_each_and_named_to_nobody() -> None:
    same = Leak("!closed:town", "leet", "5now", None)

    note_audit(Audit(items=10, decided=2, flagged={}, leaks=(LEAK, same)), now=NOW)

    assert exact(NOW.date()).figure(Figure.SEARCH_LEAKED) == 1
    told = bodies_about(SUBJECT, RecordKind.SEARCH_AUDITED)
    assert told[0]["spellings"] == ["leet", "zero_width"]
    assert "!closed:town" not in str(told)


def test_a_day_is_recorded_once_and_the_next_again() -> None:
    note_audit(CLEAN, now=NOW)
    note_audit(CLEAN, now=NOW + timedelta(hours=2))
    note_audit(CLEAN, now=NOW + timedelta(days=1))

    assert Record.objects.filter(kind=RecordKind.SEARCH_AUDITED).count() == 2
    assert exact(NOW.date()).figure(Figure.SEARCH_FLAGGED) == 19


def test_a_day_is_known_to_be_audited() -> None:
    note_audit(CLEAN, now=NOW)

    assert is_audited(NOW.date())
    assert not is_audited(NOW.date() + timedelta(days=1))
