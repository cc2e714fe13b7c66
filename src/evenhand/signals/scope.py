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

    @property
    def anything(self) -> Mask:
        """Tells which rows are looked at at all."""
        return self.read | self.count | self.hash


def allowed(kinds: Values, channels: Values, scope: Scope) -> Allowed:
    """Gives what may be looked at in each row, from the columns `kind` and `channel_kind`."""
    rows = len(kinds.values)
    if scope is Scope.FILES:
        every = np.ones(rows, np.bool_)
        return Allowed(every, every, every)
    return Allowed(
        *(
            _where(draws_on, kinds, channels)
            for draws_on in (DrawsOn.TEXT, DrawsOn.BEHAVIOUR, DrawsOn.HASH)
        )
    )


def _where(draws_on: DrawsOn, kinds: Values, channels: Values) -> Mask:
    """Tells which rows allow one kind of look. What the event says wins over its channel."""
    by_channel = np.array([draws_on in _looks_of_channel(word) for word in channels.words])
    by_event = [_looks_of_event(word) for word in kinds.words]
    decides = np.array([looks is not None for looks in by_event])
    allows = np.array([looks is not None and draws_on in looks for looks in by_event])
    mask: Mask = np.where(decides[kinds.values], allows[kinds.values], by_channel[channels.values])
    return mask


def _looks_of_channel(word: str) -> Looks:
    known = word in _CHANNELS
    return BY_CHANNEL[ChannelKind(word) if known else ChannelKind.PRIVATE]


def _looks_of_event(word: str) -> Looks | None:
    return BY_EVENT.get(EventKind(word)) if word in _EVENTS else None
