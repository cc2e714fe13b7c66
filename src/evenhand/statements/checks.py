"""Pure: does a decision belong into the database, and would the database take this entry?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

from evenhand.base.lists import ChannelKind, Ground, TargetKind
from evenhand.statements.entry import Restriction, restricts, scope_of
from evenhand.statements.limits import BACK_OFF_SECONDS_MAX, BACK_OFF_SECONDS_MIN
from evenhand.statements.lists import Exemption, Fault
from evenhand.statements.scanner import Found
from evenhand.statements.schema import Field, schema

EAN = re.compile(r"[0-9]{13}")


def exemption_of(
    *,
    small_enterprise: bool,
    ground: Ground,
    harm: str,
    channel_kind: ChannelKind,
    in_channel: bool,
    restrictions: Sequence[Restriction],
) -> Exemption | None:
    """Gives why a decision stays out of the database; None: it belongs there.

    in_channel  whether it is about something in a channel; without one, an account's use of the
                public service is what was restricted
    """
    if small_enterprise:
        return Exemption.SMALL_ENTERPRISE
    if ground is Ground.ORDER:
        return Exemption.AUTHORITY_ORDER
    if harm in schema().exempt_harms:
        return Exemption.COMMERCIAL_SPAM
    restricting = [one for one in restrictions if restricts(one)]
    if not restricting:
        return Exemption.NO_RESTRICTION
    on_account = any(one.target is TargetKind.ACCOUNT for one in restricting)
    if channel_kind is not ChannelKind.PUBLIC and (in_channel or not on_account):
        return Exemption.NOT_PUBLIC
    if not scope_of(restricting):
        return Exemption.OUTSIDE_EU
    return None


def refusals(payload: Mapping[str, object]) -> list[Found]:
    """Gives what the database would not take of an entry, field by field."""
    found = [
        Found(name, Fault.NOT_LISTED, "no such field")
        for name in payload
        if name not in schema().fields
    ]
    if not any(payload.get(name) for name in schema().decisions):
        found.append(Found("", Fault.NO_DECISION, "none of the four decisions is there"))
    for field in schema().fields.values():
        found += _refusals(field, payload)
    return found


def back_off(attempts: int, *, jitter: float) -> float:
    """Gives the seconds until a further attempt: doubled each time, up to an hour, spread."""
    assert 0.0 <= jitter <= 1.0
    pause = BACK_OFF_SECONDS_MIN * 2.0 ** min(attempts - 1, 20)
    return min(BACK_OFF_SECONDS_MAX, pause) * (0.5 + 0.5 * jitter)


def differs(entry: Mapping[str, object], held: Mapping[str, object]) -> list[str]:
    """Gives the fields in which what the database holds says something else than an entry.

    The database sorts lists, may write a day with its midnight, and does not tell every field back.
    """
    return [name for name, value in entry.items() if name in held and not _same(value, held[name])]


def _same(ours: object, theirs: object) -> bool:
    if theirs is None:
        return True
    if isinstance(ours, list) and isinstance(theirs, list):
        return sorted(map(str, ours)) == sorted(map(str, theirs))
    if _day(ours) is not None:
        return str(theirs)[:10] == ours
    return ours == theirs


def _refusals(field: Field, payload: Mapping[str, object]) -> Iterator[Found]:
    value = payload.get(field.name)
    needed = field.required or (field.needs is not None and field.needs.holds(payload))
    if value is None or value in ("", []):
        if needed:
            yield Found(field.name, Fault.MISSING, "is needed")
        elif value is not None:
            yield Found(field.name, Fault.NOT_LISTED, "is empty; left out instead")
        return
    if field.needs is not None and not needed:
        yield Found(field.name, Fault.NOT_LISTED, f"only with {field.needs.value}")
    if field.only is not None and not field.only.holds(payload):
        yield Found(field.name, Fault.NOT_LISTED, f"only with {field.only.value}")
    if field.never is not None and field.never.holds(payload):
        yield Found(field.name, Fault.NOT_LISTED, f"never with {field.never.value}")
    yield from _value(field, value, payload)


def _value(field: Field, value: object, payload: Mapping[str, object]) -> Iterator[Found]:
    match field.kind:
        case "text" | "url":
            yield from _text(field, value)
        case "date":
            yield from _date(field, value, payload)
        case "one" | "language":
            values = schema().languages if field.kind == "language" else field.values
            if not isinstance(value, str) or value not in values:
                yield Found(field.name, Fault.NOT_LISTED, "not on the list")
        case "many":
            yield from _many(field.name, value, field.values)
        case "territories":
            yield from _many(field.name, value, frozenset(schema().territories))
        case "ean":
            told = value.get("EAN-13") if isinstance(value, dict) and len(value) == 1 else None
            if not EAN.fullmatch(str(told)):
                yield Found(field.name, Fault.WRONG_FORM, "not an EAN-13 of 13 digits")


def _many(name: str, value: object, values: frozenset[str]) -> Iterator[Found]:
    if not isinstance(value, list):
        yield Found(name, Fault.WRONG_FORM, "not a list")
    elif not all(isinstance(one, str) and one in values for one in value):
        yield Found(name, Fault.NOT_LISTED, "not on the list")
    elif len(set(value)) != len(value):
        yield Found(name, Fault.WRONG_FORM, "the same twice")


def _text(field: Field, value: object) -> Iterator[Found]:
    if not isinstance(value, str):
        yield Found(field.name, Fault.WRONG_FORM, "not a text")
        return
    if len(value) > field.characters_max:
        yield Found(
            field.name, Fault.TOO_LONG, f"{len(value)} characters of {field.characters_max}"
        )
    if field.pattern and not re.fullmatch(field.pattern, value):
        yield Found(field.name, Fault.WRONG_FORM, f"not of the form {field.pattern}")
    if field.kind == "url" and not _is_url(value):
        yield Found(field.name, Fault.WRONG_FORM, "not an address")


def _date(field: Field, value: object, payload: Mapping[str, object]) -> Iterator[Found]:
    day = _day(value)
    if day is None:
        yield Found(field.name, Fault.WRONG_FORM, "not a day as YYYY-MM-DD")
        return
    if not field.earliest <= day <= schema().latest:
        yield Found(
            field.name, Fault.OUT_OF_RANGE, f"not from {field.earliest} to {schema().latest}"
        )
    since = _day(payload.get(field.since)) if field.since else None
    if since is not None and day < since:
        yield Found(field.name, Fault.OUT_OF_RANGE, f"before {field.since}")


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
