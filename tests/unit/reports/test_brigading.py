"""When many reports are one hand's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from evenhand.reports.brigading import (
    BURST_REPORTS,
    RECORD_REPORTS,
    Record,
    SeenReport,
    likeness_of,
    masses,
)
from evenhand.reports.lists import Mass

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = b"k" * 32
THIS = SeenReport(reporter="this", at=NOW)
CLEAN = Record()
CALL = "please all report this channel now because it spreads lies about our team and friends"


def others(count: int, **changes: object) -> list[SeenReport]:
    one = SeenReport(reporter="", at=NOW - timedelta(minutes=2))
    return [replace(one, reporter=f"r{n}", **changes) for n in range(count)]  # type: ignore[arg-type]


def test_many_within_minutes_are_a_burst() -> None:
    assert masses(THIS, others(BURST_REPORTS - 1), CLEAN) == (Mass.BURST,)
    assert masses(THIS, others(BURST_REPORTS - 2), CLEAN) == ()


def test_many_over_hours_are_none() -> None:
    slow = [
        replace(one, at=NOW - timedelta(hours=number))
        for number, one in enumerate(others(60), start=1)
    ]

    assert masses(THIS, slow, CLEAN) == ()


def test_one_person_who_reports_often_is_no_burst() -> None:
    mine = [replace(one, reporter="this") for one in others(50)]

    assert masses(THIS, mine, CLEAN) == ()


def test_a_third_report_from_one_network_shares_its_origin() -> None:
    this = replace(THIS, network=b"home")

    assert masses(this, others(2, network=b"home"), CLEAN) == (Mass.SHARED_ORIGIN,)
    assert masses(this, others(1, network=b"home"), CLEAN) == ()
    assert masses(this, others(5, network=b"away"), CLEAN) == ()


def test_what_has_no_network_shares_none() -> None:
    assert masses(THIS, others(5), CLEAN) == ()


def test_a_record_is_poor_when_most_was_for_nothing() -> None:
    poor = Record(upheld=1, unfounded=RECORD_REPORTS - 1)
    fair = Record(upheld=2, unfounded=RECORD_REPORTS - 2)
    young = Record(upheld=0, unfounded=RECORD_REPORTS - 1)

    assert masses(THIS, [], poor) == (Mass.POOR_RECORD,)
    assert masses(THIS, [], fair) == ()
    assert masses(THIS, [], young) == ()


def test_like_words_of_three_people_are_copied() -> None:
    this = replace(THIS, likeness=likeness_of(CALL, key=KEY))
    same = others(2, likeness=likeness_of(CALL.replace("now", "today").upper(), key=KEY))
    apart = others(
        2,
        likeness=likeness_of(
            "He sold me a ticket that does not exist and does not answer any more", key=KEY
        ),
    )

    assert masses(this, others(2, likeness=this.likeness), CLEAN) == (Mass.SAME_WORDS,)
    assert masses(this, apart, CLEAN) == ()
    assert likeness_of(CALL.upper(), key=KEY) == this.likeness
    assert same[0].likeness is not None


def test_a_few_words_have_no_likeness() -> None:
    assert likeness_of("this is spam", key=KEY) is None


def test_a_likeness_needs_the_key_and_fits_a_column() -> None:
    value = likeness_of(CALL, key=KEY)

    assert value is not None
    assert -(2**63) <= value < 2**63
    assert likeness_of(CALL, key=b"x" * 32) != value
