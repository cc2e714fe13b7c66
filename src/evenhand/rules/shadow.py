"""Counts the hits of rules in shadow: by rule, version, market and kind of channel, no names."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import pyarrow as pa

from evenhand.base.lists import UNKNOWN_MARKET, ChannelKind
from evenhand.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class ShadowKey:
    """What is counted together."""

    rule: str
    version: str
    market: str
    channel_kind: ChannelKind


class ShadowHits:
    """Counts; one thread adds, another may take."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[ShadowKey] = Counter()

    def add(self, rule: Rule, batch: pa.RecordBatch, row: int) -> None:
        """Counts a hit of a rule for one row of a batch."""
        market = batch["territory"][row].as_py() or UNKNOWN_MARKET
        kind = ChannelKind(batch["channel_kind"][row].as_py())
        with self._lock:
            self._counts[ShadowKey(rule.id, rule.version, market, kind)] += 1

    def take(self) -> Mapping[ShadowKey, int]:
        """Gives what was counted since the last time."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def put_back(self, counts: Mapping[ShadowKey, int]) -> None:
        """Takes back what could not be told."""
        with self._lock:
            self._counts.update(counts)
