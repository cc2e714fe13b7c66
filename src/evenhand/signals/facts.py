"""What the messenger says of an event, and what its text is like."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.base.kernel import kernel
from evenhand.events.counts import CAPITALS, COUNTS, WORDS
from evenhand.events.unicode_tables import CLASSES, CharacterClass
from evenhand.signals.arrow import milliseconds_of, sizes_of, valid_rows, words_of
from evenhand.signals.media import MEDIA, PICTURE
from evenhand.signals.table import Values
from evenhand.signals.views import Views

HOUR_MS = 3_600_000

_LETTERS = CharacterClass.OTHER_LETTER + 1


@kernel
def _add_up(
    counts: NDArray[np.int32], length: NDArray[np.int32], letters: NDArray[np.int32]
) -> None:
    """Adds up the characters and the letters of each row. Stays inside: counts have all classes.

    The sums of short rows are what numpy is slowest at.
    """
    for row in range(counts.shape[0]):
        some = 0
        for kind in range(_LETTERS):
            some += counts[row, kind]
        letters[row] = some
        for kind in range(_LETTERS, CLASSES):
            some += counts[row, kind]
        length[row] = some


def facts(batch: pa.RecordBatch, kinds: Values, channels: Values) -> Mapping[str, Values]:
    """Gives the columns that say what the messenger says."""
    created = batch["account_created"]
    age = milliseconds_of(batch["time"]) - milliseconds_of(created)
    return {
        "kind": kinds,
        "channel_kind": channels,
        "territory": words_of(batch["territory"]),
        "account_age_hours": Values(np.maximum(age, 0) / HOUR_MS, valid_rows(created)),
        "forwarded": Values(valid_rows(batch["forwarded_from"])),
        "is_reply": Values(valid_rows(batch["reply_to"])),
        "media_count": Values(
            np.maximum.reduce([sizes_of(batch[name]) for name in (*MEDIA, PICTURE)])
        ),
    }


def shape_of_text(views: Views) -> Mapping[str, Values]:
    """Gives the columns that say what a text is like; NULL where it may not be read."""
    counts = views.counts
    assert counts.shape[1] == COUNTS
    length, letters = np.empty((2, len(counts)), np.int32)
    _add_up(counts, length, letters)
    disguised = np.zeros(len(counts), np.bool_)
    disguised[views.undisguised.rows] = True
    known = views.may_read
    return {
        "text_length": Values(length, known),
        "word_count": Values(counts[:, WORDS], known),
        "digits_share": Values(_share(counts[:, CharacterClass.DIGIT], length), known),
        "upper_share": Values(_share(counts[:, CAPITALS], letters), known),
        "emoji_count": Values(counts[:, CharacterClass.EMOJI], known),
        "invisible_count": Values(counts[:, CharacterClass.INVISIBLE], known),
        "mixed_script": Values(views.undisguised.lookalike, known),
        "disguised": Values(disguised, known),
    }


def _share(part: NDArray[np.int32], whole: NDArray[np.int32]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = part / np.maximum(whole, 1)
    return share
