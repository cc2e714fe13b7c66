"""Counts what was screened, and prints the table at the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from evenhand.base.harms import harms
from evenhand.connectors.files.ledger import Ledger
from evenhand.connectors.files.limits import CHANNELS_SHOWN_MAX

NO_CHANNEL = "(no channel)"


@dataclass
class Tally:
    """What was found so far, in all files."""

    messages: int = 0
    flagged: int = 0
    by_harm: Counter[str] = field(default_factory=Counter)
    by_action: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    by_channel: Counter[str] = field(default_factory=Counter)

    def add(self, messages: int, verdicts: pa.Table) -> None:
        """Counts a batch of messages and the verdicts on it."""
        self.messages += messages
        self.flagged += verdicts.num_rows
        if verdicts.num_rows:
            _count(self.by_harm, verdicts.column("harm"))
            _count(self.by_action, verdicts.column("action"))
            _count(self.by_channel, pc.fill_null(verdicts.column("channel"), NO_CHANNEL))
            rules = verdicts.column("rules").combine_chunks()
            _count(self.by_rule, pc.struct_field(pc.list_flatten(rules), "id"))


def _count(counter: Counter[str], column: pa.ChunkedArray | pa.Array) -> None:
    for entry in pc.value_counts(column).to_pylist():
        counter[entry["values"]] += entry["counts"]


def summary_lines(tally: Tally, ledgers: Sequence[Ledger], *, files: int) -> list[str]:
    """Gives the table that is printed at the end."""
    share = tally.flagged / tally.messages if tally.messages else 0.0
    screened = f"{counted(tally.messages, 'message')} screened in {counted(files, 'file')}"
    lines = [f"{screened}, {tally.flagged:,} flagged ({share:.2%})"]
    lines += items_lines(ledgers)
    if not tally.flagged:
        return lines
    titles = {code: harm.title for code, harm in harms().items()}
    names = {key: name for ledger in ledgers for key, name in ledger.channel_names.items()}
    channels = tally.by_channel.most_common(CHANNELS_SHOWN_MAX)
    lines += _table("Harm", ((f"{c}  {titles.get(c, '')}", n) for c, n in _sorted(tally.by_harm)))
    lines += _table("Rule", _sorted(tally.by_rule))
    lines += _table("Proposed action", _sorted(tally.by_action))
    lines += _table("Channel", ((_channel(c, names), n) for c, n in channels))
    if len(tally.by_channel) > len(channels):
        lines.append(f"  … and {len(tally.by_channel) - len(channels):,} more channels")
    return lines


def items_lines(ledgers: Sequence[Ledger]) -> list[str]:
    """Gives what was refused, what held no message, and how many ids were met twice."""
    lines = [*_refused(refused(ledgers)), *_passed_over(passed_over(ledgers))]
    duplicates = sum(ledger.duplicates for ledger in ledgers)
    if duplicates:
        lines.append(f"{counted(duplicates, 'repeated id')}, screened all the same")
    return lines


def refused(ledgers: Sequence[Ledger]) -> Counter[str]:
    """Gives how many rows of all files were refused, by reason."""
    return sum((ledger.refused for ledger in ledgers), Counter())


def passed_over(ledgers: Sequence[Ledger]) -> Counter[str]:
    """Gives how many items of all files hold no message, by name."""
    return sum((ledger.unscreened for ledger in ledgers), Counter())


def counted(count: int, noun: str) -> str:
    """Gives a count with its noun, which takes an s where there is not just one."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _refused(reasons: Counter[str]) -> list[str]:
    if not reasons:
        return []
    told = "; ".join(f"{count:,} × {reason}" for reason, count in reasons.most_common())
    return [f"{counted(reasons.total(), 'row')} refused: {told}"]


def _passed_over(names: Counter[str]) -> list[str]:
    if not names:
        return []
    told = ", ".join(f"{printable(name)} {count:,}" for name, count in names.most_common())
    if names.total() == 1:
        return [f"1 item holds no message and was not screened: {told}"]
    return [f"{names.total():,} items hold no message and were not screened: {told}"]


def _sorted(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda entry: (-entry[1], entry[0]))


def _channel(channel: str, names: dict[str, str]) -> str:
    name = names.get(channel)
    return printable(f"{channel}  {name}" if name else channel)


def _table(title: str, entries: Iterable[tuple[str, int]]) -> list[str]:
    return ["", title, *(f"  {count:>12,}  {printable(name).strip()}" for name, count in entries)]


def printable(text: str, *, letters_max: int = 80) -> str:
    """Gives text from a file so that it cannot steer a terminal: no control characters."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text)
    return shown if len(shown) <= letters_max else shown[: letters_max - 1] + "…"
