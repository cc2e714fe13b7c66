"""What an earlier version published stays equal: editions as it wrote them, kept as files.

Whoever changes the schema of a report adds one of the schema before: the log's folder, and of one
published day `report.json` and `openings.json`.
"""

from pathlib import Path

import pytest

from evenhand.cli import main

DATA = Path(__file__).parents[2] / "data" / "editions"
EDITIONS = sorted(path.name for path in DATA.iterdir())


@pytest.mark.parametrize("schema", EDITIONS)
def test_an_edition_of_an_earlier_version_is_still_equal(schema: str, capsys) -> None:
    assert main(["verify", "report", "2026-11-21", str(DATA / schema)]) == 0
    assert "one of the leaves is the whole of report.json" in capsys.readouterr().out
