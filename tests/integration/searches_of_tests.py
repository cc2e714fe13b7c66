"""A searcher that answers from memory, behind the desk's own port; the visitor is in Germany."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.cache import cache
from pytest_django.fixtures import Settings
from tests.search_items_of_tests import ACCOUNT, ARABIC, POST, ROOM

from evenhand.connectors.searcher_twin import MemorySearcher
from evenhand.desk.search import asker

_bound: list[MemorySearcher] = []


@contextmanager
def searching(settings: Settings, folder: Path) -> Iterator[MemorySearcher]:
    """Binds a twin with a few items; 127.0.0.0/8 is placed in Germany, nothing else anywhere."""
    made = MemorySearcher(items=(ROOM, POST, ACCOUNT, ARABIC))
    table = folder / "places.csv"
    table.write_text("kind,prefix,country\nnetwork,127.0.0.0/8,DE\n", encoding="utf-8")
    settings.PLACES_FILE = str(table)
    settings.SEARCH_TOKEN_FILE = str(folder / "search.token")
    settings.SEARCHER = "tests.integration.searches_of_tests.bound"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    _bound.append(made)
    asker._table.cache_clear()
    cache.clear()
    try:
        yield made
    finally:
        _bound.clear()
        asker._table.cache_clear()
        cache.clear()


def bound() -> MemorySearcher:
    """The port of the settings: the twin of the test that runs."""
    return _bound[-1]
