"""What all tests of pages and steps share."""

import time
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what is sent within one test in one window: windows end by the clock of the wall."""
    begun = time.time()
    monkeypatch.setattr("evenhand.desk.limits.time", SimpleNamespace(time=lambda: begun))
