"""What the desk's account understands, in five languages and however it is written."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.appeals.commands import Command, understood
from evenhand.appeals.phrases import phrases
from evenhand.base.lists import Language

NUMBER = UUID("01a1fdfa-4600-7803-baa4-b8491519ff61")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("command", list(Command))
def test_each_word_is_understood_in_each_language(language: Language, command: Command) -> None:
    for word in phrases(language)["account"]["words"][command.value]:
        asked = understood(f" {word.upper()}: {NUMBER}\nIt was a quotation.")

        assert asked.command is command
        assert asked.number == NUMBER
        assert asked.rest == "It was a quotation"


def test_a_quotation_of_another_message_does_not_count() -> None:
    asked = understood(f"> <@desk:x> objection {NUMBER}\n> and more\n\nIt was a joke.")

    assert (asked.command, asked.number, asked.rest) == (None, None, "It was a joke")


def test_a_word_in_the_midst_is_no_command() -> None:
    assert understood("I have an objection to tea.").command is None


@given(text=st.text(max_size=300))
def test_whatever_is_written_is_read_without_a_fault(text: str) -> None:
    assert understood(text).rest == understood(text).rest.strip()
