"""The views of a batch's text that signals look at; rows that may not be read are empty in all."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evenhand.base.lists import EventKind
from evenhand.events.normalise import Normalised, normalise_and_count
from evenhand.events.text_column import Bytes, Offsets, TextColumn, arrow_text, join_rows
from evenhand.events.undisguise import Undisguised, undisguise
from evenhand.events.unicode_tables import unicode_tables
from evenhand.signals.arrow import Mask, valid_rows, where_word, without_nulls
from evenhand.signals.detection import Detected, detect
from evenhand.signals.table import Values

_NAMED_BY_CHANNEL = frozenset({EventKind.ROOM_CREATION.value, EventKind.ROOM_PUBLICATION.value})
_NAMED_BY_ACCOUNT = frozenset({EventKind.REGISTRATION.value, EventKind.PROFILE.value})


@dataclass(frozen=True)
class Views:
    """A batch's text as written, normalised and undisguised, made when first asked for.

    may_read  which rows' text may be looked at; the others are empty in every view
    has_text  of those, the rows that have any text
    """

    source: Bytes
    starts: Offsets
    may_read: Mask
    has_text: Mask

    @cached_property
    def raw(self) -> TextColumn:
        """Gives the text as it was written."""
        return join_rows(self.source, self.starts)

    @cached_property
    def _both(self) -> Normalised:
        return normalise_and_count(self.source, self.starts, tables=unicode_tables())

    @property
    def counts(self) -> NDArray[np.int32]:
        """Gives how many characters of each class each row has (`events/counts.py`)."""
        return self._both.counts

    @property
    def normalised(self) -> TextColumn:
        """Gives the normalised text."""
        return self._both.text

    @cached_property
    def spoken(self) -> Detected:
        """Gives the language that each row seems to be in."""
        return detect(self.normalised, self.counts)

    @cached_property
    def undisguised(self) -> Undisguised:
        """Gives the rows whose text changes when disguises are undone."""
        return undisguise(self.normalised)


def views_of(batch: pa.RecordBatch, kinds: Values, may_read: Mask) -> Views:
    """Gives the views of a batch, of the rows that may be read.

    Rooms are read by their name, registrations and profiles by the display name, where they have
    no text of their own.
    """
    text = batch["text"]
    for named, column in ((_NAMED_BY_CHANNEL, "channel_name"), (_NAMED_BY_ACCOUNT, "display_name")):
        if not named.isdisjoint(kinds.words):
            name = pc.if_else(pa.array(where_word(kinds, named)), batch[column], None)
            text = pc.coalesce(text, name)
    has_text = valid_rows(text) & may_read
    if not may_read.all():
        text = pc.if_else(pa.array(may_read), text, None)
    source, starts = arrow_text(without_nulls(text, ""))
    return Views(source, starts, may_read, has_text)
