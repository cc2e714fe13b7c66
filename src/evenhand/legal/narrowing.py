"""What of an account's connections is read for one purpose: pure, the same for every messenger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from evenhand.base.personal import IpAddress
from evenhand.legal.ports import Connection, PurposeClass


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of a messenger's own account of connections, before anything is chosen."""

    address: str
    port: int | None
    seen_at: datetime


def chosen(
    lines: Iterable[Seen],
    *,
    since: datetime | None,
    until: datetime | None,
    purpose: PurposeClass,
) -> tuple[Connection, ...]:
    """Gives the connections of a range that the purpose needs, the latest first.

    What is no IP address (Synapse writes `-` where it knew none) is no connection.
    """
    within = {
        (line.seen_at, address, line.port)
        for line in lines
        if (address := _address(line.address)) is not None
        and (since is None or line.seen_at >= since)
        and (until is None or line.seen_at < until)
    }
    ordered = sorted(within, key=lambda one: (one[0], one[1], one[2] or 0), reverse=True)
    if purpose is PurposeClass.IDENTIFY_ONLY:
        latest = {(address, port): seen_at for seen_at, address, port in reversed(ordered)}
        ordered = [one for one in ordered if latest[one[1], one[2]] == one[0]]
    return tuple(
        Connection(IpAddress(address), port, seen_at, purpose) for seen_at, address, port in ordered
    )


def _address(text: str) -> str | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
