"""Pure: what does the exact place that a reporter gives stand for (DSA Art. 16(2)(b))?

Read are links of matrix.to, `matrix:` addresses (MSC2312), ids, bare or as we write them
(`event:$…`), and any other web address, which a person has to open by themselves: nothing here
ever fetches it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from evenhand.actions.limits import ID_LENGTH_MAX
from evenhand.reports.limits import ABOUT_CHARACTERS_MAX, PLACE_CHARACTERS_MAX

MATRIX_TO = "matrix.to"
_ID = re.compile(r"[!#@$][^\s\x00-\x1f\x7f]+")
_KINDS = {"u": "@", "user": "@", "r": "#", "room": "#", "roomid": "!", "e": "$", "event": "$"}


@dataclass(frozen=True, slots=True)
class Place:
    """What a report is about, and what is known of it from its address alone."""

    about: str
    account: str = ""
    channel: str = ""
    event: str = ""


def place_of(text: str) -> Place | None:
    """Gives what a place stands for; None where it is no place that anybody could find."""
    typed = text.strip()
    for prefix in ("event:", "channel:", "account:"):
        typed = typed.removeprefix(prefix)
    if not typed or len(typed) > PLACE_CHARACTERS_MAX:
        return None
    try:
        parts = urlsplit(typed)
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        if parts.hostname == MATRIX_TO:
            return _of_ids(_decoded(parts.fragment))
        return Place(about=_short(f"place:{typed}")) if _is_host(parts.hostname) else None
    if parts.scheme == "matrix":
        return _of_ids(_of_matrix_address(parts.path))
    return _of_ids(re.split(r"[\s/]+", typed)) if typed[0] in "!#@$" else None


def about_event(event: str) -> str:
    """Gives what a report of a message is about."""
    return f"event:{event}"


def about_channel(channel: str) -> str:
    """Gives what a report of a channel is about."""
    return f"channel:{channel}"


def about_account(account: str) -> str:
    """Gives what a report of an account is about."""
    return f"account:{account}"


def _of_ids(ids: Sequence[str]) -> Place | None:
    found = [one for one in ids if one]
    if not found or not all(_is_id(one) for one in found):
        return None
    channel = next((one for one in found if one[0] in "!#"), "")
    event = next((one for one in found if one[0] == "$"), "")
    account = next((one for one in found if one[0] == "@"), "")
    if event:
        # Whose message it is, the messenger says or a proof; never who reports it.
        return Place(about_event(event), channel=channel, event=event)
    if channel:
        return Place(about_channel(channel), account=account, channel=channel)
    return Place(about_account(account), account=account)


def _is_id(text: str) -> bool:
    whole = _ID.fullmatch(text) is not None and len(text.encode()) <= ID_LENGTH_MAX
    return whole and (text[0] not in "@#" or ":" in text[1:])


def _decoded(fragment: str) -> list[str]:
    path = fragment.partition("?")[0]
    return [unquote(part) for part in path.split("/")]


def _of_matrix_address(path: str) -> list[str]:
    parts = [unquote(part) for part in path.split("/")]
    ids = []
    for kind, name in zip(parts[::2], parts[1::2], strict=False):
        if kind not in _KINDS or not name:
            return []
        ids.append(_KINDS[kind] + name)
    return ids if len(parts) % 2 == 0 else []


def _is_host(host: str | None) -> bool:
    return bool(host) and "." in str(host).strip(".")


def _short(about: str) -> str:
    """Gives a long address by its hash; the whole stands in the report's sealed text."""
    if len(about) <= ABOUT_CHARACTERS_MAX:
        return about
    return f"place:sha256:{hashlib.sha256(about.encode(errors='surrogatepass')).hexdigest()}"
