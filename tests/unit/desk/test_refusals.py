"""What the registry refuses has words in every reader's language: reasons and fields alike."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from evenhand.authorities import checks
from evenhand.authorities.checks import EntryRefused, SharedDomain
from evenhand.desk.refusals import FIELDS, WHY, refusal_words

ROOM = Path(checks.__file__).parent
OWN_PAGE = {
    "its voucher was suspended",  # kept with a suspension, and shown as it was kept
    "expired",
    "not https, or no public name",
    "settled",
}
"""Reasons that no form of the registry gives."""


def calls() -> Iterator[ast.Call]:
    for path in ROOM.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def given(name: str) -> set[str]:
    """Every constant that the registry's code gives under a name."""
    return {
        word.value.value
        for call in calls()
        for word in call.keywords
        if word.arg == name and isinstance(word.value, ast.Constant)
    }


def needed() -> set[str]:
    """Every field that an entry of the registry is checked for."""
    first = (
        call.args[0]
        for call in calls()
        if isinstance(call.func, ast.Name) and call.func.id == "_need"
    )
    return {one.value for one in first if isinstance(one, ast.Constant)}


def test_every_reason_has_words() -> None:
    reasons = {one for one in given("why") if one}

    assert len(reasons) > 15
    assert reasons - set(WHY) - OWN_PAGE == set()


def test_every_field_has_words() -> None:
    fields = {one for one in given("field") | needed() if one}

    assert len(fields) > 8
    assert fields - set(FIELDS) == set()


@pytest.mark.parametrize("language", ["de", "fr", "ru", "kk"])
def test_no_word_of_a_refusal_is_english_on_another_page(language: str) -> None:
    errors = [SharedDomain(field="domains", why="a public suffix"), EntryRefused(field="source")]
    with translation.override("en"):
        english = [refusal_words(one) for one in errors]
    with translation.override(language):
        said = [refusal_words(one) for one in errors]

    assert all(one != other for one, other in zip(said, english, strict=True))
