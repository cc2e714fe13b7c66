"""A translation of what a reviewer opened, by the engine that the operator runs.

Speaks the protocol of LibreTranslate (POST /translate), which several engines speak. Nothing is
sent anywhere unless the operator named an address, and nothing is kept.
"""

from dataclasses import dataclass
from pathlib import Path

import httpx

from evenhand.base.errors import Misconfigured
from evenhand.base.lists import Language

SECONDS_MAX = 15.0
"""Seconds that a reviewer waits for a translation; the original is shown in any case."""

CHARACTERS_MAX = 20_000
"""Characters that are translated at once; what is longer is cut, and the page says so."""

ANSWER_BYTES_MAX = 2**20


@dataclass(frozen=True, slots=True)
class TranslationEngine:
    """The operator's engine: its address, and the key that it asks for, if any."""

    url: str
    key: str = ""
    transport: httpx.BaseTransport | None = None

    def translated(self, text: str, *, to: Language) -> str | None:
        """Gives a text in another language; None where the engine does not answer."""
        body = {"q": text[:CHARACTERS_MAX], "source": "auto", "target": to.value, "format": "text"}
        if self.key:
            body["api_key"] = self.key
        try:
            with httpx.Client(transport=self.transport, timeout=SECONDS_MAX) as http:
                answer = http.post(f"{self.url.rstrip('/')}/translate", json=body)
            if answer.status_code != httpx.codes.OK or len(answer.content) > ANSWER_BYTES_MAX:
                return None
            value = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        said = value.get("translatedText") if isinstance(value, dict) else None
        return said if isinstance(said, str) and said.strip() else None


def engine_of(url: str, key_file: str) -> TranslationEngine | None:
    """Gives the engine that the settings name; None where they name none."""
    if not url:
        return None
    try:
        key = Path(key_file).read_text().strip() if key_file else ""
    except OSError as error:
        raise Misconfigured(setting="EVENHAND_TRANSLATION_KEY_FILE", why="not readable") from error
    return TranslationEngine(url, key)
