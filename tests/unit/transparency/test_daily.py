from evenhand.base.lists import ActionKind, RecordKind
from evenhand.records.queries import Cell, DurationByAutomation
from evenhand.transparency.daily import FIGURE_OF_KIND, counted
from evenhand.transparency.figures import (
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Duration,
    Figure,
    Span,
)


def cell(kind: RecordKind, quantity: int = 1, **columns: str) -> Cell:
    empty = dict.fromkeys(
        ("harm", "action", "market", "automation", "source", "language", "channel_kind"), ""
    )
    return Cell(kind=kind.value, **{**empty, **columns}, records=1, quantity=quantity)


def test_decisions_are_split_by_each_property_alone() -> None:
    exact = counted(
        [
            cell(RecordKind.DECISION, 3, harm="m.spam", market="KZ"),
            cell(RecordKind.DECISION, 2, harm="m.spam", market="DE"),
            cell(RecordKind.DECISION, 1, harm="m.violence", market="DE"),
        ],
        [],
    )

    assert exact.figure(Figure.DECISIONS) == 6
    assert exact.breakdown(Breakdown.DECISIONS_BY_HARM) == {"m.spam": 5, "m.violence": 1}
    assert exact.breakdown(Breakdown.DECISIONS_BY_MARKET) == {"KZ": 3, "DE": 3}


def test_an_hourly_count_counts_for_all_that_it_stands_for() -> None:
    exact = counted([cell(RecordKind.SCREENED, 41_000, channel_kind="public")], [])

    assert exact.figure(Figure.SCREENED) == 41_000
    assert exact.breakdown(Breakdown.SCREENED_BY_CHANNEL_KIND) == {"public": 41_000}


def test_an_hour_without_messages_makes_no_cell() -> None:
    exact = counted([cell(RecordKind.SCREENED, 0, channel_kind="private")], [])

    assert exact.breakdown(Breakdown.SCREENED_BY_CHANNEL_KIND) == {}


def test_every_breakdown_adds_up_to_its_figure() -> None:
    exact = counted([cell(kind, 7, harm="m.spam", action="refuse") for kind in RecordKind], [])

    for breakdown, figure in FIGURE_OF_BREAKDOWN.items():
        assert sum(exact.breakdown(breakdown).values()) == exact.figure(figure)
    assert {exact.figure(figure) for figure in FIGURE_OF_KIND.values()} == {7}


def test_every_decision_is_in_one_family() -> None:
    cells = [cell(RecordKind.DECISION, 2, harm="m.spam", action=kind) for kind in ActionKind]

    exact = counted(cells, [])

    assert sum(exact.figure(family) for family in FAMILIES) == exact.figure(Figure.DECISIONS)
    assert exact.figure(Figure.REMOVED) == 4
    assert exact.figure(Figure.ACCOUNTS_BLOCKED) == 6


def test_a_refused_fake_account_is_told_from_a_refused_message() -> None:
    exact = counted(
        [
            cell(RecordKind.DECISION, 8, harm="m.spam.fake_account", action="refuse"),
            cell(RecordKind.DECISION, 5, harm="m.spam", action="refuse"),
            cell(RecordKind.DECISION, 3, harm="m.spam.fake_account", action="suspend"),
        ],
        [],
    )

    assert exact.figure(Figure.FAKE_ACCOUNTS_REFUSED) == 8
    assert exact.figure(Figure.REFUSED) == 5
    assert exact.figure(Figure.ACCOUNTS_BLOCKED) == 3


def test_what_people_take_is_not_mixed_with_what_software_takes() -> None:
    exact = counted(
        [],
        [
            DurationByAutomation("decision", True, 90, 3, 9),
            DurationByAutomation("decision", False, 10, 600_000, 900_000),
            DurationByAutomation("effect_confirmed", True, 90, 200, 800),
            DurationByAutomation("statement_delivered", True, 90, 300, 900),
        ],
    )

    assert exact.durations == {
        Span.SEND_TO_VERDICT: Duration(90, 3, 9),
        Span.CASE_TO_DECISION: Duration(10, 600_000, 900_000),
        Span.VERDICT_TO_EFFECT: Duration(90, 200, 800),
    }
