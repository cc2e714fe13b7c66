"""The European Union's report: what stands in which part, and what cannot be filled."""

import csv
import io
from datetime import date

from evenhand.records.period_queries import Crossed, Median
from evenhand.transparency.eu import COLUMNS, MEMBER_STATES, Period, parts

PERIOD = Period(date(2026, 1, 1), date(2026, 12, 31), "https://desk.example.org", date(2027, 2, 1))


def cell(kind: str, quantity: int, **columns: str) -> Crossed:
    names = ("harm", "action", "market", "automation", "source", "request", "outcome")
    return Crossed(kind, *(columns.get(name, "") for name in names), quantity)


def rows(cells: list[Crossed], name: str, medians: list[Median] | None = None) -> list[dict]:
    text = parts(PERIOD, cells, medians or [])[f"{name}.csv"]
    return list(csv.DictReader(io.StringIO(text)))


def value(found: list[dict], indicator: str, **columns: str) -> str:
    (row,) = [
        row
        for row in found
        if row["indicator"] == indicator
        and all(
            row[name] == columns.get(name, "") for name in ("member_state", "category", "detail")
        )
    ]
    return row["value"]


def test_there_are_ten_parts_in_the_form_that_the_law_asks_for() -> None:
    made = parts(PERIOD, [], [])

    assert len(made) == 10
    for text in made.values():
        assert text.endswith("\r\n")
        assert next(csv.reader(io.StringIO(text))) == list(COLUMNS)


def test_orders_are_told_for_every_member_state_and_no_other() -> None:
    cells = [
        cell("legal_received", 7, request="removal", market="DE", harm="m.violence.extremist"),
        cell("legal_received", 9, request="removal", market="KZ"),
        cell("legal_received", 4, request="disclosure", market="DE"),
        cell("legal_released", 5, request="removal", market="DE"),
        cell("legal_refused", 2, request="removal", market="DE"),
    ]
    medians = [
        Median("legal_released", "removal", "DE", 5, 2_700_000),
        Median("legal_released", "removal", "KZ", 5, 9_000),
        Median("legal_released", "removal", None, 10, 8_000),
        Median("legal_executed", "removal", "DE", 5, 1_200),
    ]

    found = rows(cells, "2-orders-to-act", medians)

    assert value(found, "orders received") == "7"
    assert value(found, "orders received", member_state="DE") == "7"
    assert value(found, "orders received", member_state="FR") == "0"
    assert value(found, "orders given effect", member_state="DE") == "5"
    assert value(found, "orders not given effect", member_state="DE") == "2"
    taken = [row for row in found if row["indicator"] == "median time from receipt to answer"]
    assert [(row["member_state"], row["value"]) for row in taken] == [
        ("DE", "2700000"),
        ("", "8000"),
    ]
    assert "all countries" in taken[1]["note"]
    (effect,) = [row for row in found if row["indicator"] == "median time from answer to effect"]
    assert (effect["member_state"], effect["value"]) == ("DE", "1200")
    states = {row["member_state"] for row in found if row["member_state"]}
    assert states == set(MEMBER_STATES)
    assert value(rows(cells, "3-orders-to-inform"), "orders received") == "4"


def test_notices_are_told_by_who_sent_them_and_by_category() -> None:
    cells = [
        cell("report_received", 30, source="user", harm="m.spam.fraud"),
        cell("report_received", 8, source="trusted_flagger", harm="m.spam.fraud"),
        cell("decision", 6, source="user", action="redact", automation="none"),
        cell("decision", 3, source="user", action="none", automation="none"),
        cell("decision", 50, source="own", action="refuse", automation="full"),
        cell("decision", 2, source="own", action="none", automation="none"),
        cell("decision", 2, source="own", automation="none"),
    ]

    found = rows(cells, "5-notices", [Median("report_answered", None, None, 30, 60_000)])

    fraud = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    assert value(found, "notices received", detail="users", category=fraud) == "30"
    assert value(found, "notices received", detail="trusted flaggers") == "8"
    assert value(found, "actions taken on notices", detail="users") == "6"
    assert value(found, "median time to decide on a notice") == "60000"
    assert value(rows(cells, "6-own-initiative"), "measures taken") == "50"


def test_the_error_of_software_is_what_fell_of_what_it_decided_alone() -> None:
    cells = [
        cell("decision", 200, automation="full", action="refuse", source="own"),
        cell("objection_upheld", 3, automation="full"),
        cell("objection_upheld", 4, automation="none"),
    ]

    assert value(rows(cells, "8-automated-means"), "indicator of error") == "0.015000"


def test_a_row_that_no_record_can_fill_says_so() -> None:
    for text in parts(PERIOD, [], []).values():
        for row in csv.DictReader(io.StringIO(text)):
            if row["indicator"] != "indicator of error":
                assert bool(row["value"]) != row["note"].startswith("cannot be filled from records")
