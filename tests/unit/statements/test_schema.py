"""The schema is data: whole, and the same as the facts that entries are made with."""

from dataclasses import fields

from evenhand.base.harms import harms
from evenhand.base.lists import ActionKind, Automation, Source
from evenhand.statements.entry import ACCOUNT, AUTOMATIONS, MEDIA, SOURCES, VISIBILITY, Entry
from evenhand.statements.schema import schema


def test_an_entry_has_the_fields_of_the_schema_in_its_order() -> None:
    assert [field.name for field in fields(Entry)] == list(schema().fields)
    assert len(schema().fields) == 36


def test_the_lists_are_those_of_july_2025() -> None:
    sizes = {name: len(values) for name, values in schema().lists.items()}

    assert schema().version == "2025-07-01"
    assert sizes == {
        "visibility": 7, "monetary": 3, "provision": 4, "account": 2, "account_type": 2,
        "ground": 2, "category": 16, "keyword": 69, "content_type": 8, "source": 4,
        "automated_decision": 3, "yes_no": 2,
    }  # fmt: skip
    assert len(schema().territories) == 30
    assert {"GR", "NO"} < set(schema().territories)
    assert "EL" not in schema().territories
    assert len(schema().languages) == 184


def test_every_value_that_entries_are_made_with_is_on_its_list() -> None:
    lists = schema().lists

    assert set(VISIBILITY.values()) <= set(lists["visibility"])
    assert set(ACCOUNT.values()) <= set(lists["account"])
    assert set(SOURCES.values()) | {"SOURCE_ARTICLE_16"} == set(lists["source"])
    assert set(AUTOMATIONS.values()) == set(lists["automated_decision"])
    assert set(MEDIA.values()) <= set(lists["content_type"])
    assert {harm.dsa_category for harm in harms().values()} <= set(lists["category"])


def test_every_kind_of_action_has_its_place_or_restricts_nothing() -> None:
    placed = {*VISIBILITY, *ACCOUNT, ActionKind.RESTRICT}

    assert set(ActionKind) - placed == {ActionKind.NONE, ActionKind.WARN}


def test_keywords_are_given_for_harms_that_exist() -> None:
    given = schema().keywords_of_harms

    assert set(given) <= set(harms())
    assert {word for words in given.values() for word in words} <= set(schema().lists["keyword"])


def test_every_fixed_sentence_is_there() -> None:
    texts = schema().texts

    assert set(texts["source"]) == {source.value for source in Source}
    assert set(texts["decision"]) == {value.value for value in Automation}
    assert set(texts["detection"]) == {"machine", "person"}
    assert set(texts["surface"]) == {"message", "channel", "media", "account"}
