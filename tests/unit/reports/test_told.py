"""Receipt codes, and what reporters are told in five languages."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from evenhand.base.lists import Language
from evenhand.reports.lists import ReportOutcome, ReportState
from evenhand.reports.phrases import ToldReport, phrases, subject_of, text_of
from evenhand.reports.receipts import code_of, grouped, hash_of, typed

KEY = b"k" * 32
TOLD = ToldReport(
    at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    state=ReportState.OPEN,
    outcome=None,
    code="1234567890123456",
    url="https://desk.example.test/report/follow/",
)


def keys_of(value: object, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {name for key, inner in value.items() for name in keys_of(inner, f"{path}.{key}")}


@pytest.mark.parametrize("language", Language)
def test_every_language_says_everything(language: Language) -> None:
    assert keys_of(phrases(language)) == keys_of(phrases(Language.EN))
    assert all("{" not in text_of(told, language) for told in every_state())
    assert len({text_of(told, language) for told in every_state()}) == 5


def every_state() -> list[ToldReport]:
    answered = [replace(TOLD, state=ReportState.ANSWERED, outcome=one) for one in ReportOutcome]
    return [TOLD, replace(TOLD, state=ReportState.WAITING), *answered]


@pytest.mark.parametrize("language", Language)
def test_an_outcome_names_the_ways_to_go_on(language: Language) -> None:
    for told in every_state()[2:]:
        text = text_of(told, language)
        assert "20" in text
        assert "21" in text
        assert "1234 5678 9012 3456" in text
        assert TOLD.url in text
        assert subject_of(told, language)


def test_a_code_is_sixteen_digits_and_always_the_same() -> None:
    code = code_of(UUID(int=7), key=KEY)

    assert len(code) == 16
    assert code.isdigit()
    assert code_of(UUID(int=7), key=KEY) == code
    assert code_of(UUID(int=8), key=KEY) != code
    assert code_of(UUID(int=7), key=b"x" * 32) != code
    assert hash_of(code, key=KEY) != hash_of(code, key=b"x" * 32)


def test_a_code_is_read_as_people_type_it() -> None:
    assert typed(grouped("1234567890123456")) == "1234567890123456"
    assert typed(" 1234-5678-9012-3456 ") == "1234567890123456"
    assert typed("123") == ""
    assert typed("x" * 16) == ""
    assert typed("١" * 16) == ""
