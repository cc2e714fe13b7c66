"""Writes what the rulebook holds in force as files, by which the door and every command judge.

The rulebook is the one source: what it says is written whole, and written again only when it says
something else. As long as all is as it comes with Evenhand, no file is needed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from evenhand.rulebook.lists import RuleState
from evenhand.rulebook.models import RuleVersion
from evenhand.rulebook.queries import versions_in_force
from evenhand.rulebook.shipped_steps import RuleText, take_in
from evenhand.rulebook.steps import end_expired
from evenhand.rules.acting import WHOLE, Acting, Terms
from evenhand.rules.in_force import (
    LIST,
    InForce,
    forget_in_force,
    own_files,
    read_in_force,
    write_in_force,
)
from evenhand.rules.load import RuleRefused

log = structlog.get_logger()

ACTING = {
    RuleState.SHADOW: Acting.SHADOW,
    RuleState.STAGED: Acting.STAGED,
    RuleState.LIVE: Acting.LIVE,
}


class RuleFiles:
    """Keeps a folder of rules as the rulebook says.

    shipped  gives the rules that come with this Evenhand; they are taken in at the first look
    """

    def __init__(self, folder: Path, shipped: Callable[[], Sequence[RuleText]]) -> None:
        self._folder = folder
        self._shipped = shipped
        self._as_shipped: frozenset[tuple[str, str]] | None = None
        self._seen: tuple[InForce, ...] | None = None

    def keep(self, *, now: datetime) -> int:
        """Ends what has expired, and writes what is in force if something changed."""
        if self._as_shipped is None:
            shipped = self._shipped()
            take_in(shipped, now=now)
            self._as_shipped = frozenset((one.rule.id, one.rule.version) for one in shipped)
        end_expired(now=now)
        rows = versions_in_force()
        listed = tuple(_in_force(row) for row in rows)
        if listed != self._seen:
            self._write(rows, listed)
            self._seen = listed
        return 0

    def _write(self, rows: Sequence[RuleVersion], listed: Sequence[InForce]) -> None:
        plain = all(one.terms.acting is Acting.LIVE and not one.expires_at for one in listed)
        if plain and frozenset((one.rule, one.version) for one in listed) == self._as_shipped:
            forget_in_force(self._folder)
        elif own_files(self._folder) and not _written(self._folder):
            log.warning("rules_not_written", why=f"rules without {LIST} lie in the folder")
        else:
            texts = {one: row.text for one, row in zip(listed, rows, strict=True)}
            write_in_force(self._folder, texts)
            log.info("rules_written", versions=len(listed))


def _in_force(row: RuleVersion) -> InForce:
    acting = ACTING[RuleState(row.state)]
    share = {Acting.LIVE: WHOLE, Acting.SHADOW: 0, Acting.STAGED: row.share or 0}[acting]
    return InForce(row.rule, row.version, Terms(acting, share), row.expires_at)


def _written(folder: Path) -> bool:
    try:
        return read_in_force(folder) is not None
    except RuleRefused:
        return True  # a list of ours, damaged: it is written anew
