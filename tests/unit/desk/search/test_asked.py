"""What the form was filled in with: read, cleaned, and its faults."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from evenhand.desk.search.asked import FAULTS, asked
from evenhand.search.limits import QUERY_CHARACTERS_MAX
from evenhand.search.lists import ItemKind


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("", ""),
        ("q=garden", ""),
        ("q=%F0%9F%8C%B1", ""),
        ("q=7", ""),
        ("q=", "empty"),
        ("q=%00%01", "empty"),
        ("q=%3F%21", "unreadable"),
        ("q=" + "x" * QUERY_CHARACTERS_MAX, ""),
        ("q=" + "x" * (QUERY_CHARACTERS_MAX + 1), "too_long"),
        ("q=" + "%20" * (QUERY_CHARACTERS_MAX + 1) + "x", "too_long"),
    ],
)
def test_what_is_wrong_has_its_name(address: str, fault: str) -> None:
    assert asked(QueryDict(address)).fault == fault


def test_a_filter_that_does_not_exist_is_none() -> None:
    read = asked(QueryDict("q=x&kind=person&language=zz&size=endless"))

    assert (read.kind, read.language, read.size) == (None, "", "")
    assert not read.filtered


def test_an_address_goes_on_with_what_was_asked() -> None:
    read = asked(QueryDict("q=a+%26+b&kind=room&size=small&after=T"))

    again = asked(QueryDict(read.query(after=read.after)))

    assert again == read
    assert asked(QueryDict(read.query(kind=""))).kind is None
    assert asked(QueryDict(read.query())).after == ""
    assert read.ask(country="DE", reader="de").filters.kinds == {ItemKind.ROOM}


@given(values=st.dictionaries(st.sampled_from(["q", "kind", "size", "after"]), st.text()))
def test_any_address_is_read(values: dict[str, str]) -> None:
    sent = QueryDict(mutable=True)
    sent.update(values)

    read = asked(sent)

    assert len(read.text) <= QUERY_CHARACTERS_MAX
    assert read.fault in {"", *FAULTS}
