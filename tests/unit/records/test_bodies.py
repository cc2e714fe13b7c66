"""What points to a person does not enter a record, and nothing else is changed."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import InputRefused
from evenhand.base.personal import PhoneNumber
from evenhand.records.bodies import body_text, masked

WORDS = st.text(st.characters(whitelist_categories=["Lu", "Ll", "Zs"]), max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
DOMAINS = st.builds("{}.example".format, NAMES)
POINTERS = st.one_of(
    st.builds("{}@{}".format, NAMES, DOMAINS),
    st.builds("{} (at) {}".format, NAMES, DOMAINS),
    st.builds("@{}:{}".format, NAMES, DOMAINS),
    st.builds("!{}:{}".format, NAMES, DOMAINS),
    st.builds("#{}:{}:8448".format, NAMES, DOMAINS),
    st.from_regex(r"\$[A-Za-z0-9_-]{43}", fullmatch=True),
    st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True),
    st.from_regex(r"0049 [1-9][0-9]{1,3}/[0-9]{4,8}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
)


@given(POINTERS, WORDS, WORDS, st.sampled_from([" ", ", ", " (", ": "]))
def test_whatever_points_to_a_person_is_replaced_by_a_word(pointer, before, after, between):
    text = masked(f"{before}{between}{pointer} {after}")

    assert pointer not in text
    assert re.search(r"\[(mail|phone|ip|messenger id)\]", text)


@given(st.recursive(WORDS | st.integers(-9, 9) | st.none() | st.booleans(), st.lists))
def test_what_points_to_nobody_stays_as_it_is(value):
    assert json.loads(body_text({"value": value})) == {"value": value}


@pytest.mark.parametrize(
    "text",
    [
        "019ab001-0012-7345-8678-001234567890",
        datetime(2026, 11, 22, 0, 0, 1, 5, tzinfo=UTC).isoformat(),
        "2026-11-22",
        "Reg. (EU) 2024/2835, Art. 15(1)(b)",
        "26.1.0",
        "M-2026-00012345",
        "at 12:30:45 he said: no",
        "a: b",
        "ratio 1:2",
    ],
)
def test_ids_moments_and_law_are_no_pointers(text):
    assert masked(text) == text


@pytest.mark.parametrize("value", [PhoneNumber("+49301234567"), b"x", 2**60, float("nan"), {1}])
def test_what_json_has_no_canonical_form_for_is_refused(value):
    with pytest.raises(InputRefused):
        body_text({"deep": [{"value": value}]})
