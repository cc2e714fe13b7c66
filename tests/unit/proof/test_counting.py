"""Where a report counts a record follows from its receipt, and agrees with how it was counted."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.lists import (
    ActionKind,
    Automation,
    ChannelKind,
    LegalLane,
    RecordKind,
    Source,
)
from evenhand.proof import counting
from evenhand.proof.counting import Counted, contradicts, counted_in, figures_of, is_counted
from evenhand.proof.openings import DERIVED, MERGED, TOTAL, CellName
from evenhand.records.hour_queries import COUNTED_BY_HOUR, HourCounted
from evenhand.records.queries import Cell
from evenhand.transparency.daily import COLUMN, counted
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Figure,
)

EMPTY = Cell("", "", "", "", "", "", "", "", 0, 0)
AT = "2026-11-21T14:00:00.000000Z"
COLUMNS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind.value for kind in RecordKind]),
        "harm": st.sampled_from(["", "m.spam", counting.FAKE_ACCOUNT]),
        "action": st.sampled_from(["", *(kind.value for kind in ActionKind)]),
        "market": st.sampled_from(["KZ", "ZZ"]),
        "automation": st.sampled_from(["", *Automation]),
        "source": st.sampled_from(["", *Source]),
        "language": st.sampled_from(["", "kk"]),
        "channel_kind": st.sampled_from(["", *ChannelKind]),
        "regime": st.sampled_from(["", "kz"]),
        "request": st.sampled_from(["", "removal"]),
        "outcome": st.sampled_from(["", "accepted", "narrowed", "refused", "withdrawn", "phone"]),
        "lane": st.sampled_from(["", *LegalLane]),
    }
)


def in_report(columns: Mapping[str, Any]) -> dict[CellName, int]:
    """Gives the cells that a day of this one record has, as the desk counts it."""
    quantity = 7
    cell = replace(EMPTY, **columns, records=quantity, quantity=quantity)
    hours = [HourCounted(columns["kind"], "14", quantity)]
    is_hourly = columns["kind"] in COUNTED_BY_HOUR
    exact = counted([cell], [], hours if is_hourly and columns["lane"] != "drill" else [])
    cells = {CellName(one.value, TOTAL, TOTAL): n for one, n in exact.figures.items()}
    for breakdown, keys in exact.breakdowns.items():
        figure, dimension = FIGURE_OF_BREAKDOWN[breakdown], DIMENSION_OF_BREAKDOWN[breakdown]
        cells |= {CellName(figure.value, dimension.value, key): n for key, n in keys.items()}
    return {name: n for name, n in cells.items() if name.figure not in DERIVED}


def a_report(cells: Mapping[CellName, int], **more: object) -> dict[str, Any]:
    def table(breakdown: Breakdown) -> dict[str, Any]:
        figure, dimension = FIGURE_OF_BREAKDOWN[breakdown], DIMENSION_OF_BREAKDOWN[breakdown]
        rows = [
            {"key": name.cell, "quantity": n}
            for name, n in cells.items()
            if (name.figure, name.dimension) == (figure, dimension)
        ]
        return {
            "figure": figure.value,
            "dimension": dimension.value,
            "rows": rows,
            "merged": 0,
            "withheld": False,
        }

    return {
        "revision": 1,
        "log": {"first": 512},
        "figures": {one.value: cells.get(CellName(one, TOTAL, TOTAL), 0) for one in Figure},
        "breakdowns": {one.value: table(one) for one in Breakdown},
        **more,
    }


@given(COLUMNS)
def test_a_record_is_counted_where_its_receipt_says(columns: dict[str, str]) -> None:
    cells = in_report(columns)
    shown = {name: value for name, value in columns.items() if value} | {"at": AT}

    found = counted_in(shown, a_report(cells))

    assert {one.name: one.quantity for one in found} == cells
    assert not contradicts(a_report(cells), found)


def test_each_property_of_a_report_is_read_from_a_column() -> None:
    assert {one.value: name for one, name in COLUMN.items()} == dict(counting.COLUMNS)


REFUSAL = {"kind": "decision", "action": "refuse", "harm": "m.spam", "market": "KZ"}
BY_HARM = Breakdown.REFUSED_BY_HARM.value


def told(**table: object) -> tuple[list[Counted], dict[str, Any]]:
    report = a_report({CellName("refused", TOTAL, TOTAL): 31})
    for one in BREAKDOWNS_OF[Figure.REFUSED]:
        report["breakdowns"][one.value]["merged"] = 31
    report["breakdowns"][BY_HARM] |= {"merged": 0, "rows": [], **table}
    harms = [one for one in counted_in(REFUSAL, report) if one.name.dimension == "harm"]
    return harms, report


@pytest.mark.parametrize(
    ("table", "cell", "quantity", "is_false"),
    [
        ({"rows": [{"key": "m.spam", "quantity": 31}]}, "m.spam", 31, False),
        ({"rows": [{"key": "m.violence", "quantity": 20}], "merged": 11}, MERGED, 11, False),
        ({"withheld": True}, "m.spam", None, False),
        ({"rows": [{"key": "m.violence", "quantity": 31}]}, "m.spam", 0, True),
    ],
)
def test_a_row_is_told_as_it_is_shown(
    table: dict[str, Any], cell: str, quantity: int | None, *, is_false: bool
) -> None:
    found, report = told(**table)

    assert found == [Counted(CellName("refused", "harm", cell), quantity)]
    assert contradicts(report, found) is is_false
    assert contradicts(report | {"revision": 2}, found) is False


def test_only_what_was_in_the_log_before_is_counted() -> None:
    report = a_report({})

    assert is_counted(report, 511)
    assert not is_counted(report, 512)
    assert not is_counted(report | {"log": None}, 3)


def test_what_no_report_counts_is_counted_nowhere() -> None:
    assert figures_of({"kind": "personal_data_read"}) == ()
    assert figures_of({"kind": "legal_received", "lane": "drill"}) == ()
    assert figures_of({"kind": "another"}) == ()
    assert figures_of({"kind": json.loads("[1]")}) == ()
