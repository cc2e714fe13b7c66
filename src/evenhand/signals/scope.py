"""What may be looked at, by kind of channel: decided here and nowhere else (DESIGN decision 1).

public    everything: what is public is screened like a notice board
private   how often somebody acts, and hashes of files against the operator's lists; text is read
          only when a member reports it
direct    nothing; only what a person in it reports
unknown   as private

Registrations, profiles and names of rooms that are published are public whatever the channel.
Searches are read to filter results, and never counted against an account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.signals.columns import DrawsOn

Mask = NDArray[np.bool_]
Looks = frozenset[DrawsOn]

EVERYTHING: Looks = frozenset(DrawsOn)
NOTHING: Looks = frozenset()

BY_CHANNEL: Mapping[ChannelKind, Looks] = MappingProxyType(
    {
        ChannelKind.PUBLIC: EVERYTHING,
        ChannelKind.PRIVATE: frozenset({DrawsOn.FACT, DrawsOn.BEHAVIOUR, DrawsOn.HASH}),
        ChannelKind.DIRECT: NOTHING,
    }
)
"""What a live messenger lets be looked at."""

BY_EVENT: Mapping[EventKind, Looks] = MappingProxyType(
    {
        EventKind.REGISTRATION: EVERYTHING,
        EventKind.PROFILE: EVERYTHING,
        EventKind.ROOM_PUBLICATION: EVERYTHING,
        EventKind.SEARCH_QUERY: frozenset({DrawsOn.FACT, DrawsOn.TEXT, DrawsOn.MODEL}),
    }
)
"""Kinds of event for which the channel does not decide."""


class Scope(StrEnum):
    """Whose events are screened.

    LIVE   a messenger's: the tables above bind
    FILES  a file that somebody gives to `evenhand screen`: every row is judged
    """

    LIVE = "live"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Per row of a batch, what may be looked at."""

    read: Mask
    count: Mask
    hash: Mask

    @property
    def anything(self) -> Mask:
        """Tells which rows are looked at at all."""
        return self.read | self.count | self.hash


def allowed(batch: pa.RecordBatch, scope: Scope) -> Allowed:
    """Gives what may be looked at in each row of a batch."""
    if scope is Scope.FILES:
        every = np.ones(batch.num_rows, np.bool_)
        return Allowed(every, every, every)
    masks = {
        draws_on: np.full(batch.num_rows, draws_on in BY_CHANNEL[ChannelKind.PRIVATE])
        for draws_on in (DrawsOn.TEXT, DrawsOn.BEHAVIOUR, DrawsOn.HASH)
    }
    # What the kind of an event says wins over what its channel says, so it comes second.
    for column, table in (("channel_kind", BY_CHANNEL), ("kind", BY_EVENT)):
        for value, looks in table.items():
            rows = np.asarray(pc.equal(batch[column], str(value)))
            if rows.any():
                for draws_on, mask in masks.items():
                    mask[rows] = draws_on in looks
    return Allowed(masks[DrawsOn.TEXT], masks[DrawsOn.BEHAVIOUR], masks[DrawsOn.HASH])
