"""Places accounts as they appear: looks at each a few times, and keeps only its country."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from evenhand.base.errors import NotFound
from evenhand.base.personal import IpAddress, PhoneNumber
from evenhand.markets.places import Places
from evenhand.markets.queries import unplaced
from evenhand.markets.steps import place

LOOKS_MAX = 20
"""Times that an account is looked at which the table does not place: it may connect later."""


class Directory(Protocol):
    """Which accounts there are and how they connect (the messenger; `wiring` binds it)."""

    def accounts(self, start: int = 0) -> tuple[Sequence[str], int | None]:
        """Gives accounts, the newest first, and where the next page begins."""

    def contact(self, account: str) -> tuple[PhoneNumber | None, IpAddress | None]:
        """Gives an account's phone number and latest address."""


@dataclass(slots=True)
class Sweep:
    """Goes through the accounts from the newest until a page holds nothing to do."""

    directory: Directory
    table: Places
    looks: dict[str, int] = field(default_factory=dict)

    def run(self, *, now: datetime) -> int:
        """Places what can be placed, and gives the number of accounts placed."""
        placed = 0
        start: int | None = 0
        while start is not None:
            accounts, start = self.directory.accounts(start)
            open_ones = [one for one in unplaced(accounts) if self.looks.get(one, 0) < LOOKS_MAX]
            if not open_ones:
                break
            placed += sum(self._look(account, now) for account in open_ones)
        return placed

    def _look(self, account: str, now: datetime) -> bool:
        self.looks[account] = self.looks.get(account, 0) + 1
        try:
            phone, network = self.directory.contact(account)
        except NotFound:
            return False  # it went away meanwhile
        found = place(account, phone=phone, network=network, table=self.table, now=now)
        return found is not None
