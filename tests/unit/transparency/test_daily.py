from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.lists import ActionKind, RecordKind
from evenhand.records.hour_queries import COUNTED_BY_HOUR, HourCounted
from evenhand.records.queries import Cell, TimeTaken
from evenhand.transparency.daily import FIGURE_OF_KIND, counted, duration_of
from evenhand.transparency.figures import (
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Duration,
    Figure,
    Span,
)
from evenhand.transparency.preferred import rounded_up


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
    cells = [cell(kind, 7, harm="m.spam", action="refuse") for kind in RecordKind]
    exact = counted(cells, [], [HourCounted(kind, "03", 7) for kind in COUNTED_BY_HOUR])

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


def taken(
    kind: RecordKind,
    milliseconds: int,
    records: int = 1,
    *,
    automatic: bool = False,
    request: str = "",
    lane: str = "",
) -> TimeTaken:
    return TimeTaken(kind.value, automatic, request, lane, milliseconds, records)


def test_what_people_take_is_not_mixed_with_what_software_takes() -> None:
    exact = counted(
        [],
        [
            taken(RecordKind.DECISION, 3, 90, automatic=True),
            taken(RecordKind.DECISION, 9, 10, automatic=True),
            taken(RecordKind.DECISION, 600_000, 10),
            taken(RecordKind.EFFECT_CONFIRMED, 200, 90, automatic=True),
            taken(RecordKind.EFFECT_CONFIRMED, 900, 90),
        ],
    )

    assert exact.durations == {
        Span.SEND_TO_VERDICT: Duration(100, 3, 9),
        Span.CASE_TO_DECISION: Duration(10, 600_000, 600_000),
        Span.VERDICT_TO_EFFECT: Duration(90, 200, 200),
    }


def test_emergencies_orders_and_requests_are_timed_apart_and_drills_not_at_all() -> None:
    exact = counted(
        [],
        [
            taken(RecordKind.LEGAL_RELEASED, 100, request="removal", lane="ordinary"),
            taken(RecordKind.LEGAL_REFUSED, 200, request="disclosure", lane="ordinary"),
            taken(RecordKind.LEGAL_RELEASED, 30, request="disclosure", lane="emergency"),
            taken(RecordKind.LEGAL_RELEASED, 10, request="disclosure", lane="drill"),
        ],
    )

    assert exact.durations == {
        Span.ORDER_TO_ANSWER: Duration(1, 100, 100),
        Span.REQUEST_TO_ANSWER: Duration(1, 200, 200),
        Span.EMERGENCY_TO_ANSWER: Duration(1, 30, 30),
    }


@settings(deadline=None)
@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=80))
def test_a_median_is_the_shortest_time_that_half_do_not_exceed(times: list[int]) -> None:
    duration = duration_of(Counter(times))

    inside = sorted(times)
    assert duration.quantity == len(times)
    assert duration.median_ms == inside[(len(times) + 1) // 2 - 1]
    assert duration.p95_ms == inside[-(-len(times) * 95 // 100) - 1]


def test_a_published_time_is_a_preferred_number_that_is_not_shorter() -> None:
    assert [rounded_up(ms) for ms in (0, 1, 7, 11, 101, 999, 60_000)] == [
        *(0, 1, 7, 12, 112, 1_000, 63_000)
    ]


def test_what_authorities_ask_is_counted_by_how_it_ended() -> None:
    columns = {"market": "KZ", "regime": "kz", "request": "disclosure", "lane": "ordinary"}
    exact = counted(
        [
            cell(RecordKind.LEGAL_RECEIVED, 9, **columns),
            cell(RecordKind.LEGAL_RELEASED, 4, outcome="accepted", **columns),
            cell(RecordKind.LEGAL_RELEASED, 2, outcome="narrowed", **columns),
            cell(RecordKind.LEGAL_RELEASED, 1, **columns),
            cell(RecordKind.LEGAL_REFUSED, 3, outcome="refused", **columns),
            cell(RecordKind.LEGAL_STEP, 5, **columns),
            cell(RecordKind.LEGAL_STEP, 1, outcome="withdrawn", **columns),
        ],
        [],
    )

    assert exact.breakdown(Breakdown.LEGAL_RECEIVED_BY_REGIME) == {"kz": 9}
    assert exact.figure(Figure.LEGAL_ACCEPTED) == 4
    assert exact.figure(Figure.LEGAL_NARROWED) == 2
    assert exact.figure(Figure.LEGAL_REFUSED) == 3
    assert exact.figure(Figure.LEGAL_WITHDRAWN) == 1


def test_disclosures_count_requests_and_the_users_concerned() -> None:
    one = cell(RecordKind.DISCLOSED, 7, outcome="connections+phone", market="DE")
    copy = cell(RecordKind.DISCLOSED, 0, market="DE")

    exact = counted([replace(one, records=2), copy], [])

    assert exact.breakdown(Breakdown.DISCLOSURES_BY_MARKET) == {"DE": 2}
    assert exact.breakdown(Breakdown.USERS_DISCLOSED_BY_DATA) == {"connections+phone": 7}


def test_a_drill_counts_for_nothing() -> None:
    assert counted([cell(RecordKind.LEGAL_RECEIVED, 5, lane="drill")], []).figures == {}


def test_cells_counted_by_one_column_each_give_the_same_as_cells_of_all_columns() -> None:
    rows = [
        cell(RecordKind.DECISION, 3, harm="m.spam", market="KZ", action="refuse"),
        cell(RecordKind.DECISION, 4, harm="m.spam.fake_account", market="KZ", action="refuse"),
        cell(RecordKind.DECISION, 5, harm="m.spam", market="DE", action="redact", source="own"),
        cell(RecordKind.LEGAL_REFUSED, 5, market="DE", regime="eu-tco", outcome="refused"),
    ]
    names = ("harm", "market", "automation", "source", "language", "channel_kind")
    names += ("regime", "request")
    crossed = ("automation+source", "market+regime+request")
    by_one = [
        replace(
            row,
            **{name: getattr(row, name) if name in only.split("+") else "" for name in names},
            only=only,
            marked=row.harm == "m.spam.fake_account",
        )
        for row in rows
        for only in (*names, *crossed)
    ]

    assert counted(by_one, []) == counted(rows, [])
