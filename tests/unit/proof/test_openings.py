"""A report is recomputed from its openings and the leaves of its publication."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import cell_salt, class_leaf
from evenhand.proof.openings import (
    DERIVED,
    FAMILIES,
    MERGED,
    OLD_TIMES,
    SUMMED,
    TOTAL,
    WITHHELD,
    CellName,
    Openings,
    all_leaves,
    as_value,
    cells_of,
    from_value,
    leaves_of,
    openings_of,
    report_leaf,
)
from evenhand.proof.recount import Difference, PackedEntries, check
from evenhand.proof.strict import strict_json
from evenhand.transparency import figures

DAY = date(2026, 11, 21)
SECRET = bytes(32)


def table(name: str, merged: int = 0, **rows: int) -> dict[str, Any]:
    figure, _, dimension = name.rpartition("_by_")
    return {
        "figure": figure,
        "dimension": dimension,
        "rows": [{"key": key, "quantity": quantity} for key, quantity in rows.items()],
        "merged": merged,
        "withheld": False,
    }


def a_report() -> dict[str, Any]:
    """A day with forty removals and a million messages screened, three refusals withheld."""
    quantities = dict.fromkeys(FAMILIES, 0) | {"removed": 40, "refused": None}
    tables = {name: table(name) for name in (f"{family}_by_harm" for family in FAMILIES)}
    return {
        "schema": "urn:evenhand:schema:daily-report:3",
        "day": DAY.isoformat(),
        "revision": 1,
        "generated_at": "2026-11-22T00:10:00+00:00",
        "complete": True,
        "log": {
            "origin": "desk.example/log",
            "size": 768,
            "root": "",
            "first": 512,
            "leaves": 256,
        },
        "protection": {"method": "withhold-and-merge-1", "threshold": 5},
        "figures": {"screened": 1_000_000, "decisions": 40, **quantities},
        "breakdowns": {
            "screened_by_channel_kind": table("screened_by_channel_kind", public=1_000_000),
            "decisions_by_harm": table("decisions_by_harm", merged=12, spam=28),
            **tables,
            "removed_by_harm": table("removed_by_harm", merged=12, spam=28),
        },
        "durations": {"send_to_verdict": {"quantity": 5, "median_ms": 4, "p95_ms": 9}},
    }


def opened(report: dict[str, Any]) -> tuple[Openings, list[bytes]]:
    """Gives the openings of a report and the leaves that it put into the log."""
    shown = openings_of(cells_of(report), secret=SECRET, day=DAY, edition=1)
    hidden = openings_of(
        {CellName("refused", TOTAL, WITHHELD): 3}, secret=SECRET, day=DAY, edition=1
    )
    leaves = [*all_leaves(shown + hidden, day=DAY, edition=1)]
    leaves.append(report_leaf(report, day=DAY, edition=1))
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
    for name in ("removed_by_harm", "decisions_by_harm"):
        report["breakdowns"][name] = table(name, merged=12, spam=29)
    forged = openings_of(cells_of(report), secret=SECRET, day=DAY, edition=1)

    found = check(report, Openings(DAY, 1, 512, 256, forged), entries)

    assert {one.what for one in found} == {
        "a counted leaf is not in the log",
        "the report is not the one that was put into the log",
    }


def told_otherwise(change: Callable[[dict[str, Any]], object]) -> list[Difference]:
    """Gives what is found of a report changed together with its openings, over the same leaves."""
    report = a_report()
    openings, entries = opened(report)
    change(report)
    kept = {one.name: one for one in openings.cells}
    cells = tuple(
        replace(kept[name], quantity=quantity) for name, quantity in cells_of(report).items()
    )
    return check(report, replace(openings, cells=cells), entries)


def lowered(report: dict[str, Any]) -> None:
    for figure in ("removed", "decisions"):
        report["figures"][figure] = 30
        report["breakdowns"][f"{figure}_by_harm"]["rows"][0]["quantity"] = 18


def zeroed(report: dict[str, Any]) -> None:
    for figure in ("removed", "decisions"):
        report["figures"][figure] = 0
        report["breakdowns"][f"{figure}_by_harm"] = table(f"{figure}_by_harm")


@pytest.mark.parametrize(
    "change",
    [
        lowered,
        zeroed,
        lambda report: report["breakdowns"].pop("screened_by_channel_kind"),
        lambda report: report["durations"].clear(),
        lambda report: report["figures"].update(refused=0),
        lambda report: report.update(generated_at="2020-01-01T00:00:00+00:00"),
        lambda report: report.update(complete=False),
        lambda report: report.update(schema="another"),
        lambda report: report["protection"].update(threshold=1),
        lambda report: report["breakdowns"]["removed_by_harm"].update(withheld=True),
        lambda report: report["breakdowns"]["removed_by_harm"]["rows"][0].update(dsa_category="X"),
        lambda report: report["durations"]["send_to_verdict"].update(quantity=500),
        lambda report: report["log"].update(size=1),
    ],
)
def test_a_report_told_otherwise_is_found_even_where_every_leaf_it_opens_stands(
    change: Callable[[dict[str, Any]], object],
) -> None:
    assert told_otherwise(change) != []


def test_a_lowered_count_is_found_though_the_report_was_committed_so() -> None:
    openings, entries = opened(a_report())
    report = a_report()
    lowered(report)
    kept = {one.name: one for one in openings.cells}
    cells = tuple(
        replace(kept[name], quantity=quantity) for name, quantity in cells_of(report).items()
    )
    entries = sorted([*entries[1:], report_leaf(report, day=DAY, edition=1)])

    found = check(report, replace(openings, cells=cells), entries)

    assert Difference("the log counts more than the report", "removed by total: total") in found


def test_a_leaf_that_stands_twice_or_out_of_order_is_found() -> None:
    report = a_report()
    openings, entries = opened(report)

    assert check(report, openings, [entries[0], *entries[:-1]]) != []
    assert check(report, openings, entries[::-1]) != []


def test_packed_leaves_are_counted_as_a_list_is() -> None:
    report = a_report()
    openings, entries = opened(report)
    packed = PackedEntries()
    packed.add(entries)

    assert [packed[place] for place in range(len(packed))] == entries
    assert check(report, openings, packed) == []


SPAM = ("breakdowns", "removed_by_harm", "rows")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("more",), 1),
        (("log",), None),
        (("log", "more"), 1),
        (("figures",), [1]),
        (("figures", "removed"), 40.0),
        (("figures", "removed"), True),
        (("figures", "removed"), "40"),
        (("figures", "removed"), -40),
        (("figures", "removed"), float("nan")),
        (("complete",), 1),
        (("breakdowns", "removed_by_harm"), None),
        (("breakdowns", "removed_by_harm", "figure"), "held"),
        (("breakdowns", "removed_by_harm", "more"), 1),
        (("breakdowns", "removed_by_harm", "merged"), -1),
        (("breakdowns", "other_by_harm"), table("other_by_harm")),
        (SPAM, [{"key": "spam", "quantity": 14}, {"key": "spam", "quantity": 14}]),
        (SPAM, [{"key": "spam", "quantity": 9999}, {"key": "fraud", "quantity": -9971}]),
        (SPAM, [{"key": "(merged)", "quantity": 28}]),
        (SPAM, [{"key": [1], "quantity": 28}]),
        (SPAM, [{"key": "spam", "quantity": 28, "more": 1}]),
        (("durations", "send_to_verdict", "median_ms"), 4.5),
        (("durations", "send_to_verdict"), {"median_ms": 4}),
        (("durations", "send_to_verdict", "quantity"), 4),
        (("durations", "send_to_verdict", "median_ms"), 10),
        (("breakdowns", "removed_by_at_most"), table("removed_by_at_most", spam=40)),
    ],
)
def test_a_report_of_another_shape_is_refused(where: tuple[Any, ...], value: object) -> None:
    report = a_report()
    openings, entries = opened(report)
    part: Any = report
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = value

    with pytest.raises(InputRefused):
        check(report, openings, entries)


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', "NaN", "[-Infinity]"]
)
def test_json_that_two_readers_may_read_otherwise_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"twice|NaN|Infinity"):
        strict_json(text)


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
        as_value(Openings(DAY, 1, 0, 0, ())) | {"more": 1},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"cells": {}},
        as_value(Openings(DAY, 1, 0, 0, ())) | {"schema": [[1]]},
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


def timed(quantity: int, median_ms: int, p95_ms: int) -> dict[str, Any]:
    value = {"quantity": quantity, "median_ms": median_ms, "p95_ms": p95_ms}
    return a_report() | {"durations": {"send_to_verdict": value}}


def times_of(report: dict[str, Any]) -> dict[str, int]:
    cells = cells_of(report)
    return {
        name.cell: quantity for name, quantity in cells.items() if name.figure == "send_to_verdict"
    }


@pytest.mark.parametrize("quantity", [5, 6, 19, 20, 21, 99, 100, 101, 4_217])
def test_half_of_the_leaves_of_a_time_are_at_its_median_and_95_of_100_at_the_other(
    quantity: int,
) -> None:
    cells = times_of(timed(quantity, 420, 1_000))

    assert 2 * cells["420"] in {quantity, quantity + 1}
    assert 100 * (cells["420"] + cells["1000"]) >= 95 * quantity
    assert 100 * (cells["420"] + cells["1000"] - 1) < 95 * quantity
    assert times_of(timed(quantity, 420, 420)) == {"420": cells["420"] + cells["1000"]}


@pytest.mark.parametrize("told", [(40, 3, 9), (40, 4, 8), (40, 3, 3), (41, 4, 9), (60, 4, 9)])
def test_a_time_that_the_leaves_do_not_reach_is_found_though_the_report_was_committed_so(
    told: tuple[int, int, int],
) -> None:
    _, entries = opened(timed(40, 4, 9))
    report = timed(*told)
    openings, _ = opened(report)
    entries = sorted([*entries[1:], report_leaf(report, day=DAY, edition=1)])

    found = check(report, openings, entries)

    assert {one.what for one in found} == {"a counted leaf is not in the log"}


def test_a_time_that_fewer_took_than_the_leaves_say_is_found() -> None:
    _, entries = opened(timed(40, 4, 9))
    report = timed(30, 4, 9)
    openings, _ = opened(report)
    entries = sorted([*entries[1:], report_leaf(report, day=DAY, edition=1)])

    found = {one.what for one in check(report, openings, entries)}

    assert found == {"the log counts more than the report"}


def test_a_report_whose_times_are_single_leaves_is_still_recomputed() -> None:
    report = a_report() | {"schema": OLD_TIMES}

    assert times_of(report) == {"median_ms": 4, "p95_ms": 9}
    assert check(report, *opened(report)) == []
