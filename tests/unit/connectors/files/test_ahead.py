"""Reading ahead in another thread."""

import threading
from collections.abc import Iterator

import pytest

from evenhand.connectors.files.ahead import ReadAhead


def test_items_come_in_order() -> None:
    assert list(ReadAhead(iter(range(100)), ahead_max=2)) == list(range(100))


def test_an_error_is_raised_after_the_items_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = iter(ReadAhead(failing()))

    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    items = iter(ReadAhead(endless(), ahead_max=1))
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]

    assert [thread for thread in threading.enumerate() if thread.name == "read ahead"] == []
