"""Opened evidence as a page may show it: text as text, a picture blurred, the rest as a size."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.formats import date_format

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Kinds of picture that a browser shows without running anything; SVG is not among them."""

TIME = "time"
FIELDS_FIRST = ("text", "channel_name", "display_name", "urls")
"""What was written comes before who and when."""


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """One opened item: its texts by field, or a picture, or neither.

    translation  of the first field into the reader's language; None where none was asked for
    """

    media_type: str
    size_bytes: int
    fields: tuple[tuple[str, str], ...] = ()
    picture: str = ""
    translation: str | None = None


def shown(
    media_type: str, content: bytes, *, later: timedelta = timedelta(), now: datetime | None = None
) -> ShownEvidence:
    """Gives an item as the page shows it.

    later  by how much its time is moved, never past `now`: a case that only measures looks fresh
    """
    kind = media_type.split(";", maxsplit=1)[0].strip().lower()
    if kind in PICTURES:
        data = b64encode(content).decode()
        return ShownEvidence(media_type, len(content), picture=f"data:{kind};base64,{data}")
    if kind == "application/json":
        return ShownEvidence(media_type, len(content), fields=_fields_of_json(content, later, now))
    if kind.startswith("text/"):
        text = content.decode("utf-8", errors="replace")
        return ShownEvidence(media_type, len(content), fields=(("text", text),))
    return ShownEvidence(media_type, len(content))


def _fields_of_json(
    content: bytes, later: timedelta, now: datetime | None
) -> tuple[tuple[str, str], ...]:
    try:
        value = json.loads(content)
    except ValueError:
        return (("text", content.decode("utf-8", errors="replace")),)
    if not isinstance(value, dict):
        return (("text", _as_text(value)),)
    if isinstance(value.get(TIME), str):
        value[TIME] = _time(value[TIME], later, now)
    names = [name for name in FIELDS_FIRST if name in value]
    names += [name for name in value if name not in FIELDS_FIRST]
    return tuple(
        (name, _as_text(value[name])) for name in names if value[name] not in (None, "", [])
    )


def _time(text: str, later: timedelta, now: datetime | None) -> str:
    try:
        at = datetime.fromisoformat(text).astimezone(UTC) + later
    except (ValueError, OverflowError):
        return ""
    return f"{date_format(min(at, now) if now else at, 'DATETIME_FORMAT')} UTC"


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False, indent=1)
