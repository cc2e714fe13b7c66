"""The code of an entry: whole, mistyped, another's, guessed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.records.proof_codes import code_of, record_of

KEY, OTHER_KEY = b"\x01" * 32, b"\x02" * 32
RECORD = UUID("019aa000-0000-7000-8000-000000000001")


@given(st.uuids())
def test_a_code_names_its_record(record: UUID):
    code = code_of(record, key=KEY)

    assert record_of(code, key=KEY) == record
    assert [len(group) for group in code.split()] == [5, 5, 5, 5, 5, 5, 5, 4]


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: code.replace(" ", ""),
        lambda code: code.replace(" ", "-"),
        lambda code: f"  {code}\n",
        lambda code: code.replace("O", "0").replace("I", "1").replace("B", "8"),
        lambda code: code.replace(" ", "\u00a0"),
    ],
)
def test_a_code_may_be_typed_as_people_type(typed):
    assert record_of(typed(code_of(RECORD, key=KEY)), key=KEY) == RECORD


def test_every_sign_counts():
    code = code_of(RECORD, key=KEY).replace(" ", "")

    wrong = [
        code[:place] + ("A" if code[place] != "A" else "C") + code[place + 1 :]
        for place in range(len(code))
    ]

    assert [record_of(one, key=KEY) for one in wrong] == [None] * len(wrong)


def test_a_code_of_another_installation_is_none():
    assert record_of(code_of(RECORD, key=OTHER_KEY), key=KEY) is None


@given(st.text(max_size=60))
def test_what_is_no_code_is_none(text: str):
    assert record_of(text, key=KEY) is None


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=39, max_size=39))
def test_nobody_guesses_one(text: str):
    assert record_of(text, key=KEY) is None
