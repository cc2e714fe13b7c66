"""Sends webhook messages: encrypted, to public addresses alone, without following anybody.

An address is somebody else's words. It is resolved here, an address inside a network is refused,
and the connection goes to exactly the address that was looked at.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import httpx
import structlog

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
PORT = 443

Resolve = Callable[[str], Sequence[str]]


def resolve(host: str) -> Sequence[str]:
    """Gives the addresses of a name."""
    found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def public_address(host: str, *, resolver: Resolve = resolve) -> IPv4Address | IPv6Address | None:
    """Gives the address to connect to; None if one of the name's addresses is not public."""
    try:
        addresses = [ip_address(text) for text in resolver(host)]
    except (OSError, ValueError):
        return None
    if not addresses or not all(one.is_global and not one.is_multicast for one in addresses):
        return None
    return addresses[0]


def post(
    url: str,
    body: str,
    headers: dict[str, str],
    *,
    resolver: Resolve = resolve,
    transport: httpx.BaseTransport | None = None,
) -> bool:
    """Sends a message and tells whether it was taken: answered with 2xx, in time."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = public_address(host, resolver=resolver)
    if parts.scheme != "https" or address is None:
        log.info("webhook_refused", why="not a public address")
        return False
    named = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    target = parts._replace(netloc=named).geturl()
    try:
        with httpx.Client(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, transport=transport, trust_env=False
        ) as client:
            answer = client.post(
                target,
                content=body.encode(),
                headers={**headers, "host": host},
                extensions={"sni_hostname": host},
            )
    except httpx.HTTPError as error:
        log.info("webhook_failed", error=type(error).__name__)
        return False
    return answer.is_success
