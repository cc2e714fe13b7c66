"""What happened to the items of one file: read, refused, passed over; nothing is lost silently."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from evenhand.connectors.files.faults import EXPLANATIONS, Fault
from evenhand.connectors.files.limits import NAMES_COUNTED_MAX, REFUSALS_SHOWN_MAX

CHANNEL_NAMES_MAX = 100_000
"""Names of chats kept for the summary: ten megabytes; a full export has some thousand chats."""


@dataclass
class Ledger:
    """The account of one file.

    say         called with each line that somebody should read
    items       items found: screened, refused and passed over
    bytes_done  how far the file is read
    """

    name: str
    say: Callable[[str], None]
    items: int = 0
    bytes_done: int = 0
    duplicates: int = 0
    _shown: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unscreened: Counter[str] = field(default_factory=Counter)
    channel_names: dict[str, str] = field(default_factory=dict)

    @property
    def refusals(self) -> int:
        """Gives how many items were refused."""
        return self.refused.total()

    def refuse(
        self, fault: Fault, *, row: int, place: int | None, column: str = "", count: int = 1
    ) -> None:
        """Counts what cannot be screened, and says where, why and what to do."""
        reason, remedy = EXPLANATIONS[fault]
        self.refused[reason] += count
        self._shown += 1
        if self._shown <= REFUSALS_SHOWN_MAX:
            where = f"row {row}" if place is None else f"byte {place} (row {row})"
            about = f" [{column}]" if column else ""
            self.say(f"{self.name}: {where}: {reason}{about}; {remedy}.")
        elif self._shown == REFUSALS_SHOWN_MAX + 1:
            self.say(f"{self.name}: further refused rows are counted, not listed.")

    def pass_over(self, name: str, count: int = 1) -> None:
        """Counts items that hold nothing to screen, by name."""
        known = name in self.unscreened or len(self.unscreened) < NAMES_COUNTED_MAX
        self.unscreened[name if known else "other"] += count

    def duplicate(self, *, row: int, place: int | None, event_id: str) -> None:
        """Counts an item whose id occurred before; it is screened all the same."""
        self.duplicates += 1
        if self.duplicates <= REFUSALS_SHOWN_MAX:
            where = f"row {row}" if place is None else f"byte {place} (row {row})"
            self.say(f"{self.name}: {where}: id {event_id!r} occurs again; both are screened.")
        elif self.duplicates == REFUSALS_SHOWN_MAX + 1:
            self.say(f"{self.name}: further repeated ids are counted, not listed.")

    def name_channel(self, channel: str, name: str) -> None:
        """Keeps the name of a chat for the summary."""
        if len(self.channel_names) < CHANNEL_NAMES_MAX:
            self.channel_names[channel] = name
