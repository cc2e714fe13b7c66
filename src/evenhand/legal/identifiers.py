"""Whether an identifier is well formed; never whether what it names exists.

Pure: a text goes in, its reading comes out. Nothing is looked up, so the answer and the time it
takes are the same for an account that exists and for one that does not.

User, room, alias and event ids follow the Matrix specification, appendices, "Identifier grammar";
links follow its "URIs" section; phone numbers ITU-T E.164.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote

from evenhand.base.limits import NAME_BYTES_MAX
from evenhand.legal.lists import IdentifierKind

TEXT_CHARACTERS_MAX = 1_000
"""Characters looked at: the longest link with two ids, escaped, is shorter."""

PORT_MAX = 65_535


class Fault(StrEnum):
    """Why an identifier is not well formed."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_RECOGNISED = "not_recognised"
    PHONE_WITHOUT_COUNTRY = "phone_without_country"
    PHONE_LENGTH = "phone_length"
    LOCAL_PART = "local_part"
    SERVER_NAME = "server_name"
    EVENT_FORM = "event_form"
    LINK_TARGET = "link_target"
    PORT_RANGE = "port_range"
    ADDRESS_NOT_PUBLIC = "address_not_public"
    TIME_MISSING = "time_missing"
    TIME_FORM = "time_form"
    TIME_WITHOUT_ZONE = "time_without_zone"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as; `value` is its one canonical form, empty where there is a fault."""

    kind: IdentifierKind | None
    value: str = field(default="", repr=False)
    fault: Fault | None = None

    @property
    def well_formed(self) -> bool:
        """Tells whether the identifier can be sent as it is."""
        return self.fault is None


def read(text: str) -> Reading:
    """Gives the reading of an identifier as somebody typed it."""
    text = text.strip()
    if not text:
        return Reading(None, fault=Fault.EMPTY)
    if len(text) > TEXT_CHARACTERS_MAX:
        return Reading(None, fault=Fault.TOO_LONG)
    for begins, reader in _READERS:
        if begins(text):
            return reader(text)
    return Reading(None, fault=Fault.NOT_RECOGNISED)


_EVENT = re.compile(r"\$[A-Za-z0-9+/_-]{43}")
_ROOM_OF_VERSION_12 = re.compile(r"![A-Za-z0-9_-]{43}")
_LOCAL = re.compile(r"[\x21-\x39\x3b-\x7e]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-/]{3,30}")
_IP_AND_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::([0-9]{1,9}))?")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?"
)
_MATRIX_TO = re.compile(r"https?://(?:www\.)?matrix\.to/#/", re.IGNORECASE)
_MATRIX_URI = re.compile(
    r"matrix:(?P<type>u|r|roomid)/(?P<id>[^/?#]+)(?:/e/(?P<event>[^/?#]+))?(?:\?[^#]*)?",
    re.IGNORECASE,
)
_SIGILS = {"u": "@", "r": "#", "roomid": "!"}


def _phone(text: str) -> Reading:
    digits = re.sub(r"[ ().\-/]", "", text)
    if not digits.startswith("+") or digits.startswith("+0") or "(0)" in text:
        return Reading(IdentifierKind.PHONE, fault=Fault.PHONE_WITHOUT_COUNTRY)
    # E.164 section 6: at most fifteen digits; the shortest numbers in use with country have seven.
    if not 7 <= len(digits) - 1 <= 15:
        return Reading(IdentifierKind.PHONE, fault=Fault.PHONE_LENGTH)
    return Reading(IdentifierKind.PHONE, digits)


def _account(text: str) -> Reading:
    fault = _named(text)
    return Reading(IdentifierKind.ACCOUNT, "" if fault else text, fault)


def _channel(text: str) -> Reading:
    fault = None if _ROOM_OF_VERSION_12.fullmatch(text) else _named(text)
    return Reading(IdentifierKind.CHANNEL, "" if fault else text, fault)


def _event(text: str) -> Reading:
    if _EVENT.fullmatch(text):
        return Reading(IdentifierKind.EVENT, text)
    # Events of room versions 1 and 2 carry their server's name.
    fault = _named(text) if ":" in text else Fault.EVENT_FORM
    return Reading(IdentifierKind.EVENT, "" if fault else text, fault)


def _named(text: str) -> Fault | None:
    """Gives what is wrong with an id of the form sigil, local part, colon, server name."""
    local, colon, server = text[1:].partition(":")
    if len(text.encode()) > NAME_BYTES_MAX:
        return Fault.TOO_LONG
    is_alias = text.startswith("#")
    if not local or not ((is_alias and local.isprintable()) or _LOCAL.fullmatch(local)):
        return Fault.LOCAL_PART
    return None if colon and _is_server(server) else Fault.SERVER_NAME


def _is_server(name: str) -> bool:
    host, colon, port = name.rpartition(":") if re.search(r":\d*$", name) else (name, "", "")
    if name.endswith("]"):
        host, colon, port = name, "", ""
    if colon and not (port and len(port) <= 5 and int(port) <= PORT_MAX):
        return False
    if host.startswith("[") and host.endswith("]"):
        return isinstance(_address(host[1:-1]), IPv6Address)
    return len(host) <= NAME_BYTES_MAX and _HOST.fullmatch(host) is not None


def _link(text: str) -> Reading:
    if found := _MATRIX_TO.match(text):
        parts = [unquote(part) for part in text[found.end() :].split("?", 1)[0].split("/") if part]
    elif found := _MATRIX_URI.fullmatch(text):
        parts = [_SIGILS[found["type"].lower()] + unquote(found["id"])]
        parts += ["$" + unquote(found["event"])] if found["event"] else []
    else:
        return Reading(IdentifierKind.LINK, fault=Fault.LINK_TARGET)
    kinds = [read(part).kind if read(part).well_formed else None for part in parts]
    match kinds:
        case [IdentifierKind.ACCOUNT | IdentifierKind.CHANNEL]:
            return Reading(IdentifierKind.LINK, f"https://matrix.to/#/{parts[0]}")
        case [IdentifierKind.CHANNEL, IdentifierKind.EVENT]:
            return Reading(IdentifierKind.LINK, f"https://matrix.to/#/{parts[0]}/{parts[1]}")
        case _:
            return Reading(IdentifierKind.LINK, fault=Fault.LINK_TARGET)


def _ip(text: str) -> Reading:
    first, _, rest = text.partition(" ")
    address, port = _split_port(first)
    if address is None:
        return Reading(None, fault=Fault.NOT_RECOGNISED)
    if port is not None and not 1 <= port <= PORT_MAX:
        return Reading(IdentifierKind.IP, fault=Fault.PORT_RANGE)
    # An address of a private network is used in every household: it names nobody.
    if not _may_name_somebody(address):
        return Reading(IdentifierKind.IP, fault=Fault.ADDRESS_NOT_PUBLIC)
    at, fault = _time(rest.strip())
    if at is None:
        return Reading(IdentifierKind.IP, fault=fault)
    shown = f"[{address}]" if isinstance(address, IPv6Address) and port is not None else address
    shown = f"{shown}:{port}" if port is not None else f"{shown}"
    return Reading(IdentifierKind.IP, f"{shown} {at.isoformat().replace('+00:00', 'Z')}")


def _split_port(text: str) -> tuple[IPv4Address | IPv6Address | None, int | None]:
    if found := _IP_AND_PORT.fullmatch(text):
        return _address(found[1] or found[2]), int(found[3]) if found[3] else None
    return _address(text), None


def _may_name_somebody(address: IPv4Address | IPv6Address) -> bool:
    text = str(address)
    # Addresses for documentation (RFC 5737, RFC 3849) are let through: they are how one tries this.
    is_example = text.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))
    return is_example or (address.is_global and not address.is_multicast)


def _time(text: str) -> tuple[datetime | None, Fault | None]:
    if not text:
        return None, Fault.TIME_MISSING
    found = _TIME.fullmatch(text)
    if not found:
        return None, Fault.TIME_FORM
    if not found[3]:
        return None, Fault.TIME_WITHOUT_ZONE
    zone = "+00:00" if found[3] in {"Z", "UTC"} else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").astimezone(UTC), None
    except (ValueError, OverflowError):
        return None, Fault.TIME_FORM


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _begins(*signs: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(signs)


def _is_link(text: str) -> bool:
    return text.lower().startswith(("https://", "http://", "matrix:"))


def _is_ip(text: str) -> bool:
    return _split_port(text.partition(" ")[0])[0] is not None


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None


_READERS: tuple[tuple[Callable[[str], bool], Callable[[str], Reading]], ...] = (
    (_begins("@"), _account),
    (_begins("!", "#"), _channel),
    (_begins("$"), _event),
    (_is_link, _link),
    (_is_ip, _ip),
    (_is_phone, _phone),
)
"""The first reader whose sign fits reads; an address with digits and dots comes before a phone."""
