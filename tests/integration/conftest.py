"""What all tests of pages and steps share."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import Site

from evenhand.proof.notes import Signer
from evenhand.records.log_steps import Log
from evenhand.transparency.proving import Prover


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what is sent within one test in one window: windows end by the clock of the wall."""
    begun = time.time()
    monkeypatch.setattr("evenhand.desk.limits.time", SimpleNamespace(time=lambda: begun))


@pytest.fixture
def folder(site: Site) -> Path:
    """Gives where reports are published."""
    return site.home / "public"


@pytest.fixture
def prover(folder: Path) -> Prover:
    """Gives what puts a publication into a log of its own."""
    log = Log(folder / "log", Signer("desk.example/log", bytes(32)), "desk.example/log")
    return Prover(log, b"\x07" * 32)
