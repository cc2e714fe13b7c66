"""A report is recomputed from its openings and the leaves of its publication."""

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import cell_salt, class_leaf
from evenhand.proof.openings import (
    DERIVED,
    FAMILIES,
    MERGED,
    SUMMED,
    TOTAL,
    WITHHELD,
    CellName,
    Openings,
    all_leaves,
    as_value,
    cells_of,
    check,
    from_value,
    leaves_of,
    openings_of,
)
from evenhand.transparency import figures

DAY = date(2026, 11, 21)
SECRET = bytes(32)
NOTHING: dict[str, Any] = {"rows": [], "merged": 0, "withheld": False}


def table(merged: int = 0, **rows: int) -> dict[str, Any]:
    cells = [{"key": key, "quantity": quantity} for key, quantity in rows.items()]
    return {"rows": cells, "merged": merged, "withheld": False}


def a_report() -> dict[str, Any]:
    """A day with forty removals and a million messages screened, three refusals withheld."""
    removed = table(merged=12, spam=28)
    quantities = dict.fromkeys(FAMILIES, 0) | {"removed": 40, "refused": None}
    tables = {f"{family}_by_harm": NOTHING for family in FAMILIES}
    return {
        "day": DAY.isoformat(),
        "revision": 1,
        "log": {"first": 512, "leaves": 256},
        "figures": {"screened": 1_000_000, "decisions": 40, **quantities},
        "breakdowns": {
            "screened_by_channel_kind": table(public=1_000_000),
            "decisions_by_harm": removed,
            **tables,
            "removed_by_harm": removed,
        },
        "durations": {"send_to_verdict": {"quantity": 5, "median_ms": 4, "p95_ms": 9}},
    }


def opened(report: dict[str, Any]) -> tuple[Openings, list[bytes]]:
    """Gives the openings of a report and the leaves that it put into the log."""
    shown = openings_of(cells_of(report), secret=SECRET, day=DAY, edition=1)
    hidden = openings_of(
        {CellName("refused", TOTAL, WITHHELD): 3}, secret=SECRET, day=DAY, edition=1
    )
    leaves = sorted(all_leaves(shown + hidden, day=DAY, edition=1))
    filling = [number.to_bytes(32, "big") for number in range(256 - len(leaves))]
    return Openings(DAY, 1, 512, 256, shown), sorted([*leaves, *filling])


def test_a_report_equals_what_its_leaves_say() -> None:
    report = a_report()

    assert check(report, *opened(report)) == []


def test_openings_come_back_from_json_as_they_were() -> None:
    openings, _ = opened(a_report())

    assert from_value(json.loads(json.dumps(as_value(openings)))) == openings


def test_a_leaf_is_the_one_that_the_log_defines() -> None:
    one = openings_of({CellName("removed", "harm", "spam"): 2}, secret=SECRET, day=DAY, edition=3)

    assert list(leaves_of(one[0], day=DAY, edition=3))[1] == class_leaf(
        cell_salt(one[0].key, 1),
        day=DAY,
        edition=3,
        figure="removed",
        dimension="harm",
        cell="spam",
        quantity=1,
    )


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("figures", "screened"), 999_999),
        (("figures", "decisions"), 39),
        (("figures", "removed"), 41),
        (("breakdowns", "removed_by_harm", "merged"), 13),
        (("breakdowns", "removed_by_harm", "rows", 0, "quantity"), 29),
        (("breakdowns", "removed_by_harm", "rows", 0, "key"), "fraud"),
        (("breakdowns", "decisions_by_harm", "rows", 0, "key"), "fraud"),
        (("durations", "send_to_verdict", "median_ms"), 9),
        (("day",), "2026-11-20"),
        (("revision",), 2),
        (("log", "first"), 0),
    ],
)
def test_a_number_that_was_altered_is_found(where: tuple[Any, ...], value: object) -> None:
    report = a_report()
    openings, entries = opened(report)
    altered = deepcopy(report)
    part: Any = altered
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = value

    assert check(altered, openings, entries) != []


def test_a_number_altered_in_report_and_openings_alike_is_not_in_the_log() -> None:
    report = a_report()
    _, entries = opened(report)
    report["figures"]["removed"] = report["figures"]["decisions"] = 41
    report["breakdowns"]["removed_by_harm"] = table(merged=12, spam=29)
    report["breakdowns"]["decisions_by_harm"] = table(merged=12, spam=29)
    forged = openings_of(cells_of(report), secret=SECRET, day=DAY, edition=1)

    found = check(report, Openings(DAY, 1, 512, 256, forged), entries)

    assert {one.what for one in found} == {"a counted leaf is not in the log"}


def test_a_leaf_taken_from_the_log_is_missed() -> None:
    report = a_report()
    openings, entries = opened(report)
    counted = next(leaves_of(openings.cells[0], day=DAY, edition=1))

    assert check(report, openings, [leaf for leaf in entries if leaf != counted]) != []
    replaced = [b"\xff" * 32 if leaf == counted else leaf for leaf in entries]
    assert check(report, openings, replaced) != []


def test_a_cell_opened_that_the_report_does_not_show_is_found() -> None:
    report = a_report()
    openings, entries = opened(report)
    more = openings_of({CellName("refused", TOTAL, WITHHELD): 3}, secret=SECRET, day=DAY, edition=1)

    found = check(report, Openings(DAY, 1, 512, 256, openings.cells + more), entries)

    assert found != []


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"schema": "another"},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"cells": [{"figure": "removed"}]},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"leaves": -1},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"first": True},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"day": "yesterday"},
    ],
)
def test_what_is_no_opening_is_refused(value: object) -> None:
    with pytest.raises(InputRefused):
        from_value(value)


@pytest.mark.parametrize("broken", [{}, {"figures": 1}, {"figures": {}, "breakdowns": {"a": 1}}])
def test_what_is_no_report_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputRefused):
        check(broken, Openings(DAY, 1, 0, 0, ()), [])


def test_the_verifier_knows_the_same_families_as_the_report() -> None:
    assert {"decisions": tuple(one.value for one in figures.FAMILIES)} == dict(DERIVED)
    assert SUMMED.issubset({one.value for one in figures.Figure})
    assert MERGED not in {one.value for one in figures.Breakdown}
