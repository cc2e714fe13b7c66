"""What the database would not take is refused before it is sent: a case for every limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.entries_of_tests import facts

from evenhand.connectors.dsa_twin import errors_of
from evenhand.statements.checks import back_off, differs, refusals
from evenhand.statements.entry import entry_of
from evenhand.statements.limits import BACK_OFF_SECONDS_MAX
from evenhand.statements.lists import Fault
from evenhand.statements.schema import schema

GOOD = entry_of(facts()).payload()


def changed(**fields: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **fields}.items() if value is not None}


def test_a_good_entry_is_taken() -> None:
    assert refusals(GOOD) == []


@pytest.mark.parametrize(
    ("fields", "field", "fault"),
    [
        ({"decision_visibility": None}, "", Fault.NO_DECISION),
        ({"puid": None}, "puid", Fault.MISSING),
        ({"puid": "a b"}, "puid", Fault.WRONG_FORM),
        ({"puid": "a" * 501}, "puid", Fault.TOO_LONG),
        ({"decision_visibility": ["NO_SUCH"]}, "decision_visibility", Fault.NOT_LISTED),
        ({"decision_visibility": "DECISION_VISIBILITY_OTHER"}, "decision_visibility",
         Fault.WRONG_FORM),
        ({"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}, "decision_visibility_other",
         Fault.MISSING),
        ({"decision_visibility_other": "x"}, "decision_visibility_other", Fault.NOT_LISTED),
        ({"decision_monetary": "DECISION_MONETARY_OTHER"}, "decision_monetary_other",
         Fault.MISSING),
        ({"decision_provision": "X"}, "decision_provision", Fault.NOT_LISTED),
        ({"decision_account": "null"}, "decision_account", Fault.NOT_LISTED),
        ({"end_date_visibility_restriction": "2026-11-21"}, "end_date_visibility_restriction",
         Fault.OUT_OF_RANGE),
        ({"end_date_account_restriction": "2038-01-02"}, "end_date_account_restriction",
         Fault.OUT_OF_RANGE),
        ({"end_date_service_restriction": "tomorrow"}, "end_date_service_restriction",
         Fault.WRONG_FORM),
        ({"decision_ground": None}, "decision_ground", Fault.MISSING),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "illegal_content_legal_ground",
         Fault.MISSING),
        ({"decision_ground_reference_url": "not a url"}, "decision_ground_reference_url",
         Fault.WRONG_FORM),
        ({"incompatible_content_ground": "x" * 501}, "incompatible_content_ground",
         Fault.TOO_LONG),
        ({"incompatible_content_explanation": "x" * 2001}, "incompatible_content_explanation",
         Fault.TOO_LONG),
        ({"incompatible_content_illegal": "yes"}, "incompatible_content_illegal",
         Fault.NOT_LISTED),
        ({"category": "STATEMENT_CATEGORY_NON_CONSENSUAL_BEHAVIOUR"}, "category",
         Fault.NOT_LISTED),
        ({"category_specification": ["KEYWORD_DANGEROUS_TOYS"]}, "category_specification",
         Fault.NOT_LISTED),
        ({"category_specification": ["KEYWORD_PHISHING"]}, "category_specification_other",
         Fault.NOT_LISTED),
        ({"content_type": []}, "content_type", Fault.MISSING),
        ({"content_type": ["CONTENT_TYPE_OTHER"]}, "content_type_other", Fault.MISSING),
        ({"content_language": "de"}, "content_language", Fault.NOT_LISTED),
        ({"content_date": "1999-12-31"}, "content_date", Fault.OUT_OF_RANGE),
        ({"content_date": "2026-02-30"}, "content_date", Fault.WRONG_FORM),
        ({"content_id": {"EAN-13": "12"}}, "content_id", Fault.WRONG_FORM),
        ({"content_id": {"ISBN": "1234567890123"}}, "content_id", Fault.WRONG_FORM),
        ({"content_id_ean": "12"}, "content_id_ean", Fault.WRONG_FORM),
        ({"territorial_scope": []}, "territorial_scope", Fault.MISSING),
        ({"territorial_scope": ["EL"]}, "territorial_scope", Fault.NOT_LISTED),
        ({"territorial_scope": ["DE", "DE"]}, "territorial_scope", Fault.WRONG_FORM),
        ({"application_date": "2019-12-31"}, "application_date", Fault.OUT_OF_RANGE),
        ({"decision_facts": "x" * 5001}, "decision_facts", Fault.TOO_LONG),
        ({"decision_facts": ["x"]}, "decision_facts", Fault.WRONG_FORM),
        ({"source_type": "SOURCE_VOLUNTARY", "source_identity": "x"}, "source_identity",
         Fault.NOT_LISTED),
        ({"automated_detection": "yes"}, "automated_detection", Fault.NOT_LISTED),
        ({"automated_decision": None}, "automated_decision", Fault.MISSING),
        ({"url": "https://example.test"}, "url", Fault.NOT_LISTED),
    ],
)  # fmt: skip
def test_what_the_database_would_not_take_is_named(
    fields: dict[str, object], field: str, fault: Fault
) -> None:
    found = {(one.field, one.fault) for one in refusals(changed(**fields))}

    assert (field, fault) in found


@pytest.mark.parametrize(
    ("field", "longest"),
    [(one.name, one.characters_max) for one in schema().fields.values() if one.characters_max > 13],
)
def test_the_longest_text_fits_and_one_sign_more_does_not(field: str, longest: int) -> None:
    def too_long(text: str) -> bool:
        found = refusals(changed(**{field: text}))
        return any(one.field == field and one.fault is Fault.TOO_LONG for one in found)

    assert not too_long("ж" * longest)
    assert too_long("ж" * (longest + 1))


VALUES = st.one_of(
    st.none(), st.text(max_size=20), st.integers(), st.lists(st.text(max_size=8), max_size=3),
    st.sampled_from(sorted({value for one in schema().lists.values() for value in one})),
    st.lists(st.sampled_from(sorted(schema().lists["keyword"])), max_size=3),
    st.dates().map(str), st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(schema().fields)), VALUES, max_size=12))
def test_what_our_checks_let_pass_the_database_takes(fields: dict[str, object]) -> None:
    payload = changed(**fields)

    if refusals(payload) == []:
        assert errors_of(payload, alone=True) == {}


def test_pauses_grow_up_to_an_hour() -> None:
    pauses = [back_off(attempt, jitter=1.0) for attempt in range(1, 40)]

    assert pauses == sorted(pauses)
    assert pauses[-1] == BACK_OFF_SECONDS_MAX
    assert back_off(3, jitter=0.0) < back_off(3, jitter=1.0)


def test_what_is_held_already_is_compared_field_by_field() -> None:
    held = {
        **GOOD,
        "content_date": "2026-11-20 00:00:00",
        "territorial_scope": sorted(schema().territories, reverse=True),
        "platform_name": "Example",
    }

    assert differs(GOOD, held) == []
    assert differs(GOOD, {**held, "category": "STATEMENT_CATEGORY_VIOLENCE"}) == ["category"]
