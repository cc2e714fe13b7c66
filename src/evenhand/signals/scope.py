"""What may be looked at, by kind of channel: decided here and nowhere else (DESIGN decision 1).

public    everything: what is public is screened like a notice board; where the operator has it
          done, a model looks at pictures
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
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from evenhand.base.lists import ChannelKind, EventKind
from evenhand.signals.arrow import Mask
from evenhand.signals.columns import DrawsOn
from evenhand.signals.table import Values

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


_CHANNELS = frozenset(kind.value for kind in ChannelKind)
_EVENTS = frozenset(kind.value for kind in EventKind)


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
    picture: Mask

    @property
    def anything(self) -> Mask:
        """Tells which rows are looked at at all."""
        return self.read | self.count | self.hash


def allowed(kinds: Values, channels: Values, scope: Scope) -> Allowed:
    """Gives what may be looked at in each row, from the columns `kind` and `channel_kind`."""
    rows = len(kinds.values)
    if scope is Scope.FILES:
        every = np.ones(rows, np.bool_)
        return Allowed(every, every, every, every)
    # Where nothing is said of a channel, the last word counts: it is none, and so private.
    said = channels.values
    if channels.known is not None:
        said = np.where(channels.known, said, len(channels.words))
    tables = _tables(kinds.words, (*channels.words, ""))
    places = kinds.values * tables.shape[2] + said
    return Allowed(*(table.ravel()[places] for table in tables))


def may_judge_pictures(kind: EventKind, channel: ChannelKind) -> bool:
    """Tells whether a model may look at what an event of a messenger attaches."""
    return DrawsOn.PICTURE in BY_EVENT.get(kind, BY_CHANNEL[channel])


@lru_cache(maxsize=64)
def _tables(kinds: tuple[str, ...], channels: tuple[str, ...]) -> NDArray[np.bool_]:
    """Gives, for each kind of look, whether an event of a kind in a channel of a kind allows it.

    What the event says wins over its channel.
    """
    by_channel = [_looks_of_channel(channel) for channel in channels]
    by_event = [_looks_of_event(kind) for kind in kinds]
    looks = [by_channel if one is None else [one] * len(channels) for one in by_event]
    return np.array(
        [
            [[draws_on in one for one in line] for line in looks]
            for draws_on in (DrawsOn.TEXT, DrawsOn.BEHAVIOUR, DrawsOn.HASH, DrawsOn.PICTURE)
        ]
    )


def _looks_of_channel(word: str) -> Looks:
    known = word in _CHANNELS
    return BY_CHANNEL[ChannelKind(word) if known else ChannelKind.PRIVATE]


def _looks_of_event(word: str) -> Looks | None:
    return BY_EVENT.get(EventKind(word)) if word in _EVENTS else None
