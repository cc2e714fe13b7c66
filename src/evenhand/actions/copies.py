"""Copies for compensation: what an account wrote, given back to it through the opener."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from evenhand.base.errors import NotFound
from evenhand.evidence.limits import REASON_CHARACTERS_MAX
from evenhand.evidence.opener import Request, ask


class OpenerCopies:
    """Asks the opener, in the name and with the reason of the person who had it undone."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def copy_of(self, items: Sequence[UUID], *, staff: UUID, reason: str) -> str | None:
        """Gives the text under seal in the first of these items that still has one."""
        why = f"Copy for the author: {reason}"[:REASON_CHARACTERS_MAX]
        for item in items:
            try:
                opened = ask(self._home, Request(item, staff, why))
            except NotFound:
                continue  # it has expired
            if opened.media_type == "application/json":
                text = json.loads(opened.content).get("text")
                if text:
                    return str(text)
        return None
