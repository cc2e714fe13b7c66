"""The posts and queries of the search benchmark: the same every time, in many scripts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from evenhand.search.lists import ItemKind
from messages import SCRIPTS
from search_posts import POSTS_OF_ROOM, Town, queries

POSTS = len(SCRIPTS) * POSTS_OF_ROOM


@pytest.fixture(scope="module")
def items():
    return [item for block in Town(7).items(POSTS) for item in block]


def test_the_same_seed_gives_the_same_posts_in_every_language(items):
    again = [item for block in Town(7).items(POSTS) for item in block]

    assert items == again
    assert {item.language for item in items} == set(SCRIPTS)
    assert sum(item.kind is ItemKind.POST for item in items) == POSTS
    assert len({item.id for item in items}) == len(items)


def test_queries_are_names_words_beginnings_and_misspellings(items):
    names = {item.title for item in items if item.kind is ItemKind.ROOM}

    asked = queries(items, 400, seed=3)

    assert asked == queries(items, 400, seed=3)
    assert 0 < sum(typing for _, typing in asked) < 200
    assert 0 < sum(text in names for text, _ in asked) < 200
