import csv
import io
import json
from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from evenhand.base.errors import InputRefused
from evenhand.base.harms import harms
from evenhand.transparency.documents import as_csv, as_json, from_json, schema_text
from evenhand.transparency.figures import (
    BREAKDOWNS_OF,
    DIMENSION_OF_BREAKDOWN,
    FAMILIES,
    FIGURE_OF_BREAKDOWN,
    Breakdown,
    Duration,
    Exact,
    Figure,
    Report,
    Span,
)
from evenhand.transparency.protect import THRESHOLD, protect

KEYS = {
    Breakdown.DECISIONS_BY_HARM: list(harms()),
    Breakdown.DECISIONS_BY_MARKET: ["KZ", "DE", "FR", "ZZ"],
}


@st.composite
def exact_days(draw: st.DrawFn) -> Exact:
    """Days of any size whose breakdowns add up, to all decisions too."""
    figures = {
        figure: draw(st.integers(0, 60))
        for figure in Figure
        if figure not in set(FIGURE_OF_BREAKDOWN.values())
    }
    breakdowns = {}
    chance = Random(draw(st.integers(0, 2**32)))
    for figure in set(FIGURE_OF_BREAKDOWN.values()):
        total = draw(st.integers(0, 60))
        figures[figure] = total
        for breakdown, of in FIGURE_OF_BREAKDOWN.items():
            if of is figure:
                keys = KEYS.get(breakdown, ["a", "b", "c"])
                breakdowns[breakdown] = Counter(chance.choices(keys, k=total))
    for breakdown in BREAKDOWNS_OF[Figure.DECISIONS]:
        for family in FAMILIES:
            for one in BREAKDOWNS_OF[family]:
                if DIMENSION_OF_BREAKDOWN[one] is DIMENSION_OF_BREAKDOWN[breakdown]:
                    breakdowns[breakdown] += breakdowns[one]
    for one, other in zip(
        BREAKDOWNS_OF[Figure.USERS_DISCLOSED], BREAKDOWNS_OF[Figure.DISCLOSURES], strict=True
    ):
        breakdowns[one] = breakdowns[other]
    figures[Figure.USERS_DISCLOSED] = figures[Figure.DISCLOSURES]
    figures[Figure.DECISIONS] += sum(figures[family] for family in FAMILIES)
    durations = {
        span: Duration(draw(st.integers(1, 50)), draw(st.integers(0, 99)), 100)
        for span in draw(st.sets(st.sampled_from(Span)))
    }
    return Exact(figures=figures, breakdowns=breakdowns, durations=durations)


def report_of(exact: Exact) -> Report:
    return Report(
        day=date(2026, 11, 21),
        revision=1,
        generated_at=datetime(2026, 11, 22, 0, 5, tzinfo=UTC),
        complete=True,
        threshold=THRESHOLD,
        public=protect([exact]),
    )


def example() -> Report:
    cells = {"m.spam": 40, "m.spam.fraud": 20, "m.violence": 2}
    other = {breakdown: {"a": 62} for breakdown in Breakdown if breakdown.startswith("decisions")}
    few = {breakdown: {"a": 3} for breakdown in BREAKDOWNS_OF[Figure.OBJECTIONS_RECEIVED]}
    return report_of(
        Exact(
            figures={Figure.DECISIONS: 62, Figure.OBJECTIONS_RECEIVED: 3},
            breakdowns=other | few | {Breakdown.DECISIONS_BY_HARM: cells},
            durations={Span.SEND_TO_VERDICT: Duration(62, 3, 9)},
        )
    )


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_a_report_fits_its_schema() -> None:
    value = json.loads(as_json(example()))

    assert list(Draft202012Validator(json.loads(schema_text())).iter_errors(value)) == []


def test_a_small_number_does_not_fit_the_schema() -> None:
    value = json.loads(as_json(example()))
    value["breakdowns"]["decisions_by_harm"]["rows"][0]["quantity"] = THRESHOLD - 1

    assert not Draft202012Validator(json.loads(schema_text())).is_valid(value)


@settings(deadline=None)
@given(st.data())
def test_every_protected_day_fits_the_schema_and_comes_back_as_it_was(data: st.DataObject) -> None:
    report = report_of(data.draw(exact_days()))

    text = as_json(report)

    assert Draft202012Validator(json.loads(schema_text())).is_valid(json.loads(text))
    assert from_json(text) == report


def test_csv_says_where_a_number_is_not_shown() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(example()))))

    by_key = {(row["part"], row["key"]): row for row in rows}
    assert by_key["figures", "decisions"]["quantity"] == "62"
    assert by_key["figures", "objections_received"]["note"].startswith("withheld")
    assert by_key["decisions_by_harm", "m.spam"]["dsa_category"].startswith("STATEMENT_CATEGORY_")
    assert by_key["decisions_by_harm", ""]["note"] == "merged: not broken down"
    assert by_key["decisions_by_harm", ""]["quantity"] == "22"


def test_csv_and_json_say_the_same() -> None:
    report = example()
    value = json.loads(as_json(report))

    shown = {
        (row["part"], row["key"]): int(row["quantity"])
        for row in csv.DictReader(io.StringIO(as_csv(report)))
        if row["quantity"] and row["key"]
    }

    for name, quantity in value["figures"].items():
        assert shown.get(("figures", name)) == quantity
    for name, cells in value["breakdowns"].items():
        for row in cells["rows"]:
            assert shown[name, row["key"]] == row["quantity"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "something else"}', "no json"])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        from_json(text)
