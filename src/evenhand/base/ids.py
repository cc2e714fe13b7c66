"""Identifiers: UUID version 7 (RFC 9562 section 5.7), minted where a thing begins."""

import os
from datetime import datetime
from typing import NewType
from uuid import UUID

DecisionId = NewType("DecisionId", UUID)
RecordId = NewType("RecordId", UUID)
CaseId = NewType("CaseId", UUID)


def new_id(*, now: datetime, random: bytes | None = None) -> UUID:
    """Gives a UUIDv7: 48 bits of Unix milliseconds from `now`, then 74 random bits."""
    noise = int.from_bytes(os.urandom(10) if random is None else random[:10], "big")
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    value = milliseconds << 80 | noise & (2**80 - 1)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def first_id(*, since: datetime) -> UUID:
    """Gives a bound that no id made since a moment is below: ids grow with time (RFC 9562)."""
    return UUID(int=int(since.timestamp() * 1000) << 80)
