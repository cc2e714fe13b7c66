"""What a record holds beyond its columns: JSON in which nothing points to a person.

Typed: hidden texts have no place in it. Scanned: what has the form of an address, a phone number
or a messenger's id is replaced by a word for it before it is written. Staff type their reasons
themselves, and a reason must neither be lost nor carry what a leaf would commit to for ever.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address

from evenhand.base.errors import InputRefused
from evenhand.proof.leaves import canonical


class Pointer(StrEnum):
    """What points to a person, by its form."""

    MESSENGER_ID = "messenger id"
    MAIL = "mail"
    PHONE = "phone"
    IP = "ip"


SUSPECT = re.compile(r"[@+:$]|\(at\)|\[at\]|00\d|\d\.\d", re.IGNORECASE)
"""Signs without which none of the forms can be there: most texts are done after one look."""

HARMLESS = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?)?"
)
"""Ids of ours and moments, which the forms below could take for something else."""

FORMS: Mapping[Pointer, re.Pattern[str]] = {
    Pointer.MESSENGER_ID: re.compile(r"[@!#+][\w.=/+-]+:[\w.-]+\w(:\d+)?|\$[\w+/-]{16,}"),
    Pointer.MAIL: re.compile(r"[\w.+%'-]+(@|\s*[(\[]at[)\]]\s*)[\w-]+(\.[\w-]+)*", re.IGNORECASE),
    Pointer.PHONE: re.compile(r"(\+|(?<![\w.-])00)\s?\d([\s().\-/]*\d){5,}"),
}
ADDRESS = re.compile(r"(?<![\w.:])[0-9a-f.:]*[.:][0-9a-f.:]*[0-9a-f:](?![\w])", re.IGNORECASE)


def body_text(body: Mapping[str, object]) -> str:
    """Gives a body as it is stored, or refuses what JSON holds in no canonical form."""
    if not body:
        return "{}"
    clean = {name: _clean(value) for name, value in body.items()}
    canonical(clean)
    return json.dumps(clean, ensure_ascii=False)


def masked(text: str) -> str:
    """Gives a text with a word in place of each thing that points to a person."""
    if not SUSPECT.search(text) or HARMLESS.fullmatch(text):
        return text
    for pointer, form in FORMS.items():
        text = form.sub(f"[{pointer}]", text)
    return ADDRESS.sub(_masked_address, text)


def _masked_address(found: re.Match[str]) -> str:
    try:
        ip_address(found[0].rstrip("."))
    except ValueError:
        return found[0]
    return f"[{Pointer.IP}]"


def _clean(value: object) -> object:
    match value:
        case str():
            return masked(value)
        case Mapping():
            return {name: _clean(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case None | bool() | int() | float():
            return value
        case _:
            raise InputRefused(what="record", why=f"its body holds a {type(value).__name__}")
