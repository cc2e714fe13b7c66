"""Work that threads share but that must happen in order: each waits for its turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Numbered turns, 0 first. A number that gave up is passed over."""

    def __init__(self) -> None:
        self._next = 0
        self._past: set[int] = set()
        self._moved = Condition()

    @contextmanager
    def of(self, number: int) -> Iterator[None]:
        """Waits until all earlier numbers have had their turn, and lets the next in at the end."""
        with self._moved:
            self._moved.wait_for(lambda: self._next == number)
        try:
            yield
        finally:
            self.give_up(number)

    def give_up(self, number: int) -> None:
        """Lets others pass: this number has had its turn, or will not take it."""
        with self._moved:
            if number >= self._next:
                self._past.add(number)
            while self._next in self._past:
                self._past.remove(self._next)
                self._next += 1
            self._moved.notify_all()
