"""A rule is read again when its file or the columns change, and then only that one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.pipeline import Resources
from evenhand.rules import known as module
from evenhand.rules.in_force import load_in_force
from evenhand.rules.known import KnownRules
from evenhand.rules.load import read_rule
from evenhand.rules.rule import Rule
from evenhand.signals.columns import SignalColumn, all_columns

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def columns() -> Mapping[str, SignalColumn]:
    return all_columns([one.name for one in Resources.default().pattern_lists()])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in sorted(Resources.default().rules.glob("*.yaml"))[:4]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gives the names of the files that were read, as they are read."""
    names: list[str] = []

    def reading(text: str, path: Path, columns: Mapping[str, SignalColumn]) -> Rule:
        names.append(path.name)
        return read_rule(text, path, columns)

    monkeypatch.setattr(module, "read_rule", reading)
    return names


def test_only_what_changed_is_read_again(
    folder: Path, columns: Mapping[str, SignalColumn], read: list[str]
) -> None:
    known = KnownRules()
    first = load_in_force(folder, columns, now=NOW, known=known)
    read.clear()
    changed, gone, *_ = sorted(folder.iterdir())
    changed.write_text(changed.read_text("utf-8") + "# a remark\n", "utf-8")
    gone.unlink()

    again = load_in_force(folder, dict(columns), now=NOW, known=known)

    assert read == [changed.name]
    assert again.rules == tuple(one for one in first.rules if one.id != gone.stem)
    assert again.rules == load_in_force(folder, columns, now=NOW).rules


def test_other_columns_have_every_rule_read_again(
    folder: Path, columns: Mapping[str, SignalColumn], read: list[str]
) -> None:
    known = KnownRules()
    load_in_force(folder, columns, now=NOW, known=known)
    read.clear()

    with pytest.raises(EvenhandError):
        load_in_force(folder, {}, now=NOW, known=known)
    load_in_force(folder, columns, now=NOW, known=known)

    assert sorted(set(read)) == sorted(path.name for path in folder.iterdir())
