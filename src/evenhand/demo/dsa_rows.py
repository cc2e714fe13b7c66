"""What the twin of the DSA Transparency Database took, read from the twin's own file."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from evenhand.base.sealing import read_key
from evenhand.connectors.dsa_twin import errors_of
from evenhand.statements.queries import puid_of

Row = dict[str, Any]


def rows_of(decision: UUID, file: Path) -> list[Row]:
    """Gives the rows of a decision; only who holds the key finds them."""
    puid = puid_of(decision, key=read_key(settings.KEYS / "token.key"))
    return [row for row in _rows(file) if row["puid"] == puid]


def faults_of(row: Row) -> list[str]:
    """Gives the fields of a row that the database would refuse."""
    return sorted(errors_of(row, alone=True))


def names_in(file: Path, names: tuple[str, ...]) -> list[str]:
    """Gives those of some accounts, rooms, messages and words that stand anywhere in the file."""
    text = json.dumps(_rows(file), ensure_ascii=False)
    return [name for name in names if name in text]


def _rows(file: Path) -> list[Row]:
    found: list[Row] = json.loads(file.read_text()) if file.exists() else []
    return found
